"""Tables that go to disk while their file is read are the tables that would have been held in memory."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ingest import Limits, worker, xml_blocks, xml_tables
from assets.ingest.reader import read_stream
from assets.ingest.reading import Reading, Spilled
from tests.ingest.test_quick_xml import FEW, IN_CARE, ODD, RICH
from tests.ingest.written import cin

FILES = {"cin": RICH, "903": IN_CARE, "an odd child": ODD["an entity"], "a small file": cin()}


@pytest.fixture(autouse=True)
def in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few children, and tables of which few rows are held."""
    monkeypatch.setattr(xml_blocks, "BLOCK", FEW)
    monkeypatch.setattr(xml_blocks, "WORTHWHILE", 0)
    monkeypatch.setattr(xml_tables, "ROWS_HELD", 7)


def rows(reading: Reading) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table, wherever they are."""
    return {t.table.VIEW: t.columns(t.frame.columns).to_dicts() for t in reading.tables}


@pytest.mark.parametrize("name", FILES)
def test_rows_on_disk_are_the_rows_in_memory(name: str, tmp_path: Path) -> None:
    held = read_stream(io.BytesIO(FILES[name]), "0" * 64)
    on_disk = read_stream(io.BytesIO(FILES[name]), "0" * 64, into=str(tmp_path / "t"))
    assert rows(on_disk) == rows(held)
    assert [t.rows_in for t in on_disk.tables] == [t.rows_in for t in held.tables]
    assert (on_disk.facts, on_disk.findings) == (held.facts, held.findings)
    spilled = [t for t in on_disk.tables if t.spilled]
    assert len(spilled) == len(list(tmp_path.iterdir()))
    assert all(t.rows_in > 7 and t.frame.is_empty() for t in spilled)
    assert bool(spilled) == (name != "a small file")


@pytest.mark.parametrize(
    "data", [RICH[:-40], RICH.replace(b"<Collection>CIN<", b"<Collection>SC<")], ids=["broken", "another"]
)
def test_nothing_is_left_of_a_file_that_is_refused(data: bytes, tmp_path: Path) -> None:
    assert not read_stream(io.BytesIO(data), "0" * 64, into=str(tmp_path / "t")).usable
    assert list(tmp_path.iterdir()) == []


def typed(data: bytes, place: Path) -> dict[str, pl.DataFrame]:
    """The typed tables of a file, as a reading process of the store makes them."""
    (place / "original.gz").write_bytes(gzip.compress(data))
    asked: dict[str, Any] = {
        "do": "read",
        "original": str(place / "original.gz"),
        "sha256": "a" * 64,
        "into": str(place / "t"),
    }
    read = worker.answer(asked, Limits())
    parts = {each["view"]: [{**each, "sha256": "a" * 64, "whole": True}] for each in read["tables"]}
    placed = {"year": 2025, "la": "202", "submission": "s"}
    asked = {"do": "write", "ret": "cin", "placed": placed, "tables": parts, "into": str(place / "w")}
    written = worker.answer(asked, Limits())
    return {t["view"]: pl.read_parquet(t["files"]["typed"]) for t in written["tables"] if t["files"]}


def test_the_store_types_both_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "memory").mkdir()
    on_disk = typed(RICH, tmp_path / "disk")
    monkeypatch.setattr(xml_tables, "ROWS_HELD", 1_000_000)
    held = typed(RICH, tmp_path / "memory")
    assert on_disk.keys() == held.keys()
    assert all(on_disk[view].equals(held[view]) for view in held)
    assert sum(frame.height for frame in held.values()) > 200


def test_rows_on_disk_are_counted_when_rows_are_counted() -> None:
    reading = read_stream(io.BytesIO(cin()), "0" * 64)
    table = next(t for t in reading.tables if t.table.VIEW == "cin_details")
    with pytest.raises(AssertionError, match="2 rows in the file, 1 kept"):
        type(table)(table.table, table.frame.clear(), table.aside, 2, spilled=Spilled("nowhere", 1))
