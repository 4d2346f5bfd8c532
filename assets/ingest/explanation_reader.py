"""Reads the list that an authority sends back with explanations filled in, as the untrusted file it is.

It is our own workbook or our own CSV, opened and saved again by whatever program the officer has, or
something else altogether. It is read in the limited process that reads returns too. Only rows with an
explanation are taken; nothing is computed, no cell may be longer than a cell of ours, and a document type
or a zip that unpacks to far more than it holds is refused.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl
from lxml import etree

from assets.ingest.csv_reader import DELIMITERS
from assets.ingest.forms import decode, kind_of
from assets.ingest.xml_reader import SAFELY
from quality.listing import LIVE
from schemas.returns import RETURNS

LONGEST_CELL = 33_000
"""A little more than a spreadsheet's cell may hold."""
LONGEST_EXPLANATION = 2_000
MOST_ROWS = 1_100_000
MOST_EXPLAINED = 200_000
MOST_COLUMNS = 200
MOST_UNPACKED = 1 << 30
MOST_SHEETS = 40

HEADINGS = {
    "authority": "la",
    "return": "return",
    "rule year": "year",
    "term": "term",
    "error code": "rule",
    "affected table": "table",
    "error row": "row",
    "error fields": "fields",
    "affected values": "values",
    "child": "child",
    "submission": "submission",
    "explanation": "explanation",
}
"""The headings that place an explanation, as the workbook writes them."""
NEEDED = {"la", "return", "year", "rule", "row", "fields", "explanation"}

SCHEMA: dict[str, pl.DataType] = {
    **{name: pl.String() for name in ("la", "return", "term", "rule", "table", "fields", "values", "child")},
    "submission": pl.String(),
    "explanation": pl.String(),
    "year": pl.Int64(),
    "row": pl.Int64(),
    "line": pl.Int64(),
    "is_cut": pl.Boolean(),
}
"""One row per explanation; `line` is its row in the sheet or file."""

Line = tuple[int, Sequence[str]]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULA = "\0formula"
"""Stands for a cell that holds a formula: what it came to somewhere else is not believed."""


class Unreadable(Exception):
    """Why a file cannot be read; never with a word of what stands in it."""


def read_explanations(data: bytes) -> tuple[pl.DataFrame, int]:
    """The explanations of one file (`SCHEMA`), and how many were left out because a formula stood there."""
    rows: list[dict[str, Any] | None] = []
    is_ours = False
    try:
        for lines, places in _tables(data):
            is_ours = True
            rows.extend(_explained(lines, places, room=MOST_EXPLAINED - len(rows)))
    except (*BROKEN, csv.Error):
        raise Unreadable(
            "the file is damaged, protected by a password, or has cells beyond measure"
        ) from None
    if not is_ours:
        raise Unreadable("no sheet has the headings of our list, Authority to Explanation")
    found = pl.DataFrame([row for row in rows if row], schema=SCHEMA, infer_schema_length=None)
    return found, sum(row is None for row in rows)


BROKEN = (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, NotImplementedError, EOFError, RuntimeError)
"""What the readers of zip and XML raise when a workbook is not one."""


def _tables(data: bytes) -> Iterator[tuple[Iterable[Line], dict[str, int]]]:
    """Every sheet, or the one file, whose first row has the headings that are needed."""
    is_book = kind_of(data) == "binary" and data.startswith(b"PK")
    if not is_book and kind_of(data) != "text":
        raise Unreadable("expected our workbook (.xlsx) or our list (.csv)")
    for lines in _sheets(data) if is_book else [_lines(data)]:
        _, heading = next(lines, (0, ()))
        squeezed = [" ".join(cell.lower().split()) for cell in heading]
        places = {HEADINGS[name]: at for at, name in enumerate(squeezed) if name in HEADINGS}
        if places.keys() >= NEEDED:
            yield lines, places


def _explained(lines: Iterable[Line], places: dict[str, int], room: int) -> Iterator[dict[str, Any] | None]:
    """Rows that hold an explanation, `room` at most; None for one that holds a formula in its place."""
    for number, cells in lines:
        told = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
        if not told["explanation"]:
            continue
        room -= 1
        if room < 0:
            raise Unreadable(f"expected at most {MOST_EXPLAINED} explanations in one file")
        yield None if FORMULA in told["explanation"] else _row(number, told)


def _row(number: int, told: dict[str, str]) -> dict[str, Any]:
    plain = {name: _unmarked(text) if FORMULA not in text else "" for name, text in told.items()}
    explanation = plain["explanation"]
    return {
        **dict.fromkeys(SCHEMA),
        **plain,
        "return": _return(plain["return"]),
        "explanation": explanation[:LONGEST_EXPLANATION],
        "year": _whole(plain["year"]),
        "row": _whole(plain["row"]),
        "line": number,
        "is_cut": len(explanation) > LONGEST_EXPLANATION,
    }


