"""Whether everything in a release was made up: only then may single authorities be shown to everyone.

A home in which the demo made its country is still a folder like any other, and a real return can be dropped
into it. So it is not the home that is asked but each file: the maker lists the SHA-256 of every file that
it wrote, the ledger holds the SHA-256 of every file that came, and a release is wholly made up when no
submission in it holds a file that the maker did not write.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from assets.ingest import ledger
from assets.store import Store

MARKER = "synthetic.json"
MADE = "synthetic.sha256"
"""Beside the marker: one line per file that the maker wrote, its SHA-256 first."""


def marker(store: Store) -> dict[str, Any]:
    """What the maker said about its country; nothing in a home that is not synthetic."""
    path = store.home / MARKER
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def full_size(store: Store) -> frozenset[str]:
    """Authorities that were made with all their children, in a country that is otherwise a sample."""
    return frozenset(marker(store).get("full_size", ()))


def submissions_not_made_up(store: Store, inputs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Of the submissions that a release was made from, those with a file that the maker did not write.

    `inputs` is what the release's manifest says. In a home without the maker's list that is all of them.
    """
    made, known = _made(store), ledger.entries(store)
    names = {str(one["submission"]) for one in inputs}
    return sorted(name for name in names if name not in known or not _is_made(known[name].files, made))


def _is_made(files: Iterable[Mapping[str, Any]], made: frozenset[str]) -> bool:
    hashes = {file["sha256"] for file in files}
    return bool(hashes) and hashes <= made


def _made(store: Store) -> frozenset[str]:
    path = store.home / MADE
    if not path.exists():
        return frozenset()
    return frozenset(line[:64] for line in path.read_text(encoding="utf-8").splitlines())
