"""What is published tells of no single child, is accepted by the publishing service, and is the same twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import disclosure, ees, keys, made_up, publish, release
from assets.attack import Publication
from assets.ingest import ledger
from assets.pages.material import MadeUp
from assets.store import Store
from schemas.duck import connect
from schemas.failures import Refused, WrongUse
from schemas.indicators import counted, named
from schemas.marts import MARTS
from schemas.table import polars_schema
from tests.outcomes.country import fill_store

REGIONS = [f"E1200000{n}" for n in range(1, 10)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str, Path]]:
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keys.PLACE, str(folder / "keys"))
        patch.delenv(keys.HOME, raising=False)
        keys.new()
        store, in_force = fill_store(folder / "home")
        made = release.make(store, in_force)
        yield store, made.release_id, publish.publish(store, made.release_id)


def figures(indicator: str, counts: list[tuple[int, int]], missing: int = 0) -> pl.DataFrame:
    """Rows of `outcomes.indicator` for nine regions and England, from numerator and denominator."""
    total = (sum(n for n, _ in counts), sum(d for _, d in counts))
    blank = dict.fromkeys(polars_schema(MARTS["outcomes.indicator"], provenance=False))
    common = {
        **blank, "indicator_id": indicator, "indicator_version": named(indicator).version, "year": 2025,
        "time_identifier": "Academic year",
        "breakdown": "Total", "category": "Total", "unit": named(indicator).unit, "missing_la_count": 0,
        "imputed_la_count": 0, "link_rate": 0.9,
    }  # fmt: skip
    places = [("National", None, total), *(("Regional", r, c) for r, c in zip(REGIONS, counts, strict=True))]
    rows = [
        {**common, "geographic_level": level, "region_code": region, "numerator": n, "denominator": d,
         "value": round(named(indicator).multiplier * n / d, 6) if d else None, "value_symbol": None if d else "z"}
        for level, region, (n, d) in places
    ]  # fmt: skip
    authorities = [
        {**common, "geographic_level": "Local authority", "region_code": r, "la_code": f"{n}{r[-1]}0", "numerator": 1,
         "denominator": 1, "value": 1.0, "value_symbol": "x" if n < missing and r == REGIONS[0] else None}
        for r in REGIONS for n in range(4)
    ]  # fmt: skip
    return pl.DataFrame(
        [*rows, *authorities], schema=polars_schema(MARTS["outcomes.indicator"], provenance=False)
    )


def populations(sizes: tuple[int, ...] = (25, 25, 25, 25)) -> pl.DataFrame:
    """Children in the four authorities of each region."""
    rows = [
        {"year": 2025, "la_code": f"{n}{r[-1]}0", "population": size}
        for r in REGIONS for n, size in enumerate(sizes)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def control(figures: pl.DataFrame, sizes: pl.DataFrame | None = None) -> pl.DataFrame:
    """England and the regions; the authorities of these drawings hold one child each and add up to nothing."""
    shown = disclosure.control(figures, populations() if sizes is None else sizes)
    return shown.filter(pl.col("geographic_level") != "Local authority")


@pytest.mark.parametrize(
    ("sizes", "missing", "symbol"),
    [
        ((25, 25, 25, 25), 1, None),
        ((26, 25, 25, 24), 1, "x"),
        ((10, 10, 40, 40), 2, None),
        ((10, 16, 37, 37), 2, "x"),
        ((70, 10, 10, 10), 1, "x"),
    ],
)
def test_a_rate_needs_authorities_with_three_quarters_of_the_children_not_of_the_authorities(
    sizes: tuple[int, ...], missing: int, symbol: str | None
) -> None:
    shown = control(figures("absence_persistent_cino", [(20, 60)] * 9, missing=missing), populations(sizes))
    first = shown.filter(pl.col("region_code") == REGIONS[0]).row(0, named=True)
    assert first["value_symbol"] == symbol
    assert (first["value"] is None) == (symbol == "x")
    assert shown.filter(pl.col("geographic_level") == "National")["value"].to_list() == [33.3]


@pytest.mark.parametrize("missing", [0, 1])
def test_a_count_of_most_of_a_place_is_not_shown_as_a_count_of_the_place_as_it_once_was(missing: int) -> None:
    shown = control(figures("absence_persistent_cino", [(20, 60)] * 9, missing=missing))
    partial = (pl.col("geographic_level") == "National") | (pl.col("region_code") == REGIONS[0])
    counts = [shown.filter(which)["numerator"].to_list() for which in (partial, ~partial)]
    assert counts == [[None, None] if missing else [180, 20], [20] * 8]
    assert shown["denominator"].is_null().to_list() == shown["numerator"].is_null().to_list()
    assert shown["value"].to_list() == [33.3] * 10


def test_a_count_that_is_not_shown_is_not_available_in_the_file() -> None:
    shown = control(figures("cin_rate", [(500, 700_000)] * 9, missing=1))
    england = shown.filter(pl.col("geographic_level") == "National").row(0, named=True)
    count, *_, rate = ees.measures_of(named("cin_rate"))
    assert (ees.cell(count, england), ees.cell(rate, england)) == ("x", "7.1")


def test_groups_that_lack_an_authority_which_the_total_has_are_not_published() -> None:
    """Their sum taken from the total would be that authority's."""
    drawn = figures("cin_rate", [(500, 700_000)] * 9)
    england = drawn.filter(pl.col("geographic_level") == "National")
    group = england.with_columns(breakdown=pl.lit("Main need"), category=pl.lit("Abuse or neglect"))
    for missing, told in ((0, None), (1, "too few authorities")):
        shown = control(pl.concat([drawn, group.with_columns(missing_la_count=pl.lit(missing, pl.Int64))]))
        national = shown.filter(pl.col("geographic_level") == "National")
        assert dict(national.select("breakdown", "why_no_value").rows()) == {"Total": None, "Main need": told}
        assert national.filter(breakdown="Main need")["numerator"].is_null().to_list() == [bool(missing)]


