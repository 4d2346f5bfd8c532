"""All rules of the two social care returns over all of England at once: one year, with last year's beside it.

    .venv/bin/python benchmarks/all_england.py

A synthetic England at a twentieth of its size is made and read as files are, and every table is then repeated twenty
times, in sets, each time under new child ids and UPNs: about 115,000 looked-after children and 700,000 in need. The
rules of each return run in a process of their own, so that its peak of memory is its own; a run counts start-up,
rules, findings and coverage. Prints a Markdown table, and exits with 1 where the target was missed: three minutes and
8 GiB. `--share 0.01 --year 2025` tries it small; the folder is temporary unless `--folder` names one to keep.
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
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402
import polars as pl  # noqa: E402

from schemas.duck import connect, sql_text  # noqa: E402
from schemas.returns import RETURNS  # noqa: E402

KINDS = ("ssda903", "cin")
SECONDS, GIBIBYTES = 180, 8.0
"""What all rules of both returns may take together, and the memory of either."""
PLACES = ("005", *map(str, range(201, 214)), *map(str, range(301, 321)), *map(str, range(330, 337)))
"""Authorities' digits of a UPN: one for each time that a child is repeated."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="All rules over all of England.")
    parser.add_argument("--share", type=float, default=0.05, help="share of England that is made as files")
    parser.add_argument("--times", type=int, default=0, help="how often it is repeated; the share's inverse")
    parser.add_argument("--year", type=int, default=2025)
    parser.add_argument("--folder", type=Path, help="where to work; kept, and used again when it is filled")
    parser.add_argument("--work", choices=KINDS, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.work:
        print(json.dumps(rules_of(asked.work, asked.year, asked.folder)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = (asked.folder or Path(temporary)).resolve()
        if not (folder / "tables").exists():
            make(folder, asked.share, asked.times or round(1 / asked.share), asked.year)
        return measure_all(folder, asked.year)


# --- the tables -----------------------------------------------------------------------------------------


def make(folder: Path, share: float, times: int, year: int) -> None:
    """Every table of this year and last as one Parquet file, at the size of England."""
    import synthetic

    if not 1 <= times <= len(PLACES):
        raise SystemExit(f"expected to repeat a share 1 to {len(PLACES)} times, came {times}")
    country = folder / "country"
    if not country.exists():
        synthetic.make_country(country, scale=share, years=(year - 1, year), seed=17)
    (folder / "tables.part").mkdir(parents=True)
    with connect() as con:
        for ret in KINDS:
            for of in (year - 1, year):
                for name, frame in read(country, ret, of):
                    repeat(
                        con, ret, name, frame, times, folder / "tables.part" / f"{ret}.{of}.{name}.parquet"
                    )
    (folder / "tables.part").rename(folder / "tables")


def read(country: Path, ret: str, year: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """The typed tables of a return and year of all authorities, as reading their files gives them."""
    from assets.ingest import read_paths
    from quality.run import with_provenance

    parts: dict[str, list[pl.DataFrame]] = {}
    for place in sorted((country / "landing" / ret / str(year)).iterdir()):
        for name, frame in read_paths([place], ret, year, place.name, None).tables.items():
            parts.setdefault(name, []).append(with_provenance(frame, place.name, year))
    for name in list(parts):
        yield name, pl.concat(parts.pop(name))


def repeat(
    con: duckdb.DuckDBPyConnection, ret: str, name: str, frame: pl.DataFrame, times: int, path: Path
) -> None:
    """Write a table with each child so many times, under another id and UPN; what is no child's stays once."""
    child = RETURNS[ret].child
    changed = {"source_file": "source_file || '.' || k"}
    if child in frame.columns:
        changed[child] = f'"{child}" || chr(65 + k::int)'
    for upn in {"UPN", "FormerUPN"} & set(frame.columns):
        body = f'{list(PLACES)}[k + 1] || substr("{upn}", 5)'
        changed[upn] = (
            f'case when valid_upn("{upn}") then upn_check_letter({body}) || {body} else "{upn}" end'
        )
    con.register("once", frame)
    replaced = ", ".join(f'{sql} as "{column}"' for column, sql in changed.items())
    con.execute(
        f"copy (select * exclude (k) replace ({replaced}) from once "
        f"cross join range({times if child in frame.columns else 1}) as copies(k)) to {sql_text(str(path))}"
    )
    con.unregister("once")


# --- the rules ------------------------------------------------------------------------------------------


def rules_of(ret: str, year: int, folder: Path) -> dict[str, float]:
    """Run all rules of a return; what was looked at and found, and the peak memory of this process."""
    from quality.engine import find
    from quality.lists import POSTCODES, read_list
    from quality.views import from_frames

    directory = read_list(POSTCODES, folder / "country" / "reference" / "onspd.csv")
    with connect(scratch=folder) as con, from_frames(con, {POSTCODES: directory}) as lists:
        sources = dict(tables_of(folder / "tables", ret, year))
        found = find(con, ret, year, sources | (lists if ret == "ssda903" else {}))
        table, child = ("header", "CHILD") if ret == "ssda903" else ("child_identifiers", "LAchildID")
        children = con.execute(f'select count(distinct (la, "{child}")) from {sources[table]}').fetchall()
    per_rule = found.coverage.group_by("rule").agg(pl.col("checked").any())
    return {
        "children": children[0][0],
        "checked": int(per_rule["checked"].sum()),
        "not checked": per_rule.height - int(per_rule["checked"].sum()),
        "findings": found.findings.height,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def tables_of(folder: Path, ret: str, year: int) -> Iterator[tuple[str, str]]:
    """Where each table stands, by the name under which rules read it."""
    for path in sorted(folder.glob("*.parquet")):
        of, when, name, _ = path.name.split(".")
        prefix = {(ret, str(year)): "", (ret, str(year - 1)): "last_year."}.get((of, when))
        if prefix is None and when == str(year):
            prefix = f"{of}."
        if prefix is not None:
            yield f"{prefix}{name}", f"(from read_parquet({sql_text(str(path))}))"


# --- the measure ----------------------------------------------------------------------------------------


def measure_all(folder: Path, year: int) -> int:
    """Print a line per return; 1 where time or memory went beyond the target."""
    print(f"{year}, {len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    print("| return | children | rules checked | not checked | findings | seconds | processor | peak GiB |")
    print("|---|---|---|---|---|---|---|---|")
    taken, peaks = 0.0, [0.0]
    for ret in KINDS:
        seconds, processor, told = measure(ret, year, folder)
        taken, peaks = taken + seconds, [*peaks, told["peak"]]
        print(
            f"| {ret} | {told['children']:,} | {told['checked']} | {told['not checked']} | {told['findings']:,} "
            f"| {seconds:.1f} | {processor:.1f} | {told['peak']:.2f} |",
            flush=True,
        )
    kept = taken <= SECONDS and max(peaks) <= GIBIBYTES
    print(
        f"\n{taken:.0f} of {SECONDS} s, {max(peaks):.2f} of {GIBIBYTES:.0f} GiB: {'kept' if kept else 'missed'}"
    )
    return 0 if kept else 1


def measure(ret: str, year: int, folder: Path) -> tuple[float, float, dict[str, float]]:
    """Seconds, processor seconds and what was told by the process that runs the rules of a return."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, __file__, "--work", ret, "--year", str(year), "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"the rules of {ret} could not be run:\n{done.stderr[-2000:]}")
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor, json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
