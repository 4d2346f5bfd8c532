"""No figure is nought for want of one: why there is none is told, and how many authorities are missing from a sum."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest

from assets import disclosure, keys, publish, release
from assets.store import Store
from schemas.authorities import in_year
from schemas.registry import WHY
from tests.outcomes.country import fill_store
from tests.outcomes.drawn_country import authorities_of, everywhere, figures, populations

LONDON = "E12000007"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The figures of the drawn country, of which two authorities of London sent returns, made and published."""
    folder = tmp_path_factory.mktemp("honest")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keys.PLACE, str(folder / "keys"))
        patch.delenv(keys.HOME, raising=False)
        keys.new()
        store, in_force = fill_store(folder / "home")
        yield _both(store, release.make(store, in_force).release_id)


def _both(store: Store, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    made = publish.read_figures(store.release(name) / "restricted" / "marts.duckdb")[0]
    return made, publish.read_published(publish.publish(store, name), made)


def reason(frame: pl.DataFrame, indicator: str, **place: str | None) -> tuple[str | None, str | None, int]:
    own = frame.filter(
        pl.col("indicator_id") == indicator, pl.col("year") == 2025, pl.col("breakdown") == "Total"
    )
    for column, value in place.items():
        own = own.filter(pl.col(column).eq_missing(pl.lit(value)))
    row = own.row(0, named=True)
    return row["value_symbol"], row["why_no_value"], row["missing_la_count"]


@pytest.mark.parametrize(
    ("indicator", "place", "expected"),
    [
        ("cin_rate", {"la_code": "202"}, (None, None, 0)),
        ("cin_rate", {"la_code": "203"}, ("x", "no return", 1)),
        ("sdq_avg", {"la_code": "202"}, ("z", "nobody", 0)),
        ("placed_20miles", {"la_code": "202"}, ("x", "not collected", 0)),
        ("cin_rate", {"geographic_level": "Regional", "region_code": LONDON}, (None, None, 31)),
        ("cin_rate", {"geographic_level": "National"}, (None, None, 151)),
        ("cin_rate", {"geographic_level": "Regional", "region_code": "E12000001"}, ("x", "no return", 12)),
    ],
)
def test_why_there_is_no_figure_is_told_as_it_was_made(
    made: tuple[pl.DataFrame, pl.DataFrame],
    indicator: str,
    place: dict[str, str | None],
    expected: tuple[str | None, str | None, int],
) -> None:
    assert reason(made[0], indicator, **place) == expected


def test_a_published_sum_of_too_few_says_so_and_keeps_the_count_of_the_missing(
    made: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    told = reason(made[1], "cin_rate", geographic_level="Regional", region_code=LONDON)
    assert told == ("x", "too few authorities", len(authorities_of(LONDON)) - 2)
    assert reason(made[1], "cin_rate", geographic_level="Regional", region_code="E12000001")[1] == "no return"


def test_hidden_and_rounded_away_are_told_apart_and_each_reason_has_its_symbol() -> None:
    la = in_year(2025)["la_code"].to_list()
    counts = everywhere(40, 1000) | {la[0]: (3, 1000), la[1]: (9, 900_000), la[2]: (7, 1000)}
    shown = disclosure.control(figures({"cla_rate": counts}), populations()).sort("la_code")
    first, second = (shown.filter(la_code=code).row(0, named=True) for code in la[:2])
    assert (first["value_symbol"], first["why_no_value"]) == ("c", "few children")
    assert (second["value_symbol"], second["why_no_value"], second["numerator"]) == (
        "low",
        "rounds to nought",
        9,
    )


def test_every_reason_stands_with_its_symbol_and_never_with_a_value(
    made: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    for frame in made:
        without = frame.filter(pl.col("value").is_null())
        assert set(without["why_no_value"]) <= set(WHY)
        assert [WHY[why] for why in without["why_no_value"]] == without["value_symbol"].to_list()
        assert (
            frame.filter(pl.col("value").is_not_null())["why_no_value"].null_count()
            == frame.height - without.height
        )
