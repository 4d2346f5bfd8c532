"""What a daily feed comes to: the latest of each field by the delivery's own date, and nothing that was purged."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.gathered import gather, view_returns
from assets.ingest import Limits, all_findings, deltas, ingest, ledger
from assets.ingest.reading import RowsLost
from assets.store import Store
from schemas.duck import connect
from schemas.returns import RETURNS
from tests.ingest.feed import CHILD, ROWS, child, episode, small, wrapped, written
from tests.ingest.written import NOW, land

pytestmark = pytest.mark.usefixtures("here")
ONE = Limits(workers=1)
FEED = RETURNS["daily_social_care"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", tmp_path / "landing")


def deliver(store: Store, day: str, *children: Any, at: int = 0, la: str = "202") -> datetime:
    """A delivery of that date, which arrives so many days from now; gives back when."""
    land(store.landing, f"daily_social_care/2026/{la}/{day}/a.json", written(list(children)))
    store.tmp.mkdir(parents=True, exist_ok=True)
    ingest(store, now=NOW + timedelta(days=at), limits=ONE)
    return NOW + timedelta(days=at)


def table(store: Store, view: str, as_known_at: datetime | None = None) -> list[dict[str, Any]]:
    with connect() as con:
        view_returns(con, store, ledger.in_force(store, as_known_at))
        return con.sql(f"from returns.daily_social_care_{view} order by all").pl().to_dicts()


def cells(store: Store, view: str, *names: str, as_known_at: datetime | None = None) -> list[tuple[Any, ...]]:
    return [tuple(str(row[name]) for name in names) for row in table(store, view, as_known_at)]


def heights(store: Store, as_known_at: datetime | None = None) -> dict[str, int]:
    found = {node.VIEW: len(table(store, node.VIEW, as_known_at)) for node in FEED.tables}
    return {view: n for view, n in found.items() if n}


def test_a_first_delivery_is_what_is_known(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    assert heights(store) == ROWS
    (row,) = table(store, "child_details")
    assert (row["surname"], str(row["date_of_birth"]), row["uasc_flag"]) == ("Nobody", "2014-02-03", False)
    assert (row["la"], row["year"], row["source_row"]) == ("202", 2026, 1)
    assert row["submission"] in ledger.state(store)["submission"].to_list()


def test_a_later_delivery_changes_the_fields_that_it_carries_and_no_other(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD, child("C2"))
    deliver(store, "2026-11-02", small(child_details={"surname": "Other", "postcode": None}), at=1)
    assert cells(store, "child_details", "la_child_id", "first_name", "surname", "postcode") == [
        ("C1", "Madeup", "Other", "None"),
        ("C2", "Madeup", "Nobody", "ZZ99 3WZ"),
    ]
    assert heights(store) == {view: 2 * n for view, n in ROWS.items()}


def test_the_order_is_that_of_the_deliveries_dates_whatever_order_they_arrive_in(store: Store) -> None:
    deliver(store, "2026-11-03", small(child_details={"surname": "Third"}))
    deliver(store, "2026-11-01", CHILD, at=1)
    deliver(store, "2026-11-02", small(child_details={"surname": "Second", "sex": "M"}), at=2)
    assert cells(store, "child_details", "surname", "sex", "first_name") == [("Third", "M", "Madeup")]


def test_a_list_that_always_comes_whole_is_as_it_came_last_be_it_empty(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    later: dict[str, Any] = {
        "child_and_family_assessments": [{"child_and_family_assessment_id": "A1", "factors": []}]
    }
    deliver(store, "2026-11-02", small(child_details={"disabilities": ["LD"]}, **episode(**later)), at=1)
    assert cells(store, "disabilities", "disability") == [("LD",)]
    assert table(store, "factors") == []
    assert cells(store, "child_and_family_assessments", "start_date") == [("2026-04-03",)]
    assert len(table(store, "sdq_assessments")) == 1


def test_an_element_is_found_again_by_its_key_and_others_are_added(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    plans = [
        {"child_protection_plan_id": "CP1", "end_date": "2026-10-30"},
        {"child_protection_plan_id": "CP2"},
    ]
    deliver(store, "2026-11-02", small(**episode(child_protection_plans=plans)), at=1)
    found = cells(store, "child_protection_plans", "child_protection_plan_id", "start_date", "end_date")
    assert found == [("CP1", "2026-05-20", "2026-10-30"), ("CP2", "None", "None")]
    assert cells(store, "social_care_episodes", "referral_date") == [("2026-04-02",)]


def test_two_elements_of_one_key_in_one_child_are_both_kept(store: Store) -> None:
    stints = [
        {"worker_id": "W1", "start_date": "2026-01-01", "end_date": "2026-02-01"},
        {"worker_id": "W1", "start_date": "2026-05-01"},
    ]
    deliver(store, "2026-11-01", small(**episode(care_worker_details=stints)))
    deliver(
        store,
        "2026-11-02",
        small(**episode(care_worker_details=[{**stints[0], "end_date": "2026-02-02"}])),
        at=1,
    )
    assert cells(store, "care_worker_details", "start_date", "end_date") == [
        ("2026-01-01", "2026-02-02"),
        ("2026-05-01", "None"),
    ]


def test_a_purged_child_is_gone_from_the_next_night_and_is_there_as_known_before(store: Store) -> None:
    first = deliver(store, "2026-11-01", CHILD, child("C2"))
    deliver(store, "2026-11-02", small(purge=True), at=1)
    assert heights(store) == ROWS
    assert cells(store, "child_details", "la_child_id") == [("C2",)]
    assert heights(store, first) == {view: 2 * n for view, n in ROWS.items()}
    assert heights(store) == ROWS


def test_a_purge_that_arrives_before_what_it_purges_still_does(store: Store) -> None:
    deliver(store, "2026-11-02", small(purge=True), child("C2"))
    deliver(store, "2026-11-01", CHILD, at=1)
    assert cells(store, "children", "la_child_id") == [("C2",)]


def test_a_child_that_is_sent_again_after_a_purge_is_as_it_was_sent_then(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    deliver(store, "2026-11-02", small(purge=True), at=1)
    deliver(store, "2026-11-03", small(child_details={"sex": "M"}), at=2)
    assert heights(store) == {"children": 1, "child_details": 1}
    assert cells(store, "child_details", "sex", "surname") == [("M", "None")]


@pytest.mark.parametrize(
    ("purge", "gone"),
    [
        (episode(purge=True), {v for v in ROWS if v not in ("children", "child_details", "disabilities",
            "health_and_wellbeing", "sdq_assessments")}),
        ({"child_details": {"purge": True}}, {"child_details", "disabilities"}),
        ({"health_and_wellbeing": {"purge": True}}, {"health_and_wellbeing", "sdq_assessments"}),
        (episode(child_and_family_assessments=[{"child_and_family_assessment_id": "A1", "purge": True}]),
            {"child_and_family_assessments", "factors"}),
        (episode(adoption={"purge": True}), {"adoption"}),
    ],
)  # fmt: skip
def test_a_purge_takes_the_element_and_what_stands_below_it(
    purge: dict[str, Any], gone: set[str], store: Store
) -> None:
    deliver(store, "2026-11-01", CHILD)
    deliver(store, "2026-11-02", small(**purge), at=1)
    assert heights(store) == {view: n for view, n in ROWS.items() if view not in gone}


def test_an_authority_of_which_every_child_was_purged_is_no_trouble(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    deliver(store, "2026-11-01", CHILD, la="203")
    deliver(store, "2026-11-02", small(purge=True), at=1)
    force = ledger.in_force(store)
    assert [la for _, la, _ in force["daily_social_care"]] == ["203"]
    assert gather(store, force, FEED, [2026])[2026]["rows: Children"] == 1


def test_the_same_content_on_another_day_is_another_delivery(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    deliver(store, "2026-11-02", small(child_details=CHILD["child_details"] | {"sex": "M"}), at=1)
    deliver(store, "2026-11-03", CHILD, at=2)
    assert cells(store, "child_details", "sex") == [("F",)]
    assert ledger.state(store)["status"].to_list() == ["current"] * 3


def test_the_same_child_of_another_authority_is_another_child(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    deliver(store, "2026-11-02", small(purge=True), la="203", at=1)
    assert [row["la"] for row in table(store, "child_details")] == ["202"]


def test_every_row_delivered_stands_was_superseded_or_was_purged(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD, child("C2"))
    deliver(store, "2026-11-02", small("C2", purge=True), CHILD, at=1)
    entries = sorted(ledger.entries(store).values(), key=deltas.in_order)
    fates = deltas.settle(store, entries, (2026, "202", "state-x"))
    assert fates["children"] == deltas.Fates(sent=4, standing=1, superseded=1, purged=2)
    assert fates["factors"] == deltas.Fates(sent=6, standing=2, superseded=2, purged=2)
    state = ledger.state(store)
    assert sum(each.sent for each in fates.values()) == state["rows_typed"].sum()
    with pytest.raises(RowsLost, match="4 rows were delivered, 1 stand"):
        deltas.Fates(sent=4, standing=1, superseded=1, purged=1)


def test_a_withdrawn_delivery_is_in_no_state(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    deliver(store, "2026-11-02", small(child_details={"surname": "Other"}), at=1)
    assert cells(store, "child_details", "surname") == [("Other",)]
    later = ledger.state(store).sort("sent")["submission"].to_list()[-1]
    ledger.withdraw(store, later, now=NOW + timedelta(days=2))
    assert not list(store.returns.rglob("state-*"))
    assert cells(store, "child_details", "surname") == [("Nobody",)]


def test_a_delivery_without_a_date_counts_by_its_arrival_and_says_so(store: Store) -> None:
    land(store.landing, "daily_social_care/2026/202/a.json", wrapped(CHILD))
    ingest(store, now=NOW, limits=ONE)
    assert "file.delivery_undated" in all_findings(store)["rule"].to_list()


def test_a_payload_in_another_authority_s_folder_is_held(store: Store) -> None:
    land(store.landing, "daily_social_care/2026/203/2026-11-01/a.json", wrapped(CHILD, la=202))
    ingest(store, now=NOW, limits=ONE)
    assert ledger.state(store).select("status", "reason").rows() == [("held", "file.authority_disagrees")]
    assert ledger.in_force(store) == {}


def test_several_files_of_a_day_are_one_delivery_and_a_broken_one_stands_alone(store: Store) -> None:
    for name, data in {
        "a": written([CHILD]),
        "b": written([child("C2")]),
        "c": written([child("C3"), child("C4")])[:-9],
    }.items():
        land(store.landing, f"daily_social_care/2026/202/2026-11-01/{name}.json", data)
    store.tmp.mkdir(parents=True, exist_ok=True)
    ingest(store, now=NOW, limits=ONE)
    assert sorted(ledger.state(store)["status"]) == ["current", "quarantined"]
    assert cells(store, "children", "la_child_id") == [("C1",), ("C2",)]


# --- beside a plain account of the same -----------------------------------------------------------------

Told = list[tuple[str, dict[str, Any]]]
change = st.one_of(
    st.fixed_dictionaries(
        {
            "child_details": st.dictionaries(
                st.sampled_from(["sex", "surname"]), st.sampled_from("FMU") | st.none()
            )
        }
    ),
    st.just({"purge": True}),
    st.just({"child_details": {"purge": True}}),
    st.fixed_dictionaries(
        {
            "child_details": st.fixed_dictionaries(
                {"disabilities": st.lists(st.sampled_from(["LD", "VIS"]), max_size=2)}
            )
        }
    ),
)


def plainly(told: Told) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """A child after another, a change after another: sex and surname, and the disabilities."""
    known: dict[str, tuple[dict[str, Any], list[str]]] = {}
    for name, what in told:
        details = what.get("child_details")
        if what.get("purge") or (details and details.get("purge")):
            known.pop(name, None)
        elif details is not None:
            fields, listed = known.get(name, ({}, []))
            known[name] = (
                {**fields, **{k: v for k, v in details.items() if k != "disabilities"}},
                details.get("disabilities", listed),
            )
    return known


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.tuples(st.sampled_from(["C1", "C2"]), change), min_size=1, max_size=6), data=st.data()
)
def test_the_state_is_that_of_a_plain_account_whatever_order_they_came_in(
    told: Told, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("feed")
    store = Store(home / "home", home / "landing")
    for at, n in enumerate(data.draw(st.permutations(range(len(told))))):
        deliver(store, f"2026-11-{n + 1:02d}", small(told[n][0], **told[n][1]), at=at)
    expected = plainly(told)
    details = {row["la_child_id"]: row for row in table(store, "child_details")}
    assert details.keys() == expected.keys()
    listed = {
        name: [r["disability"] for r in rows]
        for name, rows in itertools.groupby(table(store, "disabilities"), lambda r: r["la_child_id"])
    }
    for name, (fields, disabilities) in expected.items():
        assert all(details[name][field] == value for field, value in fields.items())
        assert sorted(listed.get(name, [])) == sorted(disabilities)


def test_a_state_is_made_once_and_again_when_a_delivery_comes(store: Store) -> None:
    deliver(store, "2026-11-01", CHILD)
    (before,) = ledger.in_force(store)["daily_social_care"]
    path = store.typed_path(FEED, FEED.table("children"), *before)
    made = path.stat().st_mtime_ns
    assert ledger.in_force(store)["daily_social_care"] == [before]
    assert path.stat().st_mtime_ns == made
    deliver(store, "2026-11-02", small(), at=1)
    (after,) = ledger.in_force(store)["daily_social_care"]
    assert after != before
    assert pl.read_parquet(path).height == 1
