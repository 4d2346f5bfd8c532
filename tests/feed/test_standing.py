"""When a daily feed counts: not before it has told a year from end to end, and never beside the authority's own return."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assets import checking, completeness, from_feed
from assets.from_feed import standings
from assets.gathered import view_returns
from assets.ingest import Limits, ingest, ledger
from assets.repaired import findings as repaired_findings
from assets.store import Store
from pipelines.status import status_of
from quality.registry import rules
from schemas.duck import connect
from schemas.findings import finding_codes
from schemas.returns import RETURNS
from tests.feed.children import ARRIVED, LA, Case, Child, as_fed, deliver, fed, receive, send_census
from tests.ingest.written import land

pytestmark = pytest.mark.usefixtures("here")
A = Child("A", date(2012, 5, 6), (Case("1", date(2024, 9, 1)),))
CIN = RETURNS["cin"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", tmp_path / "landing")


def years(store: Store, ret: str = "cin") -> list[tuple[int, str]]:
    """Year and authority of what counts, with a word on where it comes from."""
    places = ledger.in_force(store).get(ret, [])
    return [(year, "feed" if from_feed.is_fed(name) else "return") for year, _, name in places]


def missing(store: Store) -> dict[int, str]:
    return {one.year: one.missing for one in standings(ledger.in_use(store)) if one.ret == "cin"}


def test_a_running_year_feeds_nothing_and_it_is_said_what_is_missing(store: Store) -> None:
    fed(store, A, first="2024-04-01", last="2025-03-31")
    assert years(store) == []
    assert missing(store) == {
        2025: "the latest delivery is of 2025-03-31; the year is whole with the first one after 2025-03-31"
    }
    deliver(store, "2025-04-01", as_fed(A), at=1)
    assert years(store) == [(2025, "feed")]
    assert missing(store)[2025] == ""
    assert missing(store)[2026].startswith("the latest delivery is of 2025-04-01")


def test_a_feed_that_began_within_the_year_does_not_tell_it(store: Store) -> None:
    """What was closed before its first day nobody told: the year would look like a fall."""
    fed(store, A, first="2024-04-02", last="2025-04-01")
    assert years(store) == []
    assert missing(store)[2025].startswith("the first delivery is of 2024-04-02")


def test_a_delivery_without_a_date_proves_no_year_whole(store: Store) -> None:
    land(store.landing, f"daily_social_care/2025/{LA}/a.json", "[]")
    fed(store, A, first="2024-04-01", last="2025-03-31")
    assert years(store) == []
    other = Store(store.home.with_name("other"), store.landing.with_name("undated"))
    land(other.landing, f"daily_social_care/2025/{LA}/a.json", '[{"la_child_id": "A"}]')
    receive(other)
    assert set(missing(other).values()) == {"no delivery says of which day it is"}


def test_the_authority_s_own_return_goes_first_whenever_it_comes(store: Store) -> None:
    fed(store, A, first="2023-04-01")
    assert years(store) == [(2025, "feed")]
    send_census(store.landing, 2025, A)
    later = receive(store, 3)
    assert years(store) == [(2025, "return")]
    own = [one for one in standings(ledger.in_use(store)) if one.has_own]
    assert [(one.ret, one.year, one.counts) for one in own] == [("cin", 2025, False)]
    (submission,) = [s for _, _, s in ledger.in_force(store)["cin"]]
    ledger.withdraw(store, submission, now=later)
    assert years(store) == [(2025, "feed")]


def test_what_was_known_then_stands_on_the_feed_though_the_return_has_come_since(store: Store) -> None:
    fed(store, A, first="2023-04-01")
    deliver(store, "2025-05-01", as_fed(A) | {"child_details": {"sex": "M"}}, at=1)
    send_census(store.landing, 2025, A)
    receive(store, 3)
    then = store.looking_back(ARRIVED)
    assert years(then) == [(2025, "feed")]
    assert years(store) == [(2025, "return")]
    with connect() as con:
        view_returns(con, then, ledger.in_force(then))
        assert con.execute("select Sex from returns.cin_child_identifiers").fetchall() == [("F",)]
    assert missing(then)[2026] != ""


def test_an_unknown_authority_s_feed_stands_in_for_nothing(store: Store) -> None:
    for when in ("2023-04-01", "2025-04-02"):
        land(store.landing, f"somewhere/{when}/a.json", f'[{{"la_child_id": "A", "mis_child_id": "{when}"}}]')
    store.tmp.mkdir(parents=True)
    ingest(store, now=ARRIVED, limits=Limits(workers=1))
    assert [entry.la.partition(":")[0] for entry in ledger.in_use(store)] == ["unknown", "unknown"]
    assert standings(ledger.in_use(store)) == []


# --- rules, reports, status -------------------------------------------------------------------------


def test_no_rule_is_held_against_the_feed_and_none_is_said_to_be_clean(store: Store) -> None:
    fed(store, A, first="2023-04-01")
    send_census(store.landing, 2025, A, la="301")
    receive(store)
    in_force = ledger.in_force(store)
    checking.check(store, in_force, CIN, [2024, 2025])
    coverage = checking.coverage_of_rules(store, LA)
    assert coverage.height == len(rules("cin", 2025))
    assert coverage["checked"].to_list() == [False] * coverage.height
    assert set(coverage["reason"]) == {checking.NOT_SENT}
    assert checking.findings_of_rules(store, LA).is_empty()
    assert checking.coverage_of_rules(store, "301")["checked"].any()
    with connect() as con:
        view_returns(con, store, in_force)
        told = completeness.completeness(con)
    assert set(told.filter(told["return"] == "cin")["la"]) == {"301"}


def test_the_return_that_comes_is_checked_again(store: Store) -> None:
    fed(store, A, first="2023-04-01")
    checking.check(store, ledger.in_force(store), CIN, [2025])
    send_census(store.landing, 2025, A)
    receive(store, 1)
    checking.check(store, ledger.in_force(store), CIN, [2025])
    assert checking.coverage_of_rules(store, LA)["checked"].any()


def test_a_repaired_row_of_the_feed_is_no_note_to_the_authority(store: Store) -> None:
    fed(store, A, first="2023-04-01")
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        rows = con.sql(
            """select 'cin' as return_name, 'CINdetails' as table_name, la, submission, '2' as repair, year::bigint as year,
               source_row::bigint as source_row, CINreferralDate as told_date from returns.cin_cin_details"""
        ).pl()
        assert rows.height == 1
        assert repaired_findings(con, rows).is_empty()


def test_the_authority_and_the_operator_are_told_where_the_feed_counts_and_what_it_waits_for(
    store: Store,
) -> None:
    fed(store, A, first="2024-04-01")
    told = from_feed.findings(ledger.in_use(store)).select("rule", "severity", "return", "year", "la").rows()
    assert told == [
        ("feed.counts", "note", "cin", 2025, LA),
        ("feed.cannot", "note", "ssda903", 2025, LA),
        ("feed.waits", "note", "cin", 2026, LA),
        ("feed.waits", "note", "ssda903", 2026, LA),
    ]
    assert {rule for rule, *_ in told} <= set(finding_codes())
    said = dict(from_feed.findings(ledger.in_use(store)).filter(year=2025).select("return", "detail").rows())
    assert said["cin"] == ""
    assert "episodes.LS" in said["ssda903"]
    lines = status_of(store).lines()
    assert f"  {LA} cin      2025  counts until the return comes" in lines
    assert any("2026  does not count: the latest delivery is of 2025-04-02" in line for line in lines)
