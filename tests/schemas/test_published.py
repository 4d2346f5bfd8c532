"""The published figures are those that anyone can read in the releases."""

from __future__ import annotations

import polars as pl
import pytest

from schemas import authorities
from schemas.indicators import counted
from schemas.published import COLUMNS, published, totals

# Read by hand in the releases: indicator, year, authority ("" is England), numerator, denominator, value.
BY_HAND = [
    ("cla_rate", 2025, "", 81770, 12183016, 67.0),
    ("cla_start_rate", 2025, "852", 176, 50941, 35.0),
    ("cla_cease_rate", 2024, "929", 224, 58941, 38.0),
    ("cin_rate", 2025, "204", 2184, 54191, 403.0),
    ("rereferral", 2025, "850", 16877, 41142, 41.0),
    ("cpp_2years", 2025, "", 1130, 49420, 2.3),
    ("absence_overall_cino", 2025, "", 7397200, 42464140, 17.4),
    ("placements_3plus", 2025, "", 8500, 81770, 10.0),
    ("factor_24a", 2025, "", 16250, 12183016, 13.3),
    ("cl_accom_19_21", 2025, "", 33810, 38190, 89.0),
    ("ks2_rwm_cino", 2025, "", 3160, 10480, 30.0),
    ("ks4_att8_cla12", 2025, "", None, 6120, 17.3),
]


@pytest.mark.parametrize(("indicator_id", "year", "la", "numerator", "denominator", "value"), BY_HAND)
def test_a_figure_is_as_printed(
    indicator_id: str, year: int, la: str, numerator: int | None, denominator: int, value: float
) -> None:
    level = "Local authority" if la else "National"
    rows = totals(level).filter(
        pl.col("indicator_id") == indicator_id, pl.col("year") == year, pl.col("la_code") == la
    )
    assert rows.select("numerator", "denominator", "value").rows() == [(numerator, denominator, value)]


def test_a_figure_stands_once_and_only_withheld_ones_are_empty() -> None:
    frame = published()
    assert frame.select(list(COLUMNS)[:6]).is_unique().all()
    assert frame.filter(pl.col("value").is_null() != (pl.col("symbol") != "")).is_empty()
    assert frame.select(pl.col(name).null_count() for name in ("region_code", "la_code", "symbol")).row(0) == (
        0, 0, 0,
    )  # fmt: skip


@pytest.mark.parametrize("year", [2022, 2023, 2024, 2025])
def test_authorities_are_those_of_the_year(year: int) -> None:
    rows = totals("Local authority").filter(pl.col("year") == year, pl.col("indicator_id") == "cla_rate")
    known = authorities.in_year(year).select("la_code", "region_code").sort("la_code")
    assert rows.select("la_code", "region_code").sort("la_code").equals(known)


@pytest.mark.parametrize("indicator_id", ["cla_rate", "cla_cease_rate", "referral_rate", "cpp_start_rate"])
def test_authorities_add_up_to_england(indicator_id: str) -> None:
    rows = published().filter(
        pl.col("indicator_id") == indicator_id, pl.col("year") == 2025, pl.col("category") == "Total"
    )
    sums = rows.group_by("geographic_level").agg(pl.col("numerator").sum())
    counts = dict(sums.iter_rows())
    assert counts["National"] == pytest.approx(counts["Local authority"], rel=0.001)
    assert counts["National"] == pytest.approx(counts["Regional"], rel=0.001)


def test_every_counted_indicator_that_the_department_defines_is_here() -> None:
    theirs = {one.indicator_id for one in counted() if one.owner == "Department for Education"}
    assert theirs - set(published()["indicator_id"]) == set()
