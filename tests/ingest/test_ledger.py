"""What is in force follows from the events alone: latest wins, ties wait, people decide."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ingest import ledger
from assets.store import Store
from schemas.failures import WrongUse

START = datetime(2025, 7, 1, tzinfo=UTC)


def event(name: str, at: int = 0, kind: str = "read", **told: Any) -> dict[str, Any]:
    """A submission of Camden's looked at on the day `at`."""
    base: dict[str, Any] = {
        "event": kind, "at": ledger.stamp(START + timedelta(days=at)), "submission": name, "return": "ssda903",
        "year": 2025, "term": "", "la": "202", "folder": f"f/{name}", "whose": f"f/{name}", "hints": {},
        "sent": "", "sent_from": "", "serial": None, "path_date": "", "reason": "", "files": [],
    }  # fmt: skip
    if "sent" in told:
        told = {"sent_from": "header", **told}
    return {**base, **told}


def statuses(*events: dict[str, Any], until: datetime | None = None) -> dict[str, str]:
    return {name: entry.status for name, entry in ledger.fold(events, until).items()}


def test_the_later_sent_counts_whatever_came_first() -> None:
    old, new = event("old", 5, sent="2025-05-01"), event("new", 1, sent="2025-06-01")
    for order in itertools.permutations([old, new]):
        assert statuses(*order) == {"old": "superseded", "new": "current"}


def test_the_serial_number_then_the_path_decide_between_equal_times() -> None:
    same: dict[str, Any] = {"sent": "2025-05-01"}
    assert statuses(event("a", serial=2, **same), event("b", serial=10, **same))["b"] == "current"
    paths = event("a", path_date="2025-06-02", **same), event("b", path_date="2025-06-01", **same)
    assert statuses(*paths)["a"] == "current"


def test_two_that_say_the_same_time_are_both_held_and_the_one_before_counts() -> None:
    events = [
        event("old", sent="2025-04-01"),
        event("a", sent="2025-05-01"),
        event("b", 1, sent="2025-05-01"),
    ]
    assert statuses(*events) == {"old": "current", "a": "held", "b": "held"}
    assert ledger.fold(events)["a"].reason == "submission.conflict"
    assert statuses(*events, event("c", 2, sent="2025-06-01")) == {
        "old": "superseded", "a": "superseded", "b": "superseded", "c": "current",
    }  # fmt: skip


def test_without_a_time_of_sending_the_later_seen_counts() -> None:
    assert statuses(event("a", 1), event("b", 2)) == {"a": "superseded", "b": "current"}
    assert statuses(event("a", 1), event("b", 1)) == {"a": "held", "b": "held"}


def test_a_folder_that_was_added_to_counts_as_it_is_now() -> None:
    path = {"sent": "2025-06-01", "sent_from": "path", "folder": "f", "path_date": "2025-06-01"}
    assert statuses(event("a", 1, **path), event("b", 2, **path)) == {"a": "superseded", "b": "current"}
    header = {**path, "sent_from": "header"}
    assert statuses(event("a", 1, **header), event("b", 2, **header)) == {"a": "held", "b": "held"}


def test_returns_years_terms_and_authorities_do_not_replace_one_another() -> None:
    others = [
        event("a"), event("b", 1, la="203"), event("c", 1, year=2024), event("d", 1, **{"return": "cin"}),
        event("e", 1, term="spring"),
    ]  # fmt: skip
    assert set(statuses(*others).values()) == {"current"}


def test_unknown_folders_never_replace_one_another() -> None:
    one, other = event("a", la="unknown:x", whose="x"), event("b", 1, la="unknown:x", whose="y/x")
    assert statuses(one, other) == {"a": "current", "b": "current"}
    again = event("c", 2, la="unknown:x", whose="x")
    assert statuses(one, other, again) == {"a": "superseded", "b": "current", "c": "current"}


def decision(kind: str, name: str, at: int, **told: Any) -> dict[str, Any]:
    return {"event": kind, "at": ledger.stamp(START + timedelta(days=at)), "submission": name, **told}


def test_an_accepted_submission_counts_until_a_later_one_comes() -> None:
    tie = [event("a", sent="2025-05-01"), event("b", sent="2025-05-01")]
    accepted = decision("accepted", "a", 3, la="202", year=2025)
    assert statuses(*tie, accepted) == {"a": "current", "b": "superseded"}
    assert statuses(*tie, accepted, event("c", 4, sent="2025-06-01"))["c"] == "current"
    assert statuses(*tie, accepted, event("c", 4, sent="2025-04-01"))["a"] == "current"
    newer_before = [*tie, event("c", 1, sent="2025-06-01"), accepted]
    assert statuses(*newer_before) == {"a": "current", "b": "superseded", "c": "superseded"}


