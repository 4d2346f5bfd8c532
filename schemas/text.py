"""From text as sent to typed values, whole columns at a time.

What cannot be understood becomes blank and a finding that names table, row and field; the text itself
stays in `raw/`. Blank means NULL: spaces around a value never count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from schemas.dates import as_serial, dates_of, why_no_date
from schemas.findings import Finding
from schemas.returns import Return
from schemas.table import PROVENANCE_NAMES, UNREAD, Column, Table, column_of, columns

YES, NO = ("1", "true", "yes", "y"), ("0", "false", "no", "n")
COMPLAINT = {
    date: "cell.not_a_date",
    int: "cell.not_a_number",
    float: "cell.not_a_number",
    bool: "cell.not_yes_or_no",
    str: "cell.exponent",
}
MOST_CELLS_NAMED = 1_000
"""So many cells of one column are named one by one; the rest are counted in one finding."""

MOST_NUMBER = 999_999_999
"""No count in a return comes near; what is larger, added up, would stop the night of every other authority."""

MONTH_FIRST = r"^(0?[1-9]|1[0-2])/(1[3-9]|2[0-9]|3[01])/[0-9]{4}"
"""`05/31/2024`, as programs set to the United States write the last of May."""
ENOUGH_MONTH_FIRST = 3
"""Fewer may be slips of the hand; so many are a program's, which has written the rest of the column alike."""


def clean(name: str) -> pl.Expr:
    """A text column without surrounding spaces; blank is NULL."""
    return pl.col(name).cast(pl.String).str.strip_chars().replace("", None)


def as_whole_number(text: pl.Expr) -> pl.Expr:
    """Whole numbers, also when a spreadsheet wrote them as 139.0."""
    number = text.cast(pl.Float64, strict=False)
    is_whole = number.is_finite() & (number == number.floor()) & (number.abs() <= MOST_NUMBER)
    return pl.when(is_whole).then(number).cast(pl.Int64, strict=False)


def as_yes_or_no(text: pl.Expr) -> pl.Expr:
    """0/1, true/false, yes/no and y/n, in any case."""
    lower = text.str.to_lowercase()
    return pl.when(lower.is_in(YES)).then(True).when(lower.is_in(NO)).then(False)


def as_declared(column: Column) -> pl.Expr:
    """The typed value of one declared column, dates apart, of a frame of clean text."""
    text = pl.col(column.name)
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
    """The dates that are written in the department's own form."""
    values: pl.DataFrame
    spoilt: tuple[str, ...]
    """Columns of identifiers and codes in which a spreadsheet has left its marks."""

    @classmethod
    def of(cls, table: type[Table], raw: pl.DataFrame, ret: Return) -> Typing:
        """Only columns that the usual form does not read, or that a spreadsheet spoilt, are looked at twice."""
        absent = [pl.lit(None, pl.String).alias(c.name) for c in columns(table) if c.name not in raw.columns]
        kept = [name for name in PROVENANCE_NAMES if name in raw.columns]
        text = (raw.with_columns(absent) if absent else raw).select(
            *(clean(c.name).alias(c.name) for c in columns(table)), *kept
        )
        usual, dates = dates_of(text.select(c.name for c in columns(table) if c.kind is date), ret)
        spoilt = _spoilt(table, text)
        values = text.with_columns(
            *(as_declared(c).alias(c.name) for c in columns(table) if c.kind not in (str, date, int)),
            *_whole_numbers(table, text),
            *dates.get_columns(),
            *(_repaired(name).alias(name) for name in spoilt),
        )
        values = values.hstack([_fields_lost(table, text, values)])
        return cls(table, ret, text, usual, values, spoilt)

    def rows(self, start: int, length: int) -> tuple[pl.DataFrame, list[Finding]]:
        """So many typed rows, and what could not be understood in them."""
        text, usual, values = (f.slice(start, length) for f in (self.text, self.usual, self.values))
        told = Complaints(self.table, self.ret)
        told.add(replace(self, text=text, usual=usual, values=values))
        return values, list(told.findings())


