"""Reads one file, whatever it is: looks at its bytes, then hands it to the reader of that form."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import IO

from assets.ingest import archive
from assets.ingest.csv_reader import read_csv
from assets.ingest.forms import Kind, kind_of
from assets.ingest.limits import Limits
from assets.ingest.reading import Reading, refused

OLE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""The name under which a workbook with a password hides its content."""


def read_bytes(data: bytes, sha256: str, limits: Limits) -> Reading:
    """One file, read; every finding names the file by the first twelve digits of its hash."""
    return _named(_read(data, sha256, limits), sha256)


def read_stream(source: IO[bytes], sha256: str, *, into: str = "") -> Reading:
    """One XML file, read piece by piece from where it lies; its findings are named in the same way.

    Large tables wait in files that begin with `into`, when that is given, so that little memory is used.
    """
    from assets.ingest.xml_reader import read_xml  # lxml is loaded only when XML comes

    return _named(read_xml(source, sha256, into), sha256)


def _named(reading: Reading, sha256: str) -> Reading:
    named = tuple(replace(finding, file=sha256[:12]) for finding in reading.findings)
    return replace(reading, findings=named)


def _read(data: bytes, sha256: str, limits: Limits) -> Reading:
    if len(data) > limits.max_file_bytes:
        return refused("file.too_large", f"expected at most {limits.max_file_bytes} bytes, got {len(data)}")
    kind = kind_of(data)
    if kind == "empty":
        return refused("file.empty")
    if data.startswith(archive.MARK):
        return _packed(data, kind, limits)
    if kind == "archive":
        return refused("file.zip")
    if kind == "binary":
        return _binary(data)
    if kind == "xml":
        from assets.ingest.xml_reader import read_xml

        return read_xml(io.BytesIO(data), sha256)
    if kind == "json":
        from assets.ingest.json_reader import read_json

        return read_json(data)
    return read_csv(data, limits)


def _binary(data: bytes) -> Reading:
    """What is no text: Excel hides a workbook with a password, and old workbooks, in a form of its own."""
    if not data.startswith(OLE):
        return refused(
            "file.unknown_form", "expected CSV, XML, JSON or a workbook (XLSX), got another binary form"
        )
    if ENCRYPTED in data:
        return refused("file.workbook_broken", "it is locked with a password: save it without one")
    return refused("file.workbook_broken", "it is of Excel before 2007, or locked: save it as XLSX or CSV")


def _packed(data: bytes, kind: Kind, limits: Limits) -> Reading:
    """A spreadsheet; any other zip that gets here is broken, within another one, or some other document."""
    names = archive.names_in(data)
    if archive.WORKBOOK in names:
        from assets.ingest.workbook import read_workbook  # loaded only when a workbook comes

        return read_workbook(data, limits)
    if not names and kind == "binary":
        return refused("file.workbook_broken", "it is cut off or damaged")
    if names & archive.DOCUMENTS or kind == "binary":
        return refused("file.unknown_form", "expected CSV, XML or a workbook, got another document")
    try:
        archive.check(data, limits)
    except archive.Unsound as unsound:
        return archive.not_unpacked(unsound)
    return refused("file.zip", "it is empty, or lies in another zip")
