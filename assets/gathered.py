"""The returns in force, gathered: one file per table and collection year instead of one per submission.

Every later stage reads all authorities of a year at once, and opening ten thousand small files costs more
than reading them. A gathered file holds the rows of the submissions' own files in the order of authority
and submission, and is made anew when the year's submissions change. Tables whose files are large are left
where they are; and whoever finds nothing gathered that fits reads the submissions' own files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path

import duckdb
import polars as pl

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

SENT = "sent.parquet"
"""Beside the tables: which tables each submission held, be they empty (view, la, submission)."""
SMALL = 32 * 1024
"""Mean bytes of a table's files from which opening them costs less than copying them."""


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
        _write(store, ret, places, folder)
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


def _write(store: Store, ret: Return, places: list[Place], folder: Path) -> None:
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
    _sent_frame(own).write_parquet(part / SENT)
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.parent.mkdir(parents=True, mode=0o700)
    os.replace(part, folder)


def _own_files(
    store: Store, ret: Return, places: Iterable[Place], without: Collection[str] = ()
) -> list[tuple[str, str, str, Path]]:
    """The submissions' own files that are there: view, authority, submission, path."""
    found = []
    for table in (table for table in ret.tables if table.VIEW not in without):
        for year, la, submission in places:
            path = store.typed_path(ret, table, year, la, submission)
            if path.exists():
                found.append((table.VIEW, la, submission, path))
    return found


def _read(paths: list[Path]) -> str:
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


def _sent_frame(own: list[tuple[str, str, str, Path]]) -> pl.DataFrame:
    columns = dict.fromkeys(("view", "la", "submission"), pl.String)
    return pl.DataFrame([file[:3] for file in own], schema=columns, orient="row")
