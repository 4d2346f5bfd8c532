"""The attack finds what a reader could work out, all of it and nothing else; what it finds is not published."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from assets import company, disclosure, keys, publish, release
from assets.attack import Publication, attack, attack_on_new, refuse_if_recovered
from assets.attack.solving import System, solve
from assets.store import Store
from pipelines import cli
from schemas.duck import connect
from schemas.failures import Refused, Trouble
from schemas.policies import policies
from tests.outcomes.country import fill_store
from tests.outcomes.drawn_country import (
    NORTH_EAST,
    SCHEMA,
    authorities_of,
    everywhere,
    figures,
    planted,
    populations,
)

HIDDEN = pl.col("value_symbol") == "c"


def hide_only(truth: pl.DataFrame, *wanted: pl.Expr) -> pl.DataFrame:
    """The figures as published when exactly the wanted rows are hidden."""
    ruled = disclosure.with_policy(disclosure.only_of_whole_places(truth, populations()))
    judged = disclosure.with_children(ruled).with_columns(is_hidden=pl.any_horizontal(*wanted))
    return disclosure.told(judged).select(truth.columns)


def seen(shown: pl.DataFrame, truth: pl.DataFrame, name: str = "r-1") -> Publication:
    return Publication(name, shown, truth, policies())


def of(la: str, indicator: str = "place_foster") -> pl.Expr:
    return (pl.col("la_code") == la).fill_null(False) & (pl.col("indicator_id") == indicator)


def test_a_single_hidden_authority_follows_from_its_region_and_a_percentage() -> None:
    truth, (first, *_) = planted(), authorities_of()[3:]
    found = attack([seen(hide_only(truth, of(first)), truth)])
    assert found.recovered["la_code"].to_list() == [first]
    with pytest.raises(Refused, match=r"1 hidden rows can be worked out: place_foster \(1\)"):
        refuse_if_recovered(found)


def test_without_the_percentage_rounding_protects_it() -> None:
    truth, la = planted(), authorities_of()[3]
    shown = hide_only(truth, of(la)).with_columns(
        value=pl.when(pl.col("geographic_level") == "Local authority").then("value")
    )
    assert attack([seen(shown, truth)]).recovered.is_empty()


def test_counts_that_are_not_rounded_give_it_away_and_the_policy_says_how_they_are_rounded() -> None:
    truth = figures({"cin_rate": everywhere(100, 1_000_000) | {authorities_of()[0]: (4, 1_000_000)}})
    shown = hide_only(truth, of(authorities_of()[0], "cin_rate"))
    assert attack([seen(shown, truth)]).recovered.is_empty()
    exact = shown.join(
        truth.select("la_code", "region_code", n="numerator"), on=["la_code", "region_code"], nulls_equal=True
    )
    exact = exact.with_columns(numerator=pl.when(~HIDDEN.fill_null(False)).then("n")).select(shown.columns)
    plain = {
        n: p.model_copy(update={"round_to": dict.fromkeys(p.round_to, 1)}) for n, p in policies().items()
    }
    found = attack([replace(seen(exact, truth), policies=plain)])
    assert found.recovered["la_code"].to_list() == [authorities_of()[0]]


def test_a_hidden_group_follows_from_the_others() -> None:
    truth = figures({"cin_rate": everywhere(100, 10_000)}, {"cin_rate": (9_300, 5_996, 4)})
    policy = {
        n: p.model_copy(update={"round_to": dict.fromkeys(p.round_to, 1)}) for n, p in policies().items()
    }
    group = pl.col("category") == "Unknown"
    exact = truth.with_columns(
        numerator=pl.when(~group).then("numerator"), value_symbol=pl.when(group).then(pl.lit("c")).otherwise("value_symbol"),
        value=pl.lit(None, pl.Float64), denominator=pl.lit(None, pl.Int64),
    )  # fmt: skip
    found = attack([replace(seen(exact, truth), policies=policy)])
    assert found.recovered["category"].to_list() == ["Unknown"]


def test_two_releases_give_away_together_what_neither_does_alone() -> None:
    truth, (a, b) = planted(), authorities_of()[3:5]
    one, two = hide_only(truth, of(a), of(b)), hide_only(truth, of(a), of(authorities_of()[5]))
    assert attack([seen(one, truth)]).recovered.is_empty()
    assert attack([seen(two, truth, "r-2")]).recovered.is_empty()
    found = attack([seen(one, truth), seen(two, truth, "r-2")])
    assert set(found.recovered["la_code"]) == {a}


def test_a_hidden_sum_of_more_authorities_is_another_count_even_if_nobody_was_added() -> None:
    late, truth = authorities_of()[0], figures({"place_foster": everywhere(0, 8)})
    counts = [pl.when(~of(late)).then(part).alias(part) for part in ("numerator", "denominator")]
    symbol = pl.when(of(late)).then(pl.lit("x")).otherwise("value_symbol").alias("value_symbol")
    earlier = truth.with_columns(*counts, symbol)
    both = [seen(hide_only(t, pl.lit(True)), t, name) for t, name in ((earlier, "r-1"), (truth, "r-2"))]
    assert both[1].shown.filter(of(late), HIDDEN).height == 1
    assert attack(both).recovered.is_empty()


def test_where_an_authority_is_missing_a_count_that_a_rate_tells_is_no_secret_and_hides_no_other_figure() -> (
    None
):
    """A rate of a known population tells its count, which a small share is out of: the small number stays hidden."""
    gone, few, *_ = authorities_of()
    small = everywhere(60, 600) | dict.fromkeys(authorities_of(), (0, 60)) | {few: (2, 60)}
    truth = figures(
        {
            "referral_rate": everywhere(600, 12_000)
            | dict.fromkeys(authorities_of(), (60, 1_200))
            | {gone: (0, 0)},
            "referral_nfa": small | {gone: (0, 0)},
        }
    )
    truth = truth.with_columns(
        pl.when(pl.col("la_code").eq_missing(gone)).then(None).otherwise(part).alias(part)
        for part in ("numerator", "denominator")
    )
    shown = disclosure.control(truth, populations())
    assert attack([seen(shown, truth)]).recovered.is_empty()
    hidden = shown.filter(HIDDEN)
    assert set(hidden["indicator_id"]) == {"referral_nfa"}
    assert hidden.filter(of(few, "referral_nfa")).height == 1
    assert hidden.filter(pl.col("geographic_level") == "Local authority").height <= 2 * 9


def test_a_small_number_whose_two_counts_other_figures_tell_is_not_kept() -> None:
    """All but two were missing at some time; how many were is what another share is out of, and so are all of them."""
    la = authorities_of()[0]
    truth = figures(
        {
            "missing_from_care": everywhere(200, 400) | {la: (38, 40)},
            "missing_from_care_again": everywhere(100, 200) | {la: (20, 38)},
            "away_from_placement": everywhere(100, 400) | {la: (10, 40)},
        }
    )
    careless = hide_only(truth, of(la, "missing_from_care"), of(authorities_of()[1], "missing_from_care"))
    found = attack([seen(careless, truth)]).recovered
    assert found.select("indicator_id", "la_code").rows() == [("missing_from_care", la)]
    shown = disclosure.control(truth, populations())
    assert attack([seen(shown, truth)]).recovered.is_empty()


def test_what_was_hidden_before_stays_hidden_while_it_is_the_same() -> None:
    truth, (a, b) = planted(), authorities_of()[3:5]
    before = [seen(hide_only(truth, of(a), of(b)), truth)]
    shown = disclosure.control(truth, populations(), before=before)
    assert set(shown.filter(HIDDEN)["la_code"]) >= {a, b}
    assert attack_on_new(before, seen(shown, truth, "r-2")).recovered.is_empty()
    moved = truth.with_columns(
        numerator=pl.when(of(b)).then(2).otherwise("numerator")
    )  # no longer the same, and small: hidden for itself
    assert b in set(disclosure.control(moved, populations(), before=before).filter(HIDDEN)["la_code"])


def test_what_an_earlier_release_gave_away_by_itself_stops_no_later_one() -> None:
    truth, la = planted(), authorities_of()[3]
    careless = seen(hide_only(truth, of(la)), truth)
    now = seen(disclosure.control(truth, populations(), before=[careless]), truth, "r-2")
    assert attack([careless]).recovered.height == 1
    assert attack_on_new([careless], now).recovered.is_empty()


def test_a_count_that_earlier_figures_leave_when_an_authority_is_taken_from_them_stops_no_later_release() -> (
    None
):
    """A region told whole, and its largest authority: the few children of the rest are no secret any more."""
    gone, *_, few = authorities_of()
    foster = everywhere(10, 80) | dict.fromkeys(authorities_of(), (0, 8)) | {gone: (40, 80), few: (3, 8)}
    whole, rest = figures({"place_foster": foster}), figures({"place_foster": foster | {gone: (0, 0)}})
    rest = rest.with_columns(numerator=pl.when(~of(gone)).then("numerator"))
    careless = seen(hide_only(whole, pl.lit(False)), whole)
    shown = disclosure.control(rest, populations(), before=[careless])
    region = (pl.col("region_code") == NORTH_EAST) & (pl.col("geographic_level") == "Regional")
    assert shown.filter(region, HIDDEN).height == 1
    assert shown.filter(pl.col("geographic_level") == "National", HIDDEN).is_empty()
    now = seen(shown, rest, "r-2")
    assert attack([careless, now]).recovered.filter(region).height == 1
    assert attack_on_new([careless], now).recovered.is_empty()


def test_what_earlier_and_new_figures_give_away_only_together_is_not_excused() -> None:
    truth, (a, b) = planted(), authorities_of()[3:5]
    one, two = hide_only(truth, of(a), of(b)), hide_only(truth, of(a), of(authorities_of()[5]))
    found = attack_on_new([seen(one, truth)], seen(two, truth, "r-2"))
    assert set(found.recovered["la_code"]) == {a}


@pytest.mark.parametrize(
    "earlier",
    [
        planted().with_columns(pl.col("year") - 1),
        figures({"cin_rate": everywhere(100, 10_000)}),
    ],
)
def test_a_year_or_an_indicator_that_was_never_published_is_held_against_what_was(
    earlier: pl.DataFrame,
) -> None:
    truth = planted()
    before = [seen(disclosure.control(earlier, populations()), earlier, "r-0")]
    controlled = disclosure.control(truth, populations(), before=before)
    assert controlled.equals(disclosure.control(truth, populations()))


def test_the_planted_cell_is_given_company_until_nothing_follows() -> None:
    truth, la = planted(), authorities_of()[3]
    shown = disclosure.control(truth, populations())
    hidden = shown.filter(HIDDEN)
    assert la in hidden["la_code"].to_list()
    assert hidden.filter(region_code=NORTH_EAST, geographic_level="Local authority").height >= 2
    found = attack([seen(shown, truth)])
    assert (found.recovered.height, found.hidden > 0) == (0, True)
    assert found.relations["authorities of a region"] > 0


def test_a_figure_that_does_not_follow_from_its_counts_stops_the_attack() -> None:
    truth = planted()
    shown = disclosure.control(truth, populations())
    with pytest.raises(Trouble, match="expected every published figure to follow from its counts"):
        attack([seen(shown.with_columns(value=pl.col("value") + 7), truth)])
    with pytest.raises(Trouble, match="within the bounds"):
        attack([seen(shown.with_columns(numerator=pl.col("numerator") + 20), truth)])


counts = st.integers(0, 14).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d)))


@settings(max_examples=15, deadline=None)
@given(st.lists(counts, min_size=4, max_size=4), st.lists(counts, min_size=4, max_size=4))
def test_whatever_the_counts_nothing_published_gives_a_hidden_one_away(
    foster: list[tuple[int, int]], homes: list[tuple[int, int]]
) -> None:
    first = authorities_of()[:4]
    few = dict(zip(first, foster, strict=True))
    among = {la: (min(n, few[la][1]), few[la][1]) for la, (n, _) in zip(first, homes, strict=True)}
    truth = figures({"place_foster": everywhere(9, 20) | few, "place_homes": everywhere(0, 20) | among})
    truth = truth.with_columns(value_symbol=pl.when(pl.col("denominator").is_null()).then(pl.lit("z")))
    truth = truth.with_columns(pl.col("denominator").fill_null(0))
    shown = disclosure.control(truth, populations())
    assert attack([seen(shown, truth)]).recovered.is_empty()
    small = truth.filter(
        pl.col("numerator").is_between(1, 5), pl.col("geographic_level") == "Local authority"
    )
    both = small.join(shown, on=["indicator_id", "la_code"], suffix="_shown")
    assert both["value_symbol_shown"].to_list() == ["c"] * small.height


# The solver against every table there is


def systems() -> st.SearchStrategy[System]:
    number = st.integers(-2, 2)
    row = st.tuples(st.lists(number, min_size=4, max_size=4), st.integers(-2, 0), st.integers(0, 2))
    bounds = st.lists(st.tuples(st.integers(-2, 0), st.integers(0, 2)), min_size=4, max_size=4)
    return st.tuples(st.lists(row, min_size=1, max_size=4), bounds).map(_system)


def _system(drawn: tuple[list[tuple[list[int], int, int]], list[tuple[int, int]]]) -> System:
    rows, bounds = drawn
    matrix = csr_array(np.array([factors for factors, _, _ in rows], dtype=float))
    matrix.eliminate_zeros()
    below, above = (np.array([r[at] for r in rows], dtype=float) for at in (1, 2))
    least, most = (np.array([b[at] for b in bounds], dtype=float) for at in (0, 1))
    return System(matrix, below, above, least, most, np.ones(4, dtype=bool))


@settings(max_examples=150, deadline=None)
@given(systems())
def test_the_solver_recovers_what_trying_every_table_recovers(system: System) -> None:
    spans = [range(int(a), int(b) + 1) for a, b in zip(system.least, system.most, strict=True)]
    tables = [np.array(t) for t in itertools.product(*spans)]
    sums = [(t, system.matrix @ t) for t in tables]
    fitting = np.array([t for t, s in sums if (s >= system.below).all() and (s <= system.above).all()])
    expected = [len(set(column)) == 1 for column in fitting.T]
    assert solve(system, np.full(4, 3.0)).is_recovered.tolist() == expected
    assert solve(system, np.full(4, 3.0), hasty=True).is_recovered.any() == any(expected)


# Through the door


@pytest.fixture
def release_with_planted_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Store, str]:
    """A release whose figures are the planted country."""
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    monkeypatch.delenv(keys.HOME, raising=False)
    keys.new()
    store, in_force = fill_store(tmp_path / "home")
    release_id = release.make(store, in_force).release_id
    with connect(store.release(release_id) / "restricted" / "marts.duckdb") as con:
        con.register("drawn", planted())
        con.execute("delete from outcomes.indicator")
        con.execute(f"insert into outcomes.indicator by name select {', '.join(SCHEMA)} from drawn")
        con.execute("delete from reference.populations")
        con.register("sizes", populations().with_columns(mid_year=pl.lit(2024)))
        con.execute("insert into reference.populations by name from sizes")
    return store, release_id


def test_a_release_with_a_planted_small_cell_is_refused_with_exit_code_4(
    release_with_planted_cell: tuple[Store, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, release_id = release_with_planted_cell
    monkeypatch.setattr(company, "protect", lambda judged, *_: judged)
    monkeypatch.setattr(sys, "argv", ["outcomes", "publish", release_id, "--home", str(store.home)])
    assert cli._exit_code() == 4
    assert "1 hidden rows can be worked out: place_foster (1)" in capsys.readouterr().err
    assert not (store.release(release_id) / "public").exists()


def test_the_same_release_is_published_when_its_cell_has_company(
    release_with_planted_cell: tuple[Store, str],
) -> None:
    store, release_id = release_with_planted_cell
    public = publish.publish(store, release_id)
    told = json.loads((public / "manifest.json").read_text())
    assert told["attack"]["recovered"] == 0
    assert told["attack"]["hidden"] > 0
    assert told["policies"].keys() == policies().keys()
    text = (public / "ees" / "cla_placements_on_31_march.csv").read_text(encoding="utf-8")
    assert ",c,c,c" in text
