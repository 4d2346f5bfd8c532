"""What authorities send by mistake, and what somebody might send on purpose: one kind of bad file each.

A kind spoils a folder that holds an authority's good return: it puts the bad file in the place of a good
one, as happens when an export fails, a download is a log-in page, or last year's folder is picked.
"""

from __future__ import annotations

import gzip
import io
import random
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

EPISODES, CENSUS, ROLL = "episodes.csv", "cin.xml", "2025_spring_pupilonroll.csv"
MAY_NOT_BE_OPENED = "a file that may not be opened"
LINK = "a link that leads out of the landing folder"


@dataclass(frozen=True)
class Around:
    """Other folders of the same return: the authority's own of last year, and another authority's."""

    last_year: Path
    other: Path


Spoil = Callable[[Path, Around], object]
"""Spoils a folder in which a good return lies."""


@dataclass(frozen=True)
class Kind:
    """One kind of bad file: in which return, how it comes about, and what must become of it."""

    ret: str
    spoil: Spoil
    code: str
    """The finding that tells of it; "" when nothing of it is read."""
    status: str
    """What becomes of the submission that it makes; "" when it makes none."""


def changed(name: str, change: Callable[[bytes], bytes]) -> Spoil:
    """The file of that name, with its content changed."""
    return lambda folder, _: (folder / name).write_bytes(change((folder / name).read_bytes()))


def table(change: Callable[[bytes], bytes], code: str, status: str = "current") -> Kind:
    """A spoilt table of a 903: the other tables are read, so the submission counts."""
    return Kind("ssda903", changed(EPISODES, change), code, status)


def roll(change: Callable[[bytes], bytes], code: str) -> Kind:
    """A spoilt table of the school census: as in the 903, the other tables are read."""
    return Kind("school_census", changed(ROLL, change), code, "current")


def census(change: Callable[[bytes], bytes], code: str) -> Kind:
    """A spoilt CIN census: it is set aside whole, and the one before it counts."""
    return Kind("cin", changed(CENSUS, change), code, "quarantined")


# --- how content is spoilt ----------------------------------------------------------------------------


def asks_for_a_file(good: bytes) -> bytes:
    declared = b'<!DOCTYPE Message [<!ENTITY who SYSTEM "file:///etc/passwd">]>'
    return _after_declaration(declared, good.replace(b"<SoftwareCode>", b"<SoftwareCode>&who;", 1))


def grows(good: bytes) -> bytes:
    first = b'<!ENTITY a0 "ha">'
    more = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    inside = good.replace(b"<SoftwareCode>", b"<SoftwareCode>&a9;", 1)
    return _after_declaration(b"<!DOCTYPE Message [" + first + more + b"]>", inside)


def _after_declaration(words: bytes, xml: bytes) -> bytes:
    declaration, end, rest = xml.rpartition(b"?>")
    return declaration + end + words + rest


def nested(good: bytes) -> bytes:
    deep = 100_000
    return good.replace(b"</Children>", b"<a>" * deep + b"</a>" * deep + b"</Children>", 1)


