"""Time and peak memory of each stage of a night, at a share of England.

    .venv/bin/python benchmarks/stages.py 0.01 0.05

Each stage runs in a process of its own, so that its peak resident memory is its own. The home is made in a
temporary folder and removed. Results are printed as a Markdown table and appended, with machine and commit,
to `benchmarks/results.md`.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STAGES = ("synth", "ingest", "gather", "validate", "link", "release", "publish", "nothing new")
YEARS = (2023, 2024, 2025)


def work(stage: str, home: Path, scale: float) -> None:
    """Do one stage on a home; runs in the child process."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("NATIONAL_OUTCOMES_KEYS", str(home.parent / "keys"))
    from pipelines.settings import open_store

    store = open_store(home)
    if stage == "synth":
        import synthetic

        synthetic.make_country(home, scale=scale, years=YEARS, seed=1)
        return
    if stage == "nothing new":
        from pipelines import night

        night.run(store)
        return
    from assets import checking, gathered, keys, publish, tonight
    from assets.ingest import ingest, ledger
    from assets.people import link_children
    from schemas.calendar import collection_years
    from schemas.returns import RETURNS

    keys.ensure()
    if stage == "ingest":
        store.prepare()
        ingest(store, now=datetime.now(UTC))
        return
    in_force = ledger.in_force(store)
    if stage == "gather":
        for ret in RETURNS.values():
            gathered.gather(store, in_force, ret, collection_years())
    elif stage == "validate":
        for ret in RETURNS.values():
            checking.check(store, in_force, ret, collection_years())
    elif stage == "link":
        link_children(store, in_force, "benchmark")
    elif stage == "release":
        tonight.make_release(store, in_force)
    elif stage == "publish":
        publish.publish(store, store.current.resolve().name)


def measure(stage: str, home: Path, scale: float) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak resident GiB (the process and its children) of one stage."""
    began, spent = time.perf_counter(), _processor_seconds()
    command = [sys.executable, __file__, "--work", stage, "--home", str(home), str(scale)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"stage {stage} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - began, _processor_seconds() - spent, float(done.stdout.split()[-1])


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size_of(scale: float, home: Path) -> str:
    """A row of the table: how many files and bytes of landing files it was."""
    sizes = [path.stat().st_size for path in (home / "landing").rglob("*") if path.is_file()]
    return f"| {scale:g} | {len(sizes):,} files, {sum(sizes) / 2**20:,.0f} MiB | | | |"


def machine() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit}, {cores} cores, {memory:.0f} GiB, "
        f"Python {platform.python_version()}, {platform.system()}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scales", nargs="+", type=float)
    parser.add_argument("--work")
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.home, asked.scales[0])
        peak = max(
            resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(f"{peak / 2**20:.2f}")
        return
    lines = [
        f"## {machine()}",
        "",
        f"Collection years {YEARS[0]} to {YEARS[-1]}, three census terms, all authorities.",
        "",
        "| share of England | stage | seconds | processor seconds | peak GiB |",
        "|---|---|---|---|---|",
    ]
    for scale in asked.scales:
        with tempfile.TemporaryDirectory() as folder:
            for stage in STAGES:
                seconds, processor, peak = measure(stage, Path(folder) / "home", scale)
                lines.append(f"| {scale:g} | {stage} | {seconds:.1f} | {processor:.1f} | {peak:.2f} |")
                print(lines[-1], flush=True)
            lines.append(size_of(scale, Path(folder) / "home"))
    with (HERE / "results.md").open("a", encoding="utf-8") as file:
        file.write("\n".join([*lines, "", ""]))


if __name__ == "__main__":
    main()
