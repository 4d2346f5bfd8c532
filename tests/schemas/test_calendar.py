"""Years, terms and ages."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.calendar import academic_year, bank_holidays, latest_year_end, social_care_year, year_of
from schemas.duck import connect, use_year


@settings(deadline=None, max_examples=60)
@given(st.dates(date(2010, 1, 1), date(2030, 12, 31)))
def test_every_day_lies_in_the_collection_year_named_by_its_end(day: date) -> None:
    assert day in social_care_year(year_of(day))
    assert day not in social_care_year(year_of(day) + 1)


def test_the_school_year_begins_in_august_and_is_named_by_its_end() -> None:
    assert date(2024, 8, 1) in academic_year(2025)
    assert date(2025, 7, 31) in academic_year(2025)


@pytest.mark.parametrize(
    ("first", "last", "year"),
    [
        (date(2017, 5, 1), date(2018, 3, 31), 2018),
        (date(2017, 5, 1), date(2018, 3, 30), None),
        (date(2016, 5, 1), date(2018, 2, 1), 2017),
    ],
)
def test_the_latest_31_march_in_a_range_of_dates(first: date, last: date, year: int | None) -> None:
    assert latest_year_end(first, last) == year


@settings(deadline=None, max_examples=60)
@given(st.dates(date(1990, 1, 1), date(2025, 1, 1)), st.dates(date(2025, 1, 1), date(2030, 1, 1)))
def test_age_counts_birthdays_as_people_do(born: date, day: date) -> None:
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    expected = day.year - born.year - (not had_birthday)
    with connect() as con:
        got = con.execute("select age_on(?::date, ?::date)", [born, day]).fetchall()[0][0]
    assert got == expected


@settings(deadline=None, max_examples=60)
@given(st.dates(date(1990, 1, 1), date(2025, 1, 1)) | st.just(date(2008, 2, 29)), st.integers(1, 25))
def test_a_birthday_is_the_first_day_of_the_new_age(born: date, age: int) -> None:
    asked = "select age_on($born, day - 1), age_on($born, day) from (select birthday($born, $age) as day)"
    with connect() as con:
        ages = con.execute(asked, {"born": born, "age": age}).fetchall()[0]
    assert ages == (age - 1, age)


@pytest.mark.parametrize(("year", "day"), [(2025, date(2025, 3, 1)), (2024, date(2024, 2, 29))])
def test_a_leap_day_s_birthday_is_1_march_in_other_years(year: int, day: date) -> None:
    with connect() as con:
        asked = "select birthday(date '2008-02-29', ? - 2008), age_on(date '2008-02-29', ?::date - 1)"
        assert con.execute(asked, [year, day]).fetchall() == [(day, year - 2008 - 1)]


def test_the_year_in_force_is_what_rules_see() -> None:
    with connect() as con:
        use_year(con, 2025)
        row = con.execute("select year_start(), year_end(), collection_year(date '2025-04-01')").fetchall()[0]
    assert row == (date(2024, 4, 1), date(2025, 3, 31), 2026)


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian rule of Meeus, Jones and Butcher."""
    golden, (century, of_century) = year % 19, divmod(year, 100)
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    month, day = divmod(moon + week - 7 * ((golden + 11 * moon + 22 * week) // 451) + 114, 31)
    return date(year, month, day + 1)


def monday(year: int, month: int, *, last: bool) -> date:
    """The first or last Monday of May or August."""
    edge = date(year, month, 31 if last else 1)
    return edge - timedelta(edge.weekday()) if last else edge + timedelta(-edge.weekday() % 7)


def usual_bank_holidays(year: int) -> set[date]:
    """Those of an ordinary year; one on a weekend is kept on the next weekday that is none already."""
    rest = easter(year)
    found = {rest - timedelta(2), rest + timedelta(1), monday(year, 5, last=False)}
    found |= {monday(year, 5, last=True), monday(year, 8, last=True)}
    for day in (date(year, 1, 1), date(year, 12, 26), date(year, 12, 25)):
        weekend = day.weekday() >= 5
        found.add(day + timedelta(2 if weekend and day.month == 12 else -day.weekday() % 7 if weekend else 0))
    return found


MOVED_OR_ADDED = {
    2020: ({date(2020, 5, 4)}, {date(2020, 5, 8)}),
    2022: ({date(2022, 5, 30)}, {date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19)}),
    2023: (set(), {date(2023, 5, 8)}),
}
"""Year -> the usual bank holidays that were not kept, and the others that were."""


@pytest.mark.parametrize("year", range(2016, 2029))
def test_bank_holidays_are_those_of_the_statute_and_the_proclamations(year: int) -> None:
    dropped, added = MOVED_OR_ADDED.get(year, (set(), set()))
    assert {day for day in bank_holidays() if day.year == year} == usual_bank_holidays(year) - dropped | added


@settings(deadline=None, max_examples=60)
@given(st.dates(date(2017, 1, 1), date(2028, 12, 31)), st.integers(1, 60))
def test_working_days_before_a_day_are_counted_as_numpy_counts_them(day: date, n: int) -> None:
    closed = np.busdaycalendar(holidays=bank_holidays())
    first = np.busday_offset(day - timedelta(1), 0, roll="backward", busdaycal=closed)
    with connect() as con:
        got = con.execute("select working_days_before(?::date, ?::int)", [day, n]).fetchall()[0][0]
    assert got == np.busday_offset(first, 1 - n, busdaycal=closed).item()


def test_one_working_day_before_april_2024_is_the_thursday_before_easter() -> None:
    with connect() as con:
        row = con.execute("select working_days_before(date '2024-04-01', 1)").fetchall()[0]
    assert row == (date(2024, 3, 28),)
