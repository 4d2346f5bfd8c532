"""The figures: every indicator for every year, authority, region and England, with what they rest on.

A figure is made for the authorities whose returns are in force; one whose return is missing has a row
that says so, and England and the regions are the sums of those that are there (`coverage` says how many
are not). Authorities that could not be told, or did not exist that year, are kept out of every sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from assets import cohorts
from assets.from_feed import can_be_told, cannot_tell
from schemas.indicators import BREAKDOWNS, Indicator, counted
from schemas.marts import MARTS, mart_ddl

FIGURES = Path(__file__).parent / "figures"


def measure(
    con: duckdb.DuckDBPyConnection, populations: pl.DataFrame | None = None, apart: Iterable[str] = ()
) -> None:
    """From de-identified rows make `cohorts.*`, `measured.indicator` and `measured.coverage`.

    `populations` (year, la_code, mid_year, population) stands in for the published estimates, which a
    synthetic country of another size needs. Authorities in `apart` have figures of their own and are left
    out of England and their region.
    """
    if populations is not None:
        _replace(con, "reference.populations", populations)
    con.execute("create schema if not exists measured")
    _replace(con, "measured.apart", pl.DataFrame({"la_code": sorted(apart)}, schema={"la_code": pl.String}))
    known = {name for (name,) in con.execute("select strength from stored.strengths").fetchall()}
    cohorts.build(con, only=cohorts.CHILDLESS)
    for strength in sorted(known):
        cohorts.build(con, strength, cohorts.LINKED)
        _make_atoms(con, strength, [i for i in counted() if i.links])
    cohorts.build(con, only=set(cohorts.ORDER) - set(cohorts.CHILDLESS))
    _make_atoms(con, "standard", counted())
    for strength in {"strict", "loose"} - known:
        con.execute(f"create or replace table measured.{strength} as from measured.standard limit 0")
    make_places(con)
    make_indicators(con)
    for name in ("coverage", "funnel", "like_with_like"):
        con.execute(f"create or replace table measured.{name} as {figure(name)}")


def figure(name: str) -> str:
    """The SQL that makes one table of figures."""
    return (FIGURES / f"{name}.sql").read_text(encoding="utf-8")


def _replace(con: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    con.register("given_frame", frame)
    con.execute(f"create or replace table {table} as from given_frame")
    con.unregister("given_frame")


def _make_atoms(con: duckdb.DuckDBPyConnection, strength: str, wanted: list[Indicator]) -> None:
    """`measured.<strength>`: what is counted by authority, with the persons of that strength of linkage."""
    con.execute(f"create or replace table measured.{strength} ({ATOMS})")
    for cohort in sorted({i.among for i in wanted}):
        own = [i for i in wanted if i.among == cohort]
        con.execute(f"create or replace temp table counted as {_one_pass(cohort, own)}")
        for number, one in enumerate(own):
            con.execute(f"insert into measured.{strength} by name {_atoms(number, one)}")
    con.execute("drop table if exists counted")


ATOMS = """indicator_id text, year int, la_code text, breakdown text, value_of text,
  numerator bigint, denominator bigint, linked_count bigint, linkable_count bigint"""


def make_indicators(con: duckdb.DuckDBPyConnection) -> None:
    """`measured.indicator` from what was counted and what could be: the mart's rows."""
    table = mart_ddl(MARTS["outcomes.indicator"], "measured.indicator")
    con.execute("drop table if exists measured.indicator")
    con.execute(table)
    con.execute("insert into measured.indicator by name " + figure("indicator"))


def _one_pass(cohort: str, own: list[Indicator]) -> str:
    """One pass over a cohort: per year, authority and category what each of its indicators counts.

    `divided_by` is the column of the category, empty for all; indicator n has the columns n0, n1, …. Cells
    of every category at once are counted first, and only their few rows are added up in each way.
    """
    columns = sorted({BREAKDOWNS[name].column for i in own for name in i.by})
    cell = ", ".join(
        ["year", "la", *(f"coalesce({column}::varchar, 'Unknown') as {column}" for column in columns)]
    )
    sets = ", ".join(["(year, la)", *(f"(year, la, {column})" for column in columns)])
    divided_by = _case({f"grouping({column}) = 0": f"'{column}'" for column in columns}, "''")
    value_of = _case({f"grouping({column}) = 0": column for column in columns}, "'Total'")
    counts = ",\n".join(_counts(number, one) for number, one in enumerate(own))
    sums = ", ".join(
        f"sum({name}{number}) as {name}{number}" for number in range(len(own)) for name in COUNTS
    )
    return f"""with cell as (select {cell}, {counts} from cohorts.{cohort} group by all)
      select year::int as year, la as la_code, {divided_by} as divided_by, {value_of} as value_of, {sums}
      from cell group by grouping sets ({sets})"""


COUNTS = ("n", "d", "linked", "linkable")
"""Per indicator: numerator, denominator, and of those that links may find the number found and in all."""


