"""Birthdays, school years and years of care, reckoned as one does with a calendar on the wall.

A collection year is named by its 31 March. Nothing here comes from the product.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

DAY = timedelta(days=1)


def year_end(year: int) -> date:
    """31 March, on which a year is counted."""
    return date(year, 3, 31)


def year_start(year: int) -> date:
    return date(year - 1, 4, 1)


def year_of(day: date) -> int:
    """The collection year in which a day lies."""
    return day.year + (day > year_end(day.year))


def months_later(day: date, months: int) -> date:
    """The same day some calendar months on, or the last of that month when it has no such day."""
    month = day.year * 12 + day.month - 1 + months
    year, number = divmod(month, 12)
    last = calendar.monthrange(year, number + 1)[1]
    return date(year, number + 1, min(day.day, last))


def birthday(born: date, age: int) -> date:
    """The day on which an age is reached; who was born on 29 February waits for 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date | None, day: date) -> int | None:
    """Completed years; -1 for the unborn, None when the birth is not told, or told as more than a year away."""
    if born is None or born > months_later(day, 12):
        return None
    return -1 if born > day else day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def believed(born: date | None, year: int) -> date | None:
    """A birth that a return of the year may tell: not in the last century but one, nor years ahead."""
    return born if born and 1902 <= born.year <= year + 1 else None


def band(age: int | None, *, unborn: bool) -> str:
    """The published age group; `unborn` says whether the indicator shows the unborn apart."""
    if age is None or (age < 0 and not unborn):
        return "Unknown"
    tops = ((-1, "Unborn"), (0, "Under 1"), (4, "1 to 4"), (9, "5 to 9"), (15, "10 to 15"))
    return next((name for top, name in tops if age <= top), "16 and over")


def school_start(year: int) -> date:
    """31 August before the school year, the day of ages in attendance."""
    return date(year - 1, 8, 31)


def sixth_half_term(year: int) -> tuple[date, date]:
    """Its first and last day: from the spring bank holiday, the last Monday of May, to the end of July."""
    last = date(year, 5, 31)
    return last - last.weekday() * DAY, date(year, 7, 31)
