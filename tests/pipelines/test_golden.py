"""From files without errors to figures: they must be what the lives behind the files say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from assets.store import Store
from pipelines import night
from schemas.duck import connect
from tests.pipelines.conftest import copy_of

FIRST_YEAR = 2024

MEASURES = {
    "cin_rate": ("episodes_in_need_at_31_march", None),
    "cla_rate": ("looked_after_at_31_march", None),
    "rereferral": ("repeat_referrals_in_year", "referrals_in_year"),
    **{
        f"absence_{kind}_{group}": (numerator, denominator)
        for group in ("cino", "cppo", "cla12")
        for kind, numerator, denominator in (
            ("overall", "sessions_absent", "sessions_possible"),
            ("persistent", "persistent_absentees", "pupils"),
            ("severe", "severe_absentees", "pupils"),
        )
    },
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
    group = indicator.rsplit("_", 1)[-1] if indicator.startswith("absence") else ""
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
