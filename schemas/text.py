"""From text as sent to typed values, whole columns at a time.

What cannot be understood becomes blank and a finding that names table, row and field; the text itself
stays in `raw/`. Blank means NULL: spaces around a value never count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from schemas.findings import Finding
from schemas.returns import Return
from schemas.table import PROVENANCE_NAMES, UNREAD, Column, Table, column_of, columns

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
    return pl.col(name).cast(pl.String).str.strip_chars().replace("", None)


def as_date(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """The first of the forms that reads the text; 13/10/21 is no date, or it would lie in the year 21."""
    read = pl.coalesce(text.str.to_date(form, strict=False, exact=True) for form in formats)
    return pl.when(read.dt.year() >= 1000).then(read)


def as_whole_number(text: pl.Expr) -> pl.Expr:
    """Whole numbers, also when a spreadsheet wrote them as 139.0."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite() & (number == number.floor())).then(number).cast(pl.Int64, strict=False)


def as_yes_or_no(text: pl.Expr) -> pl.Expr:
    """0/1, true/false, yes/no and y/n, in any case."""
    lower = text.str.to_lowercase()
    return pl.when(lower.is_in(YES)).then(True).when(lower.is_in(NO)).then(False)


def as_declared(column: Column, formats: tuple[str, ...]) -> pl.Expr:
    """The typed value of one declared column of a frame of clean text; dates are read in these forms."""
    text = pl.col(column.name)
    if column.kind is date:
        return as_date(text, formats)
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
    return Typing.of(table, raw, ret).rows(0, raw.height)


@dataclass(frozen=True)
class Typing:
    """Text and the same rows typed, of one submission or of many: each may ask for its own rows."""

    table: type[Table]
    ret: Return
    text: pl.DataFrame
    """Clean text of the declared columns, and where each row comes from."""
    usual: pl.DataFrame
    """Typed, as far as dates are written in the department's own form."""
    values: pl.DataFrame

    @classmethod
    def of(cls, table: type[Table], raw: pl.DataFrame, ret: Return) -> Typing:
        """Only columns with a date that the usual form does not read are tried in the other forms."""
        absent = [pl.lit(None, pl.String).alias(c.name) for c in columns(table) if c.name not in raw.columns]
        kept = [name for name in PROVENANCE_NAMES if name in raw.columns]
        text = (raw.with_columns(absent) if absent else raw).select(
            *(clean(c.name).alias(c.name) for c in columns(table)), *kept
        )
        usual = text.select(
            *(as_declared(c, ret.date_formats[:1]).alias(c.name) for c in columns(table)), *kept
        )
        dates = [c for c in columns(table) if c.kind is date]
        unread = [c for c in dates if text[c.name].null_count() < usual[c.name].null_count()]
        other = text.select(as_declared(c, ret.date_formats).alias(c.name) for c in unread)
        values = usual.with_columns(other.get_columns())
        return cls(table, ret, text, usual, values.hstack([_fields_lost(table, text, values)]))

    def rows(self, start: int, length: int) -> tuple[pl.DataFrame, list[Finding]]:
        """So many typed rows, and what could not be understood in them."""
        text, usual, values = (f.slice(start, length) for f in (self.text, self.usual, self.values))
        part = replace(self, text=text, usual=usual, values=values)
        return values, list(part.complaints())

    def complaints(self) -> Iterator[Finding]:
        """Cells that could not be read, then columns with dates in another form than the department's.

        Blanks are counted first: a table with nothing to complain of costs nothing more.
        """
        names = [c.name for c in columns(self.table) if c.kind is not str and self._unread(c)]
        for name in names:
            lost = self.text[name].is_not_null() & self.values[name].is_null()
            if lost.any():
                yield from _lost_cells(self.table, self.text.filter(lost), name, self.ret)
        for name in names:
            n = self.usual[name].null_count() - self.values[name].null_count()
            if n:
                yield _other_date_form(self.table, self.text, name, n, self.ret)

    def _unread(self, column: Column) -> bool:
        """Whether the usual forms leave a cell of the column unread."""
        return self.text[column.name].null_count() < self.usual[column.name].null_count()


def _fields_lost(table: type[Table], text: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """For each row the names of its fields that hold text which could not be read."""
    lost = [c.name for c in columns(table) if text[c.name].null_count() < values[c.name].null_count()]
    if not lost:
        return pl.Series(UNREAD, [None], dtype=pl.String).new_from_index(0, text.height)
    named = [pl.when(text[n].is_not_null() & values[n].is_null()).then(pl.lit(n)) for n in lost]
    return values.select(
        pl.concat_str(named, separator=" ", ignore_nulls=True).replace("", None).alias(UNREAD)
    ).to_series()


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
