"""What reading an authority's files costs: clock, processor and memory, per file.

    .venv/bin/python benchmarks/ingest.py LANDING
    .venv/bin/python benchmarks/ingest.py --scale 0.005 --years 2024-2025 --las 201,202,330

Reads a landing folder, or one made for the purpose, into a home in a temporary folder: once when all is
new and once when nothing is. The reading run is a process of its own, so that the figures are its own and
its readers'. Prints a Markdown table.
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
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NIGHTS = ("all new", "nothing new")


def read(landing: Path, home: Path) -> dict[str, float]:
    """One night's reading; runs in the child process."""
    sys.path.insert(0, str(ROOT))
    from assets.ingest import ingest
    from assets.store import Store

    store = Store(home, landing)
    store.prepare()
    began = time.perf_counter()
    summary = ingest(store, now=datetime.now(UTC))
    seconds = time.perf_counter() - began
    own, readers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "rows": summary.counts()["rows_in"],
        "seconds": seconds,
        "own": own.ru_utime + own.ru_stime,
        "readers": readers.ru_utime + readers.ru_stime,
        "own_mib": own.ru_maxrss / 1024,
        "reader_mib": readers.ru_maxrss / 1024,
    }


def measure(landing: Path, home: Path) -> dict[str, float]:
    command = [sys.executable, __file__, str(landing), "--home", str(home)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"reading failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def row(night: str, files: int, mib: float, cost: dict[str, float]) -> str:
    each = (cost["own"] + cost["readers"]) * 1000 / max(files, 1)
    cells = (
        night,
        f"{files:,}",
        f"{mib:,.0f}",
        f"{cost['rows']:,.0f}",
        f"{cost['seconds']:.1f}",
        f"{cost['own']:.1f} + {cost['readers']:.1f}",
        f"{each:.1f}",
        f"{cost['own_mib']:.0f}, {cost['reader_mib']:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def make(landing_home: Path, asked: argparse.Namespace) -> Path:
    """A landing folder of the synthetic country."""
    options = ["--scale", asked.scale, "--years", asked.years, "--seed", "1"]
    options += ["--las", asked.las] if asked.las else []
    program = Path(sys.executable).with_name("outcomes")
    subprocess.run([program, "synth", landing_home, *options], cwd=ROOT, check=True, capture_output=True)
    return landing_home / "landing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("landing", nargs="?", type=Path)
    parser.add_argument("--scale", default="0.005")
    parser.add_argument("--years", default="2024-2025")
    parser.add_argument("--las", default="")
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.home:
        print(json.dumps(read(asked.landing, asked.home)))
        return
    with tempfile.TemporaryDirectory() as folder:
        landing = (asked.landing or make(Path(folder) / "country", asked)).resolve()
        sizes = [path.stat().st_size for path in landing.rglob("*") if path.is_file()]
        print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} at the start\n")
        print(
            "| night | files | MiB | rows | seconds | processor seconds, own + readers | ms per file |",
            end="",
        )
        print(" peak MiB, own and reader |\n|---|---|---|---|---|---|---|---|")
        for night in NIGHTS:
            cost = measure(landing, Path(folder) / "home")
            print(row(night, len(sizes), sum(sizes) / 2**20, cost), flush=True)


if __name__ == "__main__":
    main()
