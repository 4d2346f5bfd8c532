"""What `outcomes linkage review` says: where the pairs are, or what the decisions tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets import reviewing
from assets.store import Store

Said = tuple[dict[str, Any], list[str]]


def export(store: Store, out: Path | None, *, page: bool, of_each: int) -> Said:
    """Write the pairs; the file holds identifiers and is readable by its owner only."""
    path, pairs = reviewing.export(store, out, page=page, of_each=of_each)
    lines = [
        f"{pairs} pairs to compare: {path}",
        "It holds identifiers: keep it where it is, and delete it when it has been read back with --read.",
    ]
    return {"pairs": pairs, "file": str(path)}, lines


def read_back(store: Store, path: Path) -> Said:
    """Take the decisions; they hold from the next run on."""
    told = reviewing.read_back(store, path)
    lines = [
        f"{told['taken']} decisions taken: {told['same']} same, {told['apart']} apart; the next run holds to them"
    ]
    for kind, about in (("certain", "links by keys"), ("weighed", "links by the model")):
        for mark, found in told[kind].items():
            if found:
                lines.append(
                    f"{mark} of {about}: {found['estimate']:.4f} ({found['low']:.4f} to {found['high']:.4f})"
                )
    return told, lines
