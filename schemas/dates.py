"""Dates as people and spreadsheets really write them.

A return has one form for dates. Case systems, exports and Excel know others: another order, a time of day
behind the day, the count of days since 1900 that Excel keeps inside. Those are understood and counted. What
is no whole date, and what no child in the returns can have lived through, is left blank and reported: a
guessed birthday would be a wrong age in every figure.
"""

from __future__ import annotations

import polars as pl

from schemas.returns import Return

FORMS = ("%d/%m/%Y", "%Y-%m-%d", "%Y-%b-%d", "%d-%b-%Y")
"""What is tried after the return's own forms: as the SSDA903, CIN, COLLECT and databases write dates."""
FIRST, LAST = 1900, 2099
"""Years of dates that mean something: `01/05/24` is not the year 24, and 9999 stands for "not yet"."""
TIME_OF_DAY = r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$"
SERIAL = r"^[2-5]\d{4}(\.0*)?$"
"""Excel's days since 1900, from 1954 to 2064."""
PART_KNOWN = r"^([A-Za-z?]{1,2}|0{1,2})/\d{1,2}/\d{4}$"
"""The month is known and the day is not: `zz/03/2019`."""


def as_date(text: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    """The first of the forms that reads the text as a day between 1900 and 2099."""
    day = _first_read(text, forms)
    return pl.when(day.dt.year().is_between(FIRST, LAST)).then(day)


def _first_read(text: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    return pl.coalesce(text.str.to_date(form, strict=False, exact=True) for form in forms)


def as_serial(text: pl.Expr) -> pl.Expr:
    """Excel's count of days as a date; NULL for anything else."""
    days = pl.when(text.str.contains(SERIAL)).then(text).cast(pl.Float64).cast(pl.Int32)
    return pl.date(1899, 12, 30) + pl.duration(days=days)


def in_any_form(text: pl.Expr, ret: Return) -> pl.Expr:
    """The date in the return's own forms, then in the others, then as Excel counts days."""
    day = text.str.replace(TIME_OF_DAY, "")
    return pl.coalesce(as_date(text, ret.date_formats), as_date(day, FORMS), as_serial(day))


def dates_of(texts: pl.DataFrame, ret: Return) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Columns of clean text as dates: in the department's own form, and in any form that can be read.

    Only columns in which the usual form leaves a cell unread are tried in the others.
    """
    usual = texts.select(as_date(pl.col(name), ret.date_formats[:1]).alias(name) for name in texts.columns)
    unread = [name for name in texts.columns if texts[name].null_count() < usual[name].null_count()]
    other = texts.select(in_any_form(pl.col(name), ret).alias(name) for name in unread)
    own = texts.select(as_date(pl.col(name), ret.own_dates).alias(name) for name in unread)
    return usual.with_columns(own.get_columns()), usual.with_columns(other.get_columns())


def why_no_date(text: pl.Expr) -> pl.Expr:
    """The code of the finding for a cell that is no usable date."""
    in_another_age = _first_read(text.str.replace(TIME_OF_DAY, ""), FORMS).is_not_null()
    return (
        pl.when(text.str.contains(PART_KNOWN))
        .then(pl.lit("cell.part_date"))
        .when(in_another_age)
        .then(pl.lit("cell.date_out_of_range"))
        .otherwise(pl.lit("cell.not_a_date"))
    )
