"""Figures that stand on a daily feed are those of the census of the same children; what it cannot tell is not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets import deidentify, from_feed, measure, release
from assets.from_feed.counting import can_be_told, can_stand_in
from assets.from_feed.projection import carried
from assets.gathered import view_returns
from assets.ingest import ledger
from assets.store import Store
from schemas.duck import connect
from schemas.indicators import BREAKDOWNS, Indicator, counted, named
from schemas.returns import RETURNS
from schemas.table import column_of
from tests.feed.children import LA, Case, Child, Spell, fed, receive, send_census
from tests.outcomes.drawn import KEY, link_by_letter, measured
from tests.second.draws import Drawn
from tests.second.storm import Storm, standing

pytestmark = pytest.mark.usefixtures("here")
OTHER = "301"
CELL = ["indicator_id", "year", "geographic_level", "la_code", "region_code", "breakdown", "category"]
SHOWN = [*CELL, "numerator", "denominator", "value", "value_symbol", "why_no_value"]


def figures(store: Store, folder: Path) -> pl.DataFrame:
    """Every figure of what is in force; children go by their letter."""
    in_force = from_feed.countable(ledger.in_force(store))
    with connect() as con:
        view_returns(con, store, in_force)
        link_by_letter(con)
        deidentify.write(con, KEY, folder, release.telling(store, in_force))
    with connect() as con:
        deidentify.show(con, folder)
        measure.measure(con)
        frame: pl.DataFrame = con.sql("from measured.indicator").pl()
        store.tmp.joinpath("coverage.parquet").unlink(missing_ok=True)
        con.sql("from measured.coverage").pl().write_parquet(store.tmp / "coverage.parquet")
    return frame.select(SHOWN).sort(CELL, nulls_last=False)


def day(text: str) -> date:
    return date.fromisoformat(text)


def spell(key: str, start: str, end: str = "", *factors: str) -> Spell:
    return Spell(key, day(start), day(end) if end else None, factors)


FEW = (
    Child("A", day("2012-05-06"), disabilities=("LD",), cases=(
        Case("1", day("2023-09-01"), closed=day("2023-12-01"), reason="RC8",
             assessments=(spell("a", "2023-09-02", "2023-10-01", "3A", "2B", "4B"),)),
        Case("2", day("2024-08-31"), assessments=(spell("a", "2024-09-01", "2024-10-01", "3A", "16A"),),
             protection_plans=(spell("p", "2024-10-20"),)))),
    Child("B", day("2015-01-01"), sex="M", cases=(
        Case("1", day("2023-06-01"), nfa=True), Case("2", day("2024-05-31"), closed=day("2025-04-02"), reason="RC1",
             protection_plans=(spell("p", "2024-06-30", "2025-03-31"),)))),
    Child("C", day("2010-02-02"), cases=(
        Case("1", day("2022-02-02"), protection_plans=(spell("p", "2022-03-03"),)),)),
    Child("D", day("2019-07-07"), cases=(Case("1", day("2024-11-11"), nfa=True),)),
)  # fmt: skip
TOLD = [one for one in counted() if can_be_told(one)]


@pytest.fixture
def both(tmp_path: Path) -> tuple[Store, Store]:
    """A store whose authority is on the feed for 2024 and 2025, and one that has its census; both have another's."""
    stores = [Store(tmp_path / f"home{n}", tmp_path / f"landing{n}") for n in range(2)]
    for store in stores:
        for year in (2024, 2025):
            send_census(store.landing, year, Child("X", day("2012-01-01"), FEW[0].cases), la=OTHER)
    for year in (2024, 2025):
        send_census(stores[1].landing, year, *FEW)
    fed(stores[0], *FEW)
    receive(stores[1])
    return stores[0], stores[1]