def zipped(good: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("returns/all of them.csv", good)
    return packed.getvalue()


def locked(good: bytes) -> bytes:
    """As zips with a password are marked, in the entry and in the directory."""
    packed = zipped(good)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = packed.rindex(mark) + at
        packed = packed[:place] + bytes([packed[place] | 1]) + packed[place + 1 :]
    return packed


def workbook(good: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/sharedStrings.xml", good)
    return packed.getvalue()


def with_zero_bytes(good: bytes) -> bytes:
    return good.replace(b",", b"\0,\0")


def with_semicolons(good: bytes) -> bytes:
    return b"\n".join([*good.replace(b",", b";").splitlines(), b"too;short"])


def never_closed(good: bytes) -> bytes:
    """The first row begins with a quotation mark, and no other follows in the file."""
    heading, *rows = good.replace(b'"', b"").splitlines()
    return b"\n".join([heading, b'"' + rows[0], *rows[1:], b""])


def heading_twice(good: bytes) -> bytes:
    heading, *rows = good.splitlines()
    return b"\n".join([heading + b",DECOM", *(row + b",01/01/2001" for row in rows), b""])


def with_headings(headings: bytes) -> Callable[[bytes], bytes]:
    return lambda good: b"\n".join([headings, *good.splitlines()[1:]])


def cut_letter(good: bytes) -> bytes:
    return good.decode().encode("utf-16")[:-3]


def vast_cell(good: bytes) -> bytes:
    heading, *rows = good.splitlines()
    vast = b'"' + b"x" * 1_000_000 + b'"' + b"," * heading.count(b",")
    return b"\n".join([heading, vast, *rows, b""])


# --- how a folder is spoilt ---------------------------------------------------------------------------


def folder_for_a_file(folder: Path, _: Around) -> None:
    good = (folder / EPISODES).read_bytes()
    (folder / EPISODES).unlink()
    (folder / EPISODES).mkdir()
    (folder / EPISODES / EPISODES).write_bytes(good)


def forbidden(folder: Path, _: Around) -> None:
    (folder / EPISODES).write_bytes((folder / EPISODES).read_bytes() + b"\n")
    (folder / EPISODES).chmod(0)


def strange_name(folder: Path, _: Around) -> None:
    """The content says nothing new but for a blank line, so that it is a file of its own."""
    (folder / "epi\nsodes\x1b[31m\r.csv").write_bytes((folder / EPISODES).read_bytes() + b"\n")
    (folder / EPISODES).unlink()


def link_out(folder: Path, _: Around) -> None:
    secret = folder.parents[4] / "secret.csv"
    secret.write_bytes((folder / EPISODES).read_bytes() + b"\n")
    (folder / EPISODES).unlink()
    (folder / EPISODES).symlink_to(secret)


def last_years_census(folder: Path, around: Around) -> None:
    (folder / CENSUS).write_bytes((around.last_year / CENSUS).read_bytes() + b"\n")


def last_years_tables(folder: Path, around: Around) -> None:
    _exchange(folder, around.last_year)


def others_census(folder: Path, around: Around) -> None:
    (folder / CENSUS).write_bytes((around.other / CENSUS).read_bytes() + b"\n")


def others_tables(folder: Path, around: Around) -> None:
    _exchange(folder, around.other)


def _exchange(folder: Path, source: Path) -> None:
    """The files of one folder in the place of those of another."""
    for path in folder.iterdir():
        path.unlink()
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, folder)


KINDS = {
    # of the 903
    "an empty file": table(lambda good: b"", "file.empty"),
    "semicolons and a row of another width": table(with_semicolons, "row.wrong_width"),
    "a quotation mark that is never closed": table(never_closed, "row.unreadable"),
    "a heading twice": table(heading_twice, "file.repeated_columns"),
    "headings that nobody knows": table(with_headings(b"Name,Colour,Shape"), "file.unknown_form"),
    "more columns than anybody reads": table(with_headings(b"DECOM,RNE" * 5_000), "file.unknown_form"),
    "UTF-16 cut in the middle of a letter": table(cut_letter, "file.encoding_guessed"),
    "a cell of a million letters": table(vast_cell, "row.unreadable"),
    "a folder called episodes.csv": Kind("ssda903", folder_for_a_file, "submission.superseded", "current"),
    "a name with a line break and an escape": Kind("ssda903", strange_name, "submission.superseded", "current"),
    MAY_NOT_BE_OPENED: Kind("ssda903", forbidden, "", ""),
    LINK: Kind("ssda903", link_out, "file.not_ordinary", "current"),
    "last year's 903 once more": Kind("ssda903", last_years_tables, "submission.duplicate", ""),
    "another authority's 903": Kind("ssda903", others_tables, "submission.duplicate", ""),
    # of the CIN census
    "XML that was cut off": census(lambda good: good[: len(good) // 2], "file.xml_broken"),
    "XML that asks for another file": census(asks_for_a_file, "file.doctype"),
    "XML whose entities grow": census(grows, "file.doctype"),
    "XML a hundred thousand elements deep": census(nested, "file.xml_broken"),
    "a zip called xml": Kind("cin", changed(CENSUS, zipped), "submission.duplicate", ""),
    "a zip that is locked": census(locked, "file.zip"),
    "last year's census": Kind("cin", last_years_census, "file.wrong_year", "held"),
    "another authority's census": Kind("cin", others_census, "file.authority_disagrees", "held"),
    # of the school census
    "random bytes": roll(lambda good: random.Random(1).randbytes(50_000), "file.unknown_form"),
    "gzip called csv": roll(lambda good: gzip.compress(good, mtime=0), "file.zip"),
    "a workbook called csv": roll(workbook, "file.unknown_form"),
    "a log-in page called csv": roll(lambda good: b"<!DOCTYPE html><html>Log in</html>", "file.doctype"),
    "zero bytes between letters": roll(with_zero_bytes, "file.zero_bytes"),
    "a zip called csv": Kind("school_census", changed(ROLL, zipped), "submission.duplicate", ""),
    "a zip that was cut off": roll(lambda good: zipped(good)[:-9], "file.zip"),
}  # fmt: skip
"""Every kind by the words in which a data officer would report it."""

DECKS = [
    [name for name, kind in KINDS.items() if kind.ret == "ssda903"],
    [name for name, kind in KINDS.items() if kind.ret != "ssda903"],
]
"""Kinds that do not touch the same return, so that one reading can show one of each."""