def test_an_authority_without_an_estimate_weighs_as_much_as_the_others_do() -> None:
    """Three equal ones of four are there, and the missing one has no estimate: 75 per cent, not all."""
    known = populations().filter(pl.col("la_code") != "010")
    totals = figures("absence_persistent_cino", [(20, 60)] * 9, missing=1)
    first = disclosure.shares_of_children(totals, known).filter(pl.col("region_code") == REGIONS[0])
    assert first.select("share", "is_all").rows() == [(0.75, False)]


share = st.integers(0, 60).flatmap(lambda d: st.tuples(st.integers(0, d), st.just(d)))


@settings(max_examples=150, deadline=None)
@given(st.lists(share, min_size=9, max_size=9))
def test_no_published_figure_rests_on_one_to_five_children_and_no_hidden_region_stands_alone(
    counts: list[tuple[int, int]],
) -> None:
    shown = control(figures("absence_persistent_cino", counts))
    regional = shown.filter(pl.col("geographic_level") == "Regional").sort("region_code")
    for (n, d), row in zip(counts, regional.iter_rows(named=True), strict=True):
        telling = any(1 <= k <= 5 for k in (n, d, d - n))
        assert not telling or row["value_symbol"] == "c"
        if row["value_symbol"] == "c":
            assert row["numerator"] is row["denominator"] is row["value"] is row["link_rate"] is None
        else:
            assert row["numerator"] % 10 == row["denominator"] % 10 == 0
    hidden = [d for (_, d), s in zip(counts, regional["value_symbol"], strict=True) if s == "c"]
    others = [d for (_, d), s in zip(counts, regional["value_symbol"], strict=True) if s != "c" and d]
    assert not hidden or not others or (len(hidden) >= 2 and sum(hidden) >= 6)


def test_sessions_of_few_children_are_hidden_however_many_they_are() -> None:
    pupils = figures("absence_persistent_cino", [(20, 40)] * 8 + [(1, 3)])
    sessions = figures("absence_overall_cino", [(900, 4000)] * 8 + [(200, 900)])
    shown = control(pl.concat([pupils, sessions]))
    last = shown.filter(pl.col("region_code") == REGIONS[-1])
    assert last["value_symbol"].to_list() == ["c", "c"]


