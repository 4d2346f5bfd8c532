"""Rows in are rows typed and rows set aside, whatever happens to a file on its way, and every file is accounted for."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from assets.ingest import Limits, all_findings, ingest, ledger, worker, writing
from assets.store import Store
from tests.ingest.written import EPISODES, HEADER, NOW, cin, land, land_903

ONE = Limits(workers=1)
pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "landing").mkdir()
    return Store(tmp_path / "home", tmp_path / "landing")


def codes(store: Store) -> list[str]:
    return sorted(all_findings(store)["rule"])


# --- the sum ------------------------------------------------------------------------------------------


def test_a_table_that_loses_a_row_in_typing_is_set_aside_and_the_others_are_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fault of ours would: the answer of the reading process no longer adds up."""
    land_903(store.landing, "ssda903/2025/202")
    land(store.landing, "cin/2025/203/cin.xml", cin("203"))
    parts = worker._parts
    monkeypatch.setattr(worker, "_parts", lambda told: [_shortened(part) for part in parts(told)])
    summary = ingest(store, now=NOW, limits=ONE)
    state = ledger.state(store).select("return", "status", "reason", "rows_typed", "rows_quarantined").rows()
    assert ("ssda903", "quarantined", "file.rows_lost", 0, 3) in state
    assert summary.quarantined == len(state)
    assert not list(store.returns.rglob("*.parquet"))
    assert "file.rows_lost" in codes(store)


def _shortened(part: writing.Part) -> writing.Part:
    return writing.Part(part.sha256, part.frame.head(part.frame.height - 1), part.has_headings, part.aside)


def test_a_file_whose_rows_do_not_add_up_in_reading_is_set_aside_by_that_name(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(store.landing, "ssda903/2025/202/e.csv", EPISODES)
    monkeypatch.setattr("assets.ingest.csv_rows._at_once", lambda *_: None)
    monkeypatch.setattr("assets.ingest.csv_rows._only", lambda data, *_: data[: len(data) // 2])
    ingest(store, now=NOW, limits=ONE)
    assert ledger.state(store)["reason"].to_list() == ["file.rows_lost"]


# --- links --------------------------------------------------------------------------------------------


def test_a_link_is_told_of_once_and_the_tables_beside_it_are_read(store: Store, tmp_path: Path) -> None:
    secret = land(tmp_path, "elsewhere.csv", EPISODES)
    land(store.landing, "ssda903/2025/202/header.csv", HEADER)
    (store.landing / "ssda903/2025/202/episodes.csv").symlink_to(secret)
    first = ingest(store, now=NOW, limits=ONE)
    assert (first.submissions, first.new_trouble) == (1, 1)
    assert "file.not_ordinary" in codes(store)
    assert ledger.state(store).select("status", "files", "rows_typed").rows() == [("current", 2, 1)]
    assert ingest(store, now=NOW + timedelta(days=1), limits=ONE).submissions == 0
    again = ingest(store, now=NOW + timedelta(days=2), limits=ONE, full=True)
    assert (again.submissions, again.new_trouble) == (1, 0)
    assert ledger.state(store)["status"].to_list() == ["current"]


def test_a_folder_that_holds_nothing_but_a_link_is_quarantined(store: Store) -> None:
    (store.landing / "cin/2025/202").mkdir(parents=True)
    (store.landing / "cin/2025/202/other").symlink_to("/etc")
    ingest(store, now=NOW, limits=ONE)
    assert ledger.state(store).select("return", "status", "reason").rows() == [
        ("cin", "quarantined", "file.not_ordinary")
    ]


# --- copies -------------------------------------------------------------------------------------------


def test_reading_anew_still_knows_of_the_second_equal_file(store: Store) -> None:
    for name in ("e.csv", "e (1).csv", "e (2).csv"):
        land(store.landing, f"ssda903/2025/202/{name}", EPISODES)
    ingest(store, now=NOW, limits=ONE)
    before = all_findings(store)
    assert before.filter(rule="file.duplicate")["n"].to_list() == [2]
    events = len(store.ledger.read_text().splitlines())
    ingest(store, now=NOW + timedelta(days=1), limits=ONE, full=True)
    assert all_findings(store).equals(before)
    assert len(store.ledger.read_text().splitlines()) == events
