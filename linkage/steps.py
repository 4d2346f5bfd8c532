"""The steps of the linkage as named SQL files: each can be read, run and looked at on its own.

A step reads `people.face` and tables of the scratch database, and leaves tables there. Scratch is an
in-memory database attached as `splink_scratch`: it may spill to the caller's temporary directory, and
nothing of it (Splink keeps names in its tables) reaches the spine file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
STEPS = HERE / "steps"
SCRATCH = "splink_scratch"
PACKED = " using compression fsst"
"""What a step says of texts that are nearly all different; DuckDB would try every way of packing them."""

Row = tuple[Any, ...]


def run_step(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Run the SQL file `steps/<name>.sql` on this connection."""
    con.execute(_as_packed(con, (STEPS / f"{name}.sql").read_text(encoding="utf-8")))


def _as_packed(con: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Where the connection says how everything is to be packed, no step says otherwise."""
    if rows(con, "select current_setting('force_compression')")[0][0].lower() == "auto":
        return sql
    return sql.replace(PACKED, "")


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """All rows of a query."""
    return con.execute(sql).fetchall()


def number(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one whole number that a query gives."""
    return int(rows(con, sql)[0][0] or 0)


def has_table(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether `table`, as it would be written in SQL, can be read."""
    try:
        con.execute(f"describe {table}").fetchall()
    except duckdb.Error:
        return False
    return True


def load_words(con: duckdb.DuckDBPyConnection) -> None:
    """Define this package's macros and its nickname table for the connection."""
    con.execute((HERE / "macros.sql").read_text(encoding="utf-8"))
    con.execute(
        f"create or replace table {SCRATCH}.nickname as select forename, coalesce(sex, '') as sex, common "
        f"from read_csv('{HERE / 'nicknames.csv'}', header = true, all_varchar = true)"
    )


@contextlib.contextmanager
def scratch(con: duckdb.DuckDBPyConnection, *, keep: bool = False) -> Iterator[None]:
    """A scratch database beside the caller's; the caller's catalogue and schema are in use again after."""
    home = rows(con, "select current_database(), current_schema()")[0]
    back = f'use "{home[0]}"."{home[1]}"'
    con.execute(f"detach database if exists {SCRATCH}")
    con.execute(f"attach ':memory:' as {SCRATCH}")
    try:
        load_words(con)
        yield
    finally:
        con.execute(back)
        if not keep:
            _drop_views(con)
            con.execute(f"detach database {SCRATCH}")


def _drop_views(con: duckdb.DuckDBPyConnection) -> None:
    """Views over `people` cannot stand in the scratch database; they are temporary ones, `link_…`."""
    for (name,) in rows(
        con, "select view_name from duckdb_views() where temporary and view_name like 'link@_%' escape '@'"
    ):
        con.execute(f"drop view temp.{name}")
