"""The public pages say what was published and nothing else, to everyone, with nothing from elsewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from assets.pages import Earlier, charts, write_pages
from assets.pages.indicator import content, pupils_found
from assets.pages.sheet import Sheet
from assets.pages.tiles import HIGH, TILE, WIDE, Tile, fifth, fifths, tiles
from schemas.authorities import in_year
from schemas.dashboard import BESIDE, OUTCOMES, themes
from schemas.indicators import indicators, named
from tests.pages import figures
from tests.pages.reading import rows, text

VOID = {"meta", "br", "col"}


class Nesting(HTMLParser):
    """Whether what is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """An element of SVG that closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def some(pages: Path) -> list[Path]:
    """All pages of a folder, and of the authorities' some: the same template, 154 times."""
    return [*pages.glob("*.html"), *sorted(pages.glob("authority/*.html"))[::20]]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real") / "pages"
    shown = figures.above_authorities(figures.everything())
    write_pages(folder, figures.material(shown, made_up="no", scale=1.0, apart=frozenset()))
    return folder


def test_every_indicator_has_a_page_and_the_index_leads_to_each_in_the_dashboards_order(wholly: Path) -> None:
    pages = {path.stem for path in wholly.glob("*.html")}
    assert pages == {"index", "comparison", *indicators()}
    links = re.findall(r'<th scope="row"><a href="(\w+)\.html">', (wholly / "index.html").read_text())
    ordered = [one.indicator_id for theme in themes(indicators().values()) for one in theme.indicators]
    assert links == ordered
    assert links.index("cin_rate") < links.index("rereferral") < links.index("absence_overall_cino")


def test_an_indicator_that_the_dashboard_lacks_ends_its_outcome() -> None:
    found = themes(indicators().values())
    for outcome in OUTCOMES:
        own = [theme.theme for theme in found if theme.outcome == outcome]
        assert BESIDE not in own[:-1]
    assert [theme for theme in found if theme.theme == BESIDE and named("referral_rate") in theme.indicators]
    assert sum(len(theme.indicators) for theme in found) == len(indicators())


def test_a_page_says_in_which_records_children_were_looked_for() -> None:
    told = {name: pupils_found(named(name), "91.2 per cent") for name in ("suspended_cino", "ks2_rwm_cino")}
    assert told["suspended_cino"].startswith("a school record was found for 91.2 per cent of")
    assert told["ks2_rwm_cino"].startswith("results were found for 91.2 per cent of")


def test_pages_need_nothing_from_elsewhere_and_lead_nowhere_else(wholly: Path, real: Path) -> None:
    for path in (*wholly.rglob("*.html"), *real.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"https?:|@import|url\(|<script|<img|<link|\son\w+=", page), path.name
        for href in re.findall(r'href="([^"#]+)"', page):
            target = (path.parent / href).resolve()
            assert target.exists() or not target.is_relative_to(
                path.parents[path.parent.name == "authority"]
            ), href


def test_pages_can_be_read_without_seeing_them(wholly: Path) -> None:
    for path in some(wholly):
        page = path.read_text(encoding="utf-8")
        assert '<html lang="en-GB">' in page
        assert page.count("<h1") == 1
        assert page.count("<table") == page.count("<caption")
        pictures = re.findall(r'<svg [^>]*role="img"[^>]*><title>[^<]+</title><desc>', page)
        assert len(pictures) == page.count('role="img"') == page.count("<desc>")
        assert all('aria-hidden="true"' in s or 'role="img"' in s for s in re.findall(r"<svg[^>]*>", page))
        ids = re.findall(r'\bid="([^"]*)"', page)
        assert len(ids) == len(set(ids))
        assert not [one for one in ids if " " in one]
        nesting = Nesting()
        nesting.feed(page)
        assert nesting.open == []


def test_tables_hold_the_figures_and_the_symbols_that_were_published(wholly: Path) -> None:
    shown = figures.everything().filter(pl.col("indicator_id") == "cla_rate")
    table = rows(wholly / "cla_rate.html", "England and regions")
    for code, name in {None: "England", **figures.REGIONS}.items():
        own = shown.filter(pl.col("breakdown") == "Total", pl.col("la_code").is_null())
        cells = own.filter(pl.col("region_code").eq_missing(code)).sort("year")
        told = [
            f"{v:,.0f}" if v is not None else s for v, s in cells.select("value", "value_symbol").iter_rows()
        ]
        assert table[name] == told


def test_authorities_are_ranked_with_those_without_a_figure_last(wholly: Path) -> None:
    table = rows(wholly / "cla_rate.html", "Authorities, highest in 2025 first")
    assert len(table) == in_year(2025).height
    newest = [cells[3] for cells in table.values()]
    known = [float(cell.replace(",", "")) for cell in newest if re.fullmatch(r"[\d,.]+", cell)]
    assert known == sorted(known, reverse=True)
    assert set(newest[len(known) :]) <= {"c", "x", "z", "low"}
    apart = next(name for name in table if name.startswith("Leeds"))
    assert "not in England's figure" in apart.replace("&#39;", "'")


