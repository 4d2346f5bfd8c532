"""From files without errors to figures: they must be what the lives behind the files say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.store import Store
from pipelines import night
from schemas.duck import connect
from synthetic.truth_need import FACTORS
from tests.pipelines.conftest import copy_of

FIRST_YEAR = 2024

GROUPS = ("cino", "cppo", "cla12")
MEASURES = {
    "cin_rate": ("episodes_in_need_at_31_march", None),
    "cla_rate": ("looked_after_at_31_march", None),
    "rereferral": ("repeat_referrals_in_year", "referrals_in_year"),
    "referral_rate": ("referrals_in_year", None),
    "cpp_repeat": ("second_plans_begun_in_year", "plans_begun_in_year"),
    "cpp_2years": ("plans_of_two_years_at_31_march", "protection_plans_at_31_march"),
    "cpp_rate": ("protection_plans_at_31_march", None),
    **{f"factor_{code.lower()}": (f"cases_with_factor_{code.lower()}", None) for code in FACTORS},
    "cla_rate_uasc": ("looked_after_at_31_march_alone", None),
    "cla_start_rate": ("care_starts_in_year", None),
    "cla_start_rate_uasc": ("care_starts_in_year_alone", None),
    "cla_cease_rate": ("care_exits_in_year", None),
    "ceased_sgo": ("care_exits_to_guardians", "care_exits_in_year"),
    "ceased_cao": ("care_exits_by_order", "care_exits_in_year"),
    "place_foster": ("in_foster_care", "looked_after_at_31_march"),
    "place_kinship_foster": ("in_kinship_foster_care", "looked_after_at_31_march"),
    "place_homes": ("in_childrens_homes", "looked_after_at_31_march"),
    "place_indep": ("in_supported_accommodation", "looked_after_at_31_march"),
    "placements_3plus": ("three_or_more_placements", "looked_after_at_31_march"),
    "adopt_match_months": ("days_from_decision_to_match", "children_adopted"),
    "sdq_avg": ("sum_of_scores", "children_with_score"),
    **{
        f"cl_{kind}_{ages}": (f"{numerator}_{ages}", f"{denominator}_{ages}")
        for ages in ("17_18", "19_21")
        for kind, numerator, denominator in (
            ("eet", "care_leavers_in_education_or_work", "care_leavers"),
            ("accom", "care_leavers_suitably_housed", "care_leavers_with_known_suitability"),
        )
    },
    **{
        f"absence_{kind}_{group}": (numerator, denominator)
        for group in GROUPS
        for kind, numerator, denominator in (
            ("overall", "sessions_absent", "sessions_possible"),
            ("persistent", "persistent_absentees", "pupils"),
            ("severe", "severe_absentees", "pupils"),
        )
    },
    **{f"ks2_rwm_{group}": ("reached_the_standard", "pupils_with_ks2") for group in GROUPS},
    **{f"ks4_att8_{group}": ("attainment_8_hundredths", "pupils_with_ks4") for group in GROUPS},
}
"""Indicator, and the true measures that are its numerator and denominator (None: a population)."""


@pytest.fixture(scope="session")
def clean_night(clean_country: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(copy_of(clean_country, tmp_path_factory.mktemp("clean_night") / "home"))
    night.run(store)
    return store


def truth(store: Store) -> dict[tuple[int, str, str, str], int]:
    frame = pl.read_parquet(store.home / "truth" / "outcomes.parquet")
    columns = ("year", "geographic_level", "la_code", "region_code", "group", "measure", "value")
    return {
        (year, region if level == "Regional" else la or "England", group.lower(), measure): value
        for year, level, la, region, group, measure, value in frame.select(columns).iter_rows()
    }


def figures(store: Store, indicator: str) -> list[tuple[int, str, int, int]]:
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        return con.execute(
            """select year, case geographic_level when 'National' then 'England'
                 when 'Regional' then region_code else la_code end, numerator, denominator
               from outcomes.indicator where indicator_id = ? and category = 'Total'
                 and geographic_level in ('National', 'Regional', 'Local authority')""",
            [indicator],
        ).fetchall()


@pytest.mark.parametrize("indicator", MEASURES)
def test_an_indicator_of_clean_files_is_what_the_lives_say(indicator: str, clean_night: Store) -> None:
    known = truth(clean_night)
    numerator, denominator = MEASURES[indicator]
    group = indicator.rsplit("_", 1)[-1] if indicator.startswith(("absence", "ks")) else ""
    places = {(year, place) for year, place, _, m in known if m == numerator}
    if indicator == "rereferral":  # a first year has no year before it to look back to
        places = {(year, place) for year, place in places if year > FIRST_YEAR}
    compared = 0
    for year, place, got_numerator, got_denominator in figures(clean_night, indicator):
        if (year, place) not in places:
            continue
        compared += 1
        assert got_numerator == known[year, place, group, numerator], (year, place)
        if denominator:
            assert got_denominator == known[year, place, group, denominator], (year, place)
    assert compared == len(places)


def test_repeat_referrals_of_the_first_year_are_not_available(clean_night: Store) -> None:
    first = [row for row in figures(clean_night, "rereferral") if row[0] == FIRST_YEAR]
    assert first
    assert all(numerator is None for _, _, numerator, _ in first)
