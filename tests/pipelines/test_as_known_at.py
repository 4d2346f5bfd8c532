"""Looking back: what would have been made before a later return came is made again, to the last file.

One country and one night, shared with other tests, and after it the stages themselves: a return comes again, an
authority explains a finding, somebody accepts others. Looked at as of before all that, it must all be as it was.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from assets import checking, gathered, release, stages, waivers
from assets.ingest import ledger
from assets.night import Night, moment
from assets.people import link_children
from assets.store import Store
from schemas.calendar import collection_years
from schemas.duck import connect
from schemas.failures import WrongUse
from schemas.marts import MARTS
from schemas.returns import RETURNS
from tests.pipelines.conftest import LAS, copy_of
from tests.pipelines.test_resubmission import send_again
from tests.pipelines.test_settled import accept, answered

OTHER_BY_NATURE = {
    "manifest.json": "says of every file what it is, so of those named here too",
    "restricted/marts.duckdb": "holds pseudonyms in an order of its own; its tables are compared by content",
    "restricted/quality.duckdb": "a database file; its tables are compared row by row",
    "restricted/linkage/changes.csv": "persons keep the ids of tonight's spine, so that none of them is new",
    "restricted/linkage/linkage.html": "shows those changes beside the tables that are compared",
}
"""Files of a release that are not compared byte by byte, and why."""


class Looked(NamedTuple):
    """A home that knows more by now, and what was made of it as of then."""

    store: Store
    then: Store
    made: release.Made
    before: dict[str, str]
    """Everything in the home, by hash, when all had arrived and nobody had looked back."""


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture(scope="module")
def looked(night_done: Store, tmp_path_factory: pytest.TempPathFactory) -> Looked:
    store = Store(copy_of(night_done.home, tmp_path_factory.mktemp("looked") / "home"))
    then = datetime.now(UTC)
    answered(store)
    accept(store, LAS[2], "cin", "8500", "2099-12-31")
    send_again(store.landing)
    shutil.rmtree(store.releases)
    store.current.unlink()
    stages.receive(Night(home=str(store.home)))
    before = hashes(store.home)
    night = Night(home=str(store.home), as_known_at=then.isoformat())
    return Looked(store, night.store(), made_by(night), before)


def made_by(night: Night) -> release.Made:
    """The stages of a night, but for what arrives."""
    store, in_force = night.store(), night.in_force()
    for ret in RETURNS.values():
        gathered.gather(store, in_force, ret, collection_years())
    for ret in stages.CHECKED:
        checking.check(store, in_force, ret, collection_years())
    link_children(store, in_force, "looking back")
    return stages.make_release(night)


def test_more_is_known_by_now_than_then(looked: Looked) -> None:
    now, then = (
        dict(ledger.state(s).group_by("status").len().iter_rows()) for s in (looked.store, looked.then)
    )
    assert (now.get("superseded", 0), then.get("superseded", 0)) == (1, 0)
    today = datetime.now(UTC).date()
    assert (waivers.read(looked.store, today).height, waivers.read(looked.then, today).height) == (1, 0)


def test_every_mart_is_what_it_was(looked: Looked, night_done: Store) -> None:
    was = release.read_manifest(night_done, night_done.current.resolve().name)
    found = release.read_manifest(looked.store, looked.made.release_id)
    for mart in MARTS:
        assert found["tables"][mart] == was["tables"][mart], mart
    assert found["inputs"] == was["inputs"]
    assert looked.made.release_id == was["release"]


def test_every_report_board_and_table_is_what_it_was(looked: Looked, night_done: Store) -> None:
    was, found = hashes(night_done.current.resolve()), hashes(looked.made.path)
    assert was.keys() == found.keys()
    other = {name for name in was if was[name] != found[name]}
    assert other <= OTHER_BY_NATURE.keys()


def test_findings_coverage_and_expectations_are_what_they_were(looked: Looked, night_done: Store) -> None:
    was, found = (
        tables_of(folder / "restricted" / "quality.duckdb")
        for folder in (night_done.current.resolve(), looked.made.path)
    )
    assert was.keys() == found.keys()
    assert all(rows for rows in was.values())
    assert [name for name in was if was[name] != found[name]] == []


def tables_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a database file, in one order."""
    with connect(path, read_only=True) as con:
        names = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        return {name: con.execute(f"from {name} order by all").fetchall() for (name,) in names}


def test_looking_back_leaves_tonights_state_alone_and_is_shown_to_nobody(looked: Looked) -> None:
    after = hashes(looked.store.home)
    ours = ("releases/", "tmp/")
    changed = {
        name
        for name in looked.before.keys() | after.keys()
        if looked.before.get(name) != after.get(name) and not name.startswith(ours)
    }
    assert changed == set()
    assert not looked.store.current.exists()


def test_what_was_withdrawn_since_is_not_in_force_then_either(tmp_path: Path) -> None:
    store, day = Store(tmp_path), datetime(2025, 7, 1, tzinfo=UTC)
    came = {"return": "cin", "year": 2025, "term": "", "la": "202", "whose": "f", "hints": {}, "sent": "",
            "sent_from": "", "serial": None, "path_date": "", "reason": "", "files": []}  # fmt: skip
    for number, name in enumerate(("kept", "gone")):
        at = ledger.stamp(day + timedelta(days=number))
        read = {**came, "event": "read", "at": at, "submission": name, "folder": name}
        ledger.append(store, [{**read, "la": ("202", "301")[number]}])
    ledger.append(
        store, [{"event": "withdrawn", "at": ledger.stamp(day + timedelta(days=9)), "submission": "gone"}]
    )
    then = store.looking_back(day + timedelta(days=2))
    assert ledger.in_force(then) == ledger.in_force(store) == {"cin": [(2025, "202", "kept")]}
    assert ledger.state(store.looking_back(day))["submission"].to_list() == ["kept"]


def test_a_date_is_the_whole_of_its_day_and_another_word_is_refused() -> None:
    assert moment("2026-06-30") == datetime(2026, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)
    assert moment("2026-06-30T18:00") == datetime(2026, 6, 30, 18, tzinfo=UTC)
    with pytest.raises(WrongUse, match="2026-06-30"):
        moment("yesterday")
