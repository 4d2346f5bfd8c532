"""What the second counting found: drawn cases in which an earlier cohort gave another number.

Every case has an authority of its own, in which child Z is in foster care throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.outcomes.drawn import measured, read_tables

HEADING = "year | la | CHILD | DECOM | RNE | LS | PLACE | PLACE_PROVIDER | PL_POST | URN | DEC | REC"
HERE, THERE = "PR1 | ZZ1 9ZZ | SC1", "PR4 | ZZ2 9ZZ | SC2"
OPEN = "|"
YEARS = (2023, 2024, 2025)

BEFORE_BIRTH = "310"
SHORT_BREAK, SILENT, STARTS_AGAIN, NOT_HELD, GOES_ON, ONE_DAY, HOSPITAL, STRAIGHT, HOSPITAL_ONLY = (
    "301", "302", "303", "304", "305", "306", "307", "308", "309",
)  # fmt: skip

LIVES = {
    SHORT_BREAK: [
        f"2024 | A | 01/06/2023 | S | V2 | U4 | {HERE} | {OPEN}",
        f"2025 | A | 01/06/2023 | S | V4 | U4 | {HERE} | {OPEN}",
    ],
    SILENT: [f"2023 | A | 01/06/2022 | S | C2 | U4 | {HERE} | {OPEN}"],
    STARTS_AGAIN: [
        f"2023 | A | 01/06/2022 | S | C2 | U4 | {HERE} | {OPEN}",
        f"2025 | A | 01/02/2025 | S | C2 | U4 | {HERE} | {OPEN}",
    ],
    NOT_HELD: [
        f"2023 | A | 01/06/2022 | S | C2 | U4 | {HERE} | {OPEN}",
        f"2025 | A | 01/02/2025 | P | C2 | K2 | {THERE} | {OPEN}",
    ],
    GOES_ON: [
        f"2024 | A | 01/03/2023 | S | C2 | U4 | {HERE} | {OPEN}",
        f"2025 | A | 01/06/2024 | P | C2 | K2 | {THERE} | {OPEN}",
    ],
    ONE_DAY: [f"2025 | A | 01/06/2024 | S | V2 | U4 | {HERE} | 01/06/2024 | E4A"],
    HOSPITAL: [
        *(f"{year} | A | 01/06/2020 | S | C2 | U4 | {HERE} | {OPEN}" for year in (2023, 2024)),
        f"2025 | A | 01/06/2020 | S | C2 | U4 | {HERE} | 01/08/2024 | X1",
        f"2025 | A | 01/08/2024 | P | C2 | T1 | {THERE} | 08/08/2024 | X1",
        f"2025 | A | 08/08/2024 | P | E1 | A6 | {THERE} | {OPEN}",
    ],
    STRAIGHT: [
        *(f"{year} | A | 01/06/2020 | S | C2 | U4 | {HERE} | {OPEN}" for year in (2023, 2024)),
        f"2025 | A | 01/06/2020 | S | C2 | U4 | {HERE} | 01/08/2024 | X1",
        f"2025 | A | 01/08/2024 | P | E1 | A6 | {THERE} | {OPEN}",
    ],
    BEFORE_BIRTH: [f"2025 | A | 01/06/2024 | S | C2 | U4 | {HERE} | {OPEN}"],
    HOSPITAL_ONLY: [f"{year} | A | 01/06/2020 | S | C2 | T1 | {HERE} | {OPEN}" for year in YEARS],
}
"""Episodes by authority; the authority's column is put in after the year."""

Count = Callable[..., tuple[int | None, int | None]]


@pytest.fixture(scope="module")
def count(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Count]:
    """Numerator and denominator of an indicator, a year and an authority: in total, or of an age group."""
    with measured(read_tables(text()), tmp_path_factory.mktemp("lives")) as con:

        def counted(
            indicator: str, year: int, la: str, category: str = "Total"
        ) -> tuple[int | None, int | None]:
            breakdown = "Total" if category == "Total" else "Age"
            ((numerator, denominator),) = con.execute(
                "select numerator, denominator from measured.indicator where indicator_id = ? and year = ? "
                "and la_code = ? and breakdown = ? and category = ? and geographic_level = 'Local authority'",
                [indicator, year, la, breakdown, category],
            ).fetchall()
            return numerator, denominator

        yield counted


def text() -> str:
    """All lives as drawn tables: nearly everybody was born in 2015 and has a score of 12 in 2025."""

    rows: list[str] = []
    header: list[str] = []
    scores: list[str] = []
    for la, life in LIVES.items():
        always = [f"{year} | Z | 01/06/2016 | P | C2 | U4 | {HERE} | {OPEN}" for year in YEARS]
        rows += [line.replace(" | ", f" | {la} | ", 1) for line in (*always, *life)]
        born = "01/07/2024" if la == BEFORE_BIRTH else "01/02/2015"
        header += [f"{year} | {la} | {child} | {born}" for year in YEARS for child in "AZ"]
        scores += [f"2025 | {la} | A | 12"]
    return "\n".join(
        ["ssda903_episodes", HEADING, *rows, "ssda903_header", "year | la | CHILD | DOB", *header,
         "ssda903_oc2", "year | la | CHILD | SDQ_SCORE", *scores]
    )  # fmt: skip


def test_an_episode_that_the_latest_return_calls_a_short_break_is_one(count: Count) -> None:
    assert count("place_foster", 2024, SHORT_BREAK) == (1, 1)


def test_a_child_of_whom_later_returns_are_silent_is_not_known_to_be_in_care_two_years_on(
    count: Count,
) -> None:
    assert count("in_care_after_24m", 2025, SILENT) == (0, 1)


def test_nor_is_one_that_a_later_return_has_with_a_start_of_its_own(count: Count) -> None:
    assert count("in_care_after_24m", 2025, STARTS_AGAIN) == (0, 1)


def test_who_is_not_in_the_return_of_a_year_was_not_looked_after_in_it(count: Count) -> None:
    """The return of 2025 goes on from an episode of 2023 that the return of 2024 does not hold."""
    assert count("place_foster", 2024, NOT_HELD) == (1, 1)
    assert count("place_foster", 2023, NOT_HELD) == (2, 2)


def test_an_open_episode_that_next_years_return_goes_on_from_lasted_until_then(count: Count) -> None:
    assert count("sdq_avg", 2025, GOES_ON) == (12, 1)


def test_care_that_ended_on_the_day_on_which_it_began_was_none_of_the_year(count: Count) -> None:
    assert count("missing_from_care", 2025, ONE_DAY) == (0, 1)


@pytest.mark.parametrize("la", [STRAIGHT, HOSPITAL])
def test_a_week_in_hospital_does_not_part_adopters_from_the_foster_home_before(count: Count, la: str) -> None:
    assert count("same_carer_2years", 2025, la) == (2, 2)


def test_a_child_in_temporary_placements_only_is_among_those_long_in_care(count: Count) -> None:
    assert count("same_carer_2years", 2025, HOSPITAL_ONLY) == (1, 2)


def test_a_child_whose_care_is_said_to_begin_before_birth_stays_among_the_ages(count: Count) -> None:
    """Nobody is shown as unborn in care, so the child would be in the total and in no age group."""
    assert count("cla_start_rate", 2025, BEFORE_BIRTH, "Unknown") == (1, None)