class Complaints:
    """What could not be understood in a table, or stands in another form: gathered from all its portions."""

    def __init__(self, table: type[Table], ret: Return) -> None:
        self.table, self.ret = table, ret
        self.file = ""
        """The file in which the first row stands."""
        self.named: dict[str, list[pl.DataFrame]] = {}
        """By column the places of cells that could not be read, the first so many."""
        self.rest: dict[str, list[pl.DataFrame]] = {}
        """By column how many more there are, by code and file."""
        self.month_first: Counter[str] = Counter()
        """By column how many cells are no date, and would be one if the month stood before the day."""
        self.other: Counter[tuple[str, str]] = Counter()
        """How many values are in another form, by column and code."""

    def add(self, typing: Typing) -> None:
        """Take in some rows. Blanks are counted first: where there is nothing to complain of it costs nothing more."""
        text, values, usual = typing.text, typing.values, typing.usual
        if not self.file and text.height and "source_file" in text.columns:
            self.file = text["source_file"][0]
        for name in (c.name for c in columns(self.table) if c.kind is not str or c.name in typing.spoilt):
            if text[name].null_count() < values[name].null_count():
                self._add_lost(text.filter(text[name].is_not_null() & values[name].is_null()), name)
        for name in usual.columns:
            if values[name].null_count() < usual[name].null_count():
                self._add_dates(text.filter(values[name].is_not_null() & usual[name].is_null()), name)
        for name in typing.spoilt:
            self.other[name, "cell.decimal_number"] += int((text[name] != values[name]).sum())

    def _add_lost(self, rows: pl.DataFrame, name: str) -> None:
        if column_of(self.table, name).kind is date:
            self.month_first[name] += int(rows[name].str.contains(MONTH_FIRST).sum())
        places, named = _places(self.table, rows, name), self.named.setdefault(name, [])
        room = MOST_CELLS_NAMED - sum(each.height for each in named)
        named.append(places.head(room))
        more = places.slice(room).group_by("code", "file").len()
        self.rest.setdefault(name, []).append(more)

    def _add_dates(self, rows: pl.DataFrame, name: str) -> None:
        """How many dates are written in another form, and how many as Excel counts days."""
        serials = int(rows.select(as_serial(pl.col(name)).is_not_null().sum()).item())
        self.other[name, "cell.serial_date"] += serials
        self.other[name, "cell.date_form"] += rows.height - serials

    def findings(self) -> Iterator[Finding]:
        """Cells that could not be read, then columns with values in another form than the department's."""
        for name, n in self.month_first.items():
            if n >= ENOUGH_MONTH_FIRST:
                detail = f"expected dates like {self.ret.expected_date}"
                yield Finding(
                    "cell.month_first", detail, file=self.file, table=self.table.DFE, fields=name, n=n
                )
        for column in (c for c in columns(self.table) if c.name in self.named):
            yield from self._lost_cells(column)
        names = [c.name for c in columns(self.table)]
        for code in ("cell.serial_date", "cell.date_form"), ("cell.decimal_number",):
            for name, of in ((name, each) for name in names for each in code):
                yield from self._counted(of, name)

    def _lost_cells(self, column: Column) -> Iterator[Finding]:
        """One finding a cell, up to a thousand; the rest of a spoilt column is counted in one more."""
        detail = _expected(column.kind, self.ret)
        found = Finding(COMPLAINT[column.kind], detail, table=self.table.DFE, fields=column.name)
        for code, file, row, line in pl.concat(self.named[column.name]).iter_rows():
            yield replace(found, rule=code, file=file or "", row=row, line=line)
        rest = pl.concat(self.rest[column.name]).group_by("code", "file").agg(pl.col("len").sum())
        for code, file, n in rest.sort("code", "file").iter_rows():
            more = f"{found.detail}; these are the rest of the column"
            yield replace(found, rule=code, file=file or "", n=n, detail=more)

    def _counted(self, code: str, name: str) -> Iterator[Finding]:
        detail = "" if code == "cell.decimal_number" else f"expected dates like {self.ret.expected_date}"
        if n := self.other[name, code]:
            yield Finding(code, detail, file=self.file, table=self.table.DFE, fields=name, n=n)


