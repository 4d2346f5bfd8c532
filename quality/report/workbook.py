"""The workbook that an officer works through: one row per finding, in the columns they know.

The columns and their order follow the open validators that authorities use already. Everything that
was sent is written as text, so that no cell ever becomes a formula or a link; only counts and row
numbers of ours are numbers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from quality.report import counts, words
from quality.report.authority import Report

ROWS_PER_SHEET = 1_048_000
"""Excel's limit is 1,048,576 with the heading."""
LONGEST_TEXT = 32_000
CUT = " … (cut: too long for a cell)"

IN_MEMORY_ROWS = 20_000
"""Up to so many rows a workbook is put together in memory: faster, and no child on a temporary disk."""

SETTINGS = {
    "strings_to_numbers": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}


@dataclass(frozen=True)
class Heading:
    """A column of a sheet: its heading, the column of the frame it shows, and its width."""

    title: str
    source: str
    width: int
    is_number: bool = False


RULE_COLUMNS = (
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
    Heading("First Seen", "first_seen", 12),
    Heading("Status vs Last Run", "status", 11),
    Heading("Findings", "n", 9, True),
    Heading("Explanation", "explanation", 40),
)
CHILD_COLUMNS = (
    Heading("Child", "child", 16),
    *WHERE,
    Heading("Errors for Child", "of_child", 10, True),
    Heading("Errors of Type", "of_type", 10, True),
    *ABOUT,
)
RETURN_COLUMNS = (*WHERE, Heading("Errors of Type", "of_type", 10, True), *ABOUT)
UNCHECKED_COLUMNS = (
    Heading("Return", "return_title", 24),
    Heading("Year", "year", 7, True),
    Heading("Error Code", "rule", 14),
    Heading("Error Description", "description", 60),
    Heading("Error Fields", "rule_fields", 26),
    Heading("Why it was not checked", "reason", 60),
)
FIXED_COLUMNS = (
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
    """Small workbooks in memory; large ones row by row, with their temporary files beside them."""
    is_small = report.findings.height + report.fixed.height <= IN_MEMORY_ROWS
    return {"in_memory": True} if is_small else {"constant_memory": True, "tmpdir": str(path.parent)}


def _title(report: Report) -> str:
    return f"Data quality: {report.la_name} ({report.la})"


def _created(generated: str) -> datetime:
    """The day of the report, so that the same report has the same bytes."""
    try:
        return datetime.fromisoformat(generated).replace(tzinfo=UTC)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)


def _fill(book: Any, report: Report) -> None:
    findings = _described(_with_totals(report.findings), report)
    of_children = findings.filter(pl.col("child").is_not_null())
    of_returns = findings.filter(pl.col("child").is_null())
    sheets: list[tuple[str, Sequence[Heading], pl.DataFrame]] = [
        ("Summary by rule", RULE_COLUMNS, _described(report.rules, report)),
        ("By child", CHILD_COLUMNS, of_children),
        ("Return level", RETURN_COLUMNS, of_returns),
        ("Not checked", UNCHECKED_COLUMNS, _described(counts.not_checked(report.coverage), report)),
    ]
    if report.has_previous:
        sheets.append(("Fixed since last run", FIXED_COLUMNS, _described(report.fixed, report)))
    styles = _Styles.of(book)
    _read_me(book, styles, list(_about_this_book(report, sheets)))
    for name, headings, rows in sheets:
        _write(book, styles, name, headings, rows)


