"""Every figure that moved is told with what moved it, and none that did not."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from assets import keys, publish, release
from assets.difference import REASONS, Difference, changed_returns, difference
from assets.store import Store
from pipelines import cli
from pipelines.difference import lines
from schemas.duck import connect
from schemas.indicators import named
from tests.outcomes.country import InForce, fill_store


@dataclass(frozen=True)
class Made:
    """One store with three releases: a return late, the same whole, and whole once more."""

    store: Store
    late: str
    whole: str
    again: str

    def copied(self, place: Path) -> Made:
        """The same for a test to change."""
        shutil.copytree(self.store.home, place, symlinks=True)
        return replace(self, store=Store(place))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("difference")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keys.PLACE, str(folder / "keys"))
        patch.delenv(keys.HOME, raising=False)
        keys.new()
        store, in_force = fill_store(folder / "home")
        late = release.make(store, without(in_force, "cin", 2025, "202")).release_id
        whole = release.make(store, in_force).release_id
        again = release.make(store, in_force, parameters={"again": True}).release_id
        yield Made(store, late, whole, again)


def reasons_of(found: Difference, la: str, prefix: str = "cin") -> set[str]:
    own = found.moved.filter(pl.col("la_code") == la, pl.col("indicator_id").str.starts_with(prefix))
    return {reason for reasons in own["reasons"].to_list() for reason in reasons}


def without(in_force: InForce, ret: str, year: int, la: str) -> InForce:
    return {**in_force, ret: [one for one in in_force[ret] if one[:2] != (year, la)]}


def test_a_late_return_moves_its_authority_its_region_and_england_and_nobody_else(made: Made) -> None:
    found = difference(made.store, made.late, made.whole)
    assert found.returns.select("return_name", "year", "la_code", "reason").rows() == [
        ("cin", 2025, "202", "late")
    ]
    assert reasons_of(found, "202") == {"late"}
    assert reasons_of(found, "301") == set()
    england = found.moved.filter(
        indicator_id="cin_rate", geographic_level="National", breakdown="Total", year=2025
    )
    assert england.select("reasons", "la_count").rows() == [(["late"], 1)]
    assert set(found.moved["year"]) == {2025}
    assert "unexplained" not in found.by_reason()
    back = difference(made.store, made.whole, made.late)
    assert reasons_of(back, "202") == {"withdrawn"}
    assert back.moved.height == found.moved.height


def test_the_same_release_has_not_moved(made: Made) -> None:
    assert difference(made.store, made.whole, made.whole).moved.is_empty()


def test_a_return_sent_again_is_told_as_such() -> None:
    one = {"return": "cin", "year": 2025, "la": "202", "submission": "a"}
    other = {**one, "la": "301"}
    found = changed_returns([one, other], [{**one, "submission": "b"}, other])
    assert found.rows() == [("cin", 2025, "202", "again")]


def manifest_says(store: Store, name: str, change: Callable[[dict[str, object]], None]) -> None:
    path = store.release(name) / release.MANIFEST
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("entry", "reason", "moves"),
    [
        ("code_version", "method", "cin_rate"),
        ("people", "links", "absence_overall_cino"),
        ("people", "unexplained", "cin_rate"),
        ("postcodes", "reference", "cin_rate"),
        ("indicator_registry", "definition", "cin_rate"),
        ("key_id", "unexplained", "cin_rate"),
    ],
)
def test_what_changed_for_all_at_once_is_named_where_it_matters(
    made: Made, tmp_path: Path, entry: str, reason: str, moves: str
) -> None:
    """The two releases are of the same returns; the later one's figures and manifest are changed by hand."""
    own = made.copied(tmp_path / "home")
    manifest_says(own.store, own.again, lambda told: told.update({entry: "something else"}))
    with connect(own.store.release(own.again) / "restricted" / "marts.duckdb") as con:
        con.execute(f"update outcomes.indicator set numerator = numerator + 1 where indicator_id = '{moves}'")
    found = difference(own.store, own.whole, own.again)
    assert set(found.by_reason()) == {reason}
    assert set(found.moved["indicator_id"]) == {moves}
    assert reason in REASONS


def test_an_indicator_whose_version_was_raised_moved_for_its_method(made: Made, tmp_path: Path) -> None:
    own = made.copied(tmp_path / "home")
    with connect(own.store.release(own.whole) / "restricted" / "marts.duckdb") as con:
        con.execute("update outcomes.indicator set indicator_version = 1 where indicator_id = 'cin_rate'")
    found = difference(own.store, own.whole, own.again)
    assert set(found.by_reason()) == {"method"}
    assert set(found.moved["indicator_id"]) == {"cin_rate"}
    assert named("cin_rate").version > 1
    told = list(lines(found))
    assert told[1].startswith("  0 to another value or symbol; of the others")
    assert told[-1].startswith("of England, ")
    assert told[-1].endswith("moved, 0 of them as it is shown:")


def test_two_published_releases_are_compared_as_they_were_told(made: Made, tmp_path: Path) -> None:
    own = made.copied(tmp_path / "home")
    assert not difference(own.store, own.late, own.whole).is_published
    for name in (own.late, own.whole):
        publish.publish(own.store, name)
    found = difference(own.store, own.late, own.whole)
    assert found.is_published
    told = found.moved.filter(pl.col("value_symbol_after") == "c")
    assert told.height
    assert told["numerator_after"].null_count() == told.height


def test_the_verb_says_it_in_words_and_in_json(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, late, whole = made.store, made.late, made.whole
    verb = ["outcomes", "diff", late, whole, "--home", str(store.home)]
    monkeypatch.setattr(sys, "argv", verb)
    assert cli._exit_code() == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{late} to {whole}: " in said.err
    assert "returns came: 202 cin 2025" in said.err
    assert "a return came that was not there before" in said.err
    assert re.search(r"^  cin_rate 2025: [\d,.]+ to [\d,.]+ \(late, 1 authority\)$", said.err, re.MULTILINE)
    monkeypatch.setattr(sys, "argv", [*verb, "--json"])
    assert cli._exit_code() == 0
    told = json.loads(capsys.readouterr().out)
    assert told["moved"] == len(told["cells"]) == difference(store, late, whole).moved.height
    assert told["by_reason"].keys() <= REASONS.keys()
    monkeypatch.setattr(sys, "argv", ["outcomes", "diff", "r-000000000000", whole, "--home", str(store.home)])
    assert cli._exit_code() == 2


def test_long_lists_of_returns_are_cut_in_words(made: Made) -> None:
    name = made.whole
    found = difference(made.store, name, name)
    rows = [("cin", 2025, f"{n:03}", "late") for n in range(12)]
    many = pl.DataFrame(rows, schema=found.returns.schema, orient="row")
    told = list(lines(Difference(name, name, True, 1, found.moved, many)))
    assert told[-1].endswith("009 cin 2025 and 2 more")
