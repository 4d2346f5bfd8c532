"""What the bytes of a file are, before anybody tries to understand them.

Authorities send CSV saved by Excel in four encodings, XML, spreadsheets renamed to `.csv`, and zips.
The name of a file is never believed; its first bytes are.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Literal

from assets.ingest.limits import MIB
from schemas.findings import Finding

Kind = Literal["empty", "archive", "binary", "xml", "json", "text"]

LONGEST_HEADING = 1 * MIB
"""Within so many bytes a file must say what it is."""
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
DOCUMENTS = (b"[Content_Types].xml", b"mimetypeapplication/", b"xl/", b"word/", b"_rels/")
"""What a zip that is really a spreadsheet or a document has near its start."""
BINARIES = (b"\xd0\xcf\x11\xe0", b"%PDF", b"PAR1", b"\x89PNG", b"SQLite")
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def kind_of(data: bytes) -> Kind:
    """What the first bytes say the file is."""
    head = data[:4096]
    if head.startswith(ARCHIVES):
        return "binary" if any(mark in head for mark in DOCUMENTS) else "archive"
    if head.startswith(BINARIES):
        return "binary"
    seen = head.translate(None, b"\x00\xff\xfe\xef\xbb\xbf").lstrip()
    if not seen and len(data) <= len(head):
        return "empty"
    if seen.startswith((b"{", b"[")):
        return "json"
    return "xml" if seen.startswith(b"<") else "text"


@dataclass(frozen=True)
class Text:
    """The text of a file as UTF-8, and how it came to be that."""

    utf8: bytes
    findings: tuple[Finding, ...]


def decode(data: bytes) -> Text:
    """Text from UTF-8, UTF-16 or, failing both, Windows-1252; marks and zero bytes are taken out."""
    if data.isascii() and 0 not in data:  # as nearly every file of codes and numbers is
        return Text(data, ())
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _decoded(
                data[len(mark) :], encoding, [Finding("file.byte_order_mark", f"the file is {encoding}")]
            )
    encoding = _utf16_without_mark(data)
    return _decoded(data, encoding or "utf-8", [_guessed(encoding)] if encoding else [])


def _utf16_without_mark(data: bytes) -> str:
    """UTF-16 shows as a zero in every other byte of plain text."""
    head = data[:4096]
    if len(head) < 4 or head.count(0) * 3 < len(head):
        return ""
    odd, even = head[1::2].count(0), head[::2].count(0)
    if odd * 5 > len(head) * 2 and not even:
        return "utf-16-le"
    return "utf-16-be" if even * 5 > len(head) * 2 and not odd else ""


def _decoded(data: bytes, encoding: str, findings: list[Finding]) -> Text:
    try:
        text = data.decode(encoding)
        utf8 = data if encoding == "utf-8" else text.encode()
    except UnicodeError as error:
        if encoding == "utf-8" and _ends_within_a_letter(error):
            utf8 = data.decode(errors="ignore").encode()
            findings.append(Finding("file.encoding_guessed", "expected utf-8, which ends within a letter"))
        else:
            utf8 = data.decode("cp1252", errors="replace").encode()
            findings.append(_guessed("cp1252"))
    if zeros := utf8.count(0):
        findings.append(Finding("file.zero_bytes", n=zeros))
        utf8 = utf8.replace(b"\x00", b"")
    return Text(utf8, tuple(findings))


def _ends_within_a_letter(error: UnicodeError) -> bool:
    """Whether a file is UTF-8 but was cut off between the bytes of its last letter."""
    return isinstance(error, UnicodeDecodeError) and error.reason == "unexpected end of data"


def _guessed(encoding: str) -> Finding:
    return Finding("file.encoding_guessed", f"expected utf-8, read as {encoding}")
