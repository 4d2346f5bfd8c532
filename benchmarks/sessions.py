"""What reading England's school census sessions costs: rows typed in a second, clock, processor and memory.

    .venv/bin/python benchmarks/sessions.py --rows 30000000
    .venv/bin/python benchmarks/sessions.py --rows 3000000 --files 1 --careful

Each file is one authority's sessions as COLLECT writes them, made in a temporary folder; by default there are
153. Files go through the reader and the typing of every night, in as many processes as there are cores, so that
the figures are of bytes on a disk becoming typed rows in memory; nothing is written. `--careful` takes the
way that looks at every line. Prints a Markdown row.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
HEADINGS = (
    "pupilonrolltableid,NativeId,termlysessiondetailsonrolltableid,termlysessiondetailsonrollorderseqcolumn,"
    "sourceid,sessions,attendancereason\n"
)
CODES = np.array(["/", "\\", "I", "L", "M", "O", "E", "G", "#", "B", "C", "U", "V"])
AT_ONCE = 250_000


def make(path: Path, rows: int, seed: int) -> None:
    """One authority's sessions: keys without a pattern, few codes, small numbers."""
    random = np.random.default_rng(seed)
    with path.open("w", encoding="ascii") as file:
        file.write(HEADINGS)
        for start in range(0, rows, AT_ONCE):
            n = min(AT_ONCE, rows - start)
            pupils, keys = random.integers(0, 1 << 32, (2, n)).tolist()
            sessions, codes = random.integers(1, 140, n).tolist(), random.choice(CODES, n).tolist()
            file.writelines(
                f"{pupil:08x}-{pupil & 4095:03x},SCH{key % 90},{key:08x},{key % 9 + 1},{pupil:08x},{held},{code}\n"
                for pupil, key, held, code in zip(pupils, keys, sessions, codes, strict=True)
            )


def read(path: Path, careful: bool) -> tuple[int, float, float]:
    """Rows of one file, typed; the processor's seconds and the most memory of this process so far."""
    sys.path.insert(0, str(ROOT))
    from assets.ingest import Limits, csv_rows
    from assets.ingest.reader import read_bytes
    from assets.ingest.writing import Part, Placed, Sent, typed_tables
    from schemas.returns import named

    if careful:
        csv_rows._at_once = lambda *_: None
    began = time.process_time()
    (table,) = read_bytes(path.read_bytes(), "0" * 64, Limits()).tables
    sent = Sent(Placed(2025, "202", "s", "spring"), [Part("0" * 64, table.frame, True)])
    (typed,) = typed_tables(named("school_census"), table.table, [sent])
    used = resource.getrusage(resource.RUSAGE_SELF)
    return typed.frame.height, time.process_time() - began, used.ru_maxrss / 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=3_000_000)
    asked.add_argument("--files", type=int, default=153)
    asked.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    asked.add_argument("--careful", action="store_true")
    chosen = asked.parse_args()
    each = chosen.rows // chosen.files
    os.environ.setdefault("POLARS_MAX_THREADS", str(1 if chosen.files > 1 else chosen.processes))
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n}.csv" for n in range(chosen.files)]
        for n, path in enumerate(paths):
            make(path, each, n)
        size = sum(path.stat().st_size for path in paths) / 2**20
        with ProcessPoolExecutor(chosen.processes, mp_context=get_context("spawn")) as pool:
            list(pool.map(partial(read, careful=chosen.careful), paths[: chosen.processes]))  # imports apart
            began, load = time.perf_counter(), os.getloadavg()[0]
            found = list(pool.map(partial(read, careful=chosen.careful), paths))
            seconds = time.perf_counter() - began
    rows, processor = sum(n for n, _, _ in found), sum(used for _, used, _ in found)
    if rows != each * chosen.files:
        raise SystemExit(f"expected {each * chosen.files} rows, {rows} were typed")
    peak = max(memory for *_, memory in found)
    print("| way | rows | files | MiB | processes | load | seconds | processor seconds | peak MiB of one |")
    print("|---|---|---|---|---|---|---|---|---|")
    way = "careful" if chosen.careful else "quick"
    print(f"| {way} | {rows:,} | {chosen.files} | {size:,.0f} | {chosen.processes} | {load:.0f} | ", end="")
    print(f"{seconds:.1f} | {processor:.1f} | {peak:,.0f} |")


if __name__ == "__main__":
    main()
