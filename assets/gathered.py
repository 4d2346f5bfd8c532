"""The returns in force, gathered: one file per table and collection year instead of one per submission.

Every later stage reads all authorities of a year at once, and opening ten thousand small files costs more
than reading them. A gathered file holds the rows of the submissions' own files in the order of authority
and submission, and is made anew when the year's submissions change. Tables whose files are large are left
where they are; and whoever finds nothing gathered that fits reads the submissions' own files. The sessions of
a school census are added up as well: once per submission, for what was added up before is taken over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import duckdb
import polars as pl

from assets import sessions
from assets.fingerprint import code_version, fingerprint
from assets.store import Store, sql_columns
from schemas.authorities import ENGLAND
from schemas.duck import connect, sql_text
from schemas.failures import Trouble
from schemas.returns import RETURNS, Return
from schemas.table import Table

Place = tuple[int, str, str]
"""Year, authority, submission."""
InForce = dict[str, list[Place]]
"""Per return, the submissions that count."""

Own = tuple[str, str, str, Path]
"""A file of a submission's own: view, authority, submission, path."""

SENT = "sent.parquet"
"""Beside the tables: which tables each submission held, be they empty (view, la, submission)."""
SMALL = 32 * 1024
"""Mean bytes of a table's files from which opening them costs less than copying them."""
AT_ONCE = 64 * 2**20
"""Bytes of sessions that are added up together: those of many small submissions, or of one that is large."""


def gather(
    store: Store, in_force: InForce, ret: Return, years: Iterable[int], *, full: bool = False
) -> dict[int, dict[str, int]]:
    """Gather one return's years; counts per year: authorities, submissions, rows of each table.

    A year whose submissions have not changed is only counted. A year that the ledger knows and of which
    the store holds no table is trouble.
    """
    wanted = set(years)
    by_year = {y: places for y, places in _by_year(in_force.get(ret.name, [])).items() if y in wanted}
    return {year: _gather_year(store, ret, year, places, full) for year, places in by_year.items()}


