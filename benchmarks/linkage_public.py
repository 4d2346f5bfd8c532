"""How `outcomes linkage evaluate` does on labelled public records, beside `recordlinkage`, in one run.

    .venv/bin/python benchmarks/linkage_public.py THEIR_PYTHON

THEIR_PYTHON is the Python of an environment of its own with `recordlinkage` and `pseudopeople`; neither is needed by
this project. Nothing is tuned on any of these sets: every set is linked by the same call, with the model learned
from the set itself without its labels. Prints a table and JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ANCHORS = {
    "febrl1": 1.0000, "febrl2": 0.9990, "febrl3": 0.9999, "febrl4": 0.9999, "census2020_census2030": 0.9903,
    "census2020_ssa2020": 0.9825, "census2020_wic2020": 0.9924, "w2_2020_w2_2021": 0.9754, "ssa2020": 1.0,
}  # fmt: skip
"""F1 of a carefully made Splink model on the set, measured before this one was written; the truth not used."""


def theirs(python: str, folder: Path) -> dict[str, Any]:
    """Make the sets, and what recordlinkage says of them."""
    script = ROOT / "benchmarks" / "linkage_public_theirs.py"
    done = subprocess.run([python, str(script), str(folder)], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(folder: Path, name: str) -> dict[str, Any]:
    from linkage import evaluate

    return evaluate(folder / f"{name}.csv", "truth_id")


def line(name: str, mine: dict[str, Any], other: dict[str, Any]) -> str:
    """One row of the table; of a list searched for those who occur twice the groups are marked."""
    said = mine["standard"]
    cells = (
        name, f"{mine['records']:,}", mine["kind"], f"{mine['true_pairs']:,}", f"{said['precision']:.4f}",
        f"{said['recall']:.4f}", f"**{said['f1']:.4f}**", f"{ANCHORS[name]:.4f}", f"{other['f1']:.4f}",
        f"{mine['seconds']}", f"{other['seconds']}",
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


HEAD = """| set | records | kind | true pairs | precision | recall | F1 | Splink by hand | recordlinkage | s | s, theirs |
|---|---|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="linkage-public-") as place:
        folder = Path(place)
        other = theirs(sys.argv[1], folder)
        mine = {name: ours(folder, name) for name in other}
    print(HEAD, *(line(name, mine[name], other[name]) for name in other), sep="\n")
    print(json.dumps({"ours": mine, "theirs": other}))


if __name__ == "__main__":
    main()
