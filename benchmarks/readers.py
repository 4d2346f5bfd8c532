"""Our readers beside those of the two open validators, on the same files.

    .venv/bin/python benchmarks/readers.py FOLDER [--times 20]
    .venv/bin/python benchmarks/readers.py FOLDER --big 2

FOLDER is a place to work in; the validators are installed there as `validators.py` does it, unless it holds
them. The files are one synthetic authority's CIN census and SSDA903 (CSV), with all rows as many times as asked
for, and all children of the census a tenth as often; of the 903, the tables whose columns the other side knows.
Each side runs in a process of its own, three times unless that is very long, and its best run counts. Ours
reads, types, and looks for whatever is odd; theirs parses, and turns dates of the CIN census into dates. Prints
a Markdown table with the ratio of processor seconds.

With `--big`, ours alone, on that census grown to a sixteenth, a quarter and the whole of so many GiB by the same
children under new ids: children a second of one core in the reader, the quick way and (the smallest) the careful
way; then what a reading process of the store takes for the largest, from the compressed original to text on disk
and from there to typed tables. Each step runs in a process of its own, with its most resident memory.

With `--schools`, ours alone on every school census XML below FOLDER (`outcomes synth --also school_census_xml`
makes some): pupils a second of one core, the quick way and the careful way.
"""

from __future__ import annotations

import argparse
import gzip
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assets.ingest.reading import Reading

ROOT = Path(__file__).resolve().parent.parent
RUNS, LONG = 3, 20.0
MIB = 1 << 20
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


def read_plainly(folder: Path) -> int:
    from assets.ingest.reader import read_stream

    with (folder / "cin.xml").open("rb") as source:
        return _children(read_stream(source, "0" * 64, into=str(folder / "read")))


def read_carefully(folder: Path) -> int:
    from assets.ingest import xml_blocks

    xml_blocks.WORTHWHILE = xml_blocks.BLOCK + 1  # no file is worth the quick way
    return read_plainly(folder)


def schools_plainly(folder: Path) -> int:
    from assets.ingest.reader import read_stream

    pupils = 0
    for path in sorted(folder.rglob("*.xml")):
        with path.open("rb") as source:
            tables = read_stream(source, "0" * 64).tables
        pupils += sum(read.rows_in for read in tables if read.table.VIEW.startswith("pupil"))
    return pupils


def schools_carefully(folder: Path) -> int:
    from assets.ingest import xml_blocks

    xml_blocks.WORTHWHILE = xml_blocks.BLOCK + 1
    return schools_plainly(folder)


def _children(reading: Reading) -> int:
    return next(read.rows_in for read in reading.tables if read.table.VIEW == "child_identifiers")


def store_reads(folder: Path) -> int:
    """What a reading process does when it is given an original."""
    from assets.ingest import worker
    from assets.ingest.limits import Limits

    asked = {
        "do": "read",
        "original": str(folder / "cin.gz"),
        "sha256": "0" * 64,
        "into": str(folder / "staged"),
    }
    said = worker.answer(asked, Limits())
    (folder / "staged.json").write_text(json.dumps(said["tables"]))
    return next(int(table["kept"]) for table in said["tables"] if table["view"] == "child_identifiers")


def store_writes(folder: Path) -> int:
    """What it does once the submission is known: types every table and writes raw and typed Parquet."""
    from assets.ingest import worker
    from assets.ingest.limits import Limits

    staged = json.loads((folder / "staged.json").read_text())
    parts = {each["view"]: [{**each, "sha256": "0" * 64, "whole": True}] for each in staged}
    placed = {"year": YEAR, "la": LA, "submission": "s"}
    asked = {"do": "write", "ret": "cin", "placed": placed, "tables": parts, "into": str(folder / "written")}
    said = worker.answer(asked, Limits())
    (table,) = (each for each in said["tables"] if each["view"] == "child_identifiers")
    return sum(map(int, table["rows"].values()))


SIDES: Mapping[str, Callable[[Path], int]] = {
    "ours cin": ours_cin, "ours 903": ours_903, "theirs cin": theirs_cin, "theirs 903": theirs_903,
}  # fmt: skip
STEPS: Mapping[str, Callable[[Path], int]] = {
    "the quick way": read_plainly, "the careful way": read_carefully,
    "original to text": store_reads, "text to typed tables": store_writes,
}  # fmt: skip
SCHOOLS: Mapping[str, Callable[[Path], int]] = {
    "schools, the quick way": schools_plainly, "schools, the careful way": schools_carefully,
}  # fmt: skip


def timed(side: str, folder: Path) -> dict[str, float]:
    """The best of some runs, imports apart, and the most memory of the process."""
    best = clock = float("inf")
    rows = 0
    for turn in range(RUNS + 1):  # the first loads what is loaded late; a very long one is enough
        if turn and best > LONG:
            break
        began, used = time.perf_counter(), time.process_time()
        rows = {**SIDES, **STEPS, **SCHOOLS}[side](folder)
        best, clock = min(best, time.process_time() - used), min(clock, time.perf_counter() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "processor": best, "seconds": clock, "peak": memory}


def run(python: str, side: str, folder: Path) -> dict[str, float]:
    """A side in a process of its own; one processor for whatever would take several."""
    of_theirs = side.startswith("theirs")
    env = {**os.environ, "PYTHONPATH": "" if of_theirs else str(ROOT)}
    if side in (*STEPS, *SCHOOLS):
        env["POLARS_MAX_THREADS"] = "1"
    command = [python, str(Path(__file__).resolve()), str(folder), "--side", side]
    done = subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{side} could not read the files:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


