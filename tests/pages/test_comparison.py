"""Ours beside the published: differences, correlations, and what could not be compared."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.pages import comparison, write_pages
from assets.pages.comparison import Compared
from schemas.authorities import in_year
from schemas.indicators import named
from schemas.published import totals
from tests.pages import figures


def published(indicator: str, year: int) -> dict[str, Any]:
    return (
        totals("National")
        .filter(pl.col("indicator_id") == indicator, pl.col("year") == year)
        .row(0, named=True)
    )


def compared(rows: list[dict[str, Any]], **more: Any) -> list[Compared]:
    shown = pl.DataFrame(rows, schema=figures.SCHEMA)
    return comparison.compare(figures.material(shown, **more))


def england(indicator: str, year: int = 2025, **more: Any) -> dict[str, Any]:
    return figures.row(named(indicator), year, "National", **more)


def authorities(indicator: str, values: Mapping[str, float | None]) -> list[dict[str, Any]]:
    one = named(indicator)
    return [
        figures.row(
            one, 2025, "Local authority", la_code=la, value=value, value_symbol=None if value else "c"
        )
        for la, value in values.items()
    ]


def test_a_rate_is_compared_as_it_is_and_a_count_after_scaling_up() -> None:
    theirs = published("cin_rate", 2025)
    ours = england(
        "cin_rate", value=theirs["value"] * 1.03, numerator=round(theirs["numerator"] * 0.01 * 0.9)
    )
    (one,) = compared([ours], scale=0.01)
    assert one.difference_percent == pytest.approx(3, abs=0.05)
    assert one.count_difference_percent == pytest.approx(-10, abs=0.1)
    assert one.published_count == theirs["numerator"]


def test_a_published_figure_is_shown_with_the_decimals_that_its_difference_rests_on() -> None:
    theirs = published("cla_rate_uasc", 2025)["value"]
    assert theirs == 5.4
    shown = pl.DataFrame([england("cla_rate_uasc", value=6.0)], schema=figures.SCHEMA)
    (told,) = comparison.content(figures.material(shown))["rows"]
    assert (told["ours"], told["published"], told["difference"]) == ("6", "5.4", "+11.1%")


def test_sessions_are_no_count_of_children() -> None:
    (one,) = compared([england("absence_overall_cino", value=17.0, numerator=5_000_000)])
    assert one.our_count is None
    assert one.published_count is None
    assert one.difference_percent is not None


def test_the_correlation_is_over_authorities_that_have_both() -> None:
    theirs = totals("Local authority").filter(pl.col("indicator_id") == "cin_rate", pl.col("year") == 2025)
    known = dict(theirs.drop_nulls("value").select("la_code", "value").iter_rows())
    ours: dict[str, float | None] = {la: 2 * value + 5 for la, value in known.items()}
    hidden = sorted(known)[0]
    (one,) = compared([england("cin_rate"), *authorities("cin_rate", ours | {hidden: None, "999": 4.0})])
    assert (one.authorities, one.correlation) == (len(known) - 1, 1.0)
    (other,) = compared([england("cin_rate"), *authorities("cin_rate", {la: -v for la, v in known.items()})])
    assert other.correlation == -1.0


def test_a_correlation_over_few_or_over_equals_is_not_given() -> None:
    codes = in_year(2025)["la_code"].to_list()
    few = {la: float(n) for n, la in enumerate(codes[:7], start=1)}
    alike = dict.fromkeys(codes, 5.0)
    for values in (few, alike):
        (one,) = compared([england("cin_rate"), *authorities("cin_rate", values)])
        assert one.correlation is None
        assert "too few or too alike" in one.reason


def test_what_cannot_be_compared_is_said_with_the_reason() -> None:
    hidden = england("cin_rate", symbol="c")
    autumn = england("absence_persistent_cino") | {"time_identifier": "Autumn term"}
    old = england("cla_rate", year=2015)
    rows = [hidden, autumn, old]
    found = {one.indicator_id: one for one in compared(rows)}
    assert found["cin_rate"].difference_percent is None
    assert "ours is hidden, because it rests on few children" in found["cin_rate"].reason
    assert "ours is of the autumn term only" in found["absence_persistent_cino"].reason
    assert "not shown in this release" in found["cin_rate"].reason
    material = figures.material(pl.DataFrame(rows, schema=figures.SCHEMA))
    left = comparison.not_comparable(material, list(found.values()))
    assert [(one.indicator_id, why) for one, why in left] == [("cla_rate", "no year in common")]


def test_the_page_shows_the_newest_year_and_the_file_has_all(tmp_path: Path) -> None:
    rows = [england("cin_rate", year=year, value=330.0) for year in (2023, 2024, 2025)]
    write_pages(tmp_path / "pages", figures.material(pl.DataFrame(rows, schema=figures.SCHEMA)))
    told = list(
        csv.DictReader(io.StringIO((tmp_path / "pages" / "comparison.csv").read_text(encoding="utf-8")))
    )
    assert [row["year"] for row in told] == ["2023", "2024", "2025"]
    assert list(told[0]) == comparison.COLUMNS
    page = (tmp_path / "pages" / "comparison.html").read_text(encoding="utf-8")
    assert page.count('data-is="Year"') == 1
    assert 'data-is="Year">2025<' in page


def test_every_difference_that_is_small_counts_as_within() -> None:
    theirs = [published(name, 2025)["value"] for name in ("cin_rate", "rereferral")]
    rows = [england("cin_rate", value=theirs[0]), england("rereferral", value=theirs[1] * 1.5)]
    told = comparison.content(figures.material(pl.DataFrame(rows, schema=figures.SCHEMA)))
    assert (told["within"], told["with_both"]) == (1, 2)
