"""The typed returns as plain rows, and who is who, as the second reading of the definitions takes them in.

A row is a dictionary from a column's name in lower case to its value. Only what the store hands on to
anybody is read: `returns.*`, and `people.person` (record id and person id).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
Key = tuple[str, str]
"""A child of an authority: its code, and the child's number there."""

READ = {
    "cin": (
        "header", "child_identifiers", "child_characteristics", "disabilities", "cin_details", "assessments",
        "assessment_factors", "child_protection_plans",
    ),
    "ssda903": ("header", "episodes", "uasc", "oc2", "oc3", "ad1", "missing", "sw_episodes"),
    "school_census": (
        "schoolcensus", "pupilonroll", "pupilnolongeronroll", "termlysessiondetailsonroll",
        "termlysessiondetailsoffroll", "summerhalfterm2sessiondetailsonroll",
        "summerhalfterm2sessiondetailsoffroll", "termlyexclusionsonroll", "termlyexclusionsoffroll", "fsmperiod",
    ),
    "attainment": ("results",),
}  # fmt: skip


@dataclass
class Returns:
    """All rows by table, the authorities that sent each return by year, and the person behind each record."""

    rows: dict[str, list[Row]]
    sent: dict[str, set[tuple[int, str]]]
    person: dict[str, str] = field(default_factory=dict)
    otherwise: dict[str, dict[str, str]] = field(default_factory=dict)
    """Records that are somebody else when links are taken more strictly or more loosely, by strength."""

    def linked(self, strength: str) -> Returns:
        """The same returns with the persons of another strength of linkage."""
        return replace(self, person=self.person | self.otherwise.get(strength, {}))

    def table(self, name: str) -> list[Row]:
        return self.rows.get(name, [])

    def years(self) -> list[int]:
        return sorted({year for held in self.sent.values() for year, _ in held})

    def who(self, source: str, submission: str, child: str) -> str:
        """The person of a record; a record that nobody knows is a person of its own."""
        record = f"{source}|{submission}|{child}"
        return self.person.get(record, record)


def read_returns(con: duckdb.DuckDBPyConnection) -> Returns:
    """Everything that the indicators need, from a connection that holds `returns.*` and `people.person`."""
    rows: dict[str, list[Row]] = {}
    sent: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for ret, tables in READ.items():
        for table in tables:
            found = rows_of(con, f"{ret}_{table}")
            rows[f"{ret}_{table}"] = found
            sent[ret] |= {(row["year"], row["la"]) for row in found}
    person = con.execute("select record_id, person_id from people.person").fetchall()
    return Returns(rows, dict(sent), dict(person), _otherwise(con))


def _otherwise(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    held = "select 1 from duckdb_tables() where table_name = 'person_at' and schema_name = 'people'"
    if con.execute(held).fetchall():
        for record, strength, person in con.execute(
            "select record_id, level, person_id from people.person_at"
        ).fetchall():
            found[strength][record] = person
    return dict(found)


def rows_of(con: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    """The rows of one table, in the order in which they stood in the file."""
    made = con.execute(f"select * from returns.{table} order by year, la, submission, source_row")
    names = [column[0].lower() for column in made.description or ()]
    return [dict(zip(names, values, strict=True)) for values in made.fetchall()]


def grouped(rows: Iterable[Row], *columns: str) -> dict[tuple[Any, ...], list[Row]]:
    """Rows by the values of some columns, in their order."""
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[column] for column in columns)].append(row)
    return found


def latest(rows: list[Row]) -> list[Row]:
    """Of rows that several years' returns tell of one thing, those of the last return."""
    last = max(row["year"] for row in rows)
    return [row for row in rows if row["year"] == last]


def years_sent(returns: Returns, ret: str) -> dict[str, list[int]]:
    """The years of which an authority's return is held, in order."""
    found: dict[str, list[int]] = defaultdict(list)
    for year, la in sorted(returns.sent.get(ret, ())):
        found[la].append(year)
    return found


NOTHING_SENT = "select 0 as year, '' as la, '' as submission, 0 as source_row where false"


def view_home(con: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Let a connection see the returns in force of a home on which one night has run, and its persons."""
    sent = f"from read_parquet('{home}/returns/gathered/*/*/*/sent.parquet')"
    con.execute(f"create table in_force as select distinct submission {sent}")
    con.execute(f"attach '{home}/people/spine.duckdb' as spine (read_only)")
    con.execute("create schema returns; create schema people")
    con.execute("create view people.person as from spine.people.person")
    con.execute("create table people.person_at as from spine.people.person_at")
    for ret, tables in READ.items():
        for table in tables:
            files = f"{home}/returns/{ret}_{table}/*/*/*.parquet"
            if not list(home.glob(f"returns/{ret}_{table}/*/*/*.parquet")):
                con.execute(f"create view returns.{ret}_{table} as {NOTHING_SENT}")
                continue
            con.execute(
                f"""create view returns.{ret}_{table} as
                from read_parquet('{files}', union_by_name = true, hive_partitioning = false)
                semi join in_force using (submission)"""
            )