def test_groups_stand_in_the_order_of_the_registry(wholly: Path) -> None:
    assert list(rows(wholly / "cla_rate.html", "England by age")) == [
        "Under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over", "Unknown",
    ]  # fmt: skip
    assert list(rows(wholly / "cla_rate.html", "England by sex")) == ["Male", "Female", "Unknown"]


def test_a_group_without_a_rate_is_shown_by_its_count_and_share() -> None:
    one = named("cla_rate")
    counts = [("Male", 300), ("Female", 100)]
    groups = [
        figures.row(
            one, 2025, "National", breakdown="Sex", category=sex, value=None, value_symbol="x", numerator=n
        )
        for sex, n in counts
    ]
    england = figures.row(one, 2025, "National", numerator=400)
    shown = pl.DataFrame([england, *groups], schema=figures.SCHEMA)
    told = content(Sheet(one, figures.material(shown)))["groups"][0]
    assert told["is_count"]
    assert [(r["name"], r["cells"], r["share"], r["bar"]) for r in told["rows"]] == [
        ("Male", ["300"], "75%", "100"), ("Female", ["100"], "25%", "33"), ("Unknown", ["x"], "", ""),
    ]  # fmt: skip


def test_symbols_are_explained_in_words_on_every_page(wholly: Path) -> None:
    for path in some(wholly):
        assert "c : hidden, because it rests on few children" in text(path)
        assert "low : more than nought, but rounds to nought" in text(path)


def test_the_definition_its_source_and_the_release_are_on_the_page(wholly: Path) -> None:
    for one in indicators().values():
        page = text(wholly / f"{one.indicator_id}.html")
        for said in (one.numerator, one.denominator, one.notes, one.source, f"version {one.version}"):
            assert " ".join(said.split()) in page
        assert "Release r-0123456789ab" in page


def test_the_index_tells_returns_by_name_and_of_the_feed_that_stands_in(real: Path, tmp_path: Path) -> None:
    table = rows(real / "index.html", "Authorities of England without")
    assert table == {"Children in need census": ["2025", "153", "2"]}
    assert "daily feed" not in text(real / "index.html")
    fed = figures.material(figures.above_authorities(figures.everything()), made_up="no", apart=frozenset())
    write_pages(tmp_path / "fed", replace(fed, coverage=figures.COVERAGE.with_columns(fed_la_count=1)))
    table = rows(tmp_path / "fed" / "index.html", "Authorities of England without")
    assert table == {"Children in need census": ["2025", "153", "2", "1"]}
    assert "a daily feed from the case system tells the year" in text(tmp_path / "fed" / "index.html")


def test_a_page_names_the_file_and_the_column_that_hold_its_figures(wholly: Path) -> None:
    page = (wholly / "absence_persistent_cino.html").read_text(encoding="utf-8")
    assert 'href="../ees/absence_by_social_care_group.csv"' in page
    assert "column persistent_absence_percent where social_care_group is “CINO at 31 March”" in page


def test_a_page_says_in_which_years_authorities_are_missing_from_englands_figure(tmp_path: Path) -> None:
    one = named("cin_rate")
    years = [
        figures.row(one, year, "National", missing_la_count=n, symbol=symbol)
        for year, n, symbol in [(2023, 149, "x"), (2024, 0, None), (2025, 2, None)]
    ]
    write_pages(tmp_path / "pages", figures.material(pl.DataFrame(years, schema=figures.SCHEMA)))
    page = text(tmp_path / "pages" / "cin_rate.html")
    assert "return is missing and who are not in England's figure: 2 in 2025." in page
    whole = pl.DataFrame([figures.row(one, 2025, "National")], schema=figures.SCHEMA)
    assert content(Sheet(one, figures.material(whole)))["missing"] == ""


def test_the_day_up_to_which_returns_were_sent_is_told_where_it_is_known(
    wholly: Path, tmp_path: Path
) -> None:
    assert "made from returns sent" not in text(wholly / "index.html")
    known = figures.material(figures.everything((2025,)), sent_by=date(2025, 7, 5))
    write_pages(tmp_path / "known", known)
    for path in some(tmp_path / "known"):
        assert "Release r-0123456789ab, made from returns sent up to 5 July 2025." in text(path)


