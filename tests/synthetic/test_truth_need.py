"""The truth about plans and factors at the edges, which a small country seldom reaches."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from synthetic import truth_need
from synthetic.days import EPOCH, FAR


def day(year: int, month: int, day_of_month: int) -> int:
    return (date(year, month, day_of_month) - EPOCH).days


def country(protection: list[tuple[int, int, int]], assessments: list[tuple[int, int, str]]) -> Any:
    """Two authorities; case n is of authority n % 2. Plans are (start, end, plans before), one a case."""
    plans = [(case, *plan) for case, plan in enumerate(protection)]
    cases = max([len(plans), *(case + 1 for case, *_ in assessments)])
    return SimpleNamespace(
        places=SimpleNamespace(count=2),
        episodes=pl.DataFrame({"episode": range(cases), "la": [n % 2 for n in range(cases)]}),
        modules=SimpleNamespace(
            protection=pl.DataFrame(plans, schema=["episode", "start", "end", "previous"], orient="row"),
            assessments=pl.DataFrame(assessments, schema=["episode", "end", "factors"], orient="row"),
        ),
    )


def counted(made: Any, year: int) -> dict[str, tuple[int, ...]]:
    frame = truth_need.counts(made, year).sort("measure", "la")
    return {name: tuple(rows["value"]) for (name,), rows in frame.group_by("measure", maintain_order=True)}


NONE = [(0, day(2010, 5, 1), "21")]
LONG_OVER = [(day(2010, 6, 1), day(2010, 9, 1), 0)]


@pytest.mark.parametrize(
    ("start", "year", "is_long"),
    [
        (day(2023, 4, 2), 2025, True),
        (day(2023, 4, 3), 2025, False),
        (day(2021, 4, 1), 2023, True),
        (day(2021, 4, 2), 2023, False),
    ],
)
def test_two_years_are_730_days_with_both_ends(start: int, year: int, is_long: bool) -> None:
    found = counted(country([(start, FAR, 0)], NONE), year)
    assert found["plans_of_two_years_at_31_march"] == (int(is_long), 0)


def test_a_plan_begins_once_and_is_not_open_on_the_day_it_ends() -> None:
    last = day(2025, 3, 31)
    made = country([(last, FAR, 1), (day(2022, 6, 1), last, 2), (day(2024, 4, 1), last + 1, 0)], NONE)
    found = counted(made, 2025)
    assert found["plans_begun_in_year"] == (2, 0)
    assert found["second_plans_begun_in_year"] == (1, 0)
    assert found["plans_of_two_years_at_31_march"] == (0, 0)
    assert counted(made, 2024)["plans_begun_in_year"] == (0, 0)


def test_a_factor_counts_once_for_a_case_in_the_year_in_which_it_was_found() -> None:
    found = [
        (0, day(2024, 4, 1), "3A|16A"),
        (0, day(2025, 3, 31), "3A"),
        (1, day(2024, 9, 1), "3A|3A"),
        (2, day(2025, 4, 1), "3A"),
    ]
    this_year = counted(country(LONG_OVER, found), 2025)
    assert this_year["cases_with_factor_3a"] == (1, 1)
    assert this_year["cases_with_factor_16a"] == (1, 0)
    assert this_year["cases_with_factor_24a"] == (0, 0)
    assert counted(country(LONG_OVER, found), 2026)["cases_with_factor_3a"] == (1, 0)


def test_twelve_months_from_29_february_end_on_28_february() -> None:
    days = np.array([day(2024, 2, 29), day(2023, 3, 1)])
    assert truth_need.twelve_months_later(days).tolist() == [day(2025, 2, 28), day(2024, 3, 1)]
