"""One submission on its way into the store: what it is, what became of its rows, where they go.

For every table of every file the rows that came in are the rows that were typed and the rows that were
set aside; a submission for which that sum does not hold is set aside as a whole.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from assets.ingest.discover import Hints
from assets.ingest.grouping import FileRead, Group, Sent
from assets.ingest.ledger import stamp
from assets.ingest.moving import files_of
from assets.ingest.originals import into_place
from assets.ingest.who import Identity
from assets.store import Store
from schemas.findings import Finding, finding_codes, findings_frame
from schemas.returns import RETURNS

ROWS_LOST = "file.rows_lost"


@dataclass(frozen=True)
class FileRows:
    """What became of the rows of one table in one file."""

    file: str
    """First twelve digits of the file's hash."""
    ret: str
    table: str
    rows_in: int
    rows_typed: int
    rows_quarantined: int

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_typed + self.rows_quarantined:
            raise AssertionError(
                f"{self.ret}.{self.table} in file {self.file}: {self.rows_in} rows in, but "
                f"{self.rows_typed} typed and {self.rows_quarantined} set aside"
            )


@dataclass
class Submission:
    """A group of files of which it is decided whose they are."""

    id: str
    group: Group
    identity: Identity
    findings: list[Finding]
    """What the files say together; those of single files and of typing are added."""
    written: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By table: rows per file, and where the finished Parquet files wait."""
    stopped: str = ""
    """The code of the finding for which typing was stopped."""

    @property
    def folder(self) -> str:
        return self.group.candidate.folder

    @property
    def hashes(self) -> set[str]:
        return {sent.sha256 for sent, _ in self.group.files}

    @property
    def size(self) -> int:
        return sum(sent.size for sent, _ in self.group.files)

    @property
    def status(self) -> str:
        """As the ledger's event is called: read, held or quarantined."""
        if self.stopped or not self.group.readable:
            return "quarantined"
        return "held" if self.identity.held else "read"

    @property
    def reason(self) -> str:
        """The code of the finding that explains held and quarantined."""
        if self.status == "quarantined":
            codes = [f.rule for _, read in self.group.files for f in read.findings]
            errors = [code for code in codes if finding_codes()[code].severity == "error"]
            return self.stopped or (errors[0] if errors else "submission.no_usable_file")
        return self.identity.held

    def request(self, into: Path) -> dict[str, Any]:
        """What a reading process is asked to type."""
        tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for sent, read in self.group.readable:
            for table in read.tables:
                part = {
                    "sha256": sent.sha256,
                    "whole": read.whole,
                    **{k: table[k] for k in ("path", "aside", "kept")},
                }
                tables[table["view"]].append(part)
        identity = self.identity
        placed = {"year": identity.year, "la": identity.la, "submission": self.id, "census": identity.census}
        folder = str(into / f"typed-{self.id}")
        return {"do": "write", "ret": identity.ret, "placed": placed, "tables": tables, "into": folder}

    def take(self, said: Mapping[str, Any] | None) -> None:
        """Note the answer of the reading process, if there was anything to type."""
        read = [finding for _, file in self.group.files for finding in file.findings]
        self.findings = [*self.identity.findings, *self.findings, *read]
        if said is None:
            return
        if "stopped" in said:
            self.stopped = said["stopped"]
            self.findings.append(Finding(self.stopped, said["why"]))
            return
        self.findings.extend(Finding(**finding) for finding in said["findings"])
        self.written = {table["view"]: table for table in said["tables"]}
        if not self._adds_up():
            self.stopped, self.written = ROWS_LOST, {}
            self.findings.append(Finding(ROWS_LOST, "rows typed and set aside are not the rows that came in"))

    def _adds_up(self) -> bool:
        """Whether of every table of every file the rows that came in were typed or set aside."""
        return all(
            table["rows_in"] == self._typed(sent, table) + table["set_aside"]
            for sent, read in self.group.readable
            for table in read.tables
        )

    def _typed(self, sent: Sent, table: Mapping[str, Any]) -> int:
        return int(self.written.get(table["view"], {"rows": {}})["rows"].get(sent.sha256, 0))

    def rows(self) -> Iterator[FileRows]:
        """The rows of every table of every file."""
        for sent, read in self.group.readable:
            for table in read.tables:
                yield self._rows(sent, table)

    def _rows(self, sent: Sent, table: Mapping[str, Any]) -> FileRows:
        view, rows_in, aside = table["view"], int(table["rows_in"]), int(table["set_aside"])
        if self.stopped:
            return FileRows(sent.sha256[:12], self.identity.ret, view, rows_in, 0, rows_in)
        return FileRows(sent.sha256[:12], self.identity.ret, view, rows_in, self._typed(sent, table), aside)

    def event(self, now: datetime) -> dict[str, Any]:
        """What the ledger remembers."""
        identity, hints = self.identity, self.group.candidate.hints
        return {
            "event": self.status,
            "at": stamp(now),
            "submission": self.id,
            "return": identity.ret,
            "year": identity.year,
            "term": identity.census,
            "la": identity.la,
            "folder": self.folder,
            "whose": self.group.candidate.whose,
            "hints": _told(hints),
            "sent": stamp(identity.sent) if identity.sent else "",
            "sent_from": identity.sent_from,
            "serial": identity.serial,
            "path_date": str(identity.path_date) if identity.path_date else "",
            "reason": self.reason,
            "files": [self._file(sent, read) for sent, read in self.group.files],
        }

    def _file(self, sent: Sent, read: FileRead) -> dict[str, Any]:
        rows = [self._rows(sent, table) for table in read.tables]
        tables = [
            {"table": r.table, "rows_typed": r.rows_typed, "rows_quarantined": r.rows_quarantined}
            for r in rows
        ]
        reason = "" if read.usable or read.members else self._why_aside(read)
        told = {"sha256": sent.sha256, "name": sent.name, "bytes": sent.size}
        copies = {"copies": sent.copies} if sent.copies > 1 else {}
        inside = {"inside": sent.inside} if sent.inside else {}
        return {**told, **copies, **inside, "tables": tables, "reason": reason}

    @staticmethod
    def _why_aside(read: FileRead) -> str:
        errors = [f.rule for f in read.findings if finding_codes()[f.rule].severity == "error"]
        return errors[0] if errors else "file.unknown_form"

    def set_aside(self) -> dict[str, str]:
        """Files that could not be used, by hash, and why."""
        unused = [(sent, read) for sent, read in self.group.files if not read.usable and not read.members]
        return {sent.sha256: self._why_aside(read) for sent, read in unused}


