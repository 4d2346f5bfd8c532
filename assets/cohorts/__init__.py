"""The cohorts: who is counted, one query per file, each opening with its definition in prose.

They read rows from which every identifier has been left out, and each other. A cohort is a table
`cohorts.<name>`; what it holds beyond the columns of a mart (exact days, the authority's own grouping of
its children) stays on this working connection.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb

FOLDER = Path(__file__).parent

ORDER = (
    "reported",
    "term_in_use",
    "census_in_use",
    "case_version",
    "referral",
    "case_of_need",
    "episode_of_need",
    "in_need_at_31_march",
    "plan_version",
    "child_protection_plan",
    "plan_started",
    "plan_at_31_march",
    "factor_at_assessment",
    "factors_together",
    "referral_followed",
    "care_episode_version",
    "care_episode_ended",
    "care_episode_fitted",
    "care_episode",
    "period_of_care",
    "placement",
    "looked_after_at_31_march",
    "care_start",
    "care_end",
    "after_care",
    "since_care_began",
    "looked_after_in_year",
    "same_carer",
    "home_at_31_march",
    "adoption",
    "social_workers",
    "care_leaver_year",
    "state_at_31_march",
    "state_a_year_later",
    "first_year",
    "factors_followed",
    "enrolment_term",
    "attendance_year",
    "attendance_of_group",
    "suspension_of_group",
    "attainment_of_group",
    "school_of_looked_after",
    "child_days",
    "child_year",
    "repaired_row",
    "repair",
)
"""A cohort may read those before it."""

CHILDLESS = ("reported", "term_in_use", "census_in_use", "enrolment_term")
"""Those that do not depend on who is who, and are made once."""

LINKED = (
    "case_version",
    "case_of_need",
    "in_need_at_31_march",
    "plan_version",
    "child_protection_plan",
    "plan_at_31_march",
    "care_episode_version",
    "care_episode_ended",
    "care_episode_fitted",
    "care_episode",
    "period_of_care",
    "looked_after_at_31_march",
    "state_at_31_march",
    "attendance_year",
    "attendance_of_group",
    "suspension_of_group",
    "attainment_of_group",
    "school_of_looked_after",
)
"""Those that are made again to show a linked figure at another strength of linkage."""

VIEWS = ("enrolment_term",)
"""Those that only look at rows otherwise: to keep those of all enrolments takes more memory than it saves time."""

BY_YEAR = ("attendance_year",)
"""Those of all pupils, made a year at a time: what must be held at once does not grow with the years."""

STANDARD = "standard"


def build(con: duckdb.DuckDBPyConnection, links: str = STANDARD, only: Collection[str] = ORDER) -> None:
    """Make the cohorts with the persons of one strength of linkage: standard, strict or loose."""
    con.execute("create schema if not exists cohorts")
    con.execute((FOLDER / "words.sql").read_text(encoding="utf-8"))
    use_links(con, links)
    for name in ORDER:
        if name in only:
            _make(con, name)


def _make(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Make one cohort; one that is made by year begins as what no year holds, with its columns."""
    if name in VIEWS:
        con.execute(f"create or replace view cohorts.{name} as {query(name)}")
        return
    years = [year for (year,) in con.execute(YEARS).fetchall()] if name in BY_YEAR else []
    con.execute(f"create or replace table cohorts.{name} as {query(name)} {'limit 0' if years else ''}")
    for year in years:
        con.execute("set variable year_in_turn = ?", [year])
        con.execute(f"insert into cohorts.{name} {query(name)}")
    con.execute("reset variable year_in_turn")


YEARS = "select distinct year from stored.received_school_census order by year"


def query(name: str) -> str:
    """The SQL of one cohort."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def use_links(con: duckdb.DuckDBPyConnection, links: str) -> None:
    """Let `deidentified.*` show as `child` the person of that strength of linkage, and `at_strength` choose it."""
    con.execute("create schema if not exists deidentified")
    chosen = "child" if links == STANDARD else f"child_{links}"
    con.execute(f"create or replace temp macro at_strength(child, child_strict, child_loose) as {chosen}")
    con.execute(f"create or replace temp macro is_standard() as {links == STANDARD}")
    for name, has_child in _stored(con):
        columns = f"* exclude (child, child_strict, child_loose), {chosen} as child" if has_child else "*"
        con.execute(f"create or replace view deidentified.{name} as select {columns} from stored.{name}")


def _stored(con: duckdb.DuckDBPyConnection) -> list[tuple[str, bool]]:
    return con.execute(
        "select table_name, bool_or(column_name = 'child_strict') from duckdb_columns() "
        "where schema_name = 'stored' group by table_name order by table_name"
    ).fetchall()
