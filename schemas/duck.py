"""How this project opens DuckDB: offline, bounded, and knowing our shared words.

Extensions are never fetched. Every connection loads `macros.sql`, so that a rule, a cohort and a
linkage step mean the same by `age_on`, `year_end` and `valid_upn`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb

from schemas.calendar import Period, bank_holidays, social_care_year
from schemas.machine import machine_memory

MACROS = (Path(__file__).parent / "macros.sql").read_text(encoding="utf-8")
STORAGE_VERSION = "v1.2.0"
"""Files that readers open are written so that DuckDB clients from 1.2 on can read them."""

OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def threads() -> int:
    """Cores that this process may use; NATIONAL_OUTCOMES_THREADS limits them."""
    return int(os.environ.get("NATIONAL_OUTCOMES_THREADS") or len(os.sched_getaffinity(0)))


def memory(most: str | None = None) -> str:
    """What a connection that may spill holds in memory before it does; NATIONAL_OUTCOMES_MEMORY changes it.

    A third of the machine, between 3.5 and 7 GiB, unless the caller needs less. All indicators of all of England
    need more than 3.5; without a limit DuckDB takes most of the machine, on which the reports' processes work as well.
    """
    third = machine_memory() // 3 >> 20
    return os.environ.get("NATIONAL_OUTCOMES_MEMORY") or most or f"{min(max(third, 3500), 7168)}MiB"


@contextlib.contextmanager
def connect(
    path: Path | None = None, *, read_only: bool = False, scratch: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with our settings and macros; closed at the end whatever happens.

    `path` None means in memory; `scratch` is where DuckDB may spill.
    """
    config: dict[str, str | bool | int | float | list[str]] = {**OFFLINE, "threads": str(threads())}
    if scratch is not None:
        config |= {"temp_directory": str(scratch), "memory_limit": memory()}
    con = duckdb.connect(str(path or ":memory:"), read_only=read_only, config=config)
    try:
        con.execute("set enable_progress_bar = false")
        con.execute("set preserve_insertion_order = true")
        con.execute("set TimeZone = 'UTC'")
        load_macros(con)
        yield con
    finally:
        con.close()


def sql_text(value: object) -> str:
    """A text literal: a path may hold an apostrophe."""
    return "'" + str(value).replace("'", "''") + "'"


def load_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Define the shared words on a connection, as temporary macros: no file is written to."""
    days = ", ".join(f"date '{day}'" for day in bank_holidays())
    con.execute(f"create or replace temp macro bank_holidays() as [{days}]")
    con.execute(MACROS.replace("create or replace macro", "create or replace temp macro"))


def use_year(con: duckdb.DuckDBPyConnection, year: int, period: Period | None = None) -> None:
    """Say which collection year `year_start()` and `year_end()` mean from now on."""
    period = period or social_care_year(year)
    con.execute(f"set variable year_start = date '{period.start}'")
    con.execute(f"set variable year_end = date '{period.end}'")
    con.execute(f"set variable year = {year:d}")


@contextlib.contextmanager
def new_file(path: Path, *, scratch: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build a DuckDB file whole beside its place, then put it there in one step.

    Readers see the old file or the new one. The new file can be opened by DuckDB clients from 1.2 on;
    its tables are made in the catalogue `built`, which is in use when the block begins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f".{path.name}.building")
    building.unlink(missing_ok=True)
    with connect(scratch=scratch) as con:
        con.execute(f"attach {sql_text(building)} as built (STORAGE_VERSION '{STORAGE_VERSION}')")
        con.execute("use built")
        yield con
        con.execute("use memory")
        con.execute("checkpoint built")
        con.execute("detach built")
    if building.with_name(building.name + ".wal").exists():
        raise RuntimeError(
            f"{building} still has a write-ahead log after its checkpoint; it was not published"
        )
    with building.open("rb") as written:
        os.fsync(written.fileno())
    os.replace(building, path)
