"""Marts that went wrong on the way never reach a reader, and the refusal repeats nothing that stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets import marts, release, stages
from assets.night import Night
from assets.store import Store
from pipelines import night
from pipelines.status import current_release
from schemas.duck import connect
from schemas.failures import Trouble
from tests.pipelines.conftest import copy_of, outcomes

VALUE = "Quillonbryde Xanthorpewick"
"""Stands for a child's name that a wrong query carried into a mart."""

AFTERWARDS = {
    "outcomes.period_of_care": ["insert into {mart} from {mart} limit 1"],
    "outcomes.placement": [
        f"update {{mart}} set placement_code = '{VALUE}' where rowid in (select min(rowid) from {{mart}})"
    ],
    "outcomes.child_protection_plan": [
        "alter table {mart} alter column sex drop not null",
        "update {mart} set sex = null where rowid in (select min(rowid) from {mart})",
    ],
    "outcomes.episode_of_need": [f"alter table {{mart}} add column forename varchar default '{VALUE}'"],
    "outcomes.child_year": [
        f"create table {{mart}}_of_names as select child, '{VALUE}' as forename from {{mart}}",
        "update {mart} set days_in_need = -1 where rowid in (select min(rowid) from {mart})",
    ],
}
"""What is done to a mart once it is made: each is a harm that the gate alone can see."""

REFUSED_FOR = [
    "outcomes.period_of_care, la, start_date, la_record, period_number, child: expected one row per la",
    "outcomes.placement, placement_code: expected only codes of the set",
    "outcomes.child_protection_plan, sex: expected no blank (1 row at fault)",
    "outcomes.episode_of_need: expected exactly the",
    "(whole file): expected no table that is not declared. Declare or drop outcomes.child_year_of_names",
    "outcomes.child_year, days_in_need: expected no number below 0 (1 row at fault)",
]

BEFOREHAND = {
    "a row twice": ("insert into {source} from {source} limit 1", r"expected one row per .*, but 1 keys"),
    "a blank": ("update {source} set sex = null", r"failed with .*ConstraintException at assets/marts\.py"),
    "a word for a number": (
        f"create or replace table {{source}} as select * replace ('{VALUE}' as days_in_need) from {{source}}",
        r"failed with .*ConversionException at assets/marts\.py",
    ),
}
"""What is done to the table that `outcomes.child_year` is made from, and what stops it."""

WriteMart = Callable[[duckdb.DuckDBPyConnection, str, str, str], int]


@pytest.fixture
def store(night_done: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with one release, on which the next night runs with another version of the code."""
    monkeypatch.setattr(release, "code_version", lambda: "with a mistake in it")
    return Store(copy_of(night_done.home, tmp_path / "home"))


def spoil_afterwards(write_mart: WriteMart) -> WriteMart:
    def spoiled(con: duckdb.DuckDBPyConnection, catalogue: str, name: str, source: str) -> int:
        rows = write_mart(con, catalogue, name, source)
        for statement in AFTERWARDS.get(name, []):
            con.execute(statement.format(mart=f"{catalogue}.{name}"))
        return rows

    return spoiled


def spoil_beforehand(write_mart: WriteMart, statement: str) -> WriteMart:
    def spoiled(con: duckdb.DuckDBPyConnection, catalogue: str, name: str, source: str) -> int:
        if name == "outcomes.child_year":
            con.execute(f"create table spoiled as from {source}")
            source = "spoiled"
            con.execute(statement.format(source=source))
        return write_mart(con, catalogue, name, source)

    return spoiled


def releases(store: Store) -> dict[str, bool]:
    """Folders of releases, and whether a manifest makes them whole."""
    return {path.name: (path / "manifest.json").exists() for path in store.releases.iterdir()}


def pseudonyms(store: Store) -> set[str]:
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        return {child for (child,) in con.execute("select child from outcomes.child_year").fetchall()}


def assert_says_no_value(text: str, store: Store) -> None:
    canaries = pl.read_csv(store.home / "truth" / "canaries.csv", infer_schema=False)["value"].to_list()
    wrong = [VALUE, *VALUE.split(), *canaries, *pseudonyms(store)]
    assert [n for n, value in enumerate(wrong) if value in text] == []


def test_the_gate_refuses_spoilt_marts_and_a_repaired_night_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before, good = current_release(store), marts.write_mart
    with monkeypatch.context() as mistake:
        mistake.setattr(marts, "write_mart", spoil_afterwards(good))
        with pytest.raises(Trouble) as caught:
            night.run(store)
    words = str(caught.value)
    assert [sentence for sentence in REFUSED_FOR if sentence not in words] == []
    assert_says_no_value(words + "".join(capfd.readouterr()), store)
    refused = [name for name in releases(store) if name.endswith(".refused")]
    assert current_release(store) == before
    assert releases(store) == {before: True, refused[0]: False}
    assert outcomes("verify", refused[0], "--home", str(store.home)).returncode == 2

    repaired = night.run(store)
    assert repaired.is_new
    assert refused == [f"{repaired.release}.refused"]
    assert current_release(store) == repaired.release != before


@pytest.mark.parametrize("mistake", BEFOREHAND)
def test_a_spoilt_cohort_stops_the_night_before_there_is_a_release(
    mistake: str, store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before, (statement, why) = current_release(store), BEFOREHAND[mistake]
    monkeypatch.setattr(marts, "write_mart", spoil_beforehand(marts.write_mart, statement))
    with pytest.raises(Trouble) as caught:
        stages.make_release(Night(home=str(store.home)))
    assert re.search(why, str(caught.value))
    assert_says_no_value(str(caught.value) + "".join(capfd.readouterr()), store)
    assert current_release(store) == before
    assert [name for name, is_whole in releases(store).items() if is_whole] == [before]