# --- the files ------------------------------------------------------------------------------------------


def make(folder: Path, times: int, their_903: str) -> None:
    """One authority's files, everything in them so many times; of the 903 what the other side takes."""
    for left in ("one", "903_files", "cin_files"):
        shutil.rmtree(folder / left, ignore_errors=True)
    landing = _country(folder)
    head, children, foot = _census(landing)
    (folder / "cin_files").mkdir(exist_ok=True)
    (folder / "cin_files" / "cin.xml").write_text(head + "".join(children) * max(1, times // 10) + foot)
    for path in sorted((landing / "ssda903" / str(YEAR) / LA).glob("*.csv")):
        alone = folder / "one" / path.stem
        alone.mkdir(parents=True, exist_ok=True)
        heading, _, rows = path.read_text(encoding="utf-8").partition("\n")
        (alone / path.name).write_text(f"{heading}\n" + f"{rows.strip()}\n" * times, encoding="utf-8")
        keep = folder / "903_files"
        keep.mkdir(exist_ok=True)
        if _is_taken(their_903, alone):
            os.replace(alone / path.name, keep / path.name)


def _country(folder: Path) -> Path:
    """The landing folder of one synthetic authority."""
    shutil.rmtree(folder / "country", ignore_errors=True)
    program = [sys.executable, "-m", "pipelines", "synth", str(folder / "country")]
    options = ["--scale", "0.2", "--years", f"{YEAR}-{YEAR}", "--seed", "1", "--las", LA]
    subprocess.run([*program, *options], cwd=ROOT, check=True, capture_output=True)
    return folder / "country" / "landing"


def _census(landing: Path) -> tuple[str, list[str], str]:
    """The authority's CIN census: what comes before its children, each of them, and what comes behind."""
    census = (landing / "cin" / str(YEAR) / LA / "cin.xml").read_text(encoding="utf-8")
    children = re.findall(r"<Child>.*?</Child>", census, re.DOTALL)
    start, end = census.index("<Child>"), census.rindex("</Child>") + len("</Child>")
    return census[:start], children, census[end:]


def grow(folder: Path, landing: Path, size: int) -> None:
    """A census of so many bytes, the same children again and again under new ids; and its original as kept."""
    head, children, foot = _census(landing)
    together, n = "\n".join(children) + "\n", 0
    folder.mkdir()
    with (folder / "cin.xml").open("w", encoding="utf-8") as census:
        census.write(head)
        while census.tell() < size:
            census.write(together.replace("<LAchildID>C", f"<LAchildID>{n:04d}-"))
            n += 1
        census.write(foot)
    with (
        (folder / "cin.xml").open("rb") as census,
        gzip.open(folder / "cin.gz", "wb", compresslevel=1) as kept,
    ):
        shutil.copyfileobj(census, kept, MIB)


def big(folder: Path, gib: float) -> None:
    """Measure files of growing size, and print them as a Markdown table."""
    landing = _country(folder)
    print(
        f"load {os.getloadavg()[0]:.0f}\n\n| step | MiB | children | processor, s | children a second | peak MiB |"
    )
    print("|---|---|---|---|---|---|")
    for share in (1 / 16, 1 / 4, 1):
        place = folder / "big"
        shutil.rmtree(place, ignore_errors=True)
        grow(place, landing, int(share * gib * 2**30))
        for step in STEPS:
            if step == "the quick way" or share == (1 / 16 if step == "the careful way" else 1):
                _print_step(step, place)
    shutil.rmtree(place)


def schools(folder: Path) -> None:
    """Measure the censuses of all schools below a folder, and print them as a Markdown table."""
    files = [path.stat().st_size for path in folder.rglob("*.xml")]
    print(
        f"load {os.getloadavg()[0]:.0f}\n\n| way | files | MiB | pupils | processor, s | pupils a second | peak MiB |"
    )
    print("|---|---|---|---|---|---|---|")
    for way in SCHOOLS:
        told = run(sys.executable, way, folder)
        print(
            f"| {way} | {len(files)} | {sum(files) / MIB:,.0f} | {told['rows']:,.0f} | {told['processor']:.1f} | "
            f"{told['rows'] / told['processor']:,.0f} | {told['peak']:.0f} |",
            flush=True,
        )


def _print_step(step: str, place: Path) -> None:
    size, told = (place / "cin.xml").stat().st_size / MIB, run(sys.executable, step, place)
    rate, rows = told["rows"] / told["processor"], told["rows"]
    print(
        f"| {step} | {size:,.0f} | {rows:,.0f} | {told['processor']:.1f} | {rate:,.0f} | {told['peak']:.0f} |",
        flush=True,
    )


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
    asked.add_argument("--big", type=float, default=0.0, metavar="GIB")
    asked.add_argument("--schools", action="store_true")
    asked.add_argument("--side", choices=[*SIDES, *STEPS, *SCHOOLS])
    chosen = asked.parse_args()
    if chosen.side:
        print(json.dumps(timed(chosen.side, chosen.folder)))
        return
    sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
    from validators import environment

    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if chosen.big or chosen.schools:
        big(folder, chosen.big) if chosen.big else schools(folder)
        return
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