def _counts(number: int, one: Indicator) -> str:
    """Numerator, denominator and links of an indicator over the rows that it is about."""
    measured = f"({one.where}) and ({one.measured})"
    linkable = f"({one.where}) and {one.looked_for}"
    below = {"rows": _count(measured), "population": "null::bigint"}.get(
        one.out_of, f"sum({one.out_of}) filter (where {measured})"
    )
    counts = (
        _added(one.sum_of, f"{measured} and ({one.counting})"),
        below,
        _count(f"{linkable} and is_linked") if one.links else "null::bigint",
        _count(linkable) if one.links else "null::bigint",
    )
    return ", ".join(f"{count} as {name}{number}" for name, count in zip(COUNTS, counts, strict=True))


def _count(condition: str) -> str:
    return f"count(*) filter (where {condition})"


def _added(what: str, condition: str) -> str:
    """What is added up over the rows; nought over none. To add up ones is to count."""
    return _count(condition) if what == "1" else f"coalesce(sum({what}) filter (where {condition}), 0)"


def _atoms(number: int, one: Indicator) -> str:
    """Numerators and denominators of one indicator by year, authority and category."""
    titles = {BREAKDOWNS[name].column: BREAKDOWNS[name].title for name in one.by}
    breakdown = _case({f"divided_by = '{name}'": f"'{title}'" for name, title in titles.items()}, "'Total'")
    own = ", ".join(f"'{name}'" for name in ("", *titles))
    return f"""select '{one.indicator_id}' as indicator_id, year, la_code,
        {breakdown} as breakdown, value_of,
        n{number}::bigint as numerator, d{number}::bigint as denominator,
        linked{number}::bigint as linked_count, linkable{number}::bigint as linkable_count
      from counted where divided_by in ({own})"""


def _case(values: Mapping[str, str], otherwise: str) -> str:
    """The value of the first condition that holds."""
    whens = " ".join(f"when {condition} then {value}" for condition, value in values.items())
    return f"case {whens} else {otherwise} end" if values else otherwise


def make_places(con: duckdb.DuckDBPyConnection) -> None:
    """What could be measured: `measured.place` and `measured.category`, for every indicator.

    A place is a year and an authority of that year, or one that sent something under a name that was not
    an authority's; `is_usable` says whether every return that the indicator needs is there.
    """
    needs = pl.DataFrame(
        [
            {"indicator_id": i.indicator_id, "return_name": ret, "back": back}
            for i in counted()
            for ret in i.needs
            for back in range(i.years_before + 1)
        ]
    )
    facts = pl.DataFrame(
        [
            {"indicator_id": i.indicator_id, "version": i.version, "multiplier": float(i.multiplier), "unit": i.unit,
             "links": i.links, "needs_census": i.needs_census, "is_of_school": i.clock == "school",
             "needs_population": i.out_of == "population", "since": i.since,
             "is_share": i.is_share}
            for i in counted()
        ]
    )  # fmt: skip
    for name, frame in {"need": needs, "fact": facts, "category": categories()}.items():
        _replace(con, f"measured.{name}", frame)
    _make_untold(con)
    _make_undivided(con)
    con.execute("create or replace table measured.place as " + figure("place"))


def _make_untold(con: duckdb.DuckDBPyConnection) -> None:
    """`measured.untold`: years, or years of an authority, in which nothing fills what an indicator rests on,
    or of which the daily feed tells that cannot fill it."""
    con.execute("create or replace table measured.untold (indicator_id text, year int, la_code text)")
    for one in counted():
        for column, la in ((one.rests_on, "null"), (one.told_by_each, "la")):
            if column:
                con.execute(
                    f"insert into measured.untold select '{one.indicator_id}', year, {la} as la_code "
                    f"from cohorts.{one.among} group by all having count({column}) = 0"
                )
        if not can_be_told(one):
            con.execute(f"insert into measured.untold {_fed(one)}")
    con.execute("create or replace table measured.untold as select distinct * from measured.untold")


def _make_undivided(con: duckdb.DuckDBPyConnection) -> None:
    """`measured.undivided`: where the daily feed cannot divide an indicator, though it can tell it."""
    con.execute(
        "create or replace table measured.undivided (indicator_id text, year int, la_code text, breakdown text)"
    )
    for one in counted():
        for way in (BREAKDOWNS[name] for name in one.by):
            own = [field for field in way.fields if field.partition(".")[0] in one.needs]
            if cannot_tell(own):
                con.execute(f"insert into measured.undivided select *, '{way.title}' from ({_fed(one)})")


def _fed(one: Indicator) -> str:
    """Years and authorities of which an indicator rests on the feed, by any year that it looks back to."""
    needs = ", ".join(f"'{ret}'" for ret in one.needs)
    return f"""select distinct '{one.indicator_id}', (year + unnest(range({one.years_before + 1})))::int as year, la
      from cohorts.reported where is_fed and return_name in ({needs})"""


def categories() -> pl.DataFrame:
    """Every category that every indicator is shown by, in order, whether or not anybody is in it."""
    rows = [("Total", "Total", "Total", 0, i.indicator_id) for i in counted()]
    for i in counted():
        for way in (BREAKDOWNS[name] for name in i.by):
            for order, (value, name) in enumerate(way.categories.items()):
                rows.append((way.title, name, value, order, i.indicator_id))
    return pl.DataFrame(
        rows, schema=["breakdown", "category", "value_of", "position", "indicator_id"], orient="row"
    )
