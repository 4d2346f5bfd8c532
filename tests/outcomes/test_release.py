"""A release is whole or not there, is its inputs' own, and holds the same whatever the night was like."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from assets import keys, release
from assets.store import Store
from schemas.duck import connect, sql_text
from schemas.failures import Refused, WrongUse
from schemas.marts import MARTS
from schemas.table import columns
from tests.outcomes.country import InForce, drawn, fill_store


@dataclass(frozen=True)
class Country:
    """A store with a release in it."""

    store: Store
    in_force: InForce
    made: release.Made


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    folder = tmp_path_factory.mktemp("country")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(keys.PLACE, str(folder / "keys"))
        patch.delenv(keys.HOME, raising=False)
        keys.new()
        store, in_force = fill_store(folder / "children's home")
        yield Country(store, in_force, release.make(store, in_force))


def contents(store: Store, release_id: str) -> Mapping[str, object]:
    return {
        n: (t["rows"], t["content"]) for n, t in release.read_manifest(store, release_id)["tables"].items()
    }


def test_the_marts_are_as_declared_and_every_table_and_column_says_what_it_is(country: Country) -> None:
    with connect(country.made.path / "restricted" / "marts.duckdb", read_only=True) as con:
        for name, mart in MARTS.items():
            told = con.execute(
                "select column_name, data_type, comment from duckdb_columns() where schema_name || '.' || table_name = ?",
                [name],
            ).fetchall()
            assert told == [(c.name, c.sql_type, c.about) for c in columns(mart)], name
        comments = con.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables()"
        ).fetchall()
    assert dict(comments) == {name: mart.about() for name, mart in MARTS.items()}


def test_a_code_that_is_none_is_blank_in_the_marts(country: Country) -> None:
    with connect(country.made.path / "restricted" / "marts.duckdb", read_only=True) as con:
        found = con.execute(
            "select primary_need_code, count(*) from outcomes.episode_of_need group by 1 order by 1 nulls last"
        ).fetchall()
    assert [code for code, _ in found] == ["N1", None]


def test_the_same_inputs_are_the_same_release_and_are_not_made_twice(country: Country) -> None:
    before = (country.made.path / "restricted" / "marts.duckdb").stat().st_mtime_ns
    again = release.make(country.store, country.in_force)
    assert (again.release_id, again.is_new, again.rows) == (country.made.release_id, False, country.made.rows)
    assert (country.made.path / "restricted" / "marts.duckdb").stat().st_mtime_ns == before


def test_current_points_to_the_release_and_nothing_unfinished_is_left(country: Country) -> None:
    assert os.readlink(country.store.current) == f"releases/{country.made.release_id}"
    assert [p.name for p in country.store.releases.iterdir()] == [country.made.release_id]
    assert list(country.made.path.rglob("*.wal")) == []
    assert list(country.store.tmp.glob("*")) == []


def test_other_person_numbers_another_order_and_one_thread_give_the_same_content(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NATIONAL_OUTCOMES_THREADS", "1")
    shuffled = {name: list(reversed(rows)) for name, rows in drawn().items()}
    store, in_force = fill_store(tmp_path / "home", salt="other", tables=shuffled)
    other = release.make(store, {name: in_force[name] for name in reversed(list(in_force))})
    assert contents(country.store, country.made.release_id) == contents(store, other.release_id)


def test_a_rotated_key_changes_every_pseudonym_and_nothing_else(
    country: Country, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(keys.PLACE, str(tmp_path / "keys"))
    keys.new()
    store, in_force = fill_store(tmp_path / "home")
    other = release.make(store, in_force)
    assert other.release_id != country.made.release_id
    assert contents(store, other.release_id) == contents(country.store, country.made.release_id)
    assert not children(country.made) & children(other)


def children(made: release.Made) -> set[str]:
    with connect(made.path / "restricted" / "marts.duckdb", read_only=True) as con:
        return {c for (c,) in con.execute("select distinct child from outcomes.child_year").fetchall()}


def test_content_tells_who_belongs_together(country: Country, tmp_path: Path) -> None:
    """Two children with swapped second years have the same rows, but they are other children."""
    import duckdb

    from assets.marts import content_hash

    con = duckdb.connect()
    con.execute("attach ':memory:' as built")
    con.execute("create schema built.outcomes")
    row = "select * replace ({} as child, {} as year, {} as days_in_care) from {}.outcomes.child_year limit 1"
    con.execute(f"attach {sql_text(country.made.path / 'restricted' / 'marts.duckdb')} as m (read_only)")
    hashes = []
    for pairs in (
        (("a", 1, 5), ("a", 2, 7), ("b", 1, 6), ("b", 2, 8)),
        (("a", 1, 5), ("b", 2, 7), ("b", 1, 6), ("a", 2, 8)),
    ):
        rows = " union all ".join(f"({row.format(repr(c), y, d, 'm')})" for c, y, d in pairs)
        con.execute(f"create or replace table built.outcomes.child_year as {rows}")
        hashes.append(content_hash(con, "built", "outcomes.child_year"))
    con.close()
    assert hashes[0] != hashes[1]


def test_a_release_that_is_refused_is_kept_aside_and_readers_keep_the_one_they_had(country: Country) -> None:
    def no(folder: Path) -> dict[str, int]:
        assert (folder / "restricted" / "marts.duckdb").exists()
        raise Refused("one row against 'possible percentages'")

    with pytest.raises(Refused, match="readers keep the one they had"):
        release.make(country.store, country.in_force, verify=no, parameters={"try": 1})
    assert os.readlink(country.store.current) == f"releases/{country.made.release_id}"
    refused = [p for p in country.store.releases.iterdir() if p.name.endswith(".refused")]
    assert len(refused) == 1
    with pytest.raises(WrongUse, match="there is no release"):
        release.read_manifest(country.store, refused[0].name)
    refused[0].rename(country.store.tmp / "refused")


def test_an_error_while_building_leaves_the_current_release_alone(country: Country) -> None:
    def broken(_folder: Path) -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        release.make(country.store, country.in_force, fill=[broken], parameters={"try": 2})
    assert os.readlink(country.store.current) == f"releases/{country.made.release_id}"
    made = release.make(country.store, country.in_force, parameters={"try": 2}, make_current=False)
    assert made.is_new
    assert os.readlink(country.store.current) == f"releases/{country.made.release_id}"


def test_a_home_with_an_apostrophe_is_read_released_and_verified(country: Country) -> None:
    assert "'" in str(country.store.home)
    assert release.verify(country.store, country.made.release_id) == []


def test_verify_names_what_changed_is_missing_or_came_in(country: Country) -> None:
    made = release.make(
        country.store, country.in_force, parameters={"try": 3}, make_current=False,
        fill=[lambda folder: (folder / "a.txt").write_text("a")],
    )  # fmt: skip
    assert release.verify(country.store, made.release_id) == []
    (made.path / "restricted" / "a.txt").write_text("b")
    (made.path / "restricted" / "c.txt").write_text("c")
    assert release.verify(country.store, made.release_id) == [
        "restricted/a.txt has changed since the release was made",
        "restricted/c.txt is not in the manifest",
    ]
    (made.path / "restricted" / "a.txt").unlink()
    assert "restricted/a.txt is missing" in release.verify(country.store, made.release_id)


def test_the_manifest_says_what_the_release_was_made_from_and_holds_no_key(country: Country) -> None:
    text = (country.made.path / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest["key_id"] == keys.load().key_id
    assert {"return": "cin", "year": 2025, "la": "202", "submission": "cin-2025-202"} in manifest["inputs"]
    assert keys.load().secret.hex() not in text
    assert manifest["parameters"] == {"apart": [], "populations": "published"}


def test_the_gate_lets_a_sound_release_pass(country: Country) -> None:
    counts = release.gate(country.made.path)
    assert counts["expectations"] > 300
    assert counts["failed"] == 0