def _by_year(places: Iterable[Place]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for place in sorted(places):
        found.setdefault(place[0], []).append(place)
    return found


def _folder(store: Store, ret: Return, places: list[Place]) -> Path:
    """Where a year's tables stand when they are gathered from exactly these submissions."""
    return store.gathered(ret.name, places[0][0]) / fingerprint(places, code_version())


def _gather_year(store: Store, ret: Return, year: int, places: list[Place], full: bool) -> dict[str, int]:
    folder = _folder(store, ret, places)
    if full or not folder.exists():
        _write(store, ret, places, folder, full)
    counts = {"authorities": len({la for _, la, _ in places} - {ENGLAND}), "submissions": len(places)}
    paths = _paths(store, ret, places)
    rows = {table.DFE: _rows(paths.get(table.VIEW, [])) for table in ret.tables_in(year)}
    if not paths:  # headings alone are a return, and rows may all have been set aside
        raise Trouble(
            f"the ledger says that {len(places)} submissions of {ret.name} {year} were read, but "
            f"{store.returns} holds no table of them; run `outcomes run --full` to read the originals again"
        )
    return counts | {f"rows: {name}": n for name, n in rows.items()}


def _rows(paths: list[Path]) -> int:
    return int(pl.scan_parquet(paths).select(pl.len()).collect().item()) if paths else 0


def _write(store: Store, ret: Return, places: list[Place], folder: Path, full: bool) -> None:
    """Write the year's tables beside their place, then let them take the place of what was there."""
    part = store.tmp / f"gather-{folder.name}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    own = _own_files(store, ret, places)
    with connect(scratch=store.tmp) as con:
        for table in ret.tables:
            paths = [path for view, *_, path in own if view == table.VIEW]
            if paths and sum(path.stat().st_size for path in paths) < SMALL * len(paths):
                target = sql_text(part / f"{table.VIEW}.parquet")
                con.execute(f"copy (from {_read(paths)}) to {target} (format parquet)")
        if ret.name == sessions.RETURN:
            _add_up(con, own, _sums(part), [] if full else _earlier(folder))
    _sent_frame(own).write_parquet(part / SENT)
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.parent.mkdir(parents=True, mode=0o700)
    os.replace(part, folder)


def _own_files(
    store: Store, ret: Return, places: Iterable[Place], without: Collection[str] = ()
) -> list[Own]:
    """The submissions' own files that are there."""
    found = []
    for table in (table for table in ret.tables if table.VIEW not in without):
        for year, la, submission in places:
            path = store.typed_path(ret, table, year, la, submission)
            if path.exists():
                found.append((table.VIEW, la, submission, path))
    return found


def _read(paths: Sequence[Path]) -> str:
    files = ", ".join(sql_text(path) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def view_returns(con: duckdb.DuckDBPyConnection, store: Store, in_force: InForce) -> None:
    """Make `returns.<return>_<table>` for every declared table over the submissions in force.

    A table that nobody sent is there, typed and empty.
    """
    con.execute("create schema if not exists returns")
    for ret in RETURNS.values():
        paths = _paths(store, ret, in_force.get(ret.name, []))
        for table in ret.tables:
            con.execute(_view(ret, table, paths.get(table.VIEW, [])))
    _view_sessions(con, store, in_force)


def _paths(store: Store, ret: Return, places: Iterable[Place]) -> dict[str, list[Path]]:
    """Per view the files to read: of each year the gathered one where there is one that fits."""
    found: dict[str, list[Path]] = {}
    for of_year in _by_year(places).values():
        folder = _folder(store, ret, of_year)
        gathered = {path.stem for path in folder.glob("*.parquet")}
        for table in ret.tables:
            if table.VIEW in gathered:
                found.setdefault(table.VIEW, []).append(folder / f"{table.VIEW}.parquet")
        for view, _, _, path in _own_files(store, ret, of_year, without=gathered):
            found.setdefault(view, []).append(path)
    return found


def _view(ret: Return, table: type[Table], paths: list[Path]) -> str:
    name = f'returns."{ret.stored_as(table)}"'
    if not paths:
        return f"create or replace table {name} ({sql_columns(table, has_terms=ret.has_terms)})"
    return f"create or replace view {name} as from {_read(paths)}"


def sent(store: Store, ret: Return, places: Iterable[Place]) -> pl.DataFrame:
    """Which tables each of these submissions held, with or without rows: view, la, submission, year."""
    frames = [_sent_frame([]).with_columns(year=pl.lit(0, pl.Int64))]
    for year, of_year in _by_year(places).items():
        told = _folder(store, ret, of_year) / SENT
        frame = pl.read_parquet(told) if told.exists() else _sent_frame(_own_files(store, ret, of_year))
        frames.append(frame.with_columns(year=pl.lit(year, pl.Int64)))
    return pl.concat(frames)


def _sent_frame(own: list[Own]) -> pl.DataFrame:
    columns = dict.fromkeys(("view", "la", "submission"), pl.String)
    return pl.DataFrame([file[:3] for file in own], schema=columns, orient="row")


# --- sessions, added up ---------------------------------------------------------------------------------


def _sums(folder: Path) -> Path:
    """Where a gathered year's sums stand; those of another version of the code, or list of codes, count for nothing."""
    return folder / f"sessions-{code_version()}"


def _earlier(folder: Path) -> list[Path]:
    """The folders of the year, gathered from whatever submissions, that hold sums of this version."""
    return [other for other in sorted(folder.parent.glob("*")) if any(_sums(other).glob("*.parquet"))]


def _add_up(con: duckdb.DuckDBPyConnection, own: list[Own], into: Path, earlier: list[Path]) -> None:
    """Write the sums of submissions; those of submissions that an earlier folder holds are copied."""
    into.mkdir(mode=0o700)
    held: set[tuple[str, str]] = set()
    for folder in earlier:
        held |= _take_over(con, folder, {_whose(file) for file in own} - held, into)
    for batch in _batches(file for file in own if _whose(file) not in held and file[0] in sessions.VIEWS):
        _copy(con, _summed(batch), into)


def _take_over(
    con: duckdb.DuckDBPyConnection, earlier: Path, wanted: set[tuple[str, str]], into: Path
) -> set[tuple[str, str]]:
    """Copy what was added up before of some submissions; which they were."""
    kept = wanted & set(pl.read_parquet(earlier / SENT, columns=["la", "submission"]).rows())
    con.register("kept", pl.DataFrame(list(kept), schema=["la", "submission"], orient="row"))
    sums = _read(sorted(_sums(earlier).glob("*.parquet")))
    _copy(con, f"from {sums} semi join kept using (la, submission)", into)
    con.unregister("kept")
    return kept


def _copy(con: duckdb.DuckDBPyConnection, query: str, into: Path) -> None:
    target = into / f"{len(list(into.iterdir())):05}.parquet"
    con.execute(f"copy ({query}) to {sql_text(target)} (format parquet)")


def _batches(files: Iterable[Own]) -> Iterator[list[Own]]:
    """Files of one submission after another, until they are enough."""
    batch: list[Own] = []
    for _, of_one in groupby(sorted(files, key=_whose), key=_whose):
        batch += of_one
        if sum(path.stat().st_size for *_, path in batch) >= AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _whose(file: Own) -> tuple[str, str]:
    return file[1], file[2]


def _summed(files: Iterable[Own]) -> str:
    """The sums of submissions' own files."""
    paths: dict[str, list[Path]] = {}
    for view, *_, path in files:
        paths.setdefault(view, []).append(path)
    return sessions.added_up({view: _read(paths[view]) for view in sorted(sessions.VIEWS & paths.keys())})


def _view_sessions(con: duckdb.DuckDBPyConnection, store: Store, in_force: InForce) -> None:
    """Make `returns.school_census_sessions`: gathered sums where there are any that fit, else the query of them."""
    ret = RETURNS[sessions.RETURN]
    found = []
    for places in _by_year(in_force.get(ret.name, [])).values():
        gathered = sorted(_sums(_folder(store, ret, places)).glob("*.parquet"))
        found.append(f"from {_read(gathered)}" if gathered else _summed(_own_files(store, ret, places)))
    query = " union all by name ".join(f"({one})" for one in found or [sessions.added_up({})])
    con.execute(f"create or replace view returns.{sessions.NAME} as {query}")
