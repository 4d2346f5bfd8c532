"""Children in need and on plans: a cohort that counted a little otherwise would be noticed by a drawn case."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from assets import cohorts
from schemas.indicators import named
from tests.outcomes.drawn import deidentified, read_tables
from tests.outcomes.test_cases import COUNT, Case, cases

COHORTS = (
    "reported",
    "case_version",
    "referral",
    "case_of_need",
    "in_need_at_31_march",
    "plan_version",
    "child_protection_plan",
    "plan_started",
    "plan_at_31_march",
    "factor_at_assessment",
)
COUNTED = {
    "case_version": {"referral", "in_need_at_31_march", "factor_at_assessment"},
    "plan_version": {"plan_started", "plan_at_31_march"},
    "referral": {"referral"},
    "case_of_need": {"in_need_at_31_march", "factor_at_assessment"},
    "in_need_at_31_march": {"in_need_at_31_march"},
    "child_protection_plan": {"plan_started", "plan_at_31_march"},
    "plan_started": {"plan_started"},
    "plan_at_31_march": {"plan_at_31_march"},
    "factor_at_assessment": {"factor_at_assessment"},
}
"""Cohorts, and the ones that indicators count which they are or go into."""

Drawings = list[tuple[Case, duckdb.DuckDBPyConnection]]

MISTAKES = [
    ("referral", "+ interval 12 month >=", "+ interval 12 month >"),
    ("referral", "interval 12 month", "interval 366 day"),
    ("referral", "CINdetailsID, submission, source_row) = 1)", "CINdetailsID) >= 1)"),
    ("in_need_at_31_march", "> end_of(r.year)", ">= end_of(r.year)"),
    ("in_need_at_31_march", "<= end_of(r.year)", "< end_of(r.year)"),
    ("in_need_at_31_march", " and r.known_as_date = e.referral_date", " and r.year <= e.last_year"),
    ("in_need_at_31_march", "la_child, known_as_date", "la_child, CINreferralDate as known_as_date"),
    ("case_of_need", "from latest where is_followed_up", "from latest"),
    ("case_version", "when c.year = c.newest_year then null", "when c.year = c.first_year then null"),
    ("case_version", "when x.la_child is not null then '3A'", "when false then '3A'"),
    ("case_version", "l.until_date > end_of(c.year)", "l.until_date > end_of(c.year - 1)"),
    ("case_version", "l.CINreferralDate <= end_of(c.year)", "true"),
    ("case_of_need", "from latest where is_followed_up", "from latest where is_episode_of_need"),
    ("plan_version", "when c.year = c.newest_year then null", "when c.year = c.first_year then null"),
    ("plan_version", "when x.la_child is not null then '3A'", "when false then '3A'"),
    ("child_protection_plan", "source_row) = 1)", "source_row) >= 1)"),
    ("plan_started", "previous_plan_count >= 1, false", "previous_plan_count >= 1, true"),
    ("plan_started", "previous_plan_count >= 1", "previous_plan_count > 1"),
    ("plan_started", "previous_plan_count >= 1", "plan_number > 1"),
    ("plan_started", "collection_year(start_date)", "last_year"),
    ("plan_at_31_march", "<= end_of(r.year)", "< end_of(r.year)"),
    ("plan_at_31_march", "> end_of(r.year)", ">= end_of(r.year)"),
    ("plan_at_31_march", " and r.known_as_date = p.start_date", " and r.year <= p.last_year"),
    ("plan_at_31_march", "la_child, known_as_date", "la_child, CPPstartDate as known_as_date"),
    ("plan_at_31_march", "days_on_plan >= 730", "days_on_plan > 730"),
    ("plan_at_31_march", "days_on_plan >= 730", "days_on_plan >= 729"),
    ("plan_at_31_march", "days_on_plan >= 730", "p.start_date + interval 2 year <= end_of(r.year) + 1"),
    ("factor_at_assessment", "select distinct a.year", "select a.year"),
    ("factor_at_assessment", "d.known_as_date as", "min(d.known_as_date) over (partition by d.la_child) as"),
    ("factor_at_assessment", "collection_year(AssessmentAuthorisationDate)", "year"),
    ("factor_at_assessment", "collection_year(AssessmentAuthorisationDate)", "collection_year(AssessmentActualStartDate)"),
    ("factor_at_assessment", "CINdetailsID, AssessmentID)\n", "CINdetailsID)\n"),
    ("factor_at_assessment", "using (submission, la_child, CINdetailsID)\n", "using (submission, la_child)\n"),
    ("factor_at_assessment", "using (la_child, referral_date)", "using (la_child, referral_date) where is_episode_of_need"),
]  # fmt: skip
"""Cohort, what its query says, and what a hasty reader might have written."""


@pytest.fixture(name="drawings", scope="module")
def _drawings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawings]:
    ours = [case for case in cases() if counted_in(case) & set(COHORTS)]
    with contextlib.ExitStack() as stack:
        made = [deidentified(read_tables(case.tables), tmp_path_factory.mktemp("drawn")) for case in ours]
        yield [(case, stack.enter_context(opened)) for case, opened in zip(ours, made, strict=True)]


def counted_in(case: Case) -> set[str]:
    return {named(indicator).among for indicator in case.ids}


def differs(case: Case, con: duckdb.DuckDBPyConnection) -> bool:
    """Whether some count that is drawn for England comes out as another number."""
    cohorts.build(con, only=COHORTS)
    return any(
        told != "not available" and counted(con, indicator, year) != expected(told)
        for indicator, year, place, told in case.expected
        if place == "England"
    )


def expected(told: str) -> tuple[int, int | None]:
    count = COUNT.fullmatch(told)
    assert count
    return int(count["numerator"]), int(count["denominator"]) if count["denominator"] else None


def counted(con: duckdb.DuckDBPyConnection, indicator: str, year: int) -> tuple[int, int | None]:
    """Numerator and, of a share, denominator over the authorities of England."""
    one = named(indicator)
    numerator, rows = con.execute(
        f"""select count(*) filter (where {one.counting}), count(*) from cohorts.{one.among}
          where year = {year} and ({one.where})
            and la in (select la_code from reference.authorities)
            and ({one.years_before} = 0 or la in (select la from cohorts.reported where year = {year - 1}))"""
    ).fetchall()[0]
    return numerator, rows if one.out_of == "rows" else None


@pytest.mark.parametrize(("cohort", "said", "mistaken"), MISTAKES)
def test_the_drawings_notice_a_mistake_in_a_cohort(
    cohort: str, said: str, mistaken: str, drawings: Drawings, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = cohorts.query
    assert said in query(cohort)
    mistake = query(cohort).replace(said, mistaken)
    monkeypatch.setattr(cohorts, "query", lambda name: mistake if name == cohort else query(name))
    about = [(case, con) for case, con in drawings if counted_in(case) & COUNTED[cohort]]
    assert any(differs(case, con) for case, con in about)


def test_without_a_mistake_every_drawing_is_as_drawn(drawings: Drawings) -> None:
    assert len(drawings) >= 15
    assert not any(differs(case, con) for case, con in drawings)


def test_a_year_before_a_factor_had_its_code_is_told_and_not_nought() -> None:
    assert {named(f"factor_{code}").since for code in ("18b", "18c", "19b", "19c")} == {2021}
    assert named("factor_24a").since == 2022
    assert named("factor_18a").since < 2020


def test_a_cohort_s_folder_holds_no_query_that_is_not_made(tmp_path: Path) -> None:
    assert {path.stem for path in cohorts.FOLDER.glob("*.sql")} == {*cohorts.ORDER, "words"}
