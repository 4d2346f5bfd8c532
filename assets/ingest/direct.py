"""Reads files for `outcomes validate`: no store, no ledger, no copies; the same readers and typing.

Whoever validates says which return and year the files are of, so nothing is guessed; a file of another
return is named in a finding and left out.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.ingest import archive
from assets.ingest.discover import NOT_SENT, NOTE, census_in_name
from assets.ingest.forms import kind_of
from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes, read_stream
from assets.ingest.reading import Reading, TableRead
from assets.ingest.submission import FileRows
from assets.ingest.who import together
from assets.ingest.writing import Part, Placed, Sent, typed_tables
from schemas.failures import WrongUse
from schemas.findings import Finding
from schemas.returns import Return, named
from schemas.table import UNREAD, Table

Source = io.BufferedReader | io.BytesIO
HEAD = 4096
"""Bytes that tell what a file is."""


@dataclass(frozen=True)
class ReadResult:
    """The typed tables of some files, by rule view, and what reading them found."""

    tables: dict[str, pl.DataFrame]
    """Typed, with provenance; a table that no file holds is not there."""
    findings: list[Finding]
    rows: tuple[FileRows, ...]
    names: dict[str, str]
    """The name of each file, by the first twelve digits of its hash: for the caller, whose files they are."""
    unread: dict[str, pl.DataFrame]
    """By rule view, the text as sent of rows with a cell that could not be read."""
    la: str
    """The authority as given, else as the files say, else `unknown:files`."""

    @property
    def readable(self) -> bool:
        return bool(self.tables)


def read_paths(
    paths: Iterable[Path],
    ret: str,
    year: int,
    la: str | None = None,
    term: str | None = None,
    *,
    limits: Limits | None = None,
) -> ReadResult:
    """Read files, or all files in folders, as one submission of that return and year.

    `term` is which census (autumn, spring, summer); without it the files are asked, and where they are of
    several it is left open. Reading happens in this process: these are the caller's own files.
    """
    of, found = named(ret), list(_read_all(_files(paths), limits or Limits()))
    facts = together(reading.facts for _, _, reading in found if reading.ret == ret)
    names = {told[1] for path, _, _ in found if of.has_terms and (told := census_in_name(path.name))}
    said = facts.terms or tuple(names)
    census = term or (said[0] if len(said) == 1 else "")
    whose = la or (facts.las[0] if len(facts.las) == 1 else "unknown:files")
    placed = Placed(year=year, la=whose, submission="", census=census if of.has_terms else "")
    return _typed(of, found, placed)


def read_each(paths: Iterable[Path], limits: Limits | None = None) -> list[tuple[str, Reading]]:
    """Every file of the paths and of all folders below them, read as what it is: its name and the reading."""
    folders = (folder for path in paths for folder in (path, *path.rglob("*/")) if path.is_dir())
    single = (path for path in paths if not path.is_dir())
    return [
        (path.name, reading)
        for path, _, reading in _read_all(_files([*single, *folders]), limits or Limits())
    ]


def _typed(ret: Return, found: list[tuple[Path, str, Reading]], placed: Placed) -> ReadResult:
    findings: list[Finding] = []
    parts: dict[type[Table], list[tuple[str, bool, TableRead]]] = defaultdict(list)
    for _, sha256, reading in sorted(found, key=lambda file: file[1]):
        findings.extend(reading.findings)
        if reading.ret not in ("", ret.name):
            findings.append(Finding("file.not_of_this_return", f"it is of {reading.ret}", file=sha256[:12]))
            continue
        for one in reading.tables:
            parts[one.table].append((sha256, reading.whole, one))
    tables, unread, rows = dict[str, pl.DataFrame](), dict[str, pl.DataFrame](), list[FileRows]()
    for table in (t for t in ret.tables if t in parts):
        read = [Part(sha256, each.frame, not whole) for sha256, whole, each in parts[table]]
        (typed,) = typed_tables(ret, table, [Sent(placed, read)])
        tables[table.VIEW] = typed.frame
        unread[table.VIEW] = typed.raw.filter(typed.frame[UNREAD].is_not_null())
        findings.extend(typed.findings)
        rows.extend(_rows(ret, sha256, each) for sha256, _, each in parts[table])
    names = {sha256[:12]: path.name for path, sha256, _ in found}
    return ReadResult(tables, findings, tuple(rows), names, unread, placed.la)


def _rows(ret: Return, sha256: str, read: TableRead) -> FileRows:
    kept, aside = read.frame.height, read.aside.height
    return FileRows(sha256[:12], ret.name, read.table.VIEW, read.rows_in, kept, aside)


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and those that stand directly in the folders."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(
                sorted(entry for entry in path.iterdir() if entry.is_file() and _is_sent(entry.name))
            )
        elif path.is_file():
            found.append(path)
        else:
            raise WrongUse("one of the paths to read is neither a file nor a folder; check how it is written")
    return found


def _is_sent(name: str) -> bool:
    return name != NOTE and not NOT_SENT.fullmatch(name)


def _read_all(paths: Iterable[Path], limits: Limits) -> Iterator[tuple[Path, str, Reading]]:
    """Each file once, however often its content was given."""
    seen: set[str] = set()
    for path in paths:
        for name, source in _opened(path, limits):
            sha256 = hashlib.file_digest(source, "sha256").hexdigest()
            if sha256 not in seen:
                seen.add(sha256)
                source.seek(0)
                yield Path(name), sha256, _read(source, sha256, limits)


def _read(source: Source, sha256: str, limits: Limits) -> Reading:
    """What a file holds; XML is not taken into memory whole."""
    head = source.read(HEAD)
    if kind_of(head) == "xml" and source.seek(0, os.SEEK_END) <= limits.max_file_bytes:
        return read_stream(source, sha256)
    source.seek(0)
    return read_bytes(source.read(), sha256, limits)


def _opened(path: Path, limits: Limits) -> Iterator[tuple[str, Source]]:
    """The file; the files in it, when it is a zip that can be opened."""
    with path.open("rb") as source:
        if source.read(HEAD).startswith(archive.MARK):
            source.seek(0)
            yield from _unpacked(path.name, source.read(), limits)
        else:
            source.seek(0)
            yield path.name, source


def _unpacked(name: str, data: bytes, limits: Limits) -> Iterator[tuple[str, Source]]:
    try:
        inside = list(archive.members(data, limits)) if archive.is_folder(data) else []
    except archive.Unsound:
        inside = []
    yield from [(member.name, io.BytesIO(member.data)) for member in inside] or [(name, io.BytesIO(data))]