def _with_totals(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings with how many their child has and how many their rule has, in the order of work."""
    return findings.with_columns(
        of_child=pl.col("n").sum().over("child"),
        of_type=pl.col("n").sum().over(*counts.PLACE),
        explanation=pl.lit(""),
    ).sort("child", "return", "year", "rule", "table", "row", maintain_order=True)


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


def _write(book: Any, styles: _Styles, name: str, headings: Sequence[Heading], rows: pl.DataFrame) -> None:
    """One sheet, or as many as the rows need."""
    chosen = rows.select(heading.source for heading in headings)
    for part, start in enumerate(range(0, max(rows.height, 1), ROWS_PER_SHEET), 1):
        title = name if part == 1 else f"{name} ({part})"
        _write_sheet(book, styles, title, headings, chosen.slice(start, ROWS_PER_SHEET))


def _write_sheet(
    book: Any, styles: _Styles, title: str, headings: Sequence[Heading], rows: pl.DataFrame
) -> None:
    sheet = book.add_worksheet(title)
    _lay_out(sheet)
    for at, heading in enumerate(headings):
        sheet.set_column(at, at, heading.width, styles.text)
        sheet.write_string(0, at, heading.title, styles.head)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, max(rows.height, 1), len(headings) - 1)
    numbers = [heading.is_number for heading in headings]
    for line, row in enumerate(rows.iter_rows(), 1):
        _write_row(sheet, line, row, numbers, styles.text)


def _write_row(sheet: Any, line: int, row: Sequence[Any], numbers: Sequence[bool], style: Any) -> None:
    for at, (value, is_number) in enumerate(zip(row, numbers, strict=True)):
        if value is None or value == "":
            continue
        if is_number:
            sheet.write_number(line, at, value, style)
        else:
            sheet.write_string(line, at, _fits(str(value)), style)


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
    sheet.set_column(0, 0, 34, styles.text)
    sheet.set_column(1, 1, 100, styles.text)
    for line, (left, right) in enumerate(lines):
        is_heading = bool(left) and not right
        sheet.write_string(
            line, 0, left, styles.title if line == 0 else styles.head if is_heading else styles.text
        )
        if right:
            sheet.write_string(line, 1, _fits(right), styles.text)


def _about_this_book(
    report: Report, sheets: Sequence[tuple[str, Sequence[Heading], pl.DataFrame]]
) -> Iterator[tuple[str, str]]:
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
    yield from _sheets_in_words(sheets)
    yield "The words", ""
    yield from words.ABOUT_SEVERITY.items()
    yield "new, still, fixed", _compared_in_words(report)
    yield "Error Row", "The row of that table in your file, counted from 1 below the heading."
    yield (
        "Explanation",
        (
            "Yours to fill in where a record is right although a rule queries it."
            " Send the workbook back the way you sent the return."
        ),
    )


def _received(report: Report) -> Iterator[tuple[str, str]]:
    for row in report.receipts.iter_rows(named=True):
        when = f", {words.moment(row['received'])}" if row["received"] else ""
        yield words.return_and_year(row), f"{words.STATUS[row['status']]}{when}. {words.verdict(row)}"
    if report.receipts.is_empty():
        yield "Nothing", "No submission of yours is held."


def _sheets_in_words(
    sheets: Sequence[tuple[str, Sequence[Heading], pl.DataFrame]],
) -> Iterator[tuple[str, str]]:
    about = {
        "Summary by rule": "One row per return, year and rule, most frequent errors first.",
        "By child": "One row per finding in a child's record. Filter it by child, rule or severity.",
        "Return level": "Findings in a file or in the return as a whole, which belong to no one child.",
        "Not checked": "Rules that could not be checked, and why: whether they hold is not known.",
        "Fixed since last run": "What the last run found and this one no longer does.",
    }
    for name, _, rows in sheets:
        parts = -(-rows.height // ROWS_PER_SHEET)
        more = (
            f" Too long for one sheet: it continues on {name} (2) and so on, {parts} in all."
            if parts > 1
            else ""
        )
        yield name, f"{about[name]} {words.several(rows.height, 'row')}.{more}"


def _compared_in_words(report: Report) -> str:
    if not report.has_previous:
        return "There is no earlier run to compare with, so the status is blank."
    return "Against the run before this one: same child, table, rule and fields. Row numbers may have moved."
