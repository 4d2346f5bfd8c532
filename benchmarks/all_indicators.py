"""Every indicator by every breakdown for all of England and three years: how long it takes, with how much memory.

    .venv/bin/python benchmarks/all_indicators.py

A synthetic England at a fiftieth of its size is read, linked and de-identified as in a night. Each of its working
tables is then repeated fifty times, in sets, with other pseudonyms and pupils: about nine million pupils. Measuring
runs in a process of its own, so that its peak of memory is its own; it is what a night does between the de-identified
tables and the marts. Sessions were added up before, when each census was gathered, and stand beside the pupils; what
that took, once for as many rows of sessions and not every night, is told apart: the part's are added up as often as
its tables were repeated. Prints a Markdown table, and exits with 1 where the target was missed: three minutes and 8 GiB.
`--share 0.01 --times 5` tries it small; the folder is temporary unless `--folder` names one to keep, which must be
emptied of `part` and `england` when what stands in working tables has changed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402

from schemas.duck import connect, new_file, sql_text  # noqa: E402

YEARS = (2023, 2024, 2025)
SECONDS, GIBIBYTES = 180, 8.0
COPY_OF = {
    "child": '"child" + (k::bigint << 40)',
    "child_strict": '"child_strict" + (k::bigint << 40)',
    "child_loose": '"child_loose" + (k::bigint << 40)',
    "la_child": '"la_child" + (k::bigint << 40)',
    "pseudonym": "\"pseudonym\" || '.' || k",
    "pupil": '"pupil" + (k::bigint << 52)',
    "source_row": '"source_row" + k * 10_000_000',
}
"""What names a child or a row is another one in each copy; everything else is as it was."""
WORTH = {"child_count": '"child_count" * {times}', "without_child_count": '"without_child_count" * {times}'}
"""What tells how many there are stays one row and is so many times as large."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="All indicators for all of England.")
    parser.add_argument("--share", type=float, default=0.02, help="share of England that is made as files")
    parser.add_argument("--times", type=int, default=0, help="how often it is repeated; the share's inverse")
    parser.add_argument("--folder", type=Path, help="where to work; kept, and used again when it is filled")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.work:
        print(json.dumps(measured(asked.folder)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        if not (folder / "england").exists():
            make(folder, asked.share, asked.times or round(1 / asked.share))
        return report(folder)


# --- the tables -----------------------------------------------------------------------------------------


def make(folder: Path, share: float, times: int) -> None:
    """The de-identified tables of a night of a part of England, and of all of it."""
    if not (folder / "part").exists():
        a_part(folder / "home", share, folder / "part.making")
        (folder / "part.making").rename(folder / "part")
    making = folder / "england.making"
    making.mkdir()
    with connect(scratch=folder) as con:
        con.execute("set preserve_insertion_order = false")  # or all copies of a table wait for one another
        for path in sorted((folder / "part").glob("*.parquet")):
            con.execute(
                f"copy ({repeated(con, path, times)}) to {sql_text(making / path.name)} (format parquet)"
            )
    making.rename(folder / "england")


def a_part(home: Path, share: float, into: Path) -> None:
    """A night as far as the working tables in which nobody is named."""
    os.environ["NATIONAL_OUTCOMES_KEYS"] = str(home.parent / "keys")
    import synthetic
    from assets import deidentify, gathered, keys, release
    from assets.ingest import ingest, ledger
    from assets.people import link_children
    from pipelines.settings import open_store
    from schemas.calendar import collection_years
    from schemas.returns import RETURNS

    synthetic.make_country(home, scale=share, years=YEARS, seed=1)
    store = open_store(home)
    store.prepare()
    ingest(store, now=datetime.now(UTC))
    in_force = ledger.in_force(store)
    for ret in RETURNS.values():
        gathered.gather(store, in_force, ret, collection_years())
    link_children(store, in_force, "benchmark")
    keys.ensure()
    with release.identified(store, in_force) as con:
        deidentify.write(con, b"benchmark", into, release.telling(store, in_force))
        keep_sessions(con, into.with_name("sessions"))


def keep_sessions(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The rows of sessions by year, as a night reads them when it adds them up, but a file for each table."""
    from assets import sessions

    folder.mkdir(exist_ok=True)
    for year in YEARS:
        for view in sorted(sessions.VIEWS):
            rows = f"from returns.{sessions.RETURN}_{view} where year = {year}"
            con.execute(f"copy ({rows}) to {sql_text(folder / f'{year}-{view}.parquet')} (format parquet)")


def repeated(con: duckdb.DuckDBPyConnection, path: Path, times: int) -> str:
    """A query of a table with all of its children so many times; one about no child stays as it is."""
    source = f"read_parquet({sql_text(path)})"
    names = [name for name, *_ in con.execute(f"describe from {source}").fetchall()]
    counts = {name: sql.format(times=times) for name, sql in WORTH.items() if name in names}
    copied = {name: sql for name, sql in COPY_OF.items() if name in names}
    if not {"child", "pupil"} & set(copied):
        return f"select * {replacing(counts)} from {source}"
    return f"select * exclude (k) {replacing(copied)} from {source} cross join range({times}) as copies(k)"


def replacing(values: dict[str, str]) -> str:
    return f"replace ({', '.join(f'{sql} as {name}' for name, sql in values.items())})" if values else ""


# --- the figures ----------------------------------------------------------------------------------------


def measured(folder: Path) -> dict[str, float]:
    """Measure and write the marts; seconds of both, what came out, and the peak memory of this process."""
    from assets import deidentify, marts, measure

    began_with = processor()
    with new_file(folder / "marts.duckdb", scratch=folder) as con:
        con.execute("use memory")
        deidentify.show(con, folder / "england")
        began = time.perf_counter()
        measure.measure(con)
        figures, figures_processor = time.perf_counter() - began, processor() - began_with
        rows = marts.write_marts(con, "built")
        written = time.perf_counter() - began - figures
        pupils = con.execute("select count(distinct child) from stored.school_census_pupilonroll").fetchall()
    return {
        "figures": figures,
        "marts": written,
        "cells": rows["outcomes.indicator"],
        "rows": sum(rows.values()),
        "pupils": pupils[0][0],
        "figures, processor": figures_processor,
        "processor": processor() - began_with,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        **sums(folder),
    }


def processor() -> float:
    """Processor seconds that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def sums(folder: Path) -> dict[str, float]:
    """Add up as many rows of sessions as the repeated tables stand for: rows, and processor seconds."""
    from assets import sessions

    with connect(scratch=folder) as con:
        times = how_many(con, folder / "england") / how_many(con, folder / "part")
        rows, began = 0, processor()
        for year in YEARS * round(times):
            files = {view: folder / "sessions" / f"{year}-{view}.parquet" for view in sorted(sessions.VIEWS)}
            sources = {view: f"read_parquet({sql_text(path)})" for view, path in files.items()}
            con.execute(f"copy ({sessions.added_up(sources)}) to {sql_text(folder / 'sums.parquet')}")
        spent = processor() - began
        for path in (folder / "sessions").iterdir():
            rows += con.execute(f"select count(*) from read_parquet({sql_text(path)})").fetchall()[0][0]
    (folder / "sums.parquet").unlink()
    return {"session rows": rows * round(times), "sums": spent}


def how_many(con: duckdb.DuckDBPyConnection, tables: Path) -> int:
    """The children of a folder of working tables."""
    query = f"select count(*) from read_parquet({sql_text(tables / 'pseudonyms.parquet')})"
    return int(con.execute(query).fetchall()[0][0])


def report(folder: Path) -> int:
    """Measure in a process of its own and hold it against the target."""
    command = [sys.executable, __file__, "--work", "--folder", str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"measuring failed:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout)
    print(
        "| pupils | cells | figures, s | marts written, s | processor, s, figures | processor, s, both | peak GiB "
        "| rows of all marts | rows of sessions | processor, s, to add them up once |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    print(
        f"| {found['pupils']:,} | {found['cells']:,} | {found['figures']:.0f} | {found['marts']:.0f} "
        f"| {found['figures, processor']:.0f} | {found['processor']:.0f} | {found['peak']:.2f} | {found['rows']:,} "
        f"| {found['session rows']:,} | {found['sums']:.0f} |"
    )
    return int(found["figures"] > SECONDS or found["peak"] > GIBIBYTES)


if __name__ == "__main__":
    raise SystemExit(main())
