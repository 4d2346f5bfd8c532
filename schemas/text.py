"""From text as sent to typed values, whole columns at a time.

What cannot be understood becomes blank and a finding that names table, row and field; the text itself
stays in `raw/`. Blank means NULL: spaces around a value never count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import polars as pl

from schemas.findings import Finding
from schemas.returns import Return
from schemas.table import PROVENANCE_NAMES, Column, Table, column_of, columns

YES, NO = ("1", "true", "yes", "y"), ("0", "false", "no", "n")
COMPLAINT = {
    date: "cell.not_a_date",
    int: "cell.not_a_number",
    float: "cell.not_a_number",
    bool: "cell.not_yes_or_no",
}
MOST_CELLS_NAMED = 1_000
"""So many cells of one column are named one by one; the rest are counted in one finding."""


def clean(name: str) -> pl.Expr:
    """A text column without surrounding spaces; blank is NULL."""
    trimmed = pl.col(name).cast(pl.String).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def as_date(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """The first of the forms that reads the text; a time of day after the date is ignored."""
    return pl.coalesce(text.str.to_date(form, strict=False, exact=True) for form in formats)


def as_whole_number(text: pl.Expr) -> pl.Expr:
    """Whole numbers, also when a spreadsheet wrote them as 139.0."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite() & (number == number.floor())).then(number).cast(pl.Int64, strict=False)


def as_yes_or_no(text: pl.Expr) -> pl.Expr:
    """0/1, true/false, yes/no and y/n, in any case."""
    lower = text.str.to_lowercase()
    return pl.when(lower.is_in(YES)).then(True).when(lower.is_in(NO)).then(False)


def as_declared(column: Column, ret: Return) -> pl.Expr:
    """The typed value of one declared column of a frame of text."""
    text = clean(column.name)
    if column.kind is date:
        return as_date(text, ret.date_formats)
    if column.kind is int:
        return as_whole_number(text)
    if column.kind is float:
        return text.cast(pl.Float64, strict=False)
    return as_yes_or_no(text) if column.kind is bool else text


def typed(table: type[Table], raw: pl.DataFrame, ret: Return) -> tuple[pl.DataFrame, list[Finding]]:
    """Type a frame of text; return it with the same rows and what could not be understood.

    `raw` has text columns named as declared (absent ones are taken as blank; others are left out) and
    the provenance columns that are already known, which pass through.
    """
    kept = [name for name in PROVENANCE_NAMES if name in raw.columns]
    absent = [pl.lit(None, pl.String).alias(c.name) for c in columns(table) if c.name not in raw.columns]
    text = raw.with_columns(absent)
    values = text.select(*(as_declared(c, ret).alias(c.name) for c in columns(table)), *kept)
    return values, list(_complaints(table, text, values, ret))


def _complaints(
    table: type[Table], text: pl.DataFrame, values: pl.DataFrame, ret: Return
) -> Iterator[Finding]:
    """Count first, for all columns at once: a table with nothing to complain of costs one query."""
    both = text.hstack([values[c.name].alias(f"typed {c.name}") for c in columns(table) if c.kind is not str])
    counts = both.select(
        *(_is_lost(c).sum().alias(f"lost {c.name}") for c in columns(table) if c.kind is not str),
        *(_is_other_form(c, ret).sum().alias(f"other {c.name}") for c in columns(table) if c.kind is date),
    )
    for what, n in counts.row(0, named=True).items() if counts.width else ():
        kind, name = what.split(" ", 1)
        if n and kind == "lost":
            yield from _lost_cells(table, both.filter(_is_lost(column_of(table, name))), name, ret)
        elif n:
            yield _other_date_form(table, text, name, n, ret)


def _is_lost(column: Column) -> pl.Expr:
    return clean(column.name).is_not_null() & pl.col(f"typed {column.name}").is_null()


def _is_other_form(column: Column, ret: Return) -> pl.Expr:
    """Read, but not in the department's own form."""
    usual = as_date(clean(column.name), ret.date_formats[:1])
    return pl.col(f"typed {column.name}").is_not_null() & usual.is_null()


def _lost_cells(table: type[Table], rows: pl.DataFrame, name: str, ret: Return) -> Iterator[Finding]:
    """One finding a cell, up to a thousand; the rest of a spoilt column is counted in one more."""
    kind = column_of(table, name).kind
    expected = {date: f"a date like {ret.expected_date}", bool: "0 or 1"}.get(kind, "a number")
    found = Finding(COMPLAINT[kind], f"expected {expected}", table=table.DFE, fields=name)
    nothing = pl.lit(None, pl.Int32)
    places = rows.select(
        file=pl.col("source_file") if "source_file" in rows.columns else pl.lit(""),
        row=pl.col("source_row") if "source_row" in rows.columns else nothing,
        line=pl.col("source_line") if "source_line" in rows.columns else nothing,
    )
    for file, row, line in places.head(MOST_CELLS_NAMED).iter_rows():
        yield replace(found, file=file or "", row=row, line=line)
    for file, n in places.slice(MOST_CELLS_NAMED).group_by("file").len().sort("file").iter_rows():
        yield replace(found, file=file or "", n=n, detail=f"{found.detail}; these are the rest of the column")


def _other_date_form(table: type[Table], text: pl.DataFrame, name: str, n: int, ret: Return) -> Finding:
    file = text["source_file"][0] if "source_file" in text.columns else ""
    expected = f"expected dates like {ret.expected_date}"
    return Finding("cell.date_form", expected, file=file, table=table.DFE, fields=name, n=n)
