"""No identifier of a child leaves the identified part of the store, whatever goes wrong."""

from __future__ import annotations

import csv
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import duckdb
import pytest
from pydantic import BaseModel

from assets import checking, deidentify, gathered, people, publish, release, stages
from assets.store import Store
from pipelines import night
from schemas.duck import connect
from schemas.failures import Trouble
from tests.pipelines.conftest import copy_of

IDENTIFIED = ("landing", "truth", "submissions", "raw", "returns", "people")
"""Where identifiers are at home. An authority's own report is the other place."""


def canaries(home: Path) -> list[str]:
    with (home / "truth" / "canaries.csv").open() as file:
        return [row["value"] for row in csv.DictReader(file) if row["kind"] != "date_of_birth"]


def files_that_must_be_clean(store: Store) -> Iterator[Path]:
    for path in store.home.rglob("*"):
        parts = path.relative_to(store.home).parts
        own_report = "restricted" in parts and "quality" in parts
        if path.is_file() and not path.is_symlink() and parts[0] not in IDENTIFIED and not own_report:
            yield path


def bytes_of(path: Path) -> bytes:
    if path.suffix == ".duckdb":
        return text_of_database(path).encode() + path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return b"".join(book.read(name) for name in book.namelist())
    if path.suffix == ".parquet":
        with connect() as con:
            return path.read_bytes() + repr(con.execute(f"from '{path}'").fetchall()).encode()
    return path.read_bytes()


def text_of_database(path: Path) -> str:
    """Every value as text: inside the file they may be compressed."""
    with connect(path, read_only=True) as con:
        tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        return "".join(repr(con.execute(f'from "{s}"."{t}"').fetchall()) for s, t in tables)


def leaks(store: Store, home: Path, *more: str) -> list[str]:
    """Which canary is in which file; names the kind of place, not the value."""
    wanted = canaries(home)
    assert len(wanted) >= 8
    texts = {str(path.relative_to(store.home)): bytes_of(path) for path in files_that_must_be_clean(store)}
    texts |= {f"output {number}": text.encode() for number, text in enumerate(more)}
    return [
        f"canary {n} in {name}"
        for name, text in texts.items()
        for n, c in enumerate(wanted)
        if c.encode() in text
    ]


def test_the_canaries_did_go_in(night_done: Store) -> None:
    originals = b"".join(
        p.read_bytes() for p in sorted((night_done.home / "landing").rglob("*")) if p.is_file()
    )
    assert all(canary.encode() in originals for canary in canaries(night_done.home))


def test_after_a_night_and_a_publication_no_canary_is_outside(
    night_done: Store, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    store = Store(copy_of(night_done.home, tmp_path / "home"))
    publish.publish(store, store.current.resolve().name)
    said = capfd.readouterr()
    assert leaks(store, night_done.home, said.out, said.err) == []


class Strict(BaseModel):
    value: int


def stumble(value: str) -> None:
    """One library's error while handling another's, each of which prints the value."""
    try:
        duckdb.sql(f"select cast('{value}' as integer)").fetchall()
    except duckdb.Error:
        try:
            Strict.model_validate({"value": value})
        except ValueError as error:
            raise KeyError(value) from error


def an_older_release_is_current(store: Store) -> str:
    """Tonight's release has still to be made; readers have one of another name."""
    os.replace(store.current.resolve(), store.releases / "r-older")
    release.point_current_to(store, "r-older")
    return "r-older"


STAGES: dict[str, tuple[ModuleType, str]] = {
    "ingest": (stages, "ingest"),
    "returns": (gathered, "gather"),
    "findings": (checking, "find"),
    "people": (people, "build_spine"),
    "deidentify": (deidentify, "write"),
    "release": (release, "make"),
}


def as_of_another_version(patch: pytest.MonkeyPatch, module: ModuleType) -> None:
    """What a stage did is done again tonight, and no more than that: nights are dear."""
    if hasattr(module, "code_version"):
        patch.setattr(module, "code_version", lambda: "another version")


@pytest.mark.parametrize("stage", STAGES)
def test_an_error_forced_at_a_stage_carries_no_canary(
    stage: str,
    night_done: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    store = Store(copy_of(night_done.home, tmp_path / "home"))
    before = an_older_release_is_current(store)
    value = canaries(night_done.home)[0]
    module, name = STAGES[stage]
    as_of_another_version(monkeypatch, module)
    monkeypatch.setattr(module, name, lambda *_, **__: stumble(value))
    with pytest.raises(Trouble) as caught:
        night.run(store)
    said = capfd.readouterr()
    assert leaks(store, night_done.home, said.out, said.err, str(caught.value)) == []
    assert store.current.resolve().name == before
