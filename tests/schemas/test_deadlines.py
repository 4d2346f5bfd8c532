"""Deadlines are those that the department set, as far as we have read them."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.calendar import census_day, deadline


@pytest.mark.parametrize(
    ("ret", "year", "term", "day"),
    [
        ("cin", 2019, "", date(2019, 7, 31)),
        ("cin", 2020, "", date(2020, 7, 31)),
        ("cin", 2021, "", date(2021, 7, 30)),
        ("cin", 2025, "", date(2025, 7, 31)),
        ("ssda903", 2013, "", date(2013, 6, 28)),
        ("ssda903", 2022, "", date(2022, 6, 30)),
        ("school_census", 2018, "spring", date(2018, 2, 14)),
        ("school_census", 2024, "summer", date(2024, 6, 12)),
        ("school_census", 2024, "autumn", date(2024, 10, 30)),
        ("school_census", 2025, "spring", date(2025, 2, 12)),
        ("school_census", 2025, "summer", date(2025, 6, 11)),
        ("school_census", 2026, "summer", date(2026, 6, 17)),
    ],
)
def test_a_deadline_is_the_day_that_the_department_set(ret: str, year: int, term: str, day: date) -> None:
    assert deadline(ret, year, term) == day


@pytest.mark.parametrize(
    ("year", "term", "day"),
    [
        (2023, "spring", date(2023, 1, 19)),
        (2023, "autumn", date(2023, 10, 5)),
        (2024, "spring", date(2024, 1, 18)),
        (2024, "summer", date(2024, 5, 16)),
        (2025, "autumn", date(2025, 10, 2)),
    ],
)
def test_a_census_day_is_the_day_that_it_was(year: int, term: str, day: date) -> None:
    assert census_day(year, term) == day


@pytest.mark.parametrize(("ret", "term"), [("person_identifiers", ""), ("school_census", "")])
def test_what_nobody_set_a_day_for_has_no_deadline(ret: str, term: str) -> None:
    assert deadline(ret, 2025, term) is None


@pytest.mark.parametrize("year", range(2013, 2028))
def test_no_yearly_deadline_is_on_a_weekend(year: int) -> None:
    assert {deadline(ret, year).weekday() < 5 for ret in ("cin", "ssda903") if deadline(ret, year)} == {True}
