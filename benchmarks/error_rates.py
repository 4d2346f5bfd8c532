"""How well faults are found and children linked when authorities make half, as many or twice as many errors.

    .venv/bin/python benchmarks/error_rates.py [--scale 0.005] [--las 201 301 888] [--times 0 0.5 1 2]

For each multiple of the error rates (`synthetic/rates.toml`) a small country is made, the same lives each time,
and goes through ingest, validate and link. Against the truth beside its files: how many of the planted
faults their rule found; what rules found at children who have neither a planted fault nor an error in who
they are (in a country without errors, `0`, only what lies in the lives themselves is left); and how many pairs
of records were joined rightly. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from linkage_truth import marked  # noqa: E402
from stages import work  # noqa: E402

import synthetic  # noqa: E402
from assets import checking, gathered  # noqa: E402
from assets.deidentify import child_column  # noqa: E402
from assets.ingest import ledger  # noqa: E402
from assets.store import Store  # noqa: E402
from quality.registry import all_rules  # noqa: E402
from schemas.duck import connect  # noqa: E402
from schemas.returns import RETURNS, Return  # noqa: E402
from schemas.table import Table  # noqa: E402

YEARS = (2024, 2025)
RETURN = ["return", "year", "la"]
CHILD, ROW = [*RETURN, "child"], [*RETURN, "census", "table", "row"]


@dataclass(frozen=True)
class Found:
    """What came of one country."""

    planted: pl.DataFrame
    """return, rule, planted, found."""
    alarms: pl.DataFrame
    """return, rule, n: findings with nothing planted and no error behind them."""
    at_errors: int
    """Findings at children who have no planted fault but an error in who they are."""
    links: Mapping[str, Any]


def run(times: float, scale: float, las: Sequence[str] | None, seed: int, home: Path) -> Found:
    """Make a country with so many times the errors, take it in, check it, link it, and mark all three."""
    synthetic.make_country(home, scale=scale, years=YEARS, seed=seed, las=las, errors=times)
    for stage in ("ingest", "validate"):
        work(stage, home, scale)
    store = Store(home)
    with connect(scratch=store.tmp) as con:
        gathered.view_returns(con, store, ledger.in_force(store))
        findings = with_children(con, checking.findings_of_rules(store))
    faults = read_faults(home / "truth")
    stray = away_from(findings, faults)
    alarms = stray.join(children_with_errors(home / "truth"), on=CHILD, how="anti")
    return Found(
        planted=planted_and_found(faults, findings),
        alarms=alarms.group_by("return", "rule").agg(n=pl.len()),
        at_errors=stray.height - alarms.height,
        links=marked(store),
    )


def read_faults(truth: Path) -> pl.DataFrame:
    """What was planted, as far as a rule of ours speaks of it; a blank rule is one without a number."""
    rules = [(rule.ret, rule.code, rule.since, rule.until) for rule in all_rules()]
    known = pl.DataFrame(rules, schema=["return", "rule", "since", "until"], orient="row")
    faults = pl.read_parquet(truth / "faults.parquet").with_columns(
        pl.col("table").str.to_lowercase(), pl.col("census").str.slice(0, 3).str.to_uppercase()
    )
    in_year = pl.col("year").is_between("since", "until")
    numbered = faults.join(known, on=["return", "rule"]).filter(in_year).select(faults.columns)
    return pl.concat([numbered.unique(), faults.filter(pl.col("rule") == "")])


def children_with_errors(truth: Path) -> pl.DataFrame:
    """Children of returns in whose identity, in any system, something is wrong; those looked for among them."""
    looked_for = pl.read_parquet(truth / "people.parquet").filter("is_canary")
    wrong = pl.concat(
        [pl.read_parquet(truth / "errors.parquet").select("person"), looked_for.select("person")]
    )
    records = pl.read_parquet(truth / "records.parquet").rename({"key": "child"})
    return records.join(wrong.unique(), on="person").select(CHILD).unique()


def with_children(con: duckdb.DuckDBPyConnection, findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with the child of the row, where rows of the table have one; the row may be last year's."""
    named = findings.with_columns(
        pl.col("table").str.to_lowercase(),
        pl.col("year", "row").cast(pl.Int64),
        census=pl.col("term").fill_null(""),
    )
    place = ["table", "submission", "row"]
    con.register("found_rows", named.select(place).unique())
    rows = pl.concat(_children(con))
    con.unregister("found_rows")
    return named.join(rows, on=place, how="left")


