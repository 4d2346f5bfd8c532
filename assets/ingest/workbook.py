"""Reads tables that come in a spreadsheet (XLSX) instead of CSV.

Officers open an export to look at it, and save what they see. Each sheet whose headings are a table's is
read as that table. Cells are taken as the spreadsheet last showed them: nothing is calculated, no link is
followed, no macro is looked at. Dates and whole numbers are written out as the return writes them, so that
what follows sees no difference to CSV.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any

import openpyxl
import polars as pl
from openpyxl.worksheet._reader import WorkSheetParser

from assets.ingest import archive, facts
from assets.ingest.csv_reader import about_headings, about_rows
from assets.ingest.csv_rows import BLANKS
from assets.ingest.headings import Recognised, recognise
from assets.ingest.limits import Limits
from assets.ingest.reading import ASIDE_SCHEMA, LONGEST_CELL, Reading, TableRead, frame_of, refused
from schemas.findings import Finding
from schemas.table import Table

MOST_ROWS = 1_048_576
"""As many as a sheet can have."""
ROWS_AT_ONCE = 50_000
HEADINGS_WITHIN = 20
"""Rows above the headings: a title, a date, a blank line."""
FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
Row = tuple[Any, ...]


@dataclass
class _Sheet:
    """One sheet while it is read: the table that its headings are of, and its rows."""

    found: Recognised
    frames: list[pl.DataFrame] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    aside: list[tuple[object, ...]] = field(default_factory=list)
    n: int = 0

    def flush(self) -> None:
        self.frames.append(frame_of(self.found.names, self.rows))
        self.rows = []

    def table(self) -> TableRead:
        self.flush()
        aside = pl.DataFrame(self.aside, schema=ASIDE_SCHEMA, orient="row")
        return TableRead(self.found.table, pl.concat(self.frames), aside, self.n, self.found.renamed)


def read_workbook(data: bytes, limits: Limits) -> Reading:
    """Read a workbook; one without a sheet that is a table of a return is set aside whole."""
    try:
        archive.check(data, limits)
        with warnings.catch_warnings():
            sheets, others = _sheets(data, limits)
    except archive.Unsound as unsound:
        return archive.not_unpacked(unsound)
    except Exception as broken:  # the library raises whatever its parts raise; none of its words are kept
        return refused("file.workbook_broken", type(broken).__name__)
    if not sheets:
        return refused("file.unknown_form", "no sheet has the headings of a table")
    ret = sheets[0].found.ret
    of_return = [sheet for sheet in sheets if sheet.found.ret is ret]
    tables = _merged([sheet.table() for sheet in of_return])
    founds = {sheet.found.table: sheet.found for sheet in reversed(of_return)}
    findings = [*_about(data, of_return, others + len(sheets) - len(of_return)), *_twice(of_return)]
    for sheet in of_return:
        findings.extend(about_headings(sheet.found))
    for table in tables:
        findings.extend(about_rows(founds[table.table], table.aside))
    return Reading(ret.name, False, tables, facts.of_tables(ret, tables), tuple(findings))


def _about(data: bytes, sheets: list[_Sheet], others: int) -> Iterator[Finding]:
    yield Finding("file.workbook", n=len(sheets))
    if others:
        yield Finding("file.sheets_ignored", n=others)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        pages = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
        formulas = sum(len(FORMULA.findall(packed.read(name))) for name in pages)
    if formulas:
        yield Finding("cell.formula", n=formulas)


def _twice(sheets: list[_Sheet]) -> Iterator[Finding]:
    for table, n in Counter(sheet.found.table.DFE for sheet in sheets).items():
        if n > 1:
            yield Finding("file.two_tables_alike", table=table, n=n)


def _sheets(data: bytes, limits: Limits) -> tuple[list[_Sheet], int]:
    """The sheets that are tables, and how many others have anything on them."""
    warnings.simplefilter("ignore")  # the library remarks on styles and the like
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    sheets, others = list[_Sheet](), 0
    for page in book.worksheets:
        read, anything = _sheet(_rows(book, page, limits))
        sheets.extend([read] if read else [])
        others += anything and read is None
    return sheets, others


def _rows(book: Any, page: Any, limits: Limits) -> Iterator[tuple[int, Row]]:
    """Every row with its number, as it stands in the sheet.

    The library's own `iter_rows` believes what a sheet says of its size, and passes over rows that come twice:
    both would cost cells.
    """
    formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
    with page._get_source() as source:
        parser = WorkSheetParser(source, page._shared_strings, data_only=True, epoch=book.epoch, **formats)
        for number, row in parser.parse():
            width = max((cell["column"] for cell in row), default=0)
            if width > limits.max_columns or number > MOST_ROWS:
                raise archive.Unsound("a sheet is larger than a spreadsheet can be, or has too many columns")
            cells = [None] * width
            for cell in row:
                cells[cell["column"] - 1] = cell["value"]
            yield number, tuple(cells)


def _sheet(rows: Iterator[tuple[int, Row]]) -> tuple[_Sheet | None, bool]:
    """A sheet's table, if it is one, and whether anything stands on it."""
    sheet: _Sheet | None = None
    above = 0
    for line, row in rows:
        if not any(cell not in (None, "") for cell in row):
            continue
        if sheet is None:
            above += 1
            sheet = _begun(row)
            if sheet is None and above == HEADINGS_WITHIN:
                break
        else:
            _take(sheet, row, line)
    return sheet, above > 0


def _begun(row: Row) -> _Sheet | None:
    """A sheet whose headings stand in this row, when they are a table's."""
    headings = [_text(cell, "") for cell in row]
    while headings and not headings[-1].strip(BLANKS):
        headings.pop()
    found = recognise(headings)
    return _Sheet(found) if found else None


def _take(sheet: _Sheet, row: Row, line: int) -> None:
    """Keep a row, or set it aside with the number that the spreadsheet shows beside it."""
    width = len(sheet.found.names)
    cells = [_text(cell, sheet.found.ret.date_formats[0]) for cell in row]
    cells.extend([""] * (width - len(cells)))
    if not any(cell.strip(BLANKS) for cell in cells):
        return
    sheet.n += 1
    too_wide = any(cell.strip(BLANKS) for cell in cells[width:])
    if too_wide or max(map(len, cells)) > LONGEST_CELL:
        reason = "row.wrong_width" if too_wide else "row.unreadable"
        sheet.aside.append((sheet.n, line, reason, "\t".join(cells)[:LONGEST_CELL]))
        return
    sheet.rows.append((*(cell or None for cell in cells[:width]), sheet.n, line))
    if len(sheet.rows) == ROWS_AT_ONCE:
        sheet.flush()


def _text(cell: Any, date_form: str) -> str:
    """A cell as CSV would have it: whole numbers without decimals, dates in the return's form."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and date_form:
        day = cell.strftime(date_form)
        return day if cell.time() == time() or ":" in day else f"{day} {cell:%H:%M:%S}"
    return str(cell)


def _merged(read: list[TableRead]) -> tuple[TableRead, ...]:
    """Each table once: the rows of a second sheet are numbered on from those of the first."""
    merged: dict[type[Table], TableRead] = {}
    for one in read:
        before = merged.get(one.table)
        merged[one.table] = _behind(before, one) if before else one
    return tuple(merged.values())


def _behind(before: TableRead, one: TableRead) -> TableRead:
    later = pl.col("source_row") + before.rows_in
    return replace(
        before,
        frame=pl.concat([before.frame, one.frame.with_columns(later)], how="diagonal"),
        aside=pl.concat([before.aside, one.aside.with_columns(later)]),
        rows_in=before.rows_in + one.rows_in,
    )
