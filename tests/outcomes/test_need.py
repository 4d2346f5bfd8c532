"""The folder of the cohorts, and the years in which a factor had its code."""

from __future__ import annotations

from assets import cohorts
from schemas.indicators import named


def test_a_year_before_a_factor_had_its_code_is_told_and_not_nought() -> None:
    assert {named(f"factor_{code}").since for code in ("18b", "18c", "19b", "19c")} == {2021}
    assert named("factor_24a").since == 2022
    assert named("factor_18a").since < 2020


def test_a_cohort_s_folder_holds_no_query_that_is_not_made() -> None:
    assert {path.stem for path in cohorts.FOLDER.glob("*.sql")} == {*cohorts.ORDER, "words"}