def _children(con: duckdb.DuckDBPyConnection) -> Iterator[pl.DataFrame]:
    for ret, table, child in _tables():
        yield con.sql(
            f"""select f.*, t."{child}" as child from found_rows f join returns.{ret.stored_as(table)} t
              on t.submission = f.submission and t.source_row = f.row
            where split_part(f."table", '.', -1) = '{table.DFE.lower()}'"""
        ).pl()


def _tables() -> Iterator[tuple[Return, type[Table], str]]:
    for ret in RETURNS.values():
        for table in ret.tables:
            if child := child_column(ret, table):
                yield ret, table, child


def planted_and_found(faults: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """By rule: planted, and found in the row or, where the rule speaks of another table, at the child."""
    told = pl.concat([findings, findings.with_columns(rule=pl.lit(""))])
    at_row = told.select("rule", *ROW, here=True).unique()
    at_child = told.filter(pl.col("rule") != "").select("rule", *CHILD, near=True).unique()
    sought = faults.join(at_row, on=["rule", *ROW], how="left").join(
        at_child, on=["rule", *CHILD], how="left"
    )
    is_found = pl.col("here").fill_null(False) | pl.col("near").fill_null(False)
    return sought.group_by("return", "rule", "fault").agg(planted=pl.len(), found=is_found.sum())


def away_from(findings: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    """Findings in rows and at children without a planted fault; some rules look at last year's, so in any year."""
    of_a_child = faults.filter(pl.col("child").is_not_null())
    elsewhere = findings.join(faults, on=ROW, how="anti")
    return elsewhere.join(of_a_child, on=["return", "la", "child"], how="anti")


def report(found: Mapping[float, Found]) -> Iterator[str]:
    """The three tables, a column for each multiple of the error rates."""
    heads = [f"{times:g}" for times in found]
    yield from ("### Planted faults found, of those planted", "")
    yield from _table(["return", "rule", "fault", *heads], _planted(found))
    yield from ("", "### Findings with neither a planted fault nor an error of identity behind them", "")
    yield from _table(["return", "rule", *heads], _alarms(found))
    yield from ("", "### Pairs of records: precision and recall", "")
    yield from _table(["pairs", *heads], _links(found))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _planted(found: Mapping[float, Found]) -> Iterator[list[str]]:
    counts = [
        {(r, rule, fault): (got, n) for r, rule, fault, n, got in one.planted.rows()}
        for one in found.values()
    ]
    for key in sorted({key for one in counts for key in one}):
        yield [key[0], key[1] or "own", key[2], *(_share(*one.get(key, (0, 0))) for one in counts)]
    sums = [(sum(got for got, _ in one.values()), sum(n for _, n in one.values())) for one in counts]
    yield ["all", "", "", *(_share(*both) for both in sums)]


def _share(got: int, of: int) -> str:
    return f"{got} of {of}" if of else "–"


def _alarms(found: Mapping[float, Found]) -> Iterator[list[str]]:
    counts = [{(r, rule): n for r, rule, n in one.alarms.rows()} for one in found.values()]
    for key in sorted({key for one in counts for key in one}):
        yield [*key, *(str(one.get(key, 0)) for one in counts)]
    yield ["all", "", *(str(sum(one.values())) for one in counts)]
    yield ["at children with an error of identity", "", *(str(one.at_errors) for one in found.values())]


def _links(found: Mapping[float, Found]) -> Iterator[list[str]]:
    marks = [{"all": one.links["all"], **one.links["by_upn"]} for one in found.values()]
    for kind in dict.fromkeys(kind for one in marks for kind in one):
        cells = [
            f"{one[kind]['precision']:.4f}, {one[kind]['recall']:.4f}" if kind in one else "–"
            for one in marks
        ]
        yield [kind, *cells]
    yield [
        "joined, truly one child",
        *(f"{one['all']['pairs']:,}, {one['all']['true_pairs']:,}" for one in marks),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.005)
    parser.add_argument("--las", nargs="+", help="three-digit codes; all authorities when left out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=float, nargs="+", default=[0.0, 0.5, 1.0, 2.0])
    asked = parser.parse_args()
    os.umask(0o077)
    found: dict[float, Found] = {}
    for times in asked.times:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["NATIONAL_OUTCOMES_KEYS"] = str(Path(folder) / "keys")
            found[times] = run(times, asked.scale, asked.las, asked.seed, Path(folder) / "home")
    print("\n".join(report(found)))


if __name__ == "__main__":
    main()
