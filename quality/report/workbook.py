"""The workbook that an officer works through: one row per finding, in the columns they know.

The columns and their order follow the open validators that authorities use already. Everything that
was sent is written as text, so that no cell ever becomes a formula or a link; only counts and row
numbers of ours are numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from quality.report import counts, words
from quality.report.authority import Report
from quality.report.mending import worst
from quality.report.sheets import CUT, LONGEST_TEXT, Heading, TextSheet, fill, heights

ROWS_PER_SHEET = 1_048_000
"""Excel's limit is 1,048,576 with the heading."""
IN_MEMORY_ROWS = 20_000
"""Up to so many rows a workbook is put together in memory: faster, and no child on a temporary disk."""

SETTINGS = {
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}


Columns = tuple[Heading, ...]
RULE_COLUMNS: Columns = (
    Heading("Return", "return_title", 24),
    Heading("Year", "year", 7, True),
    Heading("Error Code", "rule", 14),
    Heading("Severity", "severity", 10),
    Heading("Error Description", "description", 60),
    Heading("Error Fields", "rule_fields", 26),
    Heading("Findings", "n", 10, True),
    Heading("Children", "children", 10, True),
    Heading("New", "new", 8, True),
    Heading("Still", "still", 8, True),
    Heading("Fixed", "fixed", 8, True),
    Heading("Explained", "explained", 10, True),
    Heading("Waived", "waived", 8, True),
    Heading("Per 1,000 children", "per_1000", 11, True),
    Heading("England median per 1,000", "england", 13, True),
    Heading("Years of the rule", "years", 14),
)
WHERE = (
    Heading("Affected Table", "table", 18),
    Heading("Error Row", "row", 9, True),
    Heading("Error Code", "rule", 12),
    Heading("Error Description", "description", 56),
    Heading("Error Fields", "fields", 24),
    Heading("Affected Values", "values", 28),
)
ABOUT = (
    Heading("Severity", "severity", 10),
    Heading("Return", "return_title", 24),
    Heading("Rule Year", "year", 8, True),
    Heading("Term", "term", 9),
    Heading("Line in File", "line", 8, True),
    Heading("File", "file_name", 24),
    Heading("First Seen", "first_seen", 12),
    Heading("Status vs Last Submission", "status", 12),
    Heading("Findings", "n", 9, True),
    Heading("Standing", "standing", 11),
    Heading("Explanation", "explanation", 40),
    Heading("Waiver", "waiver", 30),
    Heading("Authority", "la", 10),
    Heading("Submission", "submission", 14),
)
CHILD_COLUMNS: Columns = (
    Heading("Child", "child", 16),
    *WHERE,
    Heading("Errors for Child", "of_child", 10, True),
    Heading("Errors of Type", "of_type", 10, True),
    *ABOUT,
)
RETURN_COLUMNS: Columns = (*WHERE, Heading("Errors of Type", "of_type", 10, True), *ABOUT)
UNCHECKED_COLUMNS: Columns = (
    Heading("Return", "return_title", 24),
    Heading("Year", "year", 7, True),
    Heading("Error Code", "rule", 14),
    Heading("Error Description", "description", 60),
    Heading("Error Fields", "rule_fields", 26),
    Heading("Why it was not checked", "reason", 60),
)
MEND_COLUMNS: Columns = (
    Heading("Return", "return_title", 24),
    Heading("Year", "year", 7, True),
    Heading("Error Code", "rule", 14),
    Heading("Error Description", "description", 56),
    Heading("Children", "children", 10, True),
    Heading("Indicators touched", "touched", 11, True),
    Heading("Indicator", "indicator", 50),
    Heading("With these children", "with_them", 12, True),
    Heading("Without these children", "without_them", 12, True),
    Heading("Unit", "unit", 18),
)
TREND_COLUMNS: Columns = (
    Heading("Return", "return_title", 30),
    Heading("Year", "year", 7, True),
    Heading("Term", "term", 9),
    Heading("Received", "received", 12),
    Heading("Submission", "submission", 20),
    Heading("Children", "children", 10, True),
    Heading("Errors", "error", 9, True),
    Heading("Queries", "query", 9, True),
    Heading("Explained", "explained", 10, True),
    Heading("Waived", "waived", 9, True),
    Heading("Errors per 1,000 children", "per_1000", 12, True),
    Heading("England median per 1,000", "england", 13, True),
)
COMPLETENESS_COLUMNS: Columns = (
    Heading("Return", "return_title", 30),
    Heading("Year", "year", 7, True),
    Heading("Table", "table", 26),
    Heading("Field", "field", 30),
    Heading("Rows", "rows", 10, True),
    Heading("Filled", "filled", 10, True),
    Heading("Per cent filled", "percent", 10, True),
    Heading("England per cent", "england", 10, True),
)
WAIVER_COLUMNS: Columns = (
    Heading("Return", "return_title", 30),
    Heading("Error Code", "rule", 14),
    Heading("Child", "child", 16),
    Heading("Until", "until", 12),
    Heading("State", "state", 12),
    Heading("Reason", "reason", 70),
)
FIXED_COLUMNS: Columns = (
    Heading("Child", "child", 16),
    Heading("Affected Table", "table", 18),
    Heading("Error Code", "rule", 12),
    Heading("Error Description", "description", 56),
    Heading("Error Fields", "fields", 24),
    Heading("Return", "return_title", 24),
    Heading("Rule Year", "year", 8, True),
    Heading("Findings", "n", 9, True),
)


