"""A list that comes back with explanations is read as a stranger's file and believed about our findings only."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from assets import explanations
from assets.ingest import explanation_reader
from assets.ingest.explanation_reader import Unreadable, read_explanations
from assets.store import Store
from tests.report.material import CHILD, SOME, finding, findings, report

NOW = datetime(2025, 9, 1, 12, 0, tzinfo=UTC)
WHY = "The child was placed again on the same day."


@pytest.fixture(autouse=True)
def private_umask() -> Iterator[None]:
    """As every verb of the program has it."""
    before = os.umask(0o077)
    yield
    os.umask(before)


def filled(
    book: Path, text: str = WHY, child: str = CHILD, row: int = 1, column: str = "Explanation"
) -> bytes:
    """The workbook as an officer sends it back: opened, one cell filled in, saved."""
    opened = openpyxl.load_workbook(book)
    sheet = opened["By child"]
    at = {cell.value: cell.column for cell in sheet[1]}
    line = next(
        cells[0].row for cells in sheet.iter_rows(min_row=2)
        if cells[0].value == child and sheet.cell(cells[0].row, at["Error Row"]).value == row
    )  # fmt: skip
    sheet.cell(line, at[column]).value = text
    saved = io.BytesIO()
    opened.save(saved)
    return saved.getvalue()


def filled_list(folder: Path, text: str = WHY, delimiter: str = ",") -> bytes:
    """The CSV beside it, with the same cell filled in."""
    rows = pl.read_csv(folder / "quality.csv", infer_schema=False)
    is_it = (pl.col("Child") == CHILD) & (pl.col("Error Row") == "1")
    told = pl.when(is_it).then(pl.lit(text)).otherwise("Explanation")
    return rows.with_columns(Explanation=told).write_csv(separator=delimiter).encode()


def listed(*rows: dict[str, Any]) -> pl.DataFrame:
    frame = findings(*rows) if rows else SOME
    return frame.with_columns(pl.col("row", "line").cast(pl.Int32))


def store_with(tmp_path: Path, **files: bytes) -> Store:
    """A home with files in the folder for explanations; `a_b` stands for `a/b`."""
    store = Store(tmp_path / "home")
    store.prepare()
    for name, data in files.items():
        path = store.landing / "explanations" / Path(*name.split("__"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return store


def standing(store: Store, frame: pl.DataFrame | None = None) -> dict[tuple[str, int], str]:
    shown, _ = explanations.explained(listed() if frame is None else frame, explanations.register(store))
    return {
        (row["child"], row["row"]): row["explanation"]
        for row in shown.filter(pl.col("standing") == "explained").to_dicts()
    }


def test_what_an_officer_wrote_into_the_workbook_explains_that_finding_and_no_other(tmp_path: Path) -> None:
    store = store_with(tmp_path, anything=filled(report(tmp_path / "r")[1]))
    assert explanations.take_in(store, now=NOW) == explanations.Taken(1, 0)
    assert standing(store) == {(CHILD, 1): WHY}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_plain_list_can_come_back_too(delimiter: str, tmp_path: Path) -> None:
    report(tmp_path / "r")
    store = store_with(tmp_path, back=filled_list(tmp_path / "r", delimiter=delimiter))
    explanations.take_in(store, now=NOW)
    assert standing(store) == {(CHILD, 1): WHY}


def test_it_is_kept_in_the_home_when_the_file_is_gone_and_read_again_when_everything_is(
    tmp_path: Path,
) -> None:
    store = store_with(tmp_path, back=filled(report(tmp_path / "r")[1]))
    explanations.take_in(store, now=NOW)
    (store.landing / "explanations" / "back").unlink()
    assert explanations.take_in(store, now=NOW) == explanations.Taken(0, 0)
    before = explanations.register(store)
    for path in store.explanations.glob("*.parquet"):
        path.unlink()
    explanations.take_in(store, now=NOW, full=True)
    assert explanations.register(store).equals(before)
    assert standing(store) == {(CHILD, 1): WHY}
    assert {path.stat().st_mode & 0o077 for path in store.explanations.iterdir()} == {0}


def test_after_a_new_submission_the_same_values_stay_explained_and_others_do_not(tmp_path: Path) -> None:
    store = store_with(tmp_path, back=filled(report(tmp_path / "r")[1]))
    explanations.take_in(store, now=NOW)
    moved = listed(finding("142", CHILD, row=40, submission="new"))
    assert standing(store, moved) == {(CHILD, 40): WHY}
    changed = listed(finding("142", CHILD, row=1, submission="new", values="01/01/2025"))
    assert standing(store, changed) == {}


def test_after_a_new_submission_no_more_findings_are_explained_than_were(tmp_path: Path) -> None:
    store = store_with(tmp_path, back=filled(report(tmp_path / "r")[1]))
    explanations.take_in(store, now=NOW)
    again = [finding("142", CHILD, row=row, submission="new") for row in (40, 41, 42)]
    assert standing(store, listed(*again)) == {(CHILD, 40): WHY}


def test_an_explanation_that_fits_nothing_is_a_finding_of_its_authority(tmp_path: Path) -> None:
    store = store_with(tmp_path, back=filled(report(tmp_path / "r")[1]))
    explanations.take_in(store, now=NOW)
    _, unmatched = explanations.explained(
        listed().filter(pl.col("child") != CHILD), explanations.register(store)
    )
    found = explanations.findings_about(store, unmatched)
    (row,) = found.to_dicts()
    assert (row["rule"], row["la"], row["return"], row["year"], row["child"]) == (
        "explanation.unmatched", "202", "ssda903", 2025, CHILD,
    )  # fmt: skip
    assert WHY not in row["detail"]
    assert CHILD not in row["detail"]


def test_a_folder_of_an_authority_explains_that_authority_only(tmp_path: Path) -> None:
    store = store_with(tmp_path, **{"203__back": filled(report(tmp_path / "r")[1])})
    explanations.take_in(store, now=NOW)
    assert standing(store) == {}
    assert explanations.register(store)["la"].to_list() == ["203"]


def test_the_latest_explanation_of_a_finding_counts(tmp_path: Path) -> None:
    book = report(tmp_path / "r")[1]
    store = store_with(tmp_path, first=filled(book))
    explanations.take_in(store, now=NOW)
    (store.landing / "explanations" / "second").write_bytes(filled(book, "Better said."))
    explanations.take_in(store, now=NOW.replace(day=2))
    assert standing(store) == {(CHILD, 1): "Better said."}


def test_a_formula_is_never_computed_nor_its_last_value_believed(tmp_path: Path) -> None:
    data = filled(report(tmp_path / "r")[1], "=1+1")
    store = store_with(tmp_path, back=data)
    explanations.take_in(store, now=NOW)
    assert standing(store) == {}
    about = explanations.findings_about(store, explanations.register(store))
    assert [(row["rule"], row["n"]) for row in about.to_dicts()] == [("explanation.formula", 1)]


def test_a_child_whose_identifier_looks_like_a_formula_comes_back_as_it_went(tmp_path: Path) -> None:
    odd = findings(finding("142", "=1+1", row=1))
    report(tmp_path / "r", findings=odd)
    rows = pl.read_csv(tmp_path / "r" / "quality.csv", infer_schema=False)
    assert rows["Child"].to_list() == ["'=1+1"]
    sent = rows.with_columns(Explanation=pl.lit(WHY)).write_csv().encode()
    assert read_explanations(sent)[0]["child"].to_list() == ["=1+1"]


def test_a_long_explanation_is_cut_and_that_is_known(tmp_path: Path) -> None:
    told, _ = read_explanations(filled(report(tmp_path)[1], "x" * 5_000))
    assert (told["explanation"].str.len_chars().item(), told["is_cut"].item()) == (2_000, True)


def test_the_authority_is_told_that_an_explanation_was_cut(tmp_path: Path) -> None:
    store = store_with(tmp_path, back=filled(report(tmp_path / "r")[1], "x" * 2_001))
    explanations.take_in(store, now=NOW)
    shown, unmatched = explanations.explained(listed(), explanations.register(store))
    assert shown["explanation"].str.len_chars().max() == 2_000
    about = explanations.findings_about(store, unmatched)
    assert [(row["rule"], row["n"]) for row in about.to_dicts()] == [("explanation.shortened", 1)]


def broken(change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> Callable[[bytes], bytes]:
    """A workbook with some of its parts changed."""

    def of(book: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(book)) as source:
            parts = change({name: source.read(name) for name in source.namelist()})
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
            for name, data in parts.items():
                target.writestr(name, data)
        return written.getvalue()

    return of


def with_doctype(parts: dict[str, bytes]) -> dict[str, bytes]:
    name = "xl/worksheets/sheet1.xml"
    sheet = parts[name][parts[name].index(b"<worksheet") :]
    entity = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return {**parts, name: b'<?xml version="1.0"?>' + entity + sheet}


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "a picture": lambda _: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "nothing": lambda _: b"",
    "another list": lambda _: b"CHILD,DECOM\n1,2024-01-01\n",
    "cut off": lambda book: book[: len(book) // 2],
    "a document type": broken(with_doctype),
    "broken XML": broken(lambda parts: {**parts, "xl/worksheets/sheet3.xml": b"<worksheet><row>"}),
    "a bomb": broken(lambda parts: {**parts, "xl/bomb.xml": bytes((1 << 30) + 1)}),
    "a cell without end": lambda _: b"Authority,Explanation\n" + b"x" * 200_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_or_damaged_file_is_a_finding_and_stops_nothing(kind: str, tmp_path: Path) -> None:
    book = filled(report(tmp_path / "r")[1])
    store = store_with(tmp_path, bad=HOSTILE[kind](book), good=book)
    assert explanations.take_in(store, now=NOW) == explanations.Taken(2, 1)
    assert standing(store) == {(CHILD, 1): WHY}
    about = explanations.findings_about(store, explanations.register(store).clear())
    assert [(row["rule"], row["la"]) for row in about.to_dicts()] == [
        ("explanation.unreadable", explanations.NOBODY)
    ]


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    store = store_with(tmp_path)
    outside = tmp_path / "outside.xlsx"
    outside.write_bytes(filled(report(tmp_path / "r")[1]))
    folder = store.landing / "explanations"
    folder.mkdir(parents=True)
    (folder / "link.xlsx").symlink_to(outside)
    assert explanations.take_in(store, now=NOW) == explanations.Taken(0, 0)


def test_more_explanations_than_a_file_may_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanation_reader, "MOST_EXPLAINED", 0)
    with pytest.raises(Unreadable, match="expected at most 0 explanations"):
        read_explanations(filled(report(tmp_path)[1]))


def test_a_withdrawn_submission_takes_what_was_said_of_it_along(tmp_path: Path) -> None:
    store = store_with(tmp_path, back=filled(report(tmp_path / "r")[1]))
    explanations.take_in(store, now=NOW)
    explanations.forget(store, SOME["submission"][0])
    for full in (False, True):
        assert explanations.take_in(store, now=NOW, full=full) == explanations.Taken(0, 0)
        assert explanations.register(store).is_empty()
        assert list(store.submissions.rglob("*.gz")) == []