def test_a_population_never_hides_a_figure_and_a_small_count_always_does() -> None:
    shown = control(figures("cin_rate", [(4, 900_000), (7, 3)] + [(500, 700_000)] * 7))
    hidden = shown.filter(pl.col("value_symbol") == "c")["region_code"].to_list()
    assert hidden == REGIONS[:2]


@settings(deadline=None)
@given(st.integers(0, 10**7), st.integers(1, 10**7), st.integers(0, 2))
def test_values_are_rounded_halves_up_and_exactly(numerator: int, denominator: int, decimals: int) -> None:
    exact = Fraction(100 * numerator, denominator)
    got = Fraction(disclosure.half_up(exact, decimals))
    assert abs(got - exact) <= Fraction(1, 2 * 10**decimals)
    assert got * 10**decimals == int(got * 10**decimals)
    if abs(got - exact) == Fraction(1, 2 * 10**decimals):
        assert got > exact


def test_more_than_nought_that_rounds_to_nought_is_low_and_nought_stays_nought() -> None:
    shown = control(figures("cla_rate", [(30, 10_000_000)] + [(0, 700_000)] * 8))
    assert shown.filter(pl.col("region_code") == REGIONS[0])["value_symbol"].to_list() == ["low"]
    assert shown.filter(pl.col("region_code") == REGIONS[1])["value"].to_list() == [0.0]


def test_every_file_passes_the_screening_and_every_indicator_is_in_one(
    published: tuple[Store, str, Path],
) -> None:
    folder = published[2] / "ees"
    files = [p for p in sorted(folder.glob("*.csv")) if not p.name.endswith(".meta.csv")]
    assert {p.stem.removesuffix("_by_term") for p in files} == {i.publication.file for i in counted()}
    assert {p.name: publish.screen(p) for p in files} == {p.name: [] for p in files}
    headers = {c for p in files for c in p.read_text(encoding="utf-8").splitlines()[0].split(",")}
    assert {i.publication.column for i in counted()} <= headers


def test_the_label_of_a_column_is_in_words() -> None:
    told = {m.column: m.label for one in ees.datasets() for m in one.measures()}
    assert told["cpp_at31_rate_per_10000"] == "Child protection plan at 31 March rate per 10,000"
    assert told["average_attainment8"] == "Average Attainment 8"
    assert told["sdq_average_score"] == "SDQ average score"
    assert not [
        label
        for label in told.values()
        if re.search(r"_|[a-z]\d|\bcpp\b|\brwm\b|\d{5}", label, re.IGNORECASE)
    ]


def test_no_two_indicators_fill_the_same_cell_of_a_file() -> None:
    for dataset in ees.datasets():
        told = [i.publication for i in dataset.members]
        cells = [(t.filter, column) for t in told for column in (t.column, t.count, t.base) if column]
        assert len(cells) == len(set(cells)), dataset.name
        assert {t.filter_by for t in told} == {dataset.filter_by}, dataset.name
        assert all((t.filter is None) == (t.filter_by is None) for t in told), dataset.name


def test_a_score_is_hidden_by_its_children_and_shown_with_its_decimals() -> None:
    shown = control(figures("sdq_avg", [(14, 3)] + [(14_750, 1000)] * 8))
    assert shown.filter(pl.col("region_code") == REGIONS[0])["value_symbol"].to_list() == ["c"]
    assert shown.filter(pl.col("region_code") == REGIONS[-1])["value"].to_list() == [14.8]


def test_days_to_the_match_are_shown_in_whole_months() -> None:
    """304 days each are 9.988 months."""
    shown = control(figures("adopt_match_months", [(3040, 10)] * 9))
    assert shown["value"].to_list() == [10.0] * 10