def test_a_real_release_names_no_authority_and_no_group(real: Path) -> None:
    names = [
        name
        for (name,) in in_year(2025).select("la_name").iter_rows()
        if name not in figures.REGIONS.values()
    ]
    for path in real.rglob("*.*"):
        page = path.read_text(encoding="utf-8")
        assert not [name for name in names if re.search(rf">{re.escape(name)}<", page)], path.name
        assert "by sex" not in page
        assert "Made up" not in page
    assert "This release shows England and its regions only." in text(real / "cin_rate.html")
    assert "an attack by linear programming" in text(real / "index.html")


def test_a_made_up_country_says_so_on_every_page(wholly: Path, tmp_path: Path) -> None:
    assert all("Made up. Every child behind these figures" in text(p) for p in some(wholly))
    assert "(synthetic)" in text(wholly / "comparison.html")
    shown = figures.above_authorities(figures.everything())
    write_pages(tmp_path / "partly", figures.material(shown, made_up="partly"))
    assert "Partly made up." in text(tmp_path / "partly" / "index.html")
    assert "Every child behind these figures" not in text(tmp_path / "partly" / "index.html")


def test_pages_are_the_same_whatever_the_order_of_the_figures(wholly: Path, tmp_path: Path) -> None:
    turned = figures.everything().sample(fraction=1, shuffle=True, seed=5)
    write_pages(tmp_path / "pages", figures.material(turned))
    for path in wholly.rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "pages" / path.relative_to(wholly)).read_bytes(), path.name


def test_pages_of_all_indicators_and_authorities_are_small(wholly: Path) -> None:
    assert max(path.stat().st_size for path in wholly.rglob("*.*")) < 200_000


def test_an_indicator_without_a_single_value_has_a_page_without_a_chart(tmp_path: Path) -> None:
    one = named("rereferral")
    shown = pl.DataFrame([figures.row(one, 2024, "National", symbol="x")], schema=figures.SCHEMA)
    write_pages(tmp_path / "pages", figures.material(shown))
    page = (tmp_path / "pages" / "rereferral.html").read_text(encoding="utf-8")
    assert 'role="img"' not in page
    assert rows(tmp_path / "pages" / "rereferral.html", "England and regions")["England"] == ["x"]


def test_a_line_has_a_gap_where_a_figure_is_not_shown() -> None:
    drawn = charts.trend("t", "d", ["2023", "2024", "2025"], [[5.0, None, 7.0]], ["5", "c", "7"], [None] * 3)
    path = re.search(r'<g class="england"><path d="([^"]*)"', drawn)
    assert path
    assert path[1].count("M") == 2
    assert "L" not in path[1]
    assert drawn.count("<circle") == 2


def test_a_whisker_goes_from_the_strict_to_the_loose_figure_where_both_are_published(tmp_path: Path) -> None:
    one = named("absence_persistent_cino")
    ends = {2023: (50.0, 60.0), 2024: (None, 58.0), 2025: (57.5, 54.0)}
    years = [
        figures.row(one, year, "National", value=55.0 + year % 10, value_strict=strict, value_loose=loose)
        for year, (strict, loose) in ends.items()
    ]
    write_pages(tmp_path / "pages", figures.material(pl.DataFrame(years, schema=figures.SCHEMA)))
    page = (tmp_path / "pages" / f"{one.indicator_id}.html").read_text(encoding="utf-8")
    whiskers = re.findall(r'<path class="whisker" d="M([\d.]+) ([\d.]+)V([\d.]+)M', page)
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="4"', page)
    frame = charts.Frame(charts.nice_top([60]))
    drawn = [(x, float(low), float(high)) for x, low, high in whiskers]
    told = [(dots[n][0], pytest.approx(frame.y(a), abs=0.06), pytest.approx(frame.y(b), abs=0.06))
            for n, (a, b) in {0: (50.0, 60.0), 2: (57.5, 54.0)}.items()]  # fmt: skip
    assert drawn == told
    assert "with less sure ones as well: 2022/23: 50.0 and 60.0, 2024/25: 57.5 and 54.0." in page
    assert rows(tmp_path / "pages" / f"{one.indicator_id}.html", "England by how sure the links are") == {
        "Only the surest links": ["50.0", "x", "57.5"],
        "As published": ["58.0", "59.0", "60.0"],
        "Less sure links as well": ["60.0", "58.0", "54.0"],
    }


def test_a_figure_that_rests_on_no_links_has_no_whisker(wholly: Path) -> None:
    page = (wholly / "cla_rate.html").read_text(encoding="utf-8")
    assert 'class="whisker"' not in page
    assert "how sure the links are" not in page


def test_one_tiny_place_does_not_flatten_a_ranking() -> None:
    usual = [float(n) for n in range(100, 200)]
    assert charts.most(usual) == 199
    assert 199 < charts.most([*usual, 27_000.0]) < 400
    assert charts.most([]) == 0


