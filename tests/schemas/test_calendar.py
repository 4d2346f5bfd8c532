"""Years, terms and ages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.calendar import academic_year, latest_year_end, social_care_year, year_of
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
