"""Writes what a daily feed tells of a year into the tables of the yearly returns, one authority at a time.

What is written follows from the deliveries in force and the code alone, and stands under a name that says so:
a night with nothing new writes nothing.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import polars as pl

from assets.from_feed.standing import TARGETS, standings
from assets.gathered import InForce, Place
from assets.ingest.ledger import Entry
from assets.store import Store, sql_columns
from schemas.duck import connect, sql_text, use_year
from schemas.returns import RETURNS, Return
from schemas.table import FIRST_YEAR, UNREAD, Table, columns

FEED = RETURNS["daily_social_care"]
FED = "feed-"
"""How the name of such rows begins, where a submission's would stand: as there, each year has its own."""
CHILDREN = {"cin": "child_identifiers", "ssda903": "header"}
"""The table with a row per child: it is written last, and without a row in it nobody was told of."""
HERE = Path(__file__).parent
BLOCK = re.compile(r"^/\* (\w+)\b.*?\*/\n(.*?);$", re.DOTALL | re.MULTILINE)
WORDS = """
create temp macro by_year_end(day) as case when day <= year_end() then day end;
create temp macro is_over(day) as coalesce(day <= year_end(), true)"""
"""`by_year_end`: an end as it was known on 31 March. `is_over`: it is not told to be later."""


def is_fed(submission: str) -> bool:
    return submission.startswith(FED)


def sent_by_authorities(in_force: InForce) -> InForce:
    """Without what a feed stands in for: nobody sent that, so no rule finds a fault in it."""
    return {ret: [place for place in places if not is_fed(place[2])] for ret, places in in_force.items()}


def in_force(store: Store, in_use: Iterable[Entry], states: Iterable[Place]) -> InForce:
    """Per return, what counts from the feed (`states`: year, authority and name of its state)."""
    state_of = {place[1]: place for place in states}
    wanted = defaultdict[str, list[tuple[Return, Place]]](list)
    for one in standings(in_use):
        if one.counts and one.la in state_of:
            name = f"{FED}{one.ret}-{one.year}-{state_of[one.la][2].partition('-')[2]}"
            wanted[one.la].append((RETURNS[one.ret], (one.year, one.la, name)))
    found = defaultdict[str, list[Place]](list)
    for la, of_one in wanted.items():
        project(store, state_of[la], [each for each in of_one if not _children_path(store, *each).exists()])
        for ret, place in of_one:
            if _children(store, ret, place):
                found[ret.name].append(place)
    return found


def _children_path(store: Store, ret: Return, place: Place) -> Path:
    return store.typed_path(ret, ret.table(CHILDREN[ret.name]), *place)


def _children(store: Store, ret: Return, place: Place) -> int:
    """Of how many children the feed tells; of none there is no return."""
    return int(pl.scan_parquet(_children_path(store, ret, place)).select(pl.len()).collect().item())


def project(store: Store, state: Place, wanted: Iterable[tuple[Return, Place]]) -> None:
    """Write every table that the feed tells of, empty ones too, of some returns and years of one authority."""
    missing = list(wanted)
    if not missing:
        return
    with connect(scratch=store.tmp) as con:
        _show(con, {t.VIEW: store.typed_path(FEED, t, *state) for t in FEED.tables})
        for ret, place in missing:
            _project(con, store, ret, place)


def _project(con: duckdb.DuckDBPyConnection, store: Store, ret: Return, place: Place) -> None:
    part = store.tmp / place[2]
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    selects = prepared(con, ret, place[0])
    for view, select in selects.items():
        rows = _rows(con, ret.table(view), select, place)
        con.execute(f"copy ({rows}) to {sql_text(part / view)} (format parquet)")
    for view in sorted(selects, key=lambda view: view == CHILDREN[ret.name]):
        path = store.typed_path(ret, ret.table(view), *place)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(part / view, path)
        if store.as_known_at is None:
            _take_away_older(path)
    part.rmdir()


def _take_away_older(path: Path) -> None:
    """A feed of every day would leave a copy of every day, purged children in it: the newest is kept."""
    for other in path.parent.glob(f"{FED}*{path.suffix}"):
        if other != path:
            other.unlink()


def _show(con: duckdb.DuckDBPyConnection, paths: Mapping[str, Path]) -> None:
    """Let the connection see a state as `feed.<table>`, in memory: every year of it reads it again. A table that
    is not there is empty."""
    con.execute(WORDS)
    con.execute("create schema feed")
    for table in FEED.tables:
        path = paths.get(table.VIEW)
        if path and path.exists():
            source = f"read_parquet({sql_text(path)}, hive_partitioning = false)"
            con.execute(f"create table feed.{table.VIEW} as from {source}")
        else:
            con.execute(f"create table feed.{table.VIEW} ({sql_columns(table)})")


def prepared(con: duckdb.DuckDBPyConnection, ret: Return, year: int) -> dict[str, str]:
    """Make the steps on the way; the select of each table that the feed tells of."""
    use_year(con, year)
    views, selects = {table.VIEW for table in ret.tables}, dict[str, str]()
    for name, select in blocks(ret.name):
        if name in views:
            selects[name] = select
        else:
            con.execute(f"create or replace temp table {name} as {select}")
    return selects


def blocks(ret: str) -> Iterator[tuple[str, str]]:
    """The named selects of one return's file, in order."""
    for found in BLOCK.finditer((HERE / f"{ret}.sql").read_text(encoding="utf-8")):
        yield found[1], found[2]


def _rows(con: duckdb.DuckDBPyConnection, table: type[Table], select: str, place: Place) -> str:
    """The rows of a select as typed rows of a table: what it does not give is blank."""
    given = told_by(con, select)
    own = [f'{_or_null(c.name, given)}::{c.sql_type} as "{c.name}"' for c in columns(table)]
    year, la, submission = place
    beside = f"""{year}::smallint as year, {sql_text(la)} as la, {sql_text(submission)} as submission,
      source_file, source_row::integer as source_row, null::integer as source_line, null::varchar as {UNREAD}"""
    return f"select {', '.join(own)}, {beside} from ({select}) order by all"


def _or_null(name: str, given: set[str]) -> str:
    return f'"{name}"' if name.lower() in given else "null"


def told_by(con: duckdb.DuckDBPyConnection, select: str) -> set[str]:
    """The columns that a select gives, lower case."""
    return {str(row[0]).lower() for row in con.execute(f"describe {select}").fetchall()}


@functools.cache
def carried() -> frozenset[str]:
    """Every column that the feed can fill, as `cin.cin_details.CINreferralDate`: read off the selects."""
    found = set[str]()
    for name in TARGETS:
        with connect() as con:
            _show(con, {})
            for view, select in prepared(con, RETURNS[name], FIRST_YEAR).items():
                given = told_by(con, select)
                own = (c.name for c in columns(RETURNS[name].table(view)))
                found |= {f"{name}.{view}.{column}" for column in own if column.lower() in given}
    return frozenset(found)
