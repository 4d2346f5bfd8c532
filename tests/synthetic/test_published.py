"""The synthetic authorities are as large, and as busy, as the department has published of the real ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.published import totals
from synthetic.blocks import Block, Start
from synthetic.care import looked_after
from synthetic.clock import Cases, all_years, at_random, first_of, rounded, speeds
from synthetic.country import Country, make_lives
from synthetic.days import FAR, year_end, year_start
from synthetic.leavers import care_leavers
from synthetic.levels import Cells, arriving_alone, counts, shares
from synthetic.need import open_episodes, open_plans
from synthetic.places import Places, read_places
from synthetic.rates import Rates

LAS = ["213", "305", "808", "942", "943"]
YEARS = (2022, 2023, 2024, 2025, 2026)


@pytest.fixture(scope="module")
def lives() -> Country:
    block = Block(0, read_places(1.0, LAS), None)
    return make_lives(block, Start(), YEARS, 1.0, 3, Rates(0))


@pytest.fixture(scope="module")
def england() -> Places:
    return read_places(1.0, None)


def _by_la(lives: Country, rows: pl.DataFrame) -> np.ndarray:
    return np.bincount(rows["la"].to_numpy(), minlength=lives.places.count)


def _in_year(column: str, year: int) -> pl.Expr:
    return pl.col(column).is_between(year_start(year), year_end(year))


def _near(ours: np.ndarray, published: np.ndarray, share: float) -> bool:
    """Within so many per cent, or a few children."""
    return bool((np.abs(ours - published) <= np.maximum(share * published, 3)).all())


@pytest.mark.parametrize("year", YEARS)
def test_as_many_are_looked_after_start_and_cease_as_published(lives: Country, year: int) -> None:
    there = looked_after(lives.periods, year_end(year)).unique(["person", "la"])
    started = lives.periods.filter(_in_year("start", year)).unique(["person", "la"])
    ceased = lives.periods.filter(_in_year("end", year)).unique(["person", "la"])
    assert _near(_by_la(lives, there), counts(lives.places, "cla_rate", year), 0.02)
    assert _near(_by_la(lives, started), counts(lives.places, "cla_start_rate", year), 0.05)
    if year <= 2025:
        assert _near(_by_la(lives, ceased), counts(lives.places, "cla_cease_rate", year), 0.08)


@pytest.mark.parametrize("year", YEARS)
def test_as_many_are_in_need_referred_and_on_plans_as_published(lives: Country, year: int) -> None:
    episodes, places = lives.episodes, lives.places
    in_need, planned = open_episodes(episodes, year_end(year)), open_plans(episodes, year_end(year))
    referred, begun = (
        episodes.filter(_in_year("referral", year)),
        episodes.filter(_in_year("plan_start", year)),
    )
    assert _near(_by_la(lives, in_need), counts(places, "cin_rate", year), 0.02)
    assert _near(_by_la(lives, referred), counts(places, "referral_rate", year), 0.05)
    assert _near(_by_la(lives, planned), counts(places, "cpp_rate", year), 0.06)
    assert _near(_by_la(lives, begun), counts(places, "cpp_start_rate", year), 0.06)


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_second_plans_and_long_plans_are_the_published_share(lives: Country, year: int) -> None:
    begun = lives.modules.protection.join(lives.episodes.select("episode", "la"), on="episode")
    begun = begun.filter(_in_year("start", year))
    second = _by_la(lives, begun.filter(pl.col("previous") >= 1))
    assert _near(second, shares(lives.places, "cpp_repeat", year) * _by_la(lives, begun), 0.15)
    long = open_plans(lives.episodes, year_end(year)).filter(pl.col("plan_start") <= year_end(year) - 729)
    assert _near(_by_la(lives, long), counts(lives.places, "cpp_2years", year), 0.5)


def test_factors_are_seen_as_often_as_published(lives: Country) -> None:
    seen = (
        lives.modules.assessments.filter(_in_year("end", 2025))
        .join(lives.episodes.select("episode", "la"), on="episode")
        .with_columns(pl.col("factors").str.split("|"))
        .explode("factors")
    )
    for code in ("3B", "16A", "17A", "18C"):
        published = counts(lives.places, f"factor_{code.lower()}", 2025)
        assert _near(_by_la(lives, seen.filter(factors=code)), published, 0.2)


@pytest.mark.parametrize("group", ["17_18", "19_21"])
def test_care_leavers_do_and_live_as_published(lives: Country, group: str) -> None:
    rows = care_leavers(lives, 2025)
    age = lives.people.born[rows["person"].to_numpy()]
    of_age = (year_end(2025) - age) // 365.25
    youngest, oldest = (int(part) for part in group.split("_"))
    rows = rows.filter(pl.Series((of_age >= youngest) & (of_age <= oldest)))
    busy = _by_la(lives, rows.filter(pl.col("ACTIV").str.contains("^[FP]")))
    housed = _by_la(lives, rows.filter(pl.col("ACCOM").str.ends_with("1")))
    there = _by_la(lives, rows)
    assert there.min() > 5
    assert _near(busy, shares(lives.places, f"cl_eet_{group}", 2025) * there, 0.1)
    assert _near(housed, shares(lives.places, f"cl_accom_{group}", 2025) * there, 0.1)


@pytest.mark.parametrize(("indicator", "codes"), [
    ("place_foster", ["U1", "U2", "U3", "U4", "U5", "U6"]), ("place_homes", ["K1", "K2"]),
    ("place_indep", ["K3", "H5", "P2"]), ("place_parents", ["P1"]),
])  # fmt: skip
@pytest.mark.parametrize("year", [2023, 2025])
def test_children_live_where_england_s_live(
    lives: Country, indicator: str, codes: list[str], year: int
) -> None:
    own = lives.care_episodes.filter(~pl.col("LS").is_in(["V3", "V4"]))
    there = own.filter(pl.col("decom") <= year_end(year), pl.col("dec") > year_end(year))
    share = there["PLACE"].is_in(codes).mean()
    assert share == pytest.approx(shares(lives.places, indicator, year)[0], rel=0.05)


@pytest.mark.parametrize("indicator", ["cla_rate", "cin_rate", "cpp_2years", "factor_23a", "place_homes"])
@pytest.mark.parametrize("year", [2023, 2025])
def test_known_and_estimated_authorities_make_up_england(england: Places, indicator: str, year: int) -> None:
    published = totals("National").filter(pl.col("indicator_id") == indicator, pl.col("year") == year)
    assert counts(england, indicator, year).sum() == pytest.approx(published["numerator"][0], rel=0.005)


def test_an_authority_s_own_figure_is_its_own_and_a_county_s_is_divided(england: Places) -> None:
    codes = england.frame["la_code"].to_list()
    looked_after_ = {year: counts(england, "cla_rate", year) for year in (2023, 2025)}
    southampton, cumberland, westmorland = (codes.index(code) for code in ("852", "942", "943"))
    assert looked_after_[2025][southampton] == pytest.approx(460)
    county = totals("Local authority").filter(
        pl.col("indicator_id") == "cla_rate", pl.col("year") == 2023, pl.col("la_code") == "909"
    )
    both = looked_after_[2023][cumberland] + looked_after_[2023][westmorland]
    assert both == pytest.approx(county["numerator"][0])
    assert (counts(england, "cla_rate", 2026) == looked_after_[2025]).all()
    assert arriving_alone(england, 2025).sum() == pytest.approx(6950)


def test_a_withheld_figure_is_that_of_the_nearest_year(england: Places) -> None:
    hampshire = england.frame["la_code"].to_list().index("850")
    before, withheld = (counts(england, "referral_rate", year)[hampshire] for year in (2023, 2024))
    assert withheld == pytest.approx(before, rel=0.05)  # scaled a little, to make up England


def test_an_unknown_indicator_is_named(england: Places) -> None:
    with pytest.raises(LookupError, match="no_such_rate"):
        counts(england, "no_such_rate", 2025)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(30, 4000)), min_size=1, max_size=80), st.data())
def test_the_clock_leaves_as_many_as_are_wanted(cases: list[tuple[int, float]], data: st.DataObject) -> None:
    la, left = np.array([one for one, _ in cases]), np.array([time for _, time in cases])
    left = left + np.arange(len(left)) * 1e-3  # no two end on the same moment
    wanted = np.array([data.draw(st.integers(0, int((la == one).sum()))) for one in range(4)])
    speed = speeds(la, left, np.full(len(la), 365), wanted)
    stay = left / speed[la] > 365
    ends_well = (speed > 0.05) & (speed < 12.0)
    assert (np.bincount(la[stay], minlength=4) == wanted)[ends_well].all()


def test_no_case_ends_before_its_earliest_or_after_its_latest_day() -> None:
    start = np.array([year_start(2024), year_start(2024) + 10, year_end(2024) - 5])
    cases = Cases(start, np.array([50.0, 3000.0, 20.0]), start + 100, start + 400)
    end = all_years(
        cases, [2024, 2025], lambda these, day: np.zeros(len(these), np.int64), lambda year: np.array([1])
    )
    assert (end >= start + 100).all()
    assert (end <= start + 400).all()
    assert (end < FAR).all()


def test_so_many_of_each_group_are_chosen() -> None:
    group, wanted = np.array([0, 0, 0, 1, 1, 2]), np.array([2, 5, 0])
    assert np.bincount(group[at_random(np.random.default_rng(1), group, wanted)], minlength=3).tolist() == [
        2,
        2,
        0,
    ]
    assert first_of(group, np.array([3, 1, 2, 9, 8, 7]), wanted).tolist() == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]


def test_rounding_is_made_good_the_next_year() -> None:
    remainder = np.array([0.0, 0.5])
    total = sum(rounded(np.array([0.4, 2.5]), remainder) for _ in range(10))
    assert total.tolist() == [4, 25]


def test_cells_number_authorities_within_years(england: Places) -> None:
    cells = Cells(england, range(2024, 2026))
    days = np.array([year_start(2024), year_end(2024), year_start(2025), year_end(2025) + 1])
    assert cells.holds(days).tolist() == [True, True, True, False]
    assert cells.number(np.zeros(3, np.int64), days[:3]).tolist() == [0, 0, england.count]