def write_workbook(report: Report, path: Path) -> Path:
    """Write the workbook beside its place and put it there in one step."""
    writing = path.with_name(f".{path.name}.writing")
    book = xlsxwriter.Workbook(str(writing), {**SETTINGS, **_where(report, path)})
    book.set_properties({"title": _title(report), "created": _created(report.generated)})
    _fill(book, report)
    book.close()
    writing.chmod(0o600)
    os.replace(writing, path)
    return path


def _where(report: Report, path: Path) -> dict[str, Any]:
    """Small workbooks in memory; large ones by way of files beside them, which are gone afterwards."""
    is_small = report.findings.height + report.fixed.height <= IN_MEMORY_ROWS
    return {"in_memory": True} if is_small else {"tmpdir": str(path.parent)}


def _title(report: Report) -> str:
    return f"Data quality: {report.la_name} ({report.la})"


def _created(generated: str) -> datetime:
    """The day of the report, so that the same report has the same bytes."""
    try:
        return datetime.fromisoformat(generated).replace(tzinfo=UTC)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Table:
    """A sheet to be: its name, what it says of itself on the first sheet, its columns and rows."""

    name: str
    about: str
    headings: Sequence[Heading]
    rows: pl.DataFrame


def _fill(book: Any, report: Report) -> None:
    tables = list(_tables(report))
    styles = _Styles.of(book)
    _read_me(book, styles, list(_about_this_book(report, tables)))
    for table in tables:
        _write(book, styles, table)


def _tables(report: Report) -> Iterator[Table]:
    """The sheets in their order; those that would be empty for want of anything to say are left out."""
    findings = all_findings(report)
    of_children = findings.filter(pl.col("child").is_not_null())
    of_returns = findings.filter(pl.col("child").is_null())
    for name, headings, rows in (
        ("Summary by rule", RULE_COLUMNS, _described(report.rules, report)),
        ("By child", CHILD_COLUMNS, of_children),
        ("Return level", RETURN_COLUMNS, of_returns),
        ("Not checked", UNCHECKED_COLUMNS, _described(counts.not_checked(report.coverage), report)),
    ):
        yield Table(name, ABOUT_SHEET[name], headings, rows)
    if report.has_previous:
        fixed = _described(report.fixed, report)
        yield Table(FIXED, ABOUT_SHEET[FIXED], FIXED_COLUMNS, fixed)
    for name, headings, rows in (
        ("Mend first", MEND_COLUMNS, _described(worst(report), report)),
        ("Trend", TREND_COLUMNS, _titled(report.trend)),
        ("Completeness", COMPLETENESS_COLUMNS, _titled(_percent(report.completeness))),
        ("Waivers", WAIVER_COLUMNS, _titled(report.waivers)),
    ):
        if rows.height:
            yield Table(name, ABOUT_SHEET[name], headings, rows)


FIXED = "Fixed since last submission"
ABOUT_SHEET = {
    "Mend first": "The rules to begin with: most children, most indicators. Each indicator with and without them.",
    "Summary by rule": "One row per return, year and rule, most frequent errors first.",
    "By child": "One row per finding in a child's record. Filter it by child, rule or severity.",
    "Return level": "Findings in a file or in the return as a whole, which belong to no one child.",
    "Not checked": "Rules that could not be checked, and why: whether they hold is not known.",
    FIXED: "What the submission before had and the one in use no longer has.",
    "Trend": "Every submission that was reported on, with errors per 1,000 children and England's median.",
    "Completeness": "How many rows have anything in each field, and what per cent of England's rows have.",
    "Waivers": "Findings that were accepted, until when and why. What has ended counts again.",
}


def _percent(completeness: pl.DataFrame) -> pl.DataFrame:
    return completeness.with_columns(
        percent=pl.when(pl.col("rows") > 0).then((pl.col("filled") * 100 / pl.col("rows")).round(1))
    )


def _titled(rows: pl.DataFrame) -> pl.DataFrame:
    titles = {ret: words.return_name(ret) for ret in rows["return"].unique().to_list()}
    return rows.with_columns(return_title=pl.col("return").replace_strict(titles, return_dtype=pl.String))


def all_findings(report: Report) -> pl.DataFrame:
    """Findings with sentence, and with how many their child and their rule have, in the order of work."""
    totals = report.findings.with_columns(
        of_child=pl.col("n").sum().over("child"),
        of_type=pl.col("n").sum().over(*counts.PLACE),
        la=pl.lit(report.la),
    ).sort("child", "return", "year", "rule", "table", "row", maintain_order=True)
    return _described(totals, report)


