"""How broken and hostile files are made: small builders, so that no bomb lies in the repository."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from tests.ingest.written import EPISODES, cin


@dataclass(frozen=True)
class Bait:
    """A secret file and a listening port of the test's own."""

    file: str
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Hostile:
    """How the file is made, and the code of the finding that it must end as."""

    make: Callable[[Bait], bytes]
    code: str


MIB = 1 << 20
GOOD = EPISODES.format(child="A1")
HEADINGS, ROW, _ = GOOD.splitlines()
LA = "301"
"""The authority in whose folders all this lies."""
REVIEWS = "CHILD,DOB,REVIEW,REVIEW_CODE\n"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


# --- small words for making them ----------------------------------------------------------------------


def text(content: str | bytes) -> Callable[[Bait], bytes]:
    data = content.encode() if isinstance(content, str) else content
    return lambda _: data


def doctype(subset: str, root: str = "Message") -> Callable[[Bait], bytes]:
    """A CIN census with a document type; `{file}` and `{url}` in it are the bait."""

    def make(bait: Bait) -> bytes:
        declared = f"<!DOCTYPE {root} {subset}>".replace("{file}", bait.file).replace("{url}", bait.url)
        return declared.encode() + cin(LA).replace(b"WBRI", b"&x;")

    return make


def in_cin(was: str, becomes: str) -> Callable[[Bait], bytes]:
    return lambda bait: (
        cin(LA)
        .decode()
        .replace(was, becomes.replace("{file}", bait.file).replace("{url}", bait.url), 1)
        .encode()
    )


def in_child(more: str) -> Callable[[Bait], bytes]:
    return in_cin("<CINdetails>", f"{more}<CINdetails>")


def rows(*lines: str, headings: str = HEADINGS) -> Callable[[Bait], bytes]:
    return text("\n".join([headings, *lines, ""]))


def reviews(*lines: str) -> Callable[[Bait], bytes]:
    return text(REVIEWS + "\n".join(lines) + "\n")


def delivery(more: str) -> Callable[[Bait], bytes]:
    """A delivery of the daily feed in which a child has some more."""
    return text(f'[{{"la_child_id": "A", {more}}}]')


def scored(score: str) -> str:
    return f'"health_and_wellbeing": {{"sdq_assessments": [{{"score": {score}}}]}}'


def zipped(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            archive.writestr(entry, content)
    return packed.getvalue()


def sheet(data: str, **more: str) -> Callable[[Bait], bytes]:
    """The smallest workbook, with this as its sheet; `before` goes before the sheet's root."""

    def make(bait: Bait) -> bytes:
        page = f"{more.get('before', '')}<worksheet {NS}><sheetData>{data}</sheetData></worksheet>"
        parts = {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.sheet.main+xml"/></Types>',
            "xl/workbook.xml": f'<workbook {NS} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
            'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": page,
        }
        files: dict[str, bytes | str] = {
            n: p.replace("{file}", bait.file).replace("{url}", bait.url) for n, p in parts.items()
        }
        return zipped(files)

    return make


def cells(*values: str, row: int = 1) -> str:
    inside = "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values)
    return f'<row r="{row}">{inside}</row>'


REVIEW_HEADINGS = cells("CHILD", "DOB", "REVIEW", "REVIEW_CODE")


def marked(data: bytes, at_entry: int, at_directory: int, value: bytes) -> bytes:
    """A zip with a field overwritten in its first entry and in the directory's."""
    for mark, at in ((b"PK\x03\x04", at_entry), (b"PK\x01\x02", at_directory)):
        place = data.index(mark) + at
        data = data[:place] + value + data[place + len(value) :]
    return data


def linked() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        link = zipfile.ZipInfo("episodes.csv")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return packed.getvalue()


def overlapping() -> bytes:
    """A directory that names the same entry many times."""
    data = zipped({"a.csv": b"\0" * (8 * MIB)})
    start = data.index(b"PK\x01\x02")
    entry, end = data[start : data.index(b"PK\x05\x06")], data[data.index(b"PK\x05\x06") :]
    n = 900
    return data[:start] + entry * n + end[:8] + struct.pack("<HHI", n, n, len(entry) * n) + end[16:]


def tarred() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../episodes.csv"), io.BytesIO())
    return packed.getvalue()


class Calls:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return print, ("run",)
