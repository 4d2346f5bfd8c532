"""Reads tables that come in a spreadsheet (XLSX) instead of CSV.

Officers open an export to look at it, and save what they see. Each sheet whose headings are a table's is
read as that table. Cells are taken as the spreadsheet last showed them: nothing is calculated, no link is
followed, no macro is looked at. Dates and whole numbers are written out as the return writes them, so that
what follows sees no difference to CSV.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from assets.ingest import archive, facts
from assets.ingest.csv_reader import HEADINGS_WITHIN, about_headings, about_rows
from assets.ingest.csv_rows import BLANKS
from assets.ingest.headings import Recognised, recognise
from assets.ingest.limits import Limits
from assets.ingest.no_records import without_no_records
from assets.ingest.reading import ASIDE_SCHEMA, LONGEST_CELL, Reading, TableRead, frame_of, refused
from assets.ingest.sheets import BROKEN, Cell, Row, sheets
from schemas.findings import Finding
from schemas.table import Table

ROWS_AT_ONCE = 50_000


@dataclass
class _Sheet:
    """One sheet while it is read: the table that its headings are of, and its rows."""

    found: Recognised
    headings: list[str]
    above: int
    """Rows above the headings."""
    frames: list[pl.DataFrame] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    aside: list[tuple[object, ...]] = field(default_factory=list)
    n: int = 0
    formulas: int = 0

    def flush(self) -> None:
        self.frames.append(frame_of(self.found.names, self.rows))
        self.rows = []

    def table(self) -> TableRead:
        self.flush()
        aside = pl.DataFrame(self.aside, schema=ASIDE_SCHEMA, orient="row")
        frame, aside = without_no_records(pl.concat(self.frames), aside, self.headings, self.found)
        return TableRead(self.found.table, frame, aside, self.n, self.found.renamed)


def read_workbook(data: bytes, limits: Limits) -> Reading:
    """Read a workbook; one without a sheet that is a table of a return is set aside whole."""
    try:
        found = [_sheet(rows) for rows in sheets(data, limits, limits.max_columns)]
    except archive.Unsound as unsound:
        return archive.not_unpacked(unsound)
    except BROKEN as broken:  # the libraries raise whatever their parts raise; none of their words are kept
        return refused("file.workbook_broken", type(broken).__name__)
    tables_found = [sheet for sheet, _ in found if sheet]
    if not tables_found:
        return refused("file.unknown_form", "no sheet has the headings of a table")
    ret = tables_found[0].found.ret
    of_return = [sheet for sheet in tables_found if sheet.found.ret is ret]
    tables = _merged([sheet.table() for sheet in of_return])
    founds = {sheet.found.table: sheet.found for sheet in reversed(of_return)}
    ignored = sum(anything for _, anything in found) - len(of_return)
    findings = list(_about(of_return, ignored))
    for sheet in of_return:
        findings.extend(about_headings(sheet.found))
    for table in tables:
        findings.extend(about_rows(founds[table.table], table.aside))
    return Reading(ret.name, False, tables, facts.of_tables(ret, tables), tuple(findings))


def _about(sheets: list[_Sheet], ignored: int) -> Iterator[Finding]:
    yield Finding("file.workbook", n=len(sheets))
    if ignored:
        yield Finding("file.sheets_ignored", n=ignored)
    if formulas := sum(sheet.formulas for sheet in sheets):
        yield Finding("cell.formula", n=formulas)
    for sheet in (sheet for sheet in sheets if sheet.above):
        yield Finding("file.lines_above", table=sheet.found.table.DFE, n=sheet.above)
    for table, n in Counter(sheet.found.table.DFE for sheet in sheets).items():
        if n > 1:
            yield Finding("file.two_tables_alike", table=table, n=n)


def _sheet(rows: Iterator[Row]) -> tuple[_Sheet | None, bool]:
    """A sheet's table, if it is one, and whether anything stands on it."""
    sheet: _Sheet | None = None
    above = 0
    for line, row in rows:
        if not any(cell.text or cell.is_formula for cell in row):
            continue
        if sheet is None:
            above += 1
            sheet = _begun(row, above - 1)
            if sheet is None and above == HEADINGS_WITHIN:
                break
        else:
            _take(sheet, row, line)
    return sheet, above > 0


def _begun(row: list[Cell], above: int) -> _Sheet | None:
    """A sheet whose headings stand in this row, when they are a table's."""
    headings = [cell.text for cell in row]
    while headings and not headings[-1].strip(BLANKS):
        headings.pop()
    found = recognise(headings)
    if found is None:
        return None
    return _Sheet(found, headings, above, formulas=sum(cell.is_formula for cell in row))


def _take(sheet: _Sheet, row: list[Cell], line: int) -> None:
    """Keep a row, or set it aside with the number that the spreadsheet shows beside it."""
    width = len(sheet.found.names)
    sheet.formulas += sum(cell.is_formula for cell in row)
    cells = [cell.written(sheet.found.ret.date_formats[0]) for cell in row]
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
