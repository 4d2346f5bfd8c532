"""Moves a submission's rows to another authority and year, or erases them, when a person so decides.

An accepted submission must be found where everybody looks, under the authority and year that a person
named; a withdrawn one must leave nothing behind.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from assets.ingest.ledger import Entry
from assets.ingest.originals import original_path
from assets.store import Store
from schemas.returns import RETURNS


def files_of(store: Store, ret: str, year: int, la: str, submission: str) -> Iterator[Path]:
    """Every place where rows or findings of a submission may lie."""
    if ret in RETURNS:
        for table in RETURNS[ret].tables:
            raw = store.raw_path(RETURNS[ret], table, year, la, submission)
            yield from (raw, aside_path(raw), store.typed_path(RETURNS[ret], table, year, la, submission))
    yield store.ingest_findings_path(ret, year, la, submission)


def aside_path(raw: Path) -> Path:
    """Where the rows that were set aside lie: beside the raw ones."""
    return raw.with_name(f"{raw.stem}.quarantined.parquet")


def copy_to(store: Store, entry: Entry, *, year: int, la: str) -> None:
    """Write a submission's files once more, for another year and authority."""
    old = files_of(store, entry.ret, entry.year, entry.la, entry.submission)
    new = files_of(store, entry.ret, year, la, entry.submission)
    for source, target in zip(old, new, strict=True):
        if source.exists():
            _rewrite(source, target, year, la)


def take_away(store: Store, entry: Entry) -> None:
    """Remove a submission's rows and findings from where they lay, and the copy among those of the year."""
    for path in files_of(store, entry.ret, entry.year, entry.la, entry.submission):
        path.unlink(missing_ok=True)
    shutil.rmtree(store.gathered(entry.ret, entry.year), ignore_errors=True)
    if entry.in_deltas:
        from assets.ingest import deltas  # it needs the ledger, which needs this

        deltas.forget(store, entry.la)


def _rewrite(source: Path, target: Path, year: int, la: str) -> None:
    frame = pl.read_parquet(source, hive_partitioning=False)
    told = {"year": pl.lit(year, dtype=pl.Int16), "la": pl.lit(la)}
    frame = frame.with_columns(**{name: value for name, value in told.items() if name in frame.columns})
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    frame.write_parquet(part, compression="zstd", compression_level=1)
    os.replace(part, target)


def erase(store: Store, entry: Entry, *, others: Iterable[Entry]) -> None:
    """Take away rows, findings and the originals that no other submission holds."""
    take_away(store, entry)
    held_elsewhere = {file["sha256"] for other in others for file in other.files}
    for file in entry.files:
        if file["sha256"] not in held_elsewhere:
            original_path(store, file["sha256"]).unlink(missing_ok=True)