def _told(hints: Hints) -> dict[str, Any]:
    """What the folder said, as the ledger writes it."""
    told: dict[str, Any] = {name: value for name, value in asdict(hints).items() if value}
    told |= {name: str(told[name]) for name in ("sent", "noted") if name in told}
    if hints.noted_by_census:
        told["noted_by_census"] = {census: str(when) for census, when in hints.noted_by_census}
    return told


def put_in_place(store: Store, submission: Submission) -> None:
    """Move the finished files to where they stay, each in one step; an earlier reading's files go."""
    identity = submission.identity
    where = (identity.year, identity.la, submission.id)
    *places, findings = files_of(store, identity.ret, *where)
    for (view, kind), place in zip(_kinds(identity.ret), places, strict=True):
        written = submission.written.get(view, {"files": {}})["files"]
        if kind in written:
            into_place(written[kind], place)
        else:
            place.unlink(missing_ok=True)
    if submission.findings:
        _put_findings(store, submission)
    else:
        findings.unlink(missing_ok=True)


def _kinds(ret: str) -> list[tuple[str, str]]:
    """View and kind of each file of a submission, in the order of `files_of`."""
    tables = RETURNS[ret].tables if ret in RETURNS else ()
    return [(table.VIEW, kind) for table in tables for kind in ("raw", "aside", "typed")]


def _put_findings(store: Store, submission: Submission) -> None:
    identity = submission.identity
    place: dict[str, object] = {
        "return": identity.ret,
        "year": identity.year,
        "term": identity.census or None,
        "la": identity.la,
        "submission": submission.id,
    }
    path = store.ingest_findings_path(identity.ret, identity.year, identity.la, submission.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    findings_frame(submission.findings, **place).write_parquet(part, compression="zstd", compression_level=1)
    os.replace(part, path)
