"""What reading and the ledger have found, in one frame: for reports, boards and the officer's workbook.

What reading one submission found lies beside its rows and never changes. That a submission was replaced,
received again or ties with another is worked out from the ledger and written anew whenever it changes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.ingest import ledger
from assets.ingest.ledger import CONFLICT, Entry
from assets.store import Store
from schemas.findings import SCHEMA, Finding, findings_frame


def standing_path(store: Store) -> Path:
    """Findings about submissions as a whole, all returns and years."""
    return store.findings / "ingest" / "submissions.parquet"


def standing(store: Store, as_known_at: datetime | None = None) -> pl.DataFrame:
    """Which submissions were replaced, came again, or wait because two say the same time."""
    frames = [
        findings_frame(found, **_place(entry))
        for entry in ledger.entries(store, as_known_at).values()
        if (found := _about(entry))
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames]).sort(
        "return", "year", "la", "submission", "rule"
    )


def _about(entry: Entry) -> list[Finding]:
    found = [_came_again(entry, again) for again in entry.duplicates]
    if entry.status == "superseded":
        found.append(Finding("submission.superseded"))
    if entry.status == "held" and entry.reason == CONFLICT:
        found.append(Finding(CONFLICT))
    return found


def _came_again(entry: Entry, again: Mapping[str, Any]) -> Finding:
    """The same content once more: harmless from the same authority, a likely mistake from another."""
    same = (again["la"], again["year"]) == (entry.la, entry.year)
    return Finding(
        "submission.duplicate", "" if same else f"came again as {again['la']}'s of {again['year']}"
    )


def _place(entry: Entry) -> dict[str, object]:
    return {
        "return": entry.ret,
        "year": entry.year,
        "term": entry.term or None,
        "la": entry.la,
        "submission": entry.submission,
    }


def write_standing(store: Store) -> None:
    """Write the findings about submissions, in one step."""
    path = standing_path(store)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    standing(store).write_parquet(part)
    os.replace(part, path)


def all_findings(store: Store) -> pl.DataFrame:
    """All that reading found, of every submission ever received: a frame of `schemas.findings.SCHEMA`.

    A store that looks back has its own word on which submissions had been replaced by then.
    """
    written = standing_path(store)
    paths = sorted(path for path in (store.findings / "ingest").rglob("*.parquet") if path != written)
    frames = [pl.read_parquet(path, hive_partitioning=False) for path in paths]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames, _stood(store)])


def _stood(store: Store) -> pl.DataFrame:
    """What was found about submissions as a whole, as last written or as it was at the time."""
    written = standing_path(store)
    if store.as_known_at is None and written.exists():
        return pl.read_parquet(written)
    return standing(store)
