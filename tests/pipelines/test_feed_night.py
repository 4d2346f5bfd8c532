"""One night with two authorities, one that sent its census and one that is on the daily feed: what England is told."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.store import Store
from pipelines import night
from schemas.duck import connect
from tests.feed.children import LA, Case, Child, Spell, as_fed, send, send_census

OTHER = "301"
BOARDS = {2025: "2025.html", 2026: "index.html"}


def child(number: int) -> Child:
    """A child in need since August, every third on a plan; the one of an authority is not the other's."""
    plans = (Spell("p", date(2024, 9, 9)),) if number % 3 == 0 else ()
    born = date(2008 + number % 7, 1 + number % 12, 1 + number % 28)
    return Child(f"N{number:03}", born, (Case("1", date(2024, 8, 1 + number % 20), protection_plans=plans),))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("feed") / "home")
    send_census(store.landing, 2025, *map(child, range(20)), la=OTHER)
    mine = [as_fed(child(number)) for number in range(20, 50)]
    send(store.landing, "2024-04-01", *mine)
    send(store.landing, "2025-04-01", mine[0])
    night.run(store)
    return store


def marts(store: Store, query: str) -> pl.DataFrame:
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        frame: pl.DataFrame = con.sql(query).pl()
        return frame


def total(store: Store, indicator: str) -> dict[str | None, tuple[object, ...]]:
    """Numerator, symbol and reason of England (None) and of each authority."""
    rows = marts(
        store,
        f"""select la_code, numerator, value_symbol, why_no_value from outcomes.indicator
            where indicator_id = '{indicator}' and year = 2025 and breakdown = 'Total'
              and (geographic_level = 'National'
                or (geographic_level = 'Local authority' and la_code in ('{LA}', '{OTHER}')))""",
    ).rows()
    return {la: told for la, *told in rows}


def test_england_is_told_of_both_where_the_feed_can_tell(done: Store) -> None:
    assert total(done, "cin_rate") == {None: [50, None, None], LA: [30, None, None], OTHER: [20, None, None]}
    assert total(done, "referral_rate")[None] == [50, None, None]
    assert total(done, "cpp_rate") == {None: [17, None, None], LA: [10, None, None], OTHER: [7, None, None]}


def test_england_is_told_of_the_census_alone_where_it_cannot(done: Store) -> None:
    found = total(done, "cpp_repeat")
    assert found == {None: [7, None, None], LA: [None, "x", "no return"], OTHER: [7, None, None]}
    assert total(done, "cla_rate") == {}
    needs = marts(
        done,
        """select la_code, sum(numerator) as n from outcomes.indicator
           where indicator_id = 'cin_rate' and breakdown = 'Main need'
             and geographic_level in ('National', 'Local authority') group by all order by all nulls first""",
    ).rows()
    assert dict(needs) == {None: 20, LA: None, OTHER: 20}


def test_coverage_and_manifest_say_whose_figures_stand_on_the_feed(done: Store) -> None:
    told = marts(done, "from outcomes.coverage where return_name = 'cin' and geographic_level = 'National'")
    assert told.select("fed_la_count", "missing_la_count").rows() == [(1, 151)]
    inputs = json.loads((done.current / "manifest.json").read_text())["inputs"]
    fed = [(one["return"], one["year"], one["la"]) for one in inputs if one["submission"].startswith("feed-")]
    assert fed == [("cin", 2025, LA)]


def test_the_authority_s_report_and_the_board_say_so(done: Store) -> None:
    quality = done.current / "restricted" / "quality"
    report = (quality / LA / "index.html").read_text(encoding="utf-8")
    assert "figures stand on the feed" in report
    assert "the daily feed stands in for it" in report
    assert "Until then figures stand on the daily feed." in report
    boards = {year: (quality / name).read_text(encoding="utf-8") for year, name in BOARDS.items()}
    assert boards[2025].count("figures stand on the daily feed") == 1
    assert boards[2025].count("the daily feed lacks what its figures need") == 1
    assert boards[2026].count("the daily feed does not tell the whole year yet") == 2


def test_children_of_the_feed_are_linked_under_the_tables_they_stand_in(done: Store) -> None:
    with connect(done.spine, read_only=True) as con:
        found = con.execute(
            "select source, la, sum(records)::int from people.face group by all order by all"
        ).fetchall()
    assert found == [("cin", LA, 30), ("cin", OTHER, 20)]


def test_a_second_night_with_nothing_new_makes_no_other_release(done: Store) -> None:
    before = done.current.resolve()
    assert not night.run(done).is_new
    assert done.current.resolve() == before


def test_nothing_of_a_child_leaves_with_the_marts(done: Store, tmp_path: Path) -> None:
    content = (done.current / "restricted" / "marts.duckdb").read_bytes()
    assert b"N021" not in content
