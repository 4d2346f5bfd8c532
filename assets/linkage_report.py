"""The linkage report of a release: how far linked figures can be trusted, for analysts of the restricted release.

Written to `restricted/linkage/`: one page, and every table on it as CSV. It holds counts and rates, no
child and no identifier; groups of fewer than twenty children show their size only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from markupsafe import Markup

from assets import gathered, reviewing
from assets.deidentify import record_key
from assets.gathered import InForce
from assets.pages.making import environment
from assets.store import Store
from linkage import review
from linkage.report import FEWEST, LinkageReport, report
from linkage.thresholds import STANDARD
from schemas.authorities import authorities
from schemas.code_sets import code_set
from schemas.duck import connect, sql_text
from schemas.indicators import indicators
from schemas.returns import RETURNS

BOUNDS = """
select indicator_id, year, value_strict as strict, value as standard, value_loose as loose, link_rate
from marts.outcomes.indicator
where geographic_level = 'National' and breakdown = 'Total' and value_strict is not null
order by indicator_id, year
"""
"""Every linked figure of England, with the surest links only, as released, and with less sure links as well."""

FLOW = {
    "linked_certainly": "linked by a key or by a reviewer",
    "linked_by_model": "linked by the model",
    "linked_locally": "linked as the only two alike in an authority",
    "unlinked": "linked to no other record",
}


def write_linkage_report(store: Store, in_force: InForce, restricted: Path) -> None:
    """Write the page and its tables below `restricted/linkage/`; the marts must be there already."""
    folder = restricted / "linkage"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with connect(scratch=store.tmp) as con:
        gathered.view_returns(con, store, in_force)
        con.execute(f"attach {sql_text(store.spine)} as spine (read_only)")
        _show_spine(con)
        found = report(con, needs=_needs(), decided=reviewing.decisions(store))
        con.execute(f"attach {sql_text(restricted / 'marts.duckdb')} as marts (read_only)")
        bounds = con.sql(BOUNDS).pl()
    reviewed = _reviewed(store)
    for name, table in {**found.tables(), "bounds": bounds}.items():
        table.write_csv(folder / f"{name}.csv")
    told = content(found, bounds, reviewed, _before(store, found.flow))
    page = environment().get_template("linkage.html").render(told)
    (folder / "linkage.html").write_text(page, encoding="utf-8", newline="")


def _show_spine(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema people")
    tables = con.execute("select name from (show tables from spine.people)").fetchall()
    for (name,) in tables:
        con.execute(f'create view people."{name}" as from spine.people."{name}"')


def _needs() -> str:
    """The primary need code of every child in need, by its record: that of its first case as sent."""
    ret = RETURNS["cin"]
    key = record_key(ret, ret.table("cin_details"))
    return f"""(select {key} as record_id, arg_min(upper(PrimaryNeedCode), source_row) as need
        from returns.cin_cin_details where LAchildID is not null and PrimaryNeedCode is not null group by 1)"""


def _reviewed(store: Store) -> dict[str, Any] | None:
    known = reviewing.decisions(store)
    return None if known is None else review.estimate(known)


def _before(store: Store, now: pl.DataFrame) -> pl.DataFrame | None:
    """How many records came and were linked in the release before, beside tonight's; none the first time."""
    path = store.compared_with / "restricted" / "linkage" / "flow.csv"
    if not path.exists():
        return None
    return now.join(pl.read_csv(path), on="source", how="left", suffix="_before").sort("source")


def content(
    found: LinkageReport, bounds: pl.DataFrame, reviewed: dict[str, Any] | None, drift: pl.DataFrame | None
) -> dict[str, Any]:
    """Everything that the page says."""
    titles = {name: ret.title for name, ret in RETURNS.items()}
    needs = dict(code_set("cin_primary_need").select("code", "label").iter_rows())
    registry = indicators()
    return {
        "titles": titles,
        "flow_names": FLOW,
        "flow": found.flow.to_dicts(),
        "school": _by(found.school, "source"),
        "groups": _by(found.groups, "dimension"),
        "names": {
            "Return": titles,
            "Need": needs,
            "Ethnicity": _ethnic_groups(),
            "Authority": _authorities(),
        },
        "thresholds": found.thresholds.to_dicts(),
        "histogram": histogram(found.weights),
        "weights": found.weights.to_dicts(),
        "implausible": found.implausible.to_dicts(),
        "changes": found.changes.to_dicts(),
        "bounds": bounds.to_dicts(),
        "indicator_names": {
            one: registry[one].title for one in bounds["indicator_id"].unique() if one in registry
        },
        "reviewed": reviewed,
        "drift": [] if drift is None else drift.to_dicts(),
        "fewest": FEWEST,
        "accept": STANDARD.accept,
    }


def _by(table: pl.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    parts = table.partition_by(column, as_dict=True, maintain_order=True)
    return {str(key[0]): part.to_dicts() for key, part in parts.items()}


def _ethnic_groups() -> dict[str, str]:
    """The letter that ethnicity codes of a group begin with, and the group's name."""
    found = code_set("ethnicity").select(pl.col("code").str.slice(0, 1), "major_group").unique().sort("code")
    return {code: group for code, group in found.iter_rows() if group}


def _authorities() -> dict[str, str]:
    known = authorities().sort("valid_from").select("la_code", "la_name").iter_rows()
    return {code: f"{name} ({code})" for code, name in known}


def histogram(weights: pl.DataFrame) -> Markup:
    """Pairs by match weight on a scale of powers of ten, linked ones dark; the threshold is a dashed line."""
    rows = weights.to_dicts()
    if not rows:
        return Markup("")
    first, last = min(row["weight"] for row in rows), max(row["weight"] for row in rows)
    wide = 640 / (last - first + 1)
    most = max(max(row["linked"], row["not_linked"]) for row in rows)
    bars = []
    for row in rows:
        for at, name in enumerate(("linked", "not_linked")):
            high = 150 * _logarithm(row[name]) / _logarithm(most)
            x = (row["weight"] - first) * wide + at * wide * 0.45 + 1
            bars.append(
                f'<rect class="{name}" x="{x:.1f}" y="{160 - high:.1f}" width="{wide * 0.42:.1f}" height="{high:.1f}"/>'
            )
    line = (STANDARD.accept - first) * wide
    ends = f'<text x="0" y="178">{first}</text><text x="636" y="178" text-anchor="end">{last + 1}</text>'
    threshold = (
        f'<path d="M{line:.1f} 5V160"/><text x="{line + 4:.1f}" y="14">standard: {STANDARD.accept:g}</text>'
    )
    about = "Pairs of records by match weight, linked and not linked; the table below has the numbers."
    return Markup(  # noqa: S704
        f'<svg class="histogram" role="img" viewBox="0 0 640 182"><title>{about}</title>'
        f"{''.join(bars)}{ends}{threshold}</svg>"
    )


def _logarithm(n: int) -> float:
    """How many digits, so that ten pairs can be seen beside ten thousand."""
    return len(str(n)) - 1 + int(str(n)[0]) / 10 if n else 0.0
