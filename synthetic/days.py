"""Dates as the returns count them: collection years that end on 31 March, school years that begin in
September.

Inside the maker a date is a whole number of days since 1970, so that a million of them are one array. `FAR`
stands for "not yet": an episode that never closed.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Codes = NDArray[np.str_]

EPOCH = date(1970, 1, 1)
FAR = (date(2100, 1, 1) - EPOCH).days


def day(year: int, month: int, day_of_month: int) -> int:
    """A calendar date as days since 1970."""
    return (date(year, month, day_of_month) - EPOCH).days


def year_start(year: int) -> int:
    """1 April that opens a collection year (2025 is 2024-25)."""
    return day(year - 1, 4, 1)


def year_end(year: int) -> int:
    """31 March that closes a collection year."""
    return day(year, 3, 31)


def school_year_eve(year: int) -> int:
    """31 August before the school year that ends in `year`: the day on which pupils' ages are counted."""
    return day(year - 1, 8, 31)


def census_day(year: int) -> int:
    """The spring census: the third Thursday of January."""
    first = date(year, 1, 1)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7)
    return (thursday + timedelta(days=14) - EPOCH).days


def birthday(born: Ints, age: Ints | int) -> Ints:
    """The day on which someone reaches an age; 29 February becomes 1 March in other years."""
    dates = born.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    in_month = (dates - months.astype("datetime64[D]")).astype(np.int64)
    years = np.asarray(age, dtype=np.int64) * 12
    reached: Ints = (months + years).astype("datetime64[D]").astype(np.int64) + in_month
    return reached


def age_on(born: Ints, on: Ints | int) -> Ints:
    """Completed years of age on a day; negative for the unborn."""
    when = np.broadcast_to(np.asarray(on, dtype=np.int64), born.shape)
    years = _calendar_year(when) - _calendar_year(born)
    return years - (birthday(born, years) > when)


def _calendar_year(days: Ints) -> Ints:
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def off_weekend(days: Ints) -> Ints:
    """Saturdays and Sundays move to the Monday: conferences are not held at weekends."""
    weekday = (days + 3) % 7  # 1 January 1970 was a Thursday; Monday is 0
    return days + np.where(weekday == 5, 2, np.where(weekday == 6, 1, 0))


def to_friday(days: Ints) -> Ints:
    """Saturdays and Sundays move back to the Friday: schools are closed, and who left on them has left by then."""
    weekday = (days + 3) % 7
    return days - np.maximum(weekday - 4, 0)


def dates(days: Any) -> pl.Expr:
    """A column of day numbers as dates, `FAR` as null."""
    column = pl.col(days) if isinstance(days, str) else days
    return pl.when(column < FAR).then(column).cast(pl.Int32).cast(pl.Date)