def _whole_numbers(table: type[Table], text: pl.DataFrame) -> Iterator[pl.Series]:
    """Digits are read as such; only where that leaves a cell of the column unread may it have decimals."""
    names = [c.name for c in columns(table) if c.kind is int]
    plain = text.select(_digits(pl.col(name)).alias(name) for name in names)
    for name in names:
        read = plain[name]
        if read.null_count() > text[name].null_count():
            decimal = text.select(as_whole_number(pl.col(name))).to_series()
            read = read.zip_with(read.is_not_null(), decimal)
        yield read


def _digits(text: pl.Expr) -> pl.Expr:
    number = text.cast(pl.Int64, strict=False)
    return pl.when(number.is_between(-MOST_NUMBER, MOST_NUMBER)).then(number)


# --- what a spreadsheet does to identifiers and codes -----------------------------------------------

EXPONENT = r"^\d(\.\d+)?E\+\d{2,3}$"
"""`1.23E+11`: the other digits of the identifier are gone."""
DECIMALS = r"^(\d+)\.0+$"
"""`123.0`: a whole number from a column with blanks."""


def _spoilt(table: type[Table], text: pl.DataFrame) -> tuple[str, ...]:
    """Columns of identifiers and codes with a cell that may look like a spreadsheet's number.

    In others `_repaired` would change nothing, so that what stands in a cell is all that decides what becomes of it.
    """
    names = [c.name for c in columns(table) if c.kind is str and (c.identifies or c.codes)]
    if not names or text.is_empty():
        return ()
    marks = (
        pl.col(n).str.ends_with(".0")
        | pl.col(n).str.contains(".00", literal=True)
        | pl.col(n).str.contains("E+", literal=True)
        for n in names
    )
    found = text.select(mark.any().alias(name) for name, mark in zip(names, marks, strict=True))
    return tuple(name for name in names if found[name].item())


def _repaired(name: str) -> pl.Expr:
    """Without the decimals; NULL where only an exponent is left, for it would be many children's."""
    text = pl.col(name).str.replace(DECIMALS, "$1")
    return pl.when(~text.str.contains(EXPONENT)).then(text)


def _fields_lost(table: type[Table], text: pl.DataFrame, values: pl.DataFrame) -> pl.Series:
    """For each row the names of its fields that hold text which could not be read."""
    lost = [c.name for c in columns(table) if text[c.name].null_count() < values[c.name].null_count()]
    if not lost:
        return pl.Series(UNREAD, [None], dtype=pl.String).new_from_index(0, text.height)
    named = [pl.when(text[n].is_not_null() & values[n].is_null()).then(pl.lit(n)) for n in lost]
    return values.select(
        pl.concat_str(named, separator=" ", ignore_nulls=True).replace("", None).alias(UNREAD)
    ).to_series()


def _places(table: type[Table], rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Where cells of a column stand that could not be read: code, file, row, line."""
    kind, nothing = column_of(table, name).kind, pl.lit(None, pl.Int32)
    return rows.select(
        code=why_no_date(pl.col(name)) if kind is date else pl.lit(COMPLAINT[kind]),
        file=pl.col("source_file") if "source_file" in rows.columns else pl.lit(""),
        row=pl.col("source_row") if "source_row" in rows.columns else nothing,
        line=pl.col("source_line") if "source_line" in rows.columns else nothing,
    )


def _expected(kind: type, ret: Return) -> str:
    expected = {
        date: f"a whole date from 1900 to 2099 like {ret.expected_date}",
        bool: "0 or 1",
        int: "a whole number of at most nine digits",
        str: "all digits of the identifier",
    }
    return f"expected {expected.get(kind, 'a number')}"
