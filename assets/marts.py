"""The marts file: cohorts and figures as declared tables, described, ordered, without a birthday in them.

No mart says where a row came from (submission, file, row). The authority's own list of findings gives those
places beside its own child ids; together the two lists would turn a pseudonym back into a child. What a
figure was made from is in the manifest, and a row is walked back where returns and persons meet, not here.

Everything is written in an order that no pseudonym decides, so that the same returns give the same
content whatever the night's numbering of persons was.
"""

from __future__ import annotations

import duckdb
import polars as pl

from schemas import code_sets, indicators
from schemas.authorities import authorities
from schemas.failures import Trouble
from schemas.marts import MARTS, PSEUDONYMS, Mart, canonical_order, comments, mart_ddl
from schemas.table import Column, columns

MONTH_ONLY = {
    "outcomes.episode_of_need": ("referral_date", "is_referral_month", "closure_date", "is_closure_month"),
    "outcomes.child_protection_plan": ("start_date", "is_start_month", "end_date", "is_end_month"),
    "outcomes.period_of_care": ("start_date", "is_start_month", "end_date", "is_end_month"),
    "outcomes.placement": ("start_date", "is_start_month", "end_date", "is_end_month"),
}
"""Where a beginning or an end may give a birthday away: each with the flag that says so."""

FROM_COHORTS = (
    "outcomes.child_year",
    "outcomes.episode_of_need",
    "outcomes.child_protection_plan",
    "outcomes.period_of_care",
    "outcomes.placement",
    "outcomes.care_leaver_year",
    "outcomes.attendance_year",
    "quality.repair",
)


def write_marts(con: duckdb.DuckDBPyConnection, catalogue: str) -> dict[str, int]:
    """Fill `catalogue` from the cohorts and figures on this connection; rows per mart.

    `con` holds `cohorts.*`, `measured.indicator`, `measured.coverage`, `codes.*` and `reference.*`.
    """
    load_registry(con)
    for schema in sorted({mart.SCHEMA for mart in MARTS.values()}):
        con.execute(f"create schema if not exists {catalogue}.{schema}")
    return {name: write_mart(con, catalogue, name, source_of(name)) for name in MARTS}


def source_of(name: str) -> str:
    """The working table that a mart is made from."""
    if name in FROM_COHORTS:
        return "cohorts." + name.split(".")[-1]
    return name.replace("outcomes.", "measured.").replace("reference.", "registry.")


def write_mart(con: duckdb.DuckDBPyConnection, catalogue: str, name: str, source: str) -> int:
    """Make one mart from a working table that has its columns; returns its number of rows."""
    mart, target = MARTS[name], f"{catalogue}.{name}"
    con.execute(mart_ddl(mart, target))
    values = ", ".join(_value(name, column) for column in columns(mart))
    con.execute(
        f"insert into {target} select {values} from {_shown(mart, source)} order by {canonical_order(mart)}"
    )
    for statement in comments(mart, target):
        con.execute(statement)
    check_key(con, mart, target)
    return int(con.execute(f"select count(*) from {target}").fetchall()[0][0])


def _shown(mart: type[Mart], source: str) -> str:
    """The working table, with the pseudonym of a child where its number for the night stood."""
    if "child" not in mart.model_fields:
        return source
    return f"(select s.* replace (p.pseudonym as child) from {source} s left join stored.pseudonyms p using (child))"


def _value(name: str, column: Column) -> str:
    """How a column is taken over: a code that is none is blank, a telling day is a month."""
    value = f'"{column.name}"'
    if column.codes:
        codes = ", ".join("'" + c.replace("'", "''") + "'" for c in code_sets.code_set(column.codes)["code"])
        return f"case when {value} in ({codes}) then {value} end as {value}"
    begun, begun_flag, ended, ended_flag = MONTH_ONLY.get(name, ("", "", "", ""))
    start = f"told_start({begun}, {begun_flag})"
    if column.name == begun:
        return f"{start} as {value}"
    return f"told_end({start}, {ended}, {ended_flag}) as {value}" if column.name == ended else value


def check_key(con: duckdb.DuckDBPyConnection, mart: type[Mart], target: str) -> None:
    """Stop when two rows share the key: a child would count twice."""
    key = ", ".join(f'"{c.name}"' for c in columns(mart) if c.key)
    query = f"select count(*) from (select 1 from {target} group by {key} having count(*) > 1)"
    twice = con.execute(query).fetchall()[0][0]
    if twice:
        raise Trouble(
            f"{mart.SCHEMA}.{mart.VIEW}: expected one row per {key.replace(chr(34), '')}, but {twice} keys "
            "stand more than once; repair the cohort that it is made from"
        )


def load_registry(con: duckdb.DuckDBPyConnection) -> None:
    """Reference tables as the marts declare them: authorities, regions, codes, the indicators."""
    con.execute("create schema if not exists registry")
    regions = authorities().select("region_code", "region_name").unique().drop_nulls().sort("region_code")
    frames = {
        "authorities": authorities(),
        "regions": regions,
        "codes": _codes(),
        "indicators": _indicators(),
    }
    for name, frame in frames.items():
        con.register("registry_frame", frame)
        con.execute(f"create or replace table registry.{name} as from registry_frame")
        con.unregister("registry_frame")
    for name in ("populations", "neighbours"):
        con.execute(f"create or replace table registry.{name} as from reference.{name}")


def _codes() -> pl.DataFrame:
    sets = [
        code_sets.code_set(name).select(pl.lit(name).alias("code_set"), "code", "label", "since", "until")
        for name in code_sets.names()
    ]
    return pl.concat(sets)


def _indicators() -> pl.DataFrame:
    told = (
        "indicator_id",
        "title",
        "outcome",
        "numerator",
        "denominator",
        "unit",
        "better",
        "source",
        "notes",
    )
    rows = [
        {**{name: getattr(one, name) for name in told}, "indicator_version": one.version}
        for one in indicators.indicators().values()
    ]
    return pl.DataFrame(rows)


def content_hash(con: duckdb.DuckDBPyConnection, catalogue: str, name: str) -> str:
    """A hash of what a mart holds, the same whatever the pseudonyms are and in whatever order rows stand.

    Each child stands for the set of its rows without the pseudonym, so that who belongs together counts
    and what they are called does not.
    """
    named = [c.name for c in columns(MARTS[name])]
    plain = ", ".join(f'coalesce("{n}"::varchar, chr(30)), chr(31)' for n in named if n not in PSEUDONYMS)
    child = next((f'"{n}"' for n in named if n in PSEUDONYMS), None)
    rows = f"select {child or 'null'} as child, md5_number_lower(concat({plain})) as told from {catalogue}.{name}"
    of_child = "md5_number_lower(sum(told)::varchar || '-' || count(*)) as told"
    one = f"select {of_child} from ({rows}) group by child" if child else rows
    query = f"select coalesce(sum(told), 0)::varchar || '-' || count(*) from ({one})"
    total = con.execute(query).fetchall()[0][0]
    return str(con.execute("select sha256(?)", [total]).fetchall()[0][0])
