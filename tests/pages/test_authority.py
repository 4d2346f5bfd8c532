"""An authority's page holds what is published of it, and medians that anyone can work out from the other pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl
import pytest

from assets.pages import write_pages
from assets.pages.authority import Beside, medians
from schemas.authorities import in_year, neighbours
from schemas.dashboard import themes
from schemas.indicators import indicators, named
from tests.pages import figures
from tests.pages.reading import text

APART = "383"
"""Leeds, in the figures that these tests are made from."""


def blocks(page: Path) -> dict[str, list[list[str]]]:
    """Of each indicator its rows: year, authority, neighbours, region, England."""
    found = {}
    for block in re.findall(r"<tbody>(.*?)</tbody>", page.read_text(encoding="utf-8"), flags=re.S):
        head, *rows = block.split("</tr>")[:-1]
        cells = (re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.S) for row in rows)
        name = re.findall(r'href="\.\./(\w+)\.html"', head)[0]
        found[name] = [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells]
    return found


def shown(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=figures.SCHEMA)


def of_neighbours(code: str, values: Sequence[float | None]) -> Iterator[dict[str, Any]]:
    """A row for so many of an authority's neighbours, most alike first."""
    listed = neighbours().filter(pl.col("la_code") == code).sort("rank")["neighbour_la_code"]
    for la, value in zip(listed, values, strict=False):
        told = {"value": value} if value is not None else {"symbol": "c"}
        yield figures.row(named("cin_rate"), 2025, "Local authority", la_code=la, **told)


def test_every_authority_with_a_figure_has_a_page_and_the_index_leads_to_it_by_region(wholly: Path) -> None:
    codes = {code for year in figures.YEARS for code in in_year(year)["la_code"]}
    assert {path.stem for path in (wholly / "authority").iterdir()} == codes
    index = (wholly / "index.html").read_text(encoding="utf-8").split('id="authorities"')[1].split("<h2")[0]
    by_region = {}
    for part in index.split("<h3>")[1:]:
        by_region[html.unescape(part.split("<")[0])] = re.findall(r'href="authority/(\d+)\.html"', part)
    regions = in_year(2023).vstack(in_year(2025)).unique("la_code")
    assert {region: set(listed) for region, listed in by_region.items()} == {
        region: set(own["la_code"])
        for (region,), own in regions.partition_by("region_name", as_dict=True).items()
    }


def test_an_authority_that_ended_is_listed_with_its_last_year(wholly: Path) -> None:
    index = (wholly / "index.html").read_text(encoding="utf-8")
    assert '<a href="authority/909.html">Cumbria</a> (to 2023)' in index
    assert '<a href="authority/808.html">Stockton-on-Tees</a></li>' in index
    assert "lists no statistical neighbours" in text(wholly / "authority" / "909.html")


@pytest.mark.parametrize("code", ["808", APART])
def test_a_page_holds_the_published_figures_of_the_authority_its_region_and_england(
    wholly: Path, code: str
) -> None:
    told = blocks(wholly / "authority" / f"{code}.html")
    assert list(told) == [
        one.indicator_id for theme in themes(indicators().values()) for one in theme.indicators
    ]
    region = in_year(2025).filter(pl.col("la_code") == code)["region_code"].item()
    totals = figures.everything().filter(pl.col("breakdown") == "Total").sort("year")
    places = [pl.col("la_code") == code, (pl.col("geographic_level") == "Regional") & (pl.col("region_code") == region),
              pl.col("geographic_level") == "National"]  # fmt: skip
    for name in ("cla_rate", "absence_persistent_cino", "sdq_avg"):
        decimals = named(name).publication.decimals
        for column, place in zip((1, 3, 4), places, strict=True):
            own = (
                totals.filter(place, pl.col("indicator_id") == name)
                .select("value", "value_symbol")
                .iter_rows()
            )
            expected = [sign if value is None else f"{value:,.{decimals}f}" for value, sign in own]
            assert [row[column] for row in told[name]] == expected, (name, column)