def test_the_published_database_holds_the_controlled_figures_and_reference_tables_only(
    published: tuple[Store, str, Path],
) -> None:
    with connect(published[2] / "published.duckdb", read_only=True) as con:
        tables = {
            n
            for (n,) in con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        }
        levels = con.execute("select distinct geographic_level from outcomes.indicator order by 1").fetchall()
        odd = con.execute(
            "select count(*) from outcomes.indicator where geographic_level <> 'Local authority' and numerator % 10 <> 0"
        ).fetchall()
    assert tables == set(publish.PUBLISHED)
    assert levels == [("Local authority",), ("National",), ("Regional",)]
    assert odd == [(0,)]


def test_no_pseudonym_is_in_any_public_file(published: tuple[Store, str, Path]) -> None:
    store, release_id, public = published
    with connect(store.release(release_id) / "restricted" / "marts.duckdb", read_only=True) as con:
        children = [c for (c,) in con.execute("select distinct child from outcomes.child_year").fetchall()]
    written = b"".join(p.read_bytes() for p in public.rglob("*") if p.is_file())
    assert children
    assert not [c for c in children if c.encode() in written]


def test_every_link_of_the_pages_leads_to_a_file_of_the_publication(
    published: tuple[Store, str, Path],
) -> None:
    led_to = set()
    for page in (published[2] / "pages").rglob("*.html"):
        told = page.read_text(encoding="utf-8")
        for href, at in re.findall(r'href="([^"#]*)#?([^"]*)"', told):
            target = (page.parent / href).resolve() if href else page
            assert target.is_file(), f"{page.name}: {href}"
            assert not at or f'id="{at}"' in target.read_text(encoding="utf-8"), f"{page.name}: #{at}"
            led_to.add(target)
    assert set((published[2] / "ees").iterdir()) <= led_to


def test_the_pages_say_what_was_hidden_and_promise_no_more(published: tuple[Store, str, Path]) -> None:
    page = (published[2] / "pages" / "index.html").read_text(encoding="utf-8")
    assert "More are hidden beside them in the same sum" in page
    assert "from everything published before, and found none" in page
    assert "at least 75 per cent of the place" in page
    assert "Made up." not in page


ABOVE = {("National", "Total"), ("Regional", "Total")}


def levels(public: Path) -> set[tuple[str, str]]:
    """Which places and which ways of dividing are in the published database."""
    with connect(public / "published.duckdb", read_only=True) as con:
        return set(
            con.execute("select distinct geographic_level, breakdown from outcomes.indicator").fetchall()
        )


def pretend_made_up(store: Store, release_id: str, *, leave_out: int = 0) -> None:
    """Let the store look as if the maker had written the files of its submissions, all but a few."""
    inputs = [one["submission"] for one in release.read_manifest(store, release_id)["inputs"]]
    hashes = {name: f"{n:064x}" for n, name in enumerate(sorted(set(inputs)))}
    places = {one["submission"]: one for one in release.read_manifest(store, release_id)["inputs"]}
    ledger.append(store, [arrival(places[name], sha256) for name, sha256 in hashes.items()])
    listed = list(hashes.values())[leave_out:]
    (store.home / made_up.MADE).write_text("".join(f"{sha256}  landing/x\n" for sha256 in listed))
    (store.home / made_up.MARKER).write_text('{"scale": 1}')


def arrival(place: dict[str, object], sha256: str) -> dict[str, object]:
    file = {"sha256": sha256, "tables": []}
    blank = {
        "term": "",
        "folder": "",
        "whose": "",
        "sent": "",
        "sent_from": "",
        "serial": None,
        "path_date": "",
    }
    told = {"event": "read", "at": "2025-07-01T00:00:00+00:00", "files": [file], "reason": "", "hints": {}}
    return {**blank, **told, **place}