@pytest.mark.parametrize(
    ("values", "top"), [([], 1), ([0.0], 1), ([0.03], 0.03), ([97.0], 100), ([102.0], 120)]
)
def test_an_axis_ends_at_a_round_number_not_below_any_value(values: list[float], top: float) -> None:
    assert charts.nice_top(values) == pytest.approx(top)


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (
            {2024: 66.4, 2025: 67.2},
            "beside release r-earlier, the publication before this one: none has changed.",
        ),
        ({2024: 65.6, 2025: 66.6}, "the publication before this one: none has changed."),
        ({2024: 64.0}, "the publication before this one: 2024 was 64."),
        ({2024: 66.0, 2025: None}, "the publication before this one: 2025 was c."),
        ({}, "Not in release r-earlier, the publication before this one."),
    ],
)
def test_a_page_says_what_englands_figures_were_in_the_publication_before(
    before: dict[int, float | None], told: str
) -> None:
    one = named("cla_rate")

    def shown(values: dict[int, float | None]) -> pl.DataFrame:
        rows = [
            figures.row(one, year, "National", value=value)
            if value
            else figures.row(one, year, "National", symbol="c")
            for year, value in values.items()
        ]
        return pl.DataFrame(rows, schema=figures.SCHEMA)

    now = figures.material(shown({2024: 66.1, 2025: 67.0}))
    assert content(Sheet(one, now))["restated"] == ""
    after = replace(now, earlier=Earlier("r-earlier", shown(before)))
    assert content(Sheet(one, after))["restated"].endswith(told)


def test_a_page_says_when_a_figure_was_counted_in_another_way_before() -> None:
    one = named("cla_rate")
    row = figures.row(one, 2025, "National")
    now = figures.material(pl.DataFrame([row], schema=figures.SCHEMA))
    other = pl.DataFrame([row | {"indicator_version": 99}], schema=figures.SCHEMA)
    restated = content(Sheet(one, replace(now, earlier=Earlier("r-earlier", other))))["restated"]
    assert "none has changed. It was counted in another way then" in restated


def test_every_authority_of_england_has_a_tile_that_tells_its_fifth_or_its_symbol(wholly: Path) -> None:
    page = (wholly / "cla_rate.html").read_text(encoding="utf-8")
    map_ = page.split('<svg class="chart tiles"')[1].split("</svg>")[0]
    found = re.findall(
        r'<g class="(\w+)"><title>([^<]*): ([^<]*)</title><rect [^>]*/><text [^>]*>([^<]*)</text>', map_
    )
    here = in_year(2025).filter(~pl.col("la_code").is_in(figures.material(figures.everything()).apart))
    assert {name.replace("&#39;", "'") for _, name, _, _ in found} == set(here["la_name"])
    for kind, _, shown, said in found:
        assert said == (shown if kind == "none" else kind.removeprefix("fifth"))
    assert {kind for kind, *_ in found} == {"none", *(f"fifth{n}" for n in range(1, 6))}
    table = {
        name: cells[-2] for name, cells in rows(wholly / "cla_rate.html", "Authorities, highest").items()
    }
    assert all(
        table[name.replace("&#39;", "'").replace("&amp;", "&")] == shown for _, name, shown, _ in found
    )


def test_no_two_tiles_lie_on_each_other_nor_on_the_name_of_a_region() -> None:
    drawn = tiles(
        "t",
        "d",
        [Tile(n, r, 1.0, "1") for n, r in in_year(2025).select("la_name", "region_name").iter_rows()],
    )
    at = re.findall(r'<rect x="(\d+)" y="(\d+)"', drawn)
    names = re.findall(r'<text class="name" x="(\d+)" y="(\d+)">([^<]*)<', drawn)
    under = {
        (int(x) + TILE * n, int(y) + 6 - TILE)
        for x, y, name in names
        for n in range(-(-len(name) * 7 // TILE))
    }
    assert len(at) == len(set(at)) == 153
    assert not under & {(int(x), int(y)) for x, y in at}
    assert all(int(x) < WIDE * TILE and int(y) < HIGH * TILE for x, y in at)


@pytest.mark.parametrize(
    ("values", "value", "told"),
    [
        ([1, 2, 3, 4, 5], 1, 1),
        ([1, 2, 3, 4, 5], 3, 3),
        ([1, 2, 3, 4, 5], 5, 5),
        ([7] * 9, 7, 1),
        ([0] * 9 + [1], 0, 1),
    ],
)
def test_equal_figures_are_in_one_fifth(values: list[float], value: float, told: int) -> None:
    assert fifth(value, fifths(values)) == told


def test_titles_are_text(tmp_path: Path) -> None:
    drawn = charts.trend('<script>"', "d & e", ["<b>"], [[5.0]], ["5"], [None])
    assert "<script" not in drawn
    assert "<b>" not in drawn