def test_the_neighbours_figure_is_the_median_of_what_is_published_of_them(wholly: Path) -> None:
    """Worked out an authority at a time, in decimal fractions, for every indicator and year."""
    own = figures.everything().filter(
        pl.col("geographic_level") == "Local authority",
        pl.col("la_code") != APART,
        pl.col("value").is_not_null(),
    )
    value = {row[:3]: row[3] for row in own.select("indicator_id", "year", "la_code", "value").iter_rows()}
    for code in ("808", "301", APART):
        listed = neighbours().filter(pl.col("la_code") == code)["neighbour_la_code"].to_list()
        for name, rows in blocks(wholly / "authority" / f"{code}.html").items():
            for year, row in zip(figures.YEARS, rows, strict=True):
                known = [Decimal(str(value[name, year, la])) for la in listed if (name, year, la) in value]
                step = Decimal(1).scaleb(-named(name).publication.decimals)
                middle = f"{median(known).quantize(step, ROUND_HALF_UP):,}" if len(known) >= 5 else "–"
                assert row[2] == f"{middle} ({len(known)})", (code, name, year)


def test_hidden_figures_are_in_no_median_and_fewer_than_five_make_none() -> None:
    values = [10.0, 20.0, 30.0, 40.1, None, 50.0, 60.0]
    enough = medians(figures.material(shown(list(of_neighbours("808", values)))))
    assert enough["cin_rate", 2025, "808"] == Beside(35.1, 6)
    few = medians(figures.material(shown(list(of_neighbours("808", values[:5])))))
    assert few["cin_rate", 2025, "808"] == Beside(None, 4)


def test_a_neighbour_that_stands_apart_is_in_no_median() -> None:
    rows = list(of_neighbours("808", [10.0, 20.0, 30.0, 40.0, 50.0, 900.0]))
    apart = frozenset({str(rows[-1]["la_code"])})
    assert medians(figures.material(shown(rows), apart=apart))["cin_rate", 2025, "808"] == Beside(30.0, 5)


def test_a_page_says_what_the_median_is_and_names_whose(wholly: Path) -> None:
    page = text(wholly / "authority" / "808.html")
    assert "median of those of their figures that are published for the year" in page
    assert "With fewer than 5 there is none" in page
    assert "Nothing is told here for the first time" in page
    links = re.findall(
        r'<a href="(\d+)\.html">', (wholly / "authority" / "808.html").read_text(encoding="utf-8")
    )
    assert (
        links == neighbours().filter(pl.col("la_code") == "808").sort("rank")["neighbour_la_code"].to_list()
    )


def test_an_authority_that_stands_apart_has_a_page_that_says_so(wholly: Path) -> None:
    assert "Stands apart. This authority was made with all its children" in text(
        wholly / "authority" / "383.html"
    )
    assert "Stands apart" not in text(wholly / "authority" / "808.html")


def test_an_indicator_that_is_not_told_of_authorities_is_named_at_the_end(tmp_path: Path) -> None:
    here = [figures.row(named("cin_rate"), 2025, "Local authority", la_code="808")]
    england = [figures.row(named(name), 2025, "National") for name in ("cin_rate", "cla_rate")]
    write_pages(tmp_path / "pages", figures.material(shown([*here, *england])))
    page = tmp_path / "pages" / "authority" / "808.html"
    assert list(blocks(page)) == ["cin_rate"]
    assert named("cla_rate").title in text(page).split("Not told of this authority")[1]


def test_the_table_and_the_tiles_of_an_indicator_lead_to_the_authorities(wholly: Path) -> None:
    page = (wholly / "cla_rate.html").read_text(encoding="utf-8")
    leads = re.findall(r'<th scope="row"><a href="authority/(\d+)\.html">', page)
    tiles = re.findall(r'<a href="authority/(\d+)\.html" tabindex="-1"><g ', page)
    assert set(leads) == set(in_year(2025)["la_code"])
    assert set(tiles) == set(leads) - {APART}
    assert len(tiles) == len(set(tiles))


def test_a_release_that_names_no_authority_has_no_page_of_one(tmp_path: Path) -> None:
    above = figures.above_authorities(figures.everything((2025,)))
    write_pages(tmp_path / "pages", figures.material(above, made_up="no", apart=frozenset()))
    assert not (tmp_path / "pages" / "authority").exists()
    assert 'id="authorities"' not in (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
