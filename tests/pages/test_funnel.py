"""A funnel of published figures says what the marts' own says, and its picture what its words say."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.measure import figure
from assets.pages import write_pages
from assets.pages.charts import ends_of_shares
from assets.pages.funnel import Funnel, content, funnel_of, middle
from assets.pages.sheet import Sheet
from schemas.authorities import in_year
from schemas.duck import connect
from schemas.indicators import counted, named
from tests.pages import figures
from tests.pages.reading import rows, text

ONE = named("place_kinship_foster")
CODES = in_year(2025)["la_code"].to_list()
NAMES = dict(in_year(2025).select("la_code", "la_name").iter_rows())


def counts(n: int, spread: float, seed: int = 1) -> list[tuple[int, int]]:
    """Numerators and denominators of places of very different size, all a multiple of ten in sum."""
    drawn = random.Random(seed)
    sizes = [round(drawn.lognormvariate(6, 0.8)) + 30 for _ in range(n)]
    found = [(round(size * min(0.9, max(0.02, drawn.gauss(0.3, spread)))), size) for size in sizes]
    (k, size), over = found[-1], [sum(column) % 10 for column in zip(*found, strict=True)]
    return [*found[:-1], (k + 10 - over[0], size + 10 - over[1])]


def shown(told: Sequence[tuple[int, int]], **england: Any) -> list[dict[str, Any]]:
    k, n = (sum(column) for column in zip(*told, strict=True))
    seen = {"numerator": k, "denominator": n, "value": round(100 * k / n, ONE.publication.decimals)} | england
    own = [
        figures.row(ONE, 2025, "Local authority", la_code=la, numerator=k, denominator=n, value=round(100 * k / n, 0))
        for la, (k, n) in zip(CODES, told, strict=False)
    ]  # fmt: skip
    return [figures.row(ONE, 2025, "National", **seen), *own]


def sheet(rows: Sequence[dict[str, Any]], **more: Any) -> Sheet:
    one = named(rows[0]["indicator_id"])
    usual = {"apart": frozenset()} | more
    return Sheet(one, figures.material(pl.DataFrame(rows, schema=figures.SCHEMA), **usual))


def found(rows: Sequence[dict[str, Any]], **more: Any) -> Funnel:
    funnel = funnel_of(sheet(rows, **more))
    assert funnel
    return funnel


def of_the_marts(told: Sequence[tuple[int, int]]) -> pl.DataFrame:
    """What `outcomes.funnel` holds of the same authorities."""
    own = pl.DataFrame(
        [
            {"indicator_id": ONE.indicator_id, "year": 2025, "la_code": la, "geographic_level": "Local authority",
             "breakdown": "Total", "numerator": k, "denominator": n, "value": 100 * k / n,
             "is_share": True, "is_authority": True}
            for la, (k, n) in zip(CODES, told, strict=False)
        ]
    )  # fmt: skip
    with connect() as con:
        con.execute("create schema measured")
        for name in ("indicator", "fact", "place"):
            con.register("own", own if name != "fact" else own.select("indicator_id", "is_share").unique())
            con.execute(f"create table measured.{name} as from own")
        funnel: pl.DataFrame = con.sql(figure("funnel")).pl()
    return funnel.sort("la_code")


@pytest.mark.parametrize("spread", [0.0, 0.05, 0.15])
def test_distances_and_over_dispersion_are_those_of_the_marts_on_the_same_figures(spread: float) -> None:
    told = counts(80, spread)
    ours, theirs = found(shown(told)), of_the_marts(told)
    assert list(ours.codes) == theirs["la_code"].to_list()
    assert 100 * ours.england == pytest.approx(theirs["england_value"][0], abs=1e-6)
    assert ours.z == pytest.approx(theirs["z"].to_numpy(), abs=1e-5)
    assert ours.overdispersion == pytest.approx(theirs["overdispersion"][0], abs=1e-5)
    assert ours.adjusted == pytest.approx(theirs["z_adjusted"].to_numpy(), abs=1e-5)
    for limit, ends in {"95": ("lower_95", "upper_95"), "99.8": ("lower_998", "upper_998")}.items():
        outside = theirs.filter((pl.col("value") < pl.col(ends[0])) | (pl.col("value") > pl.col(ends[1])))
        told_outside = {la for la, where in ours.beyond.items() if limit == "95" or where.endswith(limit)}
        assert set(outside["la_code"]) == told_outside


@pytest.mark.parametrize(
    ("value", "numerator", "denominator", "decimals", "share"),
    [
        (16.0, 1234, 7650, 0, 1234 / 7650),  # 16.13: finer than the published 16
        (16.1, 10, 90, 1, 0.1605),  # 11.1, of counts rounded to ten: no further off than 16.1 was rounded
        (16.1, 20, 90, 1, 0.1615),
        (16.1, None, None, 1, 0.161),
    ],
)
def test_the_middle_is_englands_published_figure_as_finely_as_its_counts_tell_it(
    value: float, numerator: int | None, denominator: int | None, decimals: int, share: float
) -> None:
    row = {"value": value, "numerator": numerator, "denominator": denominator}
    assert middle(row, decimals) == pytest.approx(share)


def test_hidden_figures_and_authorities_that_stand_apart_are_not_in_the_funnel() -> None:
    told = shown(counts(30, 0.1))
    told[1] |= {"numerator": None, "denominator": None, "value": None, "value_symbol": "c"}
    assert list(found(told, apart=frozenset({CODES[1]})).codes) == CODES[2:30]


def test_only_shares_with_enough_authorities_and_england_have_a_funnel() -> None:
    assert funnel_of(sheet(shown(counts(10, 0.1))))
    assert funnel_of(sheet(shown(counts(9, 0.1)))) is None
    hidden = {"value": None, "numerator": None, "denominator": None, "value_symbol": "x"}
    assert funnel_of(sheet(shown(counts(30, 0.1), **hidden))) is None
    assert (
        funnel_of(sheet(shown([(0, 50 + n) for n in range(29)] + [(10, 80)], value=0.0, numerator=0))) is None
    )
    for name in ("cla_rate", "sdq_avg"):
        rates = [row | {"indicator_id": name} for row in shown(counts(30, 0.1))]
        assert funnel_of(sheet(rates)) is None


def test_shares_are_those_of_the_marts() -> None:
    told = {one.indicator_id for one in counted() if one.is_share}
    assert {"place_kinship_foster", "rereferral", "absence_persistent_cino"} <= told
    assert not told & {"cla_rate", "sdq_avg", "absence_overall_cino", "adopt_match_months"}


def test_more_spread_than_chance_is_told_and_counted_by_and_no_more_is_told_too() -> None:
    wide = content(sheet(shown(counts(80, 0.1))), NAMES, dict.fromkeys(NAMES, ""))
    spread = found(shown(counts(80, 0.1)))
    assert spread.overdispersion > 2
    assert (
        f"{spread.overdispersion:.1f} times what chance makes them (over-dispersion)"
        in wide["about_funnel"][2]
    )
    far = int(np.sum(np.abs(spread.adjusted) > 3.090232))
    assert f"beyond 99.8 per cent {'lies' if far < 2 else 'lie'} {far or 'none'}." in wide["about_funnel"][2]
    chance = content(sheet(shown(counts(80, 0.0))), NAMES, dict.fromkeys(NAMES, ""))
    assert chance["about_funnel"][1:] == [
        "Beyond those of 99.8 per cent, where chance would put hardly any, lies none.",
        "Authorities differ no more than by chance (over-dispersion 1.0).",
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("funnel") / "pages"
    write_pages(
        folder,
        figures.material(pl.DataFrame(shown(counts(120, 0.1)), schema=figures.SCHEMA), apart=frozenset()),
    )
    return folder / f"{ONE.indicator_id}.html"


def picture(page: Path) -> str:
    return page.read_text(encoding="utf-8").split(": authorities and chance")[2].split("</svg>")[0]


def curves(drawn: str, kind: str) -> Iterator[np.ndarray]:
    for d in re.findall(rf'<path class="limit{kind}" d="([^"]*)"', drawn):
        yield np.array([[float(n) for n in point.split()] for point in re.split("[ML]", d)[1:]])


def test_what_is_drawn_beyond_a_limit_lies_beyond_its_curve(page: Path) -> None:
    drawn = picture(page)
    lozenges = re.findall(r'class="far" d="M([\d.]+) ([\d.]+)l', drawn)
    dots = re.findall(r'<circle class="(in|out)" cx="([\d.]+)" cy="([\d.]+)"', drawn)
    upper, lower = sorted(curves(drawn, "99"), key=lambda curve: curve[-1, 1])
    inner_upper, inner_lower = sorted(curves(drawn, "95"), key=lambda curve: curve[-1, 1])

    def is_outside(x: str, y: float, above: np.ndarray, below: np.ndarray, slack: float) -> bool:
        ends = [np.interp(float(x), curve[:, 0], curve[:, 1]) for curve in (above, below)]
        return bool(y < ends[0] - slack or y > ends[1] + slack)

    assert lozenges
    assert {kind for kind, _, _ in dots} == {"in", "out"}
    assert all(is_outside(x, float(y) + 5, upper, lower, -0.5) for x, y in lozenges)
    for kind, x, y in dots:
        assert not is_outside(x, float(y), upper, lower, 0.5)
        assert is_outside(x, float(y), inner_upper, inner_lower, -0.5 if kind == "out" else 0.5) == (
            kind == "out"
        )


def test_the_words_the_picture_and_the_table_tell_of_the_same_authorities(page: Path) -> None:
    drawn, table = picture(page), rows(page, "Authorities, highest in 2025 first")
    far = {name for name, cells in table.items() if cells[3].endswith("99.8")}
    assert set(re.findall(r'class="far"[^>]*><title>([^:]*):', drawn)) == far
    told = text(page).split("would put hardly any, ")[1].split(". Authorities differ")[0]
    named_far = re.split(r"; |\. Below: ", told.split("Above: ")[1])
    assert f"lie {len(far)}." in told
    assert set(named_far) == far
    assert len(named_far) == len(far)
    beyond = sum(cells[3] != "" for cells in table.values())
    assert (
        f"Beyond the limits of 95 per cent lie {beyond} of 120 authorities; chance alone would put about 6"
        in text(page)
    )
    out_of = {NAMES[la]: f"{n:,}" for la, (_, n) in zip(CODES, counts(120, 0.1), strict=False)}
    assert {name: cells[2] for name, cells in table.items()} == out_of


def test_an_indicator_has_a_funnel_or_a_ranking_and_never_both(wholly: Path) -> None:
    for one in ("cla_rate", "sdq_avg", "place_kinship_foster", "rereferral"):
        page = (wholly / f"{one}.html").read_text(encoding="utf-8")
        assert (": authorities and chance" in page) == named(one).is_share
        assert ("lowest to highest" in page) != named(one).is_share


@given(st.lists(st.floats(0, 100), min_size=1))
def test_an_axis_of_shares_holds_them_all_between_nought_and_a_hundred(values: list[float]) -> None:
    least, top = ends_of_shares(values)
    assert 0 <= least <= min(values)
    assert max(values) <= top <= 100
    ticks = [least + (top - least) * i / 4 for i in range(5)]
    assert all(b > a for a, b in pairwise(ticks))
    assert all(float(f"{tick:.10g}") * 2 % 1 == 0 for tick in ticks)
