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
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import polars as pl

from assets.ingest import archive
from assets.ingest.csv_reader import DELIMITERS
from assets.ingest.forms import decode, kind_of
from assets.ingest.limits import Limits
from assets.ingest.sheets import BROKEN, MOST_ROWS, Row, sheets
from quality.listing import LIVE
from schemas.returns import RETURNS

LONGEST_CELL = 33_000
"""A little more than a spreadsheet's cell may hold."""
LONGEST_EXPLANATION = 2_000
MOST_EXPLAINED = 200_000
MOST_COLUMNS = 200

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
FORMULA = "\0formula"
"""Stands for a cell that holds a formula: what it came to somewhere else is not believed."""


class Unreadable(Exception):
    """Why a file cannot be read; never with a word of what stands in it."""


def read_explanations(data: bytes, limits: Limits | None = None) -> tuple[pl.DataFrame, int]:
    """The explanations of one file (`SCHEMA`), and how many were left out because a formula stood there."""
    rows: list[dict[str, Any] | None] = []
    is_ours = False
    try:
        for lines, places in _tables(data, limits or Limits()):
            is_ours = True
            rows.extend(_explained(lines, places, room=MOST_EXPLAINED - len(rows)))
    except archive.Unsound as unsound:
        raise Unreadable(f"the workbook is not opened: {unsound}") from None
    except (*BROKEN, csv.Error):
        raise Unreadable("the file is damaged, or has cells beyond measure") from None
    if not is_ours:
        raise Unreadable("no sheet has the headings of our list, Authority to Explanation")
    found = pl.DataFrame([row for row in rows if row], schema=SCHEMA, infer_schema_length=None)
    return found, sum(row is None for row in rows)


def _tables(data: bytes, limits: Limits) -> Iterator[tuple[Iterable[Line], dict[str, int]]]:
    """Every sheet, or the one file, whose first row has the headings that are needed."""
    is_book = kind_of(data) == "binary" and data.startswith(archive.MARK)
    if not is_book and kind_of(data) != "text":
        raise Unreadable("expected our workbook (.xlsx) or our list (.csv)")
    found = map(_of_sheet, sheets(data, limits, MOST_COLUMNS)) if is_book else iter([_lines(data)])
    for lines in map(_bounded, found):
        _, heading = next(lines, (0, ()))
        squeezed = [" ".join(cell.lower().split()) for cell in heading]
        places = {HEADINGS[name]: at for at, name in enumerate(squeezed) if name in HEADINGS}
        if places.keys() >= NEEDED:
            yield lines, places


def _of_sheet(rows: Iterator[Row]) -> Iterator[Line]:
    return ((number, [FORMULA if cell.is_formula else cell.text for cell in cells]) for number, cells in rows)


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
    yield from enumerate(reader, 1)


def _bounded(lines: Iterator[Line]) -> Iterator[Line]:
    for number, cells in lines:
        if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
            raise Unreadable(f"expected at most {MOST_ROWS} rows and {MOST_COLUMNS} columns")
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise Unreadable(f"a cell holds more than {LONGEST_CELL} characters")
        yield number, cells
