"""What a wholly made-up release shows of authorities and groups: nothing that rests on a few, rounded exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.in_full import in_full
from schemas.indicators import named
from tests.pages import figures


def shown(*rows: dict[str, Any]) -> pl.DataFrame:
    return in_full(pl.DataFrame(list(rows), schema=figures.SCHEMA))


def authority(
    indicator: str, numerator: int, denominator: int, la: str = "202", **more: Any
) -> dict[str, Any]:
    one = named(indicator)
    value = round(float(one.multiplier * numerator / denominator), 6) if denominator else None
    counts = {"numerator": numerator, "denominator": denominator, "value": value, "la_code": la}
    return figures.row(one, 2025, "Local authority", region_code="E12000007", **counts | more)


@pytest.mark.parametrize(
    ("indicator", "numerator", "denominator", "symbol"),
    [
        ("rereferral", 20, 60, None),
        ("rereferral", 5, 60, "c"),
        ("rereferral", 55, 60, "c"),
        ("rereferral", 0, 60, None),
        ("rereferral", 2, 4, "c"),
        ("cin_rate", 5, 60_000, "c"),
        ("cin_rate", 6, 60_000, None),
        ("cla_rate", 9, 900_000, "low"),
    ],
)
def test_a_figure_that_rests_on_few_is_hidden_and_one_that_vanishes_is_low(
    indicator: str, numerator: int, denominator: int, symbol: str | None
) -> None:
    row = shown(authority(indicator, numerator, denominator)).row(0, named=True)
    assert row["value_symbol"] == symbol
    assert (row["value"] is None) == (symbol is not None)
    assert (row["numerator"] is None) == (symbol == "c")


def test_sessions_are_hidden_by_the_pupils_of_the_same_authority() -> None:
    rows = [
        authority("absence_persistent_cino", 1, 3, la="202"),
        authority("absence_overall_cino", 200, 900, la="202"),
        authority("absence_persistent_cino", 20, 60, la="203"),
        authority("absence_overall_cino", 2000, 9000, la="203"),
    ]
    found = shown(*rows).sort("la_code", "indicator_id")
    assert found.select("la_code", "value_symbol").rows() == [
        ("202", "c"), ("202", "c"), ("203", None), ("203", None),
    ]  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 100_000), st.integers(200_000, 300_000))
def test_values_are_rounded_halves_up(numerator: int, denominator: int) -> None:
    row = authority("rereferral", numerator, denominator)
    told = shown(row).row(0, named=True)
    exact = Decimal(str(row["value"])).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if told["value_symbol"] is None:
        assert Decimal(str(told["value"])) == exact


def test_groups_of_england_are_in_tens_and_keep_their_region_blank() -> None:
    one = named("cla_rate")
    group = figures.row(
        one, 2025, "National", breakdown="Sex", category="Male", numerator=123, denominator=None, value=None
    )
    told = shown({**group, "value_symbol": "x"}).row(0, named=True)
    assert (told["numerator"], told["value_symbol"], told["region_code"]) == (120, "x", None)


def test_only_authorities_in_total_and_englands_groups_are_added() -> None:
    one = named("cla_rate")
    rows = [
        figures.row(one, 2025, "National"),
        figures.row(one, 2025, "Regional", region_code="E12000007"),
        figures.row(one, 2025, "Local authority", la_code="202", breakdown="Sex", category="Male"),
        figures.row(one, 2025, "Local authority", la_code="unknown:box"),
        figures.row(one, 2025, "Local authority", la_code="383"),
        figures.row(one, 2025, "National", breakdown="Sex", category="Male"),
    ]
    told = shown(*rows)
    assert told.select("la_code", "category").rows() == [("383", "Total"), (None, "Male")]
    assert told.columns == list(figures.SCHEMA)


def test_how_surely_a_few_children_were_linked_is_not_told() -> None:
    row = authority("absence_persistent_cino", 20, 60, link_rate=0.5, value_strict=1.0, value_loose=2.0)
    told = shown(row).row(0, named=True)
    assert [told[name] for name in ("link_rate", "value_strict", "value_loose")] == [None, None, None]
