"""When the made-up returns were sent: mostly in time, some late, some twice, and what the product makes of it."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

import synthetic
from assets.ingest import ingest, ledger
from assets.store import Store
from schemas.calendar import deadline
from synthetic import sending
from tests.synthetic.conftest import Made

ALL = [f"{number:03d}" for number in range(200, 940)]


def test_one_in_twenty_is_late_and_the_others_come_in_the_weeks_before() -> None:
    last = date(2025, 6, 30)
    days = [sending.sent_on("ssda903", la, last) for la in ALL]
    late = sum(day > last for day in days) / len(days)
    assert 0.02 < late < 0.09
    assert all(last - timedelta(days=20) < day <= last + timedelta(days=20) for day in days)
    assert days == [sending.sent_on("ssda903", la, last) for la in ALL]


def test_the_days_of_the_maker_are_within_a_weekend_of_the_department_s() -> None:
    for ret in ("cin", "ssda903"):
        due = deadline(ret, 2025)
        assert due
        assert timedelta(0) <= sending.last_day(ret, 2025) - due <= timedelta(days=2)


def test_every_903_and_census_says_when_it_was_sent(clean: Made) -> None:
    for return_ in ("ssda903", "school_census"):
        folders = [path for path in (clean.root / "landing" / return_ / "2025").iterdir() if path.is_dir()]
        notes = [tomllib.loads((folder / sending.NOTE).read_text()) for folder in folders]
        assert folders
        assert all("sent" in note for note in notes)


def test_the_first_of_two_versions_is_replaced_by_the_whole_one(tmp_path: Path) -> None:
    las = ["202", "203", "204", "206", "207", "208", "209", "211", "212", "213"]
    home = tmp_path / "home"
    synthetic.make_country(home, scale=0.002, years=[2025], seed=1, las=las)
    for path in (home / "landing").iterdir():
        if path.name != "ssda903":
            path.rename(tmp_path / path.name)
    store = Store(home)
    store.prepare()
    ingest(store, now=datetime(2026, 1, 1, tzinfo=UTC))
    state = ledger.state(store).filter(pl.col("return") == "ssda903")
    twice = set(state.filter(pl.col("status") == "superseded")["la"])
    dated = {path.parent.name for path in (home / "landing/ssda903/2025").glob("*/2*")}
    assert twice == dated
    assert twice
    assert state.filter(pl.col("status") == "current")["la"].sort().to_list() == las
    assert state.filter(pl.col("status") == "held").is_empty()
    assert state["sent"].null_count() == 0