def of(frame: pl.DataFrame, one: Indicator, year: int, la: str | None, group: str = "Total") -> pl.DataFrame:
    """The rows of an authority, or of England, by one way of dividing."""
    level = "National" if la is None else "Local authority"
    return frame.filter(
        pl.col("la_code").eq_missing(la),
        indicator_id=one.indicator_id,
        year=year,
        geographic_level=level,
        breakdown=group,
    )


def test_figures_that_the_feed_can_tell_are_those_of_the_census(
    both: tuple[Store, Store], tmp_path: Path
) -> None:
    of_feed, of_census = (figures(store, tmp_path / f"f{n}") for n, store in enumerate(both))
    told = pl.col("indicator_id").is_in([one.indicator_id for one in TOLD])
    divided = pl.col("breakdown") != "Main need"
    fed_rows, sent_rows = (frame.filter(told & divided).rows() for frame in (of_feed, of_census))
    assert [pair for pair in zip(fed_rows, sent_rows, strict=True) if pair[0] != pair[1]] == []
    mine = of_feed.filter(told, la_code=LA, breakdown="Total", geographic_level="Local authority")
    counts = {
        (i, y): (n, d)
        for i, y, n, d in mine.select("indicator_id", "year", "numerator", "denominator").rows()
    }
    assert counts["rereferral", 2025] == (2, 3)
    assert counts["referral_nfa", 2025] == (1, 3)
    assert counts["cpp_2years", 2025] == (1, 2)
    assert counts["plan_after_domestic_abuse", 2025] == (0, 1)
    assert counts["cin_rate", 2025][0] == 3


def test_what_the_feed_cannot_tell_is_not_available_and_not_in_england(
    both: tuple[Store, Store], tmp_path: Path
) -> None:
    frame, census = (figures(store, tmp_path / f"f{n}") for n, store in enumerate(both))
    repeat = named("cpp_repeat")
    (mine,) = of(frame, repeat, 2025, LA).to_dicts()
    assert (mine["numerator"], mine["value_symbol"], mine["why_no_value"]) == (None, "x", "no return")
    for indicator, group in ((repeat, "Total"), (named("cin_rate"), "Main need")):
        england = of(frame, indicator, 2025, None, group)
        other = of(frame, indicator, 2025, OTHER, group)
        assert england["numerator"].to_list() == other["numerator"].to_list()
        with_mine = of(census, indicator, 2025, None, group)
        assert with_mine["numerator"].sum() > england["numerator"].sum()
    needs = of(frame, named("cin_rate"), 2025, LA, "Main need")
    assert set(needs.select("numerator", "value_symbol", "why_no_value").rows()) == {(None, "x", "no return")}
    assert needs.height == 9


def test_nothing_of_children_looked_after_is_counted_from_the_feed(
    both: tuple[Store, Store], tmp_path: Path
) -> None:
    assert can_stand_in("cin")
    assert not can_stand_in("ssda903")
    frame = figures(both[0], tmp_path / "f")
    needing = [one.indicator_id for one in counted() if "ssda903" in one.needs]
    mine = frame.filter(pl.col("indicator_id").is_in(needing), pl.col("la_code") == LA)
    assert mine["numerator"].null_count() == mine.height


def test_coverage_says_whose_figures_stand_on_the_feed(both: tuple[Store, Store], tmp_path: Path) -> None:
    figures(both[0], tmp_path / "f")
    told = pl.read_parquet(both[0].tmp / "coverage.parquet").filter(pl.col("return_name") == "cin")
    found = {
        (level, la): n
        for year, level, la, n in told.select(
            "year", "geographic_level", "la_code", "fed_la_count"
        ).iter_rows()
        if year == 2025 and n
    }
    assert found == {("National", None): 1, ("Regional", None): 1, ("Local authority", LA): 1}


