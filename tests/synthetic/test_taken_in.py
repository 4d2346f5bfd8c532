"""Everything that the maker can make lands where the nightly reading takes it in, as what it is."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from assets.gathered import view_returns
from assets.ingest import all_findings, ingest, ledger
from assets.ingest.limits import Limits
from assets.store import Store
from schemas.authorities import ENGLAND
from schemas.duck import connect
from schemas.returns import RETURNS
from synthetic import ALSO, make_country

YEAR = 2025
LAS = ("210", "213")
"""The second sends its schools' own files."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("taken") / "home"
    make_country(home, scale=0.002, years=[YEAR], seed=4, las=LAS, clean=True, also=ALSO)
    store = Store(home)
    store.prepare()
    ingest(store, now=datetime(2026, 1, 1, tzinfo=UTC), limits=Limits(workers=1))
    return store


def test_the_second_sends_a_file_from_each_school(store: Store) -> None:
    endings = {la: {path.suffix for path in store.landing.glob(f"school_census/*/{la}/*_*")} for la in LAS}
    assert endings == {"210": {".csv"}, "213": {".xml"}}


def test_every_return_is_in_force_for_everyone_who_sent_it(store: Store) -> None:
    state = ledger.state(store)
    assert set(state["status"]) == {"current"}
    assert set(state["return"]) == set(RETURNS) - {"daily_social_care"}, "the feed is nobody's to make up"
    sent = state.filter(pl.col("return") != "provider_list").group_by("return").agg("la", "year")
    assert all(set(las) <= set(LAS) and set(years) == {YEAR} for _, las, years in sent.iter_rows())
    censuses = state.filter(pl.col("return") == "school_census").select("la", "term").rows()
    assert sorted(censuses) == [(la, term) for la in LAS for term in ("autumn", "spring", "summer")]
    assert state["sent"].null_count() < state.height


def test_nothing_is_found_but_that_the_list_of_all_england_is_a_workbook(store: Store) -> None:
    found = all_findings(store)
    assert set(found.select("return", "la").rows()) == {("provider_list", ENGLAND)}
    assert set(found["rule"]) == {"file.workbook", "file.heading_form"}


def test_rows_of_every_form_stand_in_the_tables_of_their_return(store: Store) -> None:
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        pupils = con.sql("select la, count(*) from returns.school_census_pupilonroll group by la").fetchall()
        marks = con.sql("select count(distinct la) from returns.daily_attendance_sessions").fetchall()
        results = con.sql("select count(*) from returns.attainment_results").fetchall()
        homes = con.sql("select count(*) from returns.provider_list_childrens_homes").fetchall()
    assert {la for la, count in pupils if count > 100} == set(LAS)
    assert marks == [(2,)]
    assert results[0][0] > 20
    assert homes[0][0] > 0
