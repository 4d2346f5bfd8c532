"""Looks into zips: several files sent as one, and spreadsheets, which are zips inside.

A zip counts as a folder. What is in it is read into memory, counted and limited while it is unpacked: what a
zip says of itself may be a lie, and a small one may hold more than a disk. The names inside are never used
as paths. A zip within a zip is not opened.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from assets.ingest.discover import NOT_SENT, NOTE
from assets.ingest.limits import MIB, Limits
from assets.ingest.reading import Reading, refused
from schemas.findings import Finding

MARK = b"PK"
MOST_FILES = 1_000
MOST_TIMES_LARGER = 100
"""Returns shrink to a tenth or a thirtieth; a bomb shrinks to a thousandth."""
ALWAYS_ALLOWED = 16 * MIB
"""Unpacked bytes that no zip is too small for."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What Python's own reader of zips raises over broken ones."""


WORKBOOK, DOCUMENTS = "xl/workbook.xml", {"[Content_Types].xml", "mimetype"}
"""What is in every XLSX, and in every document of an office program."""


@dataclass(frozen=True)
class Member:
    """A file in a zip: its name without any path, and its content."""

    name: str
    data: bytes


class Unsound(Exception):
    """A zip that is not unpacked; the words are ours."""


def names_in(data: bytes) -> set[str]:
    """The names in a zip; none for what is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            return set(packed.namelist())
    except BROKEN:
        return set()


def is_folder(data: bytes) -> bool:
    """Whether these are several files sent as one, and no document."""
    names = names_in(data) if data.startswith(MARK) else set()
    return bool(names) and not names & DOCUMENTS


def check(data: bytes, limits: Limits) -> None:
    """Raise `Unsound` where a zip says of itself that it is locked, too large or odd."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            files = packed.infolist()
    except BROKEN:
        raise Unsound("it is broken") from None
    if len(files) > MOST_FILES:
        raise Unsound(f"expected at most {MOST_FILES} files, it has {len(files)}")
    if any(file.flag_bits & 1 for file in files):
        raise Unsound("it is locked with a password")
    if any(file.compress_type not in METHODS for file in files):
        raise Unsound("it is compressed in a way that is not read here")
    if sum(file.file_size for file in files) > most_bytes(data, limits):
        raise Unsound(
            f"unpacked it is more than {MOST_TIMES_LARGER} times larger, or larger than a file may be"
        )


def most_bytes(data: bytes, limits: Limits) -> int:
    """How large a zip may become."""
    return min(limits.max_file_bytes, max(ALWAYS_ALLOWED, MOST_TIMES_LARGER * len(data)))


def members(data: bytes, limits: Limits) -> Iterator[Member]:
    """The files in a sound zip, in its order, without what systems leave behind; raises `Unsound`."""
    check(data, limits)
    left = most_bytes(data, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for file in packed.infolist():
                if not file.is_dir() and _is_sent(file.filename):
                    content = packed.open(file).read(left + 1)
                    left -= len(content)
                    if left < 0:
                        raise Unsound("unpacked it is larger than it says")
                    yield Member(_name(file.filename), content)
    except BROKEN:
        raise Unsound("it breaks off inside") from None


def _is_sent(inside: str) -> bool:
    name = _name(inside)
    return name != NOTE and not NOT_SENT.fullmatch(name) and not inside.startswith("__MACOSX/")


def _name(inside: str) -> str:
    """The last part of a name, whatever system it was packed on."""
    return PurePosixPath(inside.replace("\\", "/")).name[:255].encode("utf-8", "replace").decode()


def about(n: int) -> Finding:
    """That a zip was opened, and how many files were in it."""
    return Finding("file.unpacked", n=n)


def not_unpacked(unsound: Unsound) -> Reading:
    """A zip that is set aside whole."""
    return refused("file.zip", str(unsound))