def test_a_held_submission_counts_where_it_was_accepted() -> None:
    held = event("a", kind="held", reason="file.authority_disagrees")
    assert statuses(held) == {"a": "held"}
    entry = ledger.fold([held, decision("accepted", "a", 1, la="203", year=2024)])["a"]
    assert (entry.status, entry.where) == ("current", (2024, "203", "a"))


def test_a_withdrawn_submission_uncovers_the_one_before() -> None:
    events = [event("a", sent="2025-05-01"), event("b", sent="2025-06-01")]
    assert statuses(*events, decision("withdrawn", "b", 2)) == {"a": "current", "b": "withdrawn"}
    read_again = event("b", 3, sent="2025-06-01")
    assert statuses(*events, decision("withdrawn", "b", 2), read_again)["b"] == "withdrawn"


def test_any_earlier_day_can_be_asked_for() -> None:
    events = [event("a", 0, sent="2025-05-01"), event("b", 9, sent="2025-06-01")]
    assert statuses(*events, until=START + timedelta(days=5)) == {"a": "current"}
    assert statuses(*events, until=START.replace(tzinfo=None) + timedelta(days=9))["b"] == "current"


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from([None, 1, 2]), st.sampled_from("ab")),
        max_size=7,
    ),
    st.randoms(),
)
def test_the_order_of_arrival_changes_nothing(
    sent: list[tuple[int, int, int | None, str]], random: Any
) -> None:
    made: list[dict[str, Any]] = [
        {
            "sent": f"2025-05-{day:02d}",
            "serial": serial,
            "path_date": f"2025-06-{path:02d}",
            "la": f"20{'23'[la == 'b']}",
        }
        for day, path, serial, la in sent
    ]
    shuffled = list(enumerate(made))
    random.shuffle(shuffled)
    in_order = [event(f"s{n}", n, **told) for n, told in enumerate(made)]
    as_came = [event(f"s{n}", at, **told) for at, (n, told) in enumerate(shuffled)]
    assert statuses(*in_order) == statuses(*as_came)


def test_at_most_one_submission_counts_per_place() -> None:
    events = [event(f"s{n}", n % 3, sent=f"2025-05-0{n % 4 + 1}", serial=n % 2) for n in range(12)]
    assert list(statuses(*events).values()).count("current") <= 1


def test_a_line_that_a_crash_cut_off_is_no_event_and_is_taken_away(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ledger.append(store, [event("a")])
    with store.ledger.open("ab") as file:
        file.write(b'{"event": "read", "subm')
    assert list(ledger.entries(store)) == ["a"]
    ledger.append(store, [event("b", 1)])
    assert sorted(ledger.entries(store)) == ["a", "b"]
    assert [json.loads(line)["submission"] for line in store.ledger.read_text().splitlines()] == ["a", "b"]


def test_a_damaged_ledger_is_trouble_and_shows_no_content(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ledger.append(store, [event("a")])
    store.ledger.write_text("Jane Doe\n" + store.ledger.read_text())
    with pytest.raises(WrongUse, match="line 1") as caught:
        ledger.entries(store)
    assert "Jane" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_state_has_a_row_per_submission(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert ledger.state(store).is_empty()
    ledger.append(store, [event("a", sent="2025-05-01"), event("b", 1, sent="2025-06-01")])
    state = ledger.state(store)
    assert state.schema == pl.Schema(ledger.STATE_SCHEMA)
    assert state.select("submission", "status").rows() == [("a", "superseded"), ("b", "current")]
    assert ledger.in_force(store) == {"ssda903": [(2025, "202", "b")]}


def test_only_what_is_there_can_be_decided_about(tmp_path: Path) -> None:
    store = Store(tmp_path)
    ledger.append(store, [event("a"), event("q", kind="quarantined", reason="file.xml_broken")])
    for name, la, year in (("zz", "202", 2025), ("", "202", 2025), ("q", "202", 2025), ("a", "999", 2025)):
        with pytest.raises(WrongUse):
            ledger.accept(store, name, la=la, year=year, now=START)
