"""Reads one CSV table as authorities really send it, and loses no row on the way.

What the file is told by its headings; how it is encoded and what stands between its cells is found out
and reported. Every row is kept or set aside with its line number.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from assets.ingest import facts
from assets.ingest.csv_rows import BLANKS, Rows, rows_of
from assets.ingest.forms import LONGEST_HEADING, decode
from assets.ingest.headings import Recognised, recognise
from assets.ingest.limits import Limits
from assets.ingest.no_records import without_no_records
from assets.ingest.reading import Reading, TableRead, refused, safe_names
from schemas.findings import Finding

DELIMITERS = ",;\t|"
NOTHING = (BLANKS + "\r\n" + DELIMITERS + '"').encode()
"""A line of nothing else is blank."""
HEADINGS_WITHIN = 20
"""Lines in which the headings are looked for: a title, a date, a blank line may stand above."""
TEXT_FORMULA = r'^="([^"]*)"$'
MOST_ROWS_NAMED = 1_000
"""So many rows set aside are named one by one; the rest are counted in one finding."""


def read_csv(data: bytes, limits: Limits) -> Reading:
    """Read one CSV; a file whose headings fit no table is set aside whole."""
    text = decode(data)
    lines = list(_first_lines(text.utf8))
    if not lines:
        return _with(refused("file.empty"), text.findings)
    top = _top(lines, limits.max_columns)
    if top is None:
        detail = f"none of the first {len(lines)} lines is the headings of one table, and of no other"
        return _with(refused("file.unknown_form", detail), text.findings)
    found = top.found
    rows = rows_of(text.utf8[top.end :], found.names, top.delimiter, top.line)
    rows_in = rows.frame.height + rows.aside.height
    frame, formulas = _as_text(rows.frame, found, text.utf8)
    frame, aside = without_no_records(frame, rows.aside, top.headings, found)
    read = TableRead(found.table, frame, aside, rows_in, found.renamed)
    about = (
        *_about_lines(text.utf8, top, rows),
        *formulas,
        *about_headings(found),
        *about_rows(found, aside),
    )
    return Reading(
        found.ret.name, False, (read,), facts.of_tables(found.ret, (read,)), (*text.findings, *about)
    )


def _with(reading: Reading, findings: tuple[Finding, ...]) -> Reading:
    return replace(reading, findings=(*findings, *reading.findings))


@dataclass(frozen=True)
class _Top:
    """The headings of a file: what they are of, and where the rows below them begin."""

    found: Recognised
    delimiter: str
    headings: list[str]
    line: int
    end: int
    above: int
    """Lines with anything in them that stand above: a title, a date, what Excel is told about the delimiter."""


def _first_lines(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The first lines with anything in them: where each begins, its number from 1, and the line with its end."""
    start, found = 0, 0
    for number, line in enumerate(data[:LONGEST_HEADING].splitlines(keepends=True), start=1):
        if line.strip(NOTHING):
            found += 1
            yield start, number, line
        if found == HEADINGS_WITHIN:
            return
        start += len(line)


def _top(lines: list[tuple[int, int, bytes]], most_columns: int) -> _Top | None:
    """The first line that is the headings of a table."""
    for above, (start, number, line) in enumerate(lines):
        text = line.decode(errors="replace")
        found, delimiter = _recognise(text, most_columns)
        if found:
            return _Top(found, delimiter, _split(text, delimiter), number, start + len(line), above)
    return None


@functools.lru_cache(maxsize=256)
def _recognise(line: str, most: int) -> tuple[Recognised | None, str]:
    """The table and the delimiter that make the most sense of the heading line."""
    best: Recognised | None = None
    used = ","
    for delimiter in DELIMITERS:
        if not 0 < line.count(delimiter) <= most:
            continue
        found = recognise(_split(line, delimiter))
        if found and (best is None or found.score > best.score):
            best, used = found, delimiter
    return best, used


def _split(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    while cells and not cells[-1].strip(BLANKS):
        cells.pop()
    return cells


def _as_text(frame: pl.DataFrame, found: Recognised, data: bytes) -> tuple[pl.DataFrame, list[Finding]]:
    """Without the formula `="0123"` that some systems write around a number, so that Excel keeps its zeros."""
    if b'="' not in data:
        return frame, []
    n = frame.select(pl.sum_horizontal(pl.col(found.names).str.contains(TEXT_FORMULA).sum())).item() or 0
    plain = frame.with_columns(pl.col(found.names).str.replace(TEXT_FORMULA, "$1"))
    detail = "they hold a text and nothing else"
    return plain, [Finding("cell.formula", detail, table=found.table.DFE, n=n)] if n else []


def _about_lines(data: bytes, top: _Top, rows: Rows) -> Iterator[Finding]:
    """How lines and cells are told apart, where not in the usual way."""
    table = top.found.table.DFE
    if top.above:
        yield Finding("file.lines_above", table=table, n=top.above)
    if top.delimiter != ",":
        name = {";": "a semicolon", "\t": "a tab", "|": "a bar"}[top.delimiter]
        yield Finding("file.wrong_delimiter", f"expected a comma, the file uses {name}", table=table)
    if b"\r" in data and b"\n" not in data:
        yield Finding("file.line_ends", table=table, n=data.count(b"\r"))
    if rows.line_breaks:
        yield Finding("cell.line_break", table=table, n=rows.line_breaks)


def about_headings(found: Recognised) -> Iterator[Finding]:
    """Headings that are not as the department prints them."""
    for code, names in (
        ("file.heading_form", found.respelt),
        ("file.heading_variant", found.variants),
        ("file.unknown_columns", found.unknown),
        ("file.repeated_columns", found.repeated),
    ):
        if names:
            fields = safe_names(list(names))
            yield Finding(code, table=found.table.DFE, fields=fields, n=len(names))


def about_rows(found: Recognised, aside: pl.DataFrame) -> Iterator[Finding]:
    """The rows set aside, each with its place."""
    if aside.is_empty():
        return
    expected = f"expected {len(found.names)} cells"
    for reason, rows in aside.sort("source_row").group_by("reason", maintain_order=True):
        code = str(reason[0])
        detail = expected if code == "row.wrong_width" else ""
        for row, line in rows.head(MOST_ROWS_NAMED).select("source_row", "source_line").iter_rows():
            yield Finding(code, detail, table=found.table.DFE, row=row, line=line)
        if rows.height > MOST_ROWS_NAMED:
            more = rows.height - MOST_ROWS_NAMED
            yield Finding(code, f"{more} further rows like these", table=found.table.DFE, n=more)
