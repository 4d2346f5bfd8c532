"""Our readers beside those of the two open validators, on the same files.

    .venv/bin/python benchmarks/readers.py FOLDER [--times 20]

FOLDER is a place to work in; the validators are installed there as `validators.py` does it, unless it holds
them. The files are one synthetic authority's CIN census and SSDA903 (CSV), with all rows as many times as asked
for, and all children of the census a tenth as often; of the 903, the tables whose columns the other side knows.
Each side runs in a process of its own, three times unless that is very long, and its best run counts. Ours
reads, types, and looks for whatever is odd; theirs parses, and turns dates of the CIN census into dates. Prints
a Markdown table with the ratio of processor seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS, LONG = 3, 20.0
LA, YEAR = "301", 2025


# --- each side, in a process of its own ---------------------------------------------------------------


def ours_cin(folder: Path) -> int:
    from assets.ingest import read_paths

    return read_paths([folder], "cin", YEAR, la=LA).tables["child_identifiers"].height


def ours_903(folder: Path) -> int:
    from assets.ingest import read_paths

    return sum(table.height for table in read_paths([folder], "ssda903", YEAR, la=LA).tables.values())


def theirs_cin(folder: Path) -> int:
    import xml.etree.ElementTree as ET

    from cin_validator.cin_validator import convert_data, process_data  # type: ignore[import-not-found]

    (path,) = folder.glob("*.xml")
    return len(process_data(convert_data(ET.parse(path).getroot()))["ChildIdentifiers"])


def theirs_903(folder: Path) -> int:
    from lac_validator.ingress import read_csvs_from_text  # type: ignore[import-not-found]

    files = [
        {"name": path.name, "description": "This year", "file_content": path.read_bytes()}
        for path in sorted(folder.glob("*.csv"))
    ]
    return sum(len(table) for table in read_csvs_from_text(files).values())


SIDES: Mapping[str, Callable[[Path], int]] = {
    "ours cin": ours_cin, "ours 903": ours_903, "theirs cin": theirs_cin, "theirs 903": theirs_903,
}  # fmt: skip


def timed(side: str, folder: Path) -> dict[str, float]:
    """The best of some runs, imports apart, and the most memory of the process."""
    best = clock = float("inf")
    rows = 0
    for turn in range(RUNS + 1):  # the first loads what is loaded late; a very long one is enough
        if turn and best > LONG:
            break
        began, used = time.perf_counter(), time.process_time()
        rows = SIDES[side](folder)
        best, clock = min(best, time.process_time() - used), min(clock, time.perf_counter() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "processor": best, "seconds": clock, "peak": memory}


def run(python: str, side: str, folder: Path) -> dict[str, float]:
    of_theirs = side.startswith("theirs")
    env = {**os.environ, "PYTHONPATH": "" if of_theirs else str(ROOT)}
    command = [python, str(Path(__file__).resolve()), str(folder), "--side", side]
    done = subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{side} could not read the files:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


# --- the files ------------------------------------------------------------------------------------------


def make(folder: Path, times: int, their_903: str) -> None:
    """One authority's files, everything in them so many times; of the 903 what the other side takes."""
    for left in ("country", "one", "903_files", "cin_files"):
        shutil.rmtree(folder / left, ignore_errors=True)
    program = [sys.executable, "-m", "pipelines", "synth", str(folder / "country")]
    options = ["--scale", "0.2", "--years", f"{YEAR}-{YEAR}", "--seed", "1", "--las", LA]
    subprocess.run([*program, *options], cwd=ROOT, check=True, capture_output=True)
    landing = folder / "country" / "landing"
    census = (landing / "cin" / str(YEAR) / LA / "cin.xml").read_text(encoding="utf-8")
    children = re.findall(r"<Child>.*?</Child>", census, re.DOTALL)
    start, end = census.index("<Child>"), census.rindex("</Child>") + len("</Child>")
    (folder / "cin_files").mkdir(exist_ok=True)
    (folder / "cin_files" / "cin.xml").write_text(
        census[:start] + "".join(children) * max(1, times // 10) + census[end:]
    )
    for path in sorted((landing / "ssda903" / str(YEAR) / LA).glob("*.csv")):
        alone = folder / "one" / path.stem
        alone.mkdir(parents=True, exist_ok=True)
        heading, _, rows = path.read_text(encoding="utf-8").partition("\n")
        (alone / path.name).write_text(f"{heading}\n" + f"{rows.strip()}\n" * times, encoding="utf-8")
        keep = folder / "903_files"
        keep.mkdir(exist_ok=True)
        if _is_taken(their_903, alone):
            os.replace(alone / path.name, keep / path.name)


def _is_taken(python: str, folder: Path) -> bool:
    command = [python, str(Path(__file__).resolve()), str(folder), "--side", "theirs 903"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": ""}, check=False, capture_output=True
    )
    return done.returncode == 0


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--times", type=int, default=20)
    asked.add_argument("--side", choices=SIDES)
    chosen = asked.parse_args()
    if chosen.side:
        print(json.dumps(timed(chosen.side, chosen.folder)))
        return
    sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
    from validators import environment

    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    pythons = {which: str(environment(folder, which)) for which in ("cin", "903")}
    make(folder, chosen.times, pythons["903"])
    print(
        f"load {os.getloadavg()[0]:.0f}\n\n| files | MiB | rows, ours and theirs | ours, s | theirs, s | theirs / ours |",
        end="",
    )
    print(" peak MiB, ours and theirs |\n|---|---|---|---|---|---|---|")
    for which, python in pythons.items():
        files = folder / f"{which}_files"
        size = sum(path.stat().st_size for path in files.iterdir()) / 2**20
        ours, theirs = run(sys.executable, f"ours {which}", files), run(python, f"theirs {which}", files)
        cells = (
            which, f"{size:.1f}", f"{ours['rows']:,.0f}, {theirs['rows']:,.0f}", f"{ours['processor']:.2f}",
            f"{theirs['processor']:.2f}", f"{theirs['processor'] / ours['processor']:.1f}",
            f"{ours['peak']:.0f}, {theirs['peak']:.0f}",
        )  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
