"""What there is to read: folders with something new in them, and what the ledger knows of earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from assets.ingest.discover import Candidate, Hints, parse_moment
from assets.ingest.grouping import FileRead, Sent
from assets.ingest.ledger import Entry
from assets.ingest.limits import GIB
from assets.ingest.portions import portions

FOLDERS_AT_ONCE = 128
BYTES_AT_ONCE = 2 * GIB
NOT_ORDINARY = "file.not_ordinary"
UNREAD = {"file.too_large", NOT_ORDINARY}
"""Findings about files of which there is no original."""


@dataclass(frozen=True)
class Work:
    """The files of one folder that are to be read."""

    candidate: Candidate
    files: tuple[Sent, ...]
    again: Entry | None = None
    """The submission that is read a second time from its originals."""

    @property
    def size(self) -> int:
        return sum(sent.size for sent in self.files)


def with_members(work: Work, readings: Mapping[str, FileRead]) -> Work:
    """The files of a folder and those in its zips: a zip is a folder in its folder."""
    inside = [member for sent in work.files for member in readings[sent.sha256].members]
    return replace(work, files=(*work.files, *inside))


def batches(work: Sequence[Work]) -> Iterator[list[Work]]:
    """Folders in portions, so that a run that is killed keeps what it had finished."""
    return portions(work, most=FOLDERS_AT_ONCE, most_bytes=BYTES_AT_ONCE)


def sent_of(entry: Entry) -> tuple[Sent, ...]:
    """Its files as they stood in the folder, as often as they stood there; what was in a zip comes from it."""
    return tuple(
        Sent(file["name"], file["sha256"], file["bytes"], unread=_unread(file))
        for file in entry.files
        if not file.get("inside")
        for _ in range(file.get("copies", 1))
    )


def _unread(file: Mapping[str, Any]) -> str:
    return NOT_ORDINARY if file["reason"] == NOT_ORDINARY else ""


def hints_of_entry(entry: Entry) -> Hints:
    """What a folder said when it was first looked at."""
    told = entry.hints
    sent, noted = told.get("sent"), told.get("noted")
    return Hints(
        ret=told.get("ret"),
        year=told.get("year"),
        la=told.get("la"),
        census=told.get("census"),
        sent=date.fromisoformat(sent) if sent else None,
        noted=parse_moment(noted) if noted else None,
        noted_by_census=_moments(told.get("noted_by_census", {})),
    )


def _moments(told: Mapping[str, str]) -> tuple[tuple[str, datetime], ...]:
    found = {census: parse_moment(when) for census, when in told.items()}
    return tuple((census, when) for census, when in found.items() if when)