@pytest.mark.parametrize(("leave_out", "how"), [(0, "wholly"), (1, "partly")])
def test_children_made_up_and_others_counted_together_are_told_of_england_and_regions_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, leave_out: int, how: str
) -> None:
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    monkeypatch.delenv(keys.HOME, raising=False)
    keys.new()
    store, in_force = fill_store(tmp_path / "home")
    release_id = release.make(store, in_force).release_id
    pretend_made_up(store, release_id, leave_out=leave_out)
    public = publish.publish(store, release_id)
    found, page = levels(public), (public / "pages" / "index.html").read_text(encoding="utf-8")
    assert (found > ABOVE) == (how == "wholly")
    assert (found == ABOVE) == (how == "partly")
    assert ("Every child behind these figures is synthetic" in page) == (how == "wholly")
    assert json.loads((public / "manifest.json").read_text())["made_up"] == how
    files = [path.read_text(encoding="utf-8") for path in public.glob("ees/*.csv")]
    assert any("Local authority" in text for text in files) == (how == "wholly")


def test_a_synthetic_home_without_the_makers_list_is_not_called_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    monkeypatch.delenv(keys.HOME, raising=False)
    keys.new()
    store, in_force = fill_store(tmp_path / "home")
    release_id = release.make(store, in_force).release_id
    pretend_made_up(store, release_id)
    (store.home / made_up.MADE).unlink()
    assert publish.how_made_up(store, release.read_manifest(store, release_id)) == "partly"
    (store.home / made_up.MARKER).unlink()
    assert publish.how_made_up(store, release.read_manifest(store, release_id)) == "no"


@pytest.mark.parametrize("how", ["partly", "no"])
def test_a_figure_of_a_place_or_group_that_the_policy_does_not_tell_of_stops_the_publication(
    how: MadeUp,
) -> None:
    above = figures("cin_rate", [(500, 700_000)] * 9)
    in_region = above.filter(pl.col("geographic_level") == "Regional").with_columns(breakdown=pl.lit("Sex"))
    with pytest.raises(Refused, match=r"came [1-9]\d* of others"):
        publish.refuse_more_than_may_be_shown(in_region, how)
    authorities = above.filter(pl.col("geographic_level") == "Local authority")
    if how == "partly":
        with pytest.raises(Refused, match="came 36 of others"):
            publish.refuse_more_than_may_be_shown(authorities, how)
    publish.refuse_more_than_may_be_shown(control(above), how)


def test_publishing_again_gives_the_same_bytes_and_leaves_what_was_published(
    published: tuple[Store, str, Path],
) -> None:
    store, release_id, public = published
    before = {p.relative_to(public): p.read_bytes() for p in sorted(public.rglob("*")) if p.is_file()}
    assert publish.publish(store, release_id) == public
    public.rename(store.tmp / "before")
    publish.publish(store, release_id)
    after = {p.relative_to(public): p.read_bytes() for p in sorted(public.rglob("*")) if p.is_file()}
    stable = [p for p in before if p.suffix in (".csv", ".html")]
    assert before.keys() == after.keys()
    ours = {i.publication.file for i in counted()}
    with connect(public / "published.duckdb", read_only=True) as con:
        ((n_authorities,),) = con.execute("select count(distinct la_code) from outcomes.indicator").fetchall()
    n_pages = len(counted()) + n_authorities + len(("index", "comparison", "its file"))
    assert n_authorities
    assert len(stable) == 2 * len(ours) + n_pages
    assert all(before[p] == after[p] for p in stable)


def test_the_publication_before_is_the_one_that_rests_on_the_newest_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"r-c": date(2025, 7, 1), "r-a": date(2025, 9, 1), "r-b": None}
    monkeypatch.setattr(publish, "read_manifest", lambda _, release_id: {"release": release_id})
    monkeypatch.setattr(publish, "newest_sent", lambda _, manifest: sent[manifest["release"]])
    store, shown = Store(tmp_path, tmp_path), pl.DataFrame()
    before = [Publication(name, shown, shown, {}) for name in sent]
    last = publish.last_of(store, before)
    assert last is not None
    assert last.release == "r-a"
    assert publish.last_of(store, []) is None


def test_a_release_that_does_not_exist_cannot_be_published(published: tuple[Store, str, Path]) -> None:
    with pytest.raises(WrongUse, match="there is no release r-000000000000"):
        publish.publish(published[0], "r-000000000000")