def _described(rows: pl.DataFrame, report: Report) -> pl.DataFrame:
    """Rows with their rule's sentence, fields and years, and their return's title."""
    pairs = rows.select("return", "rule").unique(maintain_order=True)
    texts = [report.texts.of(ret, rule) for ret, rule in pairs.iter_rows()]
    told = pairs.with_columns(
        pl.Series("description", [t.sentence for t in texts], pl.String),
        pl.Series("rule_fields", [t.fields for t in texts], pl.String),
        pl.Series("years", [t.years for t in texts], pl.String),
        pl.Series("return_title", [words.return_name(ret) for ret in pairs["return"]], pl.String),
    )
    described = rows.join(told, on=["return", "rule"], how="left", maintain_order="left")
    if "message" not in rows.columns:
        return described
    own = pl.col("message").fill_null("") != ""
    return described.with_columns(
        description=pl.when(own).then(pl.col("message")).otherwise(pl.col("description"))
    )


@dataclass(frozen=True)
class _Styles:
    head: Any
    text: Any
    title: Any

    @classmethod
    def of(cls, book: Any) -> _Styles:
        head = {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#DEE0E2", "bottom": 1}
        return cls(
            book.add_format(head),
            book.add_format({"text_wrap": True, "valign": "top"}),
            book.add_format({"bold": True, "font_size": 16}),
        )


def _write(book: Any, styles: _Styles, table: Table) -> None:
    """One sheet, or as many as the rows need."""
    for part, start in enumerate(range(0, max(table.rows.height, 1), ROWS_PER_SHEET), 1):
        title = table.name if part == 1 else f"{table.name} ({part})"
        rows = table.rows.slice(start, ROWS_PER_SHEET)
        _write_sheet(book, styles, replace(table, name=title, rows=rows))


def _write_sheet(book: Any, styles: _Styles, table: Table) -> None:
    sheet = book.add_worksheet(table.name, worksheet_class=TextSheet)
    _lay_out(sheet)
    for at, heading in enumerate(table.headings):
        sheet.set_column(at, at, heading.width, styles.text)
    fill(sheet, table.headings, table.rows, styles.head, styles.text)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(table.rows.height, 1), len(table.headings) - 1)


def _fits(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + CUT


def _lay_out(sheet: Any) -> None:
    """Prints on A4, sideways, as wide as the page."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _read_me(book: Any, styles: _Styles, lines: Iterable[tuple[str, str]]) -> None:
    sheet = book.add_worksheet("Read me")
    _lay_out(sheet)
    widths = (34, 100)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width, styles.text)
    told = pl.DataFrame(list(lines), schema=["left", "right"], orient="row")
    for line, (left, right, height) in enumerate(told.with_columns(height=heights(told, widths)).rows()):
        is_heading = bool(left) and not right
        if line:  # the title is set larger, on a line that fits it
            sheet.set_row(line, height)
        sheet.write_string(
            line, 0, left, styles.title if line == 0 else styles.head if is_heading else styles.text
        )
        if right:
            sheet.write_string(line, 1, _fits(right), styles.text)


def _about_this_book(report: Report, tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    yield _title(report), ""
    yield "Made on", words.moment(report.generated)
    yield (
        "Handle with care",
        (
            "This workbook names children by your own identifier and may show values of their records."
            " Keep it where the return itself is kept; do not send it on by e-mail."
        ),
    )
    yield "What was received", ""
    yield from _received(report)
    yield "The sheets", ""
    yield from _sheets_in_words(tables)
    yield "quality.csv", "Beside this workbook: every finding in one plain file, however many there are."
    yield "The words", ""
    yield from words.ABOUT_SEVERITY.items()
    yield "new, still, fixed", _compared_in_words(report)
    yield "explained, waived", words.ABOUT_STANDING
    yield "Error Row", "The row of that table in your file, counted from 1 below the heading."
    yield "File, Line in File", "The file's name as you sent it, and the line in it, where it has lines."
    yield "Affected Values", "What stands there; of a cell that could not be read, the text as you sent it."
    yield "Explanation", words.HOW_TO_EXPLAIN


def _received(report: Report) -> Iterator[tuple[str, str]]:
    for row in report.receipts.iter_rows(named=True):
        when = f", {words.moment(row['received'])}" if row["received"] else ""
        yield words.return_and_year(row), f"{words.STATUS[row['status']]}{when}. {words.verdict(row)}"
    if report.receipts.is_empty():
        yield "Nothing", "No submission of yours is held."


def _sheets_in_words(tables: Sequence[Table]) -> Iterator[tuple[str, str]]:
    for table in tables:
        parts = -(-table.rows.height // ROWS_PER_SHEET)
        more = (
            f" Too long for one sheet: it continues on {table.name} (2) and so on, {parts} in all."
            " The full list stands in quality.csv."
            if parts > 1
            else ""
        )
        yield table.name, f"{table.about} {words.several(table.rows.height, 'row')}.{more}"


def _compared_in_words(report: Report) -> str:
    if not report.has_previous:
        return "There is no earlier submission to compare with, so the status is blank."
    return (
        "Against the submission before the one in use: same child, table, rule and fields."
        " Row numbers may have moved. Blank where the return came for the first time."
    )
