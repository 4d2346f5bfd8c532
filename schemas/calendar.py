"""Collection years and the dates they stand for.

Children's social care counts from 1 April to 31 March and names the year by its end; schools count
from 1 August to 31 July and do the same. "What applied in 2022" is a filter on `since` and `until`.
"""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from schemas.table import FIRST_YEAR, LAST_YEAR


@dataclass(frozen=True)
class Period:
    """A stretch of days, both ends inclusive."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def social_care_year(year: int) -> Period:
    """1 April to 31 March, named by its end: 2025 is 2024-25."""
    return Period(date(year - 1, 4, 1), date(year, 3, 31))


def academic_year(year: int) -> Period:
    """1 August to 31 July, named by its end: 2025 is 2024/25."""
    return Period(date(year - 1, 8, 1), date(year, 7, 31))


def year_named(text: str) -> int | None:
    """The collection year in a text: `2025`, or a school year as `2024/25`, `2024-25`, `202425`."""
    found = re.fullmatch(r"(20\d\d)(?:[/-]?((?:20)?\d\d))?", text.strip())
    if found is None:
        return None
    first, last = int(found[1]), found[2]
    if last is None:
        return first
    return first + 1 if int(last[-2:]) == (first + 1) % 100 else None


def year_of(day: date) -> int:
    """The collection year in which a day lies."""
    return day.year + (day.month >= 4)


def latest_year_end(first: date, last: date) -> int | None:
    """The latest 31 March between two days, as a collection year; None when there is none."""
    year = last.year if last >= date(last.year, 3, 31) else last.year - 1
    return year if date(year, 3, 31) >= first else None


def collection_years() -> range:
    """Every collection year the product knows."""
    return range(FIRST_YEAR, LAST_YEAR + 1)


@functools.cache
def bank_holidays() -> tuple[date, ...]:
    """The bank holidays of England and Wales that fall on weekdays, 2016 to 2028."""
    with (Path(__file__).parent / "reference" / "bank_holidays.csv").open(encoding="utf-8") as lines:
        return tuple(date.fromisoformat(row["date"]) for row in csv.DictReader(lines))


TERMS = {"autumn": "AUT", "spring": "SPR", "summer": "SUM"}
"""The three school censuses, as file names say them and as the census codes them."""

ATTENDANCE_TERM = {"SPR": "autumn", "SUM": "spring", "AUT": "summer"}
"""Each census carries the attendance of the term before it."""


CENSUS_MONTHS = {"spring": 1, "summer": 5, "autumn": 10}
THURSDAY, FRIDAY = 3, 4
"""Days of the week as `date.weekday()` counts them."""


def census_day(year: int, term: str) -> date:
    """The day of a school census: the third Thursday of January or May, the first of October.

    DfE, Complete the school census: so on every day held, 2018 to 2026 (3 October 2024, 16 January and
    15 May 2025).
    """
    which = 1 if term == "autumn" else 3
    first = date(year, CENSUS_MONTHS[term], 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 7 * (which - 1))


def deadline(ret: str, year: int, term: str = "") -> date | None:
    """The last day to send a return of a collection year; None where none is set.

    DfE, Children in need census: guide to submitting data (31 July 2025; 30 July 2021, the 31st being a
    Saturday). DfE, Children looked after return: guide to submitting data (30 June 2022; 28 June 2013, the
    30th being a Sunday). DfE, Complete the school census (27 days after census day: 30 October 2024,
    12 February and 11 June 2025).
    """
    if ret == "school_census" and term in CENSUS_MONTHS:
        return census_day(year, term) + timedelta(days=27)
    last = {"cin": date(year, 7, 31), "ssda903": date(year, 6, 30)}.get(ret)
    return last and last - timedelta(days=max(0, last.weekday() - FRIDAY))
