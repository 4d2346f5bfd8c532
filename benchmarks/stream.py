"""What a file without end costs: ten gibibytes that hold nothing, and a table that goes on and on.

    .venv/bin/python benchmarks/stream.py
    .venv/bin/python benchmarks/stream.py --gib 1

The files are made sparse, so that they take no room on the disk. Each is landed beside an authority's good
return and read with the limits that every night has. Prints a Markdown table: what became of the file, how
long the run took, and how much memory was resident at most in the run itself and in its reading processes.
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
GIB = 1 << 30
HEADINGS = b"CHILD,DOB,REVIEW,REVIEW_CODE\n"
GOOD = HEADINGS + b"A1,01/02/2010,01/05/2024,PN1\n"
BEGINNINGS = {
    "zeros": b"",
    "a table and zeros": GOOD,
    "a table and one endless cell": GOOD + b'"',
    "a page": b"<a>",
}


def read(home: Path) -> dict[str, object]:
    """One night's reading; runs in the child process, so that its memory is its own."""
    sys.path.insert(0, str(ROOT))
    from assets.ingest import all_findings, ingest, ledger
    from assets.store import Store

    store = Store(home)
    store.prepare()
    began = time.perf_counter()
    ingest(store, now=datetime.now(UTC))
    seconds = time.perf_counter() - began
    own, readers = (
        resource.getrusage(of).ru_maxrss / 1024 for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    bad = ledger.state(store).filter(la="301")["submission"].to_list()
    codes = sorted(set(all_findings(store).filter(submission=bad[0])["rule"]) - {"submission.no_usable_file"})
    good = ledger.state(store).filter(la="202")["status"].to_list()
    return {"seconds": seconds, "own": own, "readers": readers, "codes": codes, "good": good == ["current"]}


def measure(beginning: bytes, size: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as place:
        landing = Path(place) / "landing" / "ssda903" / "2025"
        for la, content in {"202": GOOD, "301": beginning}.items():
            (landing / la).mkdir(parents=True)
            (landing / la / "reviews.csv").write_bytes(content)
        os.truncate(landing / "301" / "reviews.csv", size)
        command = [sys.executable, __file__, "--home", place]
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"reading failed:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--gib", type=float, nargs="*", default=[10.0, 1.0])
    asked.add_argument("--home", type=Path)
    options = asked.parse_args()
    if options.home:
        print(json.dumps(read(options.home)))
        return
    print(
        "| file | GiB | becomes | the others | seconds | peak MiB, run and readers |\n|---|---|---|---|---|---|"
    )
    for gib in options.gib:
        for name, beginning in BEGINNINGS.items():
            cost = measure(beginning, int(gib * GIB))
            others = "read" if cost["good"] else "LOST"
            codes = ", ".join(f"`{code}`" for code in list(cost["codes"]))  # type: ignore[call-overload]
            figures = f"{cost['seconds']:.0f} | {cost['own']:.0f}, {cost['readers']:.0f}"
            print(f"| {name} | {gib:g} | {codes} | {others} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
