"""What the rules about schools look at: which term a census carries, which days were worked, and only what is needed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from quality.engine import _only_needed
from quality.registry import rule, rules
from quality.run import check, typed_tables

CENSUS = {"schoolcensustableid": "1", "census_year": "2025"}


def holds(term: str, condition: str) -> bool:
    """Whether the term of a census of 2025 fulfils a condition."""
    tables: dict[str, Any] = {"schoolcensus": [{**CENSUS, "census_term": term}]}
    asked = dataclasses.replace(
        rules("school_census")[0], table="schoolcensus", sql=f"from census where {condition}"
    )
    return (
        check(
            "school_census", 2025, typed_tables("school_census", tables, "201"), only=[asked]
        ).findings.height
        == 1
    )


@pytest.mark.parametrize(
    ("term", "first", "last"),
    [
        ("SPR", "2024-08-01", "2024-12-31"),
        ("SUM", "2025-01-01", "2025-04-30"),
        ("AUT", "2025-03-22", "2025-07-31"),
    ],
)
def test_each_census_carries_the_term_before_it(term: str, first: str, last: str) -> None:
    assert holds(term, f"first_day = date '{first}' and last_day = date '{last}'")
    assert not holds(term, f"first_day <> date '{first}' or last_day <> date '{last}'")


@pytest.mark.parametrize(
    ("eve", "day", "worked"),
    [
        ("2024-07-31", "2024-08-05", 3),
        ("2024-08-23", "2024-08-27", 1),
        ("2024-12-19", "2024-12-31", 6),
        ("2025-07-29", "2025-07-31", 2),
    ],
)
def test_school_days_between_two_days_leave_out_weekends_and_bank_holidays(
    eve: str, day: str, worked: int
) -> None:
    counted = "(select so_far from school_days where day = date '{}')".format
    assert holds("SPR", f"{counted(day)} - {counted(eve)} = {worked}")


def test_of_a_return_too_large_to_copy_only_the_tables_are_looked_at_that_a_rule_reads() -> None:
    sources = dict.fromkeys(
        ["header", "last_year.header", "cin.header", "school_census.pupilonroll", "school_census.addresses"],
        "x",
    )
    assert set(_only_needed("ssda903", sources, [rule("ssda903", "X008", 2025)])) == {
        "header", "school_census.pupilonroll",
    }  # fmt: skip
    assert set(_only_needed("ssda903", sources, [rule("ssda903", "203", 2025)])) == {
        "header",
        "last_year.header",
    }