def test_a_year_told_by_returns_stays_as_it_was_when_the_feed_tells_the_next(tmp_path: Path) -> None:
    """What the feed leaves blank is no other word: need, and the number of plans before, stay as the return told them."""
    alone, beside = (Store(tmp_path / f"home{n}", tmp_path / f"landing{n}") for n in range(2))
    for store in (alone, beside):
        send_census(store.landing, 2024, *FEW)
    receive(alone)
    late = Child("E", day("2011-01-01"), (Case("1", day("2024-01-05"), closed=day("2024-06-01"), reason="RC1",
                 protection_plans=(spell("p", "2024-02-01", "2024-05-05"),)),))  # fmt: skip
    fed(beside, *FEW, late)
    one, two = (figures(store, tmp_path / f"f{n}") for n, store in enumerate((alone, beside)))
    asked = pl.col("indicator_id").is_in(["cin_rate", "cpp_repeat"]) & (pl.col("year") == 2024)
    assert one.filter(asked).equals(two.filter(asked))
    assert of(two, named("cpp_repeat"), 2024, LA)["numerator"].to_list() == [0]
    later = of(two, named("cpp_repeat"), 2025, LA)
    assert later["value_symbol"].to_list() == ["x"]
    referred = of(two, named("referral_rate"), 2024, LA)
    assert referred["numerator"].to_list() == [3]


# --- what is declared -------------------------------------------------------------------------------


def test_every_indicator_names_fields_that_are_there_of_every_return_that_it_needs() -> None:
    for one in counted():
        for field in (*one.fields, *(f for name in one.by for f in BREAKDOWNS[name].fields)):
            ret, view, name = field.split(".")
            assert column_of(RETURNS[ret].table(view), name).name == name
        assert {field.partition(".")[0] for field in one.fields} <= set(one.needs), one.indicator_id


def test_an_indicator_that_names_no_field_of_a_return_is_not_told_from_the_feed() -> None:
    silent = named("cin_rate").model_copy(update={"fields": ()})
    half = named("cin_rate").model_copy(update={"needs": ("cin", "ssda903")})
    assert can_be_told(named("cin_rate"))
    assert not can_be_told(silent)
    assert not can_be_told(half)


def without_what_the_feed_lacks(drawn: Drawn) -> Drawn:
    """The same census with every field blank that the feed does not carry; the child's sex is told under its new name."""
    blanked: Drawn = {}
    for table, rows in drawn.items():
        view = table.removeprefix("cin_")
        if not table.startswith("cin_"):
            blanked[table] = rows
        elif any(field.startswith(f"cin.{view}.") for field in carried()):
            told = [{**row, "Sex": row.get("Sex") or row.get("GenderCurrent", "")} for row in rows]
            keep = {f.rpartition(".")[2] for f in carried() if f.startswith(f"cin.{view}.")} | {"year", "la"}
            blanked[table] = [{k: v for k, v in row.items() if k in keep} for row in told]
    return blanked


def test_what_is_declared_is_all_that_such_a_figure_rests_on(tmp_path: Path) -> None:
    """Blanking whatever the feed lacks moves no figure that it is said to be able to tell, and does move others."""
    drawn = Storm(11, 500, standing()[::24]).rows
    found = []
    for n, tables in enumerate((drawn, without_what_the_feed_lacks(drawn))):
        (tmp_path / str(n)).mkdir()
        with measured(tables, tmp_path / str(n)) as con:
            found.append(con.sql("from measured.indicator").pl().select(SHOWN).sort(CELL, nulls_last=False))
    told = pl.col("indicator_id").is_in([one.indicator_id for one in TOLD]) & (
        pl.col("breakdown") != "Main need"
    )
    whole, blank = (frame.filter(told) for frame in found)
    assert whole.equals(blank)
    assert whole["numerator"].sum() > 1_000
    repeat, need = pl.col("indicator_id") == "cpp_repeat", pl.col("breakdown") == "Main need"
    for moved in (repeat, need & (pl.col("indicator_id") == "cin_rate")):
        assert not found[0].filter(moved).equals(found[1].filter(moved))
