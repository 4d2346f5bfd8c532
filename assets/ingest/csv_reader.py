"""Reads one CSV table as authorities really send it, and loses no row on the way.

What the file is told by its headings; how it is encoded and what stands between its cells is found out
and reported. Every row is kept or set aside with its line number.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from assets.ingest import facts
from assets.ingest.csv_rows import BLANKS, Rows, rows_of
from assets.ingest.forms import LONGEST_HEADING, decode
from assets.ingest.headings import Recognised, recognise
from assets.ingest.limits import Limits
from assets.ingest.reading import Reading, TableRead, refused, safe_names
from schemas.findings import Finding

DELIMITERS = ",;\t|"
NOTHING = (BLANKS + "\r\n" + DELIMITERS + '"').encode()
"""A line of nothing else is blank."""
MOST_ROWS_NAMED = 1_000
"""So many rows set aside are named one by one; the rest are counted in one finding."""


def read_csv(data: bytes, limits: Limits) -> Reading:
    """Read one CSV; a file whose headings fit no table is set aside whole."""
    text = decode(data)
    start, line, heading = _first_line(text.utf8)
    if not heading:
        return _with(refused("file.empty"), text.findings)
    found, delimiter = _recognise(heading.decode(errors="replace"), limits.max_columns)
    if found is None:
        detail = "the first line is not the headings of any table, or of more than one"
        return _with(refused("file.unknown_form", detail), text.findings)
    rows = rows_of(text.utf8[start + len(heading) :], found.names, delimiter, line)
    rows_in = rows.frame.height + rows.aside.height
    read = TableRead(found.table, rows.frame, rows.aside, rows_in, found.renamed)
    about = (
        *_about_lines(text.utf8, found, delimiter, rows),
        *about_headings(found),
        *about_rows(found, rows.aside),
    )
    return Reading(
        found.ret.name, False, (read,), facts.of_tables(found.ret, (read,)), (*text.findings, *about)
    )


def _with(reading: Reading, findings: tuple[Finding, ...]) -> Reading:
    return replace(reading, findings=(*findings, *reading.findings))


def _first_line(data: bytes) -> tuple[int, int, bytes]:
    """Where the first line with anything in it begins, its number from 1, and the line with its end."""
    start = 0
    for number, line in enumerate(data[:LONGEST_HEADING].splitlines(keepends=True), start=1):
        if line.strip(NOTHING):
            return start, number, line
        start += len(line)
    return 0, 0, b""


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


def _about_lines(data: bytes, found: Recognised, delimiter: str, rows: Rows) -> Iterator[Finding]:
    """How lines and cells are told apart, where not in the usual way."""
    table = found.table.DFE
    if delimiter != ",":
        name = {";": "a semicolon", "\t": "a tab", "|": "a bar"}[delimiter]
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
