"""The figures: every indicator for every year, authority, region and England, with what they rest on.

A figure is made for the authorities whose returns are in force; one whose return is missing has a row
that says so, and England and the regions are the sums of those that are there (`coverage` says how many
are not). Authorities that could not be told, or did not exist that year, are kept out of every sum.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from assets import cohorts
from schemas.indicators import BREAKDOWNS, Indicator, indicators
from schemas.marts import MARTS, mart_ddl

FIGURES = Path(__file__).parent / "figures"


def measure(con: duckdb.DuckDBPyConnection, populations: pl.DataFrame | None = None) -> None:
    """From de-identified rows make `cohorts.*`, `measured.indicator` and `measured.coverage`.

    `populations` (year, la_code, mid_year, population) stands in for the published estimates, which a
    synthetic country of another size needs.
    """
    if populations is not None:
        _replace(con, "reference.populations", populations)
    con.execute("create schema if not exists measured")
    known = {name for (name,) in con.execute("select strength from stored.strengths").fetchall()}
    for strength in sorted(known):
        cohorts.build(con, strength, cohorts.LINKED)
        _make_atoms(con, strength, [i for i in _all() if i.links])
    cohorts.build(con)
    _make_atoms(con, "standard", _all())
    for strength in {"strict", "loose"} - known:
        con.execute(f"create or replace table measured.{strength} as from measured.standard limit 0")
    make_places(con)
    make_indicators(con)
    con.execute("create or replace table measured.coverage as " + figure("coverage"))


def figure(name: str) -> str:
    """The SQL that makes one table of figures."""
    return (FIGURES / f"{name}.sql").read_text(encoding="utf-8")


def _replace(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    con.register("given_frame", frame)
    con.execute(f"create or replace table {table} as from given_frame")
    con.unregister("given_frame")


def _make_atoms(con: duckdb.DuckDBPyConnection, strength: str, wanted: list[Indicator]) -> None:
    """`measured.<strength>`: what is counted by authority, with the persons of that strength of linkage."""
    rows = "\nunion all by name\n".join(_atoms(indicator) for indicator in wanted)
    con.execute(f"create or replace table measured.{strength} as {rows}")


def make_indicators(con: duckdb.DuckDBPyConnection) -> None:
    """`measured.indicator` from what was counted and what could be: the mart's rows."""
    table = mart_ddl(MARTS["outcomes.indicator"], "measured.indicator")
    con.execute("drop table if exists measured.indicator")
    con.execute(table)
    con.execute("insert into measured.indicator by name " + figure("indicator"))


def _all() -> list[Indicator]:
    return list(indicators().values())


def _atoms(indicator: Indicator) -> str:
    """Numerators and denominators of one indicator by year, authority and category."""
    ways = [BREAKDOWNS[name] for name in indicator.by]
    topic = " ".join(f"when grouping({way.column}) = 0 then '{way.title}'" for way in ways)
    value = " ".join(f"when grouping({way.column}) = 0 then {way.column}" for way in ways)
    sets = ", ".join(["(year, la)", *(f"(year, la, {way.column})" for way in ways)])
    below = {"rows": "count(*) filter (where measured)", "population": "null"}.get(
        indicator.out_of, f"sum({indicator.out_of}) filter (where measured)"
    )
    linked = (
        "count(*) filter (where is_school_age and is_linked) as linked_count, "
        "count(*) filter (where is_school_age) as linkable_count"
        if indicator.links
        else "null::bigint as linked_count, null::bigint as linkable_count"
    )
    return f"""select '{indicator.indicator_id}' as indicator_id, year::int as year, la as la_code,
        case when false then null {topic} else 'Total' end as breakdown,
        case when false then null {value} else 'Total' end as value_of,
        coalesce(sum({indicator.sum_of}) filter (where measured and ({indicator.counting})), 0)::bigint
          as numerator, ({below})::bigint as denominator, {linked}
      from (select *, ({indicator.measured}) as measured
        from cohorts.{indicator.among} where {indicator.where})
      group by grouping sets ({sets})"""


def make_places(con: duckdb.DuckDBPyConnection) -> None:
    """What could be measured: `measured.place` and `measured.category`, for every indicator.

    A place is a year and an authority of that year, or one that sent something under a name that was not
    an authority's; `is_usable` says whether every return that the indicator needs is there.
    """
    needs = pl.DataFrame(
        [
            {"indicator_id": i.indicator_id, "return_name": ret, "back": back}
            for i in _all()
            for ret in i.needs
            for back in ((0, 1) if i.needs_year_before else (0,))
        ]
    )
    facts = pl.DataFrame(
        [
            {"indicator_id": i.indicator_id, "version": i.version, "multiplier": i.multiplier, "unit": i.unit,
             "links": i.links, "needs_population": i.out_of == "population"}
            for i in _all()
        ]
    )  # fmt: skip
    for name, frame in {"need": needs, "fact": facts, "category": categories()}.items():
        _replace(con, f"measured.{name}", frame)
    con.execute("create or replace table measured.place as " + figure("place"))


def categories() -> pl.DataFrame:
    """Every category that every indicator is shown by, in order: the matrix is complete."""
    rows = [("Total", "Total", "Total", 0, i.indicator_id) for i in _all()]
    for i in _all():
        for way in (BREAKDOWNS[name] for name in i.by):
            for order, (value, name) in enumerate(way.categories.items()):
                rows.append((way.title, name, value, order, i.indicator_id))
    return pl.DataFrame(
        rows, schema=["breakdown", "category", "value_of", "position", "indicator_id"], orient="row"
    )