def _unmarked(text: str) -> str:
    """Text without the apostrophe that our CSV puts before what could be taken for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in LIVE and len(text) > 1 else text


def _return(text: str) -> str:
    """The return by the name or title that our list gives it."""
    known = {ret.title.lower(): name for name, ret in RETURNS.items()} | {name: name for name in RETURNS}
    return known.get(text.lower(), "")


def _whole(text: str) -> int | None:
    found = re.fullmatch(r"(\d{1,9})(\.0+)?", text)
    return int(found[1]) if found else None


# --- CSV --------------------------------------------------------------------------------------------


def _lines(data: bytes) -> Iterator[Line]:
    text = decode(data).utf8.decode()
    heading = text[: text.find("\n")] if "\n" in text else text
    delimiter = max(DELIMITERS, key=heading[:LONGEST_CELL].count)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    for number, cells in enumerate(reader, 1):
        _bounded(number, len(cells))
        yield number, cells


def _bounded(rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise Unreadable(f"expected at most {MOST_ROWS} rows in one sheet")
    if columns > MOST_COLUMNS:
        raise Unreadable(f"expected at most {MOST_COLUMNS} columns")


# --- XLSX -------------------------------------------------------------------------------------------


def _sheets(data: bytes) -> Iterator[Iterator[Line]]:
    """The rows of every sheet of a workbook; each is to be read before the next is asked for."""
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        names = _parts(book)
        shared = _shared(book) if "xl/sharedStrings.xml" in book.namelist() else []
        for name in names:
            yield _rows(_stream(book, name), shared)


def _parts(book: zipfile.ZipFile) -> list[str]:
    if sum(part.file_size for part in book.infolist()) > MOST_UNPACKED:
        raise Unreadable(f"the workbook unpacks to more than {MOST_UNPACKED >> 20} MiB")
    names = [name for name in book.namelist() if re.fullmatch(r"xl/worksheets/[\w.-]+\.xml", name)]
    if len(names) > MOST_SHEETS:
        raise Unreadable(f"expected at most {MOST_SHEETS} sheets")
    return names


def _stream(book: zipfile.ZipFile, name: str) -> Iterator[Any]:
    """The elements of a part as they end; a document type is refused before anything of it is used."""
    with book.open(name) as part:
        events = etree.iterparse(part, events=("start", "end"), **SAFELY)
        for at, (event, element) in enumerate(events):
            if not at and element.getroottree().docinfo.internalDTD is not None:
                raise Unreadable("the workbook declares a document type, which no workbook has")
            if event == "end":
                yield element


def _shared(book: zipfile.ZipFile) -> list[str]:
    """The texts that cells point to."""
    found = []
    for element in _stream(book, "xl/sharedStrings.xml"):
        if element.tag == f"{MAIN}si":
            found.append(_text(element))
            _forget(element)
    return found


def _rows(elements: Iterator[Any], shared: Sequence[str]) -> Iterator[Line]:
    number = 0
    for element in elements:
        if element.tag == f"{MAIN}row":
            told = element.get("r", "")
            number = int(told) if re.fullmatch(r"\d{1,8}", told) else number + 1
            cells = _cells(element, shared)
            _forget(element)
            _bounded(number, len(cells))
            yield number, cells


def _cells(row: Any, shared: Sequence[str]) -> list[str]:
    """The texts of a row, in the places that their letters say."""
    found: dict[int, str] = {}
    for at, cell in enumerate(row.iterfind(f"{MAIN}c")):
        letters = re.match(r"[A-Z]{1,3}", cell.get("r", ""))
        place = _column(letters[0]) if letters else at
        if place >= MOST_COLUMNS:
            raise Unreadable(f"expected at most {MOST_COLUMNS} columns")
        found[place] = _value(cell, shared)
    return [found.get(at, "") for at in range(max(found, default=-1) + 1)]


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: Any, shared: Sequence[str]) -> str:
    if cell.find(f"{MAIN}f") is not None:
        return FORMULA
    kind = cell.get("t")
    inner = cell.find(f"{MAIN}is") if kind == "inlineStr" else cell.find(f"{MAIN}v")
    text = "" if inner is None else _text(inner)
    if kind == "s":
        known = text.isdecimal() and int(text) < len(shared)
        text = shared[int(text)] if known else ""
    if len(text) > LONGEST_CELL:
        raise Unreadable(f"a cell holds more than {LONGEST_CELL} characters")
    return text


def _text(element: Any) -> str:
    """The text of an element without the reading aids that some programs put beside it."""
    texts = (part.text or "" for part in element.iter(f"{MAIN}t", f"{MAIN}v") if not _is_aid(part))
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(texts))


ESCAPED = re.compile(r"_x([0-9a-fA-F]{4})_")


def _is_aid(part: Any) -> bool:
    return any(above.tag == f"{MAIN}rPh" for above in part.iterancestors())


def _forget(element: Any) -> None:
    """Free what has been read: a sheet may be larger than memory."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
