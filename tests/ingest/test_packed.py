"""Returns that come in a zip or in a spreadsheet are read as if they had come as they should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from assets.ingest import Limits, all_findings, ingest, ledger, read_paths
from assets.ingest.originals import original_path
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from assets.store import Store
from tests.ingest.written import EPISODES, HEADER, NOW, cin, land, land_903

ONE = Limits(workers=1)


def read(data: bytes) -> Reading:
    return read_bytes(data, "0" * 64, Limits())


def codes(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def zipped(files: Mapping[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def workbook(sheets: dict[str, Iterable[Iterable[Any]]]) -> bytes:
    book, saved = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    book.save(saved)
    return saved.getvalue()


# --- a spreadsheet ------------------------------------------------------------------------------------

REVIEWS = ["CHILD", "DOB", "REVIEW", "REVIEW_CODE"]


def test_a_workbook_is_read_as_the_csv_that_it_was() -> None:
    rows = [line.split(",") for line in EPISODES.format(child="A").splitlines()]
    (table,), (csv,) = (
        read(workbook({"Sheet1": rows})).tables,
        read(EPISODES.format(child="A").encode()).tables,
    )
    assert table.frame.equals(csv.frame)
    assert table.rows_in == 2


def test_cells_are_written_as_the_return_writes_them() -> None:
    rows = [REVIEWS, [4711, date(2010, 2, 1), date(2024, 5, 1), "PN1"], [123456789012, None, 45413, True]]
    reading = read(workbook({"x": rows}))
    assert reading.tables[0].frame.select(REVIEWS).rows() == [
        ("4711", "01/02/2010", "01/05/2024", "PN1"),
        ("123456789012", None, "45413", "true"),
    ]
    assert codes(reading) == ["file.workbook"]


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", bytes(40_000_000))
    return packed.getvalue()


OLE = b"\xd0\xcf\x11\xe0" + bytes(600)


@pytest.mark.parametrize(
    ("data", "code", "why"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(600), "file.workbook_broken", "password"),
        (OLE + bytes(600), "file.workbook_broken", "before 2007"),
        (workbook({"x": [REVIEWS]})[:-60], "file.workbook_broken", "cut off"),
        (zipped({}), "file.zip", "empty"),
        (bomb(), "file.zip", "100 times larger"),
        (b"%PDF-1.7", "file.unknown_form", "another binary form"),
    ],
)
def test_what_cannot_be_opened_says_why(data: bytes, code: str, why: str) -> None:
    (finding,) = read(data).findings
    assert finding.rule == code
    assert why in finding.detail


def test_every_sheet_is_a_table_and_others_are_named() -> None:
    header = [line.split(",") for line in HEADER.format(child="A").splitlines()]
    above = [["Our return"], [], [date(2025, 6, 1)]]
    book = workbook(
        {
            "notes": [["who"], ["me"]],
            "a": [*above, *header],
            "b": [REVIEWS, ["A", "", "", "PN1"]],
            "empty": [],
        }
    )
    reading = read(book)
    assert {t.table.VIEW: t.frame.height for t in reading.tables} == {"header": 1, "reviews": 1}
    assert [(f.rule, f.n) for f in reading.findings] == [
        *(("file.workbook", 2), ("file.sheets_ignored", 1), ("file.lines_above", 2)),
    ]
    assert reading.tables[0].frame["source_line"].to_list() == [5]


def test_two_sheets_of_one_table_are_one_table_numbered_on() -> None:
    reading = read(
        workbook(
            {
                "a": [REVIEWS, ["A", "", "", "PN1"], ["x", "", "", "", "more"]],
                "b": [REVIEWS, ["B", "", "", ""]],
            }
        )
    )
    (table,) = reading.tables
    assert table.frame.select("CHILD", "source_row").rows() == [("A", 1), ("B", 3)]
    assert table.aside.select("source_row", "source_line", "reason").rows() == [(2, 3, "row.wrong_width")]
    assert {"file.two_tables_alike", "row.wrong_width"} <= set(codes(reading))


def test_titles_totals_and_headings_once_more_are_no_records() -> None:
    row = ["A", date(2010, 2, 1), date(2024, 5, 1), "PN1"]
    reading = read(
        workbook({"x": [["Reviews 2025"], [], REVIEWS, row, REVIEWS, row, ["Total", None, None, 2]]})
    )
    (table,) = reading.tables
    assert table.frame["CHILD"].to_list() == ["A", "A"]
    assert table.aside["reason"].to_list() == ["row.headings_again", "row.total"]
    assert table.rows_in == 4
    assert codes(reading) == ["file.workbook", "file.lines_above", "row.headings_again", "row.total"]


def test_formulas_are_never_evaluated_and_are_counted() -> None:
    reading = read(
        workbook(
            {"x": [REVIEWS, ["A", "", "", '=HYPERLINK("http://127.0.0.1:9","x")'], ["=1+1", "", "", "PN1"]]}
        )
    )
    assert reading.tables[0].frame.select("CHILD", "REVIEW_CODE").rows() == [("A", None), (None, "PN1")]
    assert ("cell.formula", 2) in [(f.rule, f.n) for f in reading.findings]


def test_a_sheet_that_lies_about_its_size_loses_no_cell() -> None:
    good = workbook({"x": [REVIEWS, ["A", "01/02/2010", "01/05/2024", "PN1"]]})
    with zipfile.ZipFile(io.BytesIO(good)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    page = "xl/worksheets/sheet1.xml"
    files[page] = files[page].replace(b'<dimension ref="A1:D2"', b'<dimension ref="A1:A1"')
    assert read(zipped(files)).tables[0].frame["REVIEW_CODE"].to_list() == ["PN1"]


def test_rows_that_carry_one_number_are_all_kept() -> None:
    """As some programs that write sheets number them; the row in the sheet is all that is lost."""
    good = workbook({"x": [REVIEWS, ["A", "", "", "PN1"], ["B", "", "", "PN2"]]})
    with zipfile.ZipFile(io.BytesIO(good)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    page = "xl/worksheets/sheet1.xml"
    files[page] = files[page].replace(b'<row r="3"', b'<row r="2"').replace(b'3" t', b'2" t')
    assert read(zipped(files)).tables[0].frame["CHILD"].to_list() == ["A", "B"]


# --- a zip --------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path, here: None) -> Store:
    (tmp_path / "landing").mkdir()
    return Store(tmp_path / "home", tmp_path / "landing")


def tables(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {
        path.parent.parent.parent.name: pl.read_parquet(path).drop("submission").to_dicts()
        for path in sorted(store.returns.rglob("*.parquet"))
    }


def test_a_zip_is_a_folder(store: Store, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "out/episodes.csv": EPISODES,
        "out/header.csv": HEADER,
        "__MACOSX/._x": b"x",
        "cin/cin.xml": cin(),
    }
    land(store.landing, "ssda903/2025/202/all.zip", zipped(files))
    summary = ingest(store, now=NOW, limits=ONE)
    plain = Store(tmp_path / "plain", tmp_path / "plain_landing")
    for name, content in files.items():
        if "MACOSX" not in name:
            land(plain.landing, f"ssda903/2025/202/{Path(name).name}", content)
    ingest(plain, now=NOW, limits=ONE)
    assert tables(store) == tables(plain)
    state = ledger.state(store)
    assert state["submission"].to_list() == ledger.state(plain)["submission"].to_list()
    assert state.select("return", "status", "files").rows() == [
        ("cin", "current", 2),
        ("ssda903", "current", 3),
    ]
    assert all_findings(store).filter(rule="file.unpacked")["n"].unique().to_list() == [3]
    assert summary.new_trouble == 0


def test_a_zip_is_opened_once_and_again_when_everything_is_read_anew(store: Store) -> None:
    land(store.landing, "ssda903/2025/202/all.zip", zipped({"e.csv": EPISODES, "c.xml": cin()}))
    ingest(store, now=NOW, limits=ONE)
    before, events = all_findings(store), store.ledger.read_bytes()
    assert ingest(store, now=NOW + timedelta(days=1), limits=ONE).submissions == 0
    assert ingest(store, now=NOW + timedelta(days=1), limits=ONE, full=True).submissions == 2
    assert all_findings(store).equals(before)
    assert store.ledger.read_bytes() == events


def test_what_came_loose_and_comes_again_in_a_zip_is_a_duplicate_once(store: Store) -> None:
    land_903(store.landing, "ssda903/2025/202")
    ingest(store, now=NOW, limits=ONE)
    folder = store.landing / "ssda903/2025/202"
    land(
        store.landing,
        "ssda903/2025/202/again.zip",
        zipped({p.name: p.read_bytes() for p in sorted(folder.iterdir())}),
    )
    second = ingest(store, now=NOW + timedelta(days=1), limits=ONE)
    assert (second.submissions, second.duplicates) == (0, 1)
    third = ingest(store, now=NOW + timedelta(days=2), limits=ONE)
    assert (third.submissions, third.duplicates) == (0, 0)
    assert "submission.duplicate" in all_findings(store)["rule"].to_list()


def test_a_bad_file_in_a_zip_is_set_aside_and_the_others_are_read(store: Store) -> None:
    inside = zipped({"x.csv": EPISODES})
    files: dict[str, bytes | str] = {
        "e.csv": EPISODES,
        "page.htm": b"<!DOCTYPE html><html/>",
        "../../zip.zip": inside,
        "/etc/passwd": b"root:x:0",
    }
    land(store.landing, "ssda903/2025/202/all.zip", zipped(files))
    summary = ingest(store, now=NOW, limits=ONE)
    assert ledger.state(store)["status"].to_list() == ["current"]
    assert sorted(code for _, code in summary.files_set_aside) == [
        "file.doctype",
        "file.unknown_form",
        "file.zip",
    ]
    (entry,) = ledger.entries(store).values()
    assert {"zip.zip", "passwd", "page.htm", "e.csv", "all.zip"} == {file["name"] for file in entry.files}


def test_the_names_that_collect_gives_count_inside_a_zip_too(store: Store) -> None:
    rows = "pupilonrolltableid,upn,surname,forename,dob,enrolstatus\n1,A1,Doe,Jane,2014-Feb-03 00:00:00,C\n"
    land(store.landing, "x/2025_autumn_ignored.zip", zipped({"a\\b\\2025_spring_pupilonroll.csv": rows}))
    ingest(store, now=NOW, limits=ONE)
    assert ledger.state(store).select("year", "term").rows() == [(2025, "spring")]


def test_withdrawing_takes_the_zip_and_what_was_in_it(store: Store) -> None:
    land(store.landing, "ssda903/2025/202/all.zip", zipped({"e.csv": EPISODES}))
    ingest(store, now=NOW, limits=ONE)
    (entry,) = ledger.entries(store).values()
    kept = [original_path(store, sha256) for sha256 in entry.hashes]
    assert len(kept) == 2
    assert all(path.exists() for path in kept)
    ledger.withdraw(store, entry.submission, now=NOW + timedelta(hours=1))
    assert not any(path.exists() for path in kept)
    assert ingest(store, now=NOW + timedelta(days=1), limits=ONE).submissions == 0


def test_validating_opens_zips_and_workbooks(tmp_path: Path) -> None:
    rows = [line.split(",") for line in HEADER.format(child="A").splitlines()]
    land(tmp_path, "all.zip", zipped({"e.csv": EPISODES, "h.xlsx": workbook({"x": rows})}))
    result = read_paths([tmp_path], "ssda903", 2025, la="202")
    assert {name: frame.height for name, frame in result.tables.items()} == {"episodes": 2, "header": 1}


# --- the one reader of workbooks ------------------------------------------------------------------------


def changed(book: bytes, name: str, was: bytes, becomes: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        files: dict[str, bytes | str] = {each: packed.read(each) for each in packed.namelist()}
    before = files[name]
    assert isinstance(before, bytes)
    assert was in before
    return zipped({**files, name: before.replace(was, becomes)})


def test_days_are_told_by_the_style_of_their_cells_and_counted_from_the_book_s_own_beginning() -> None:
    book = workbook(
        {
            "x": [
                REVIEWS,
                ["A", datetime(2010, 2, 1, 9, 30, tzinfo=UTC).replace(tzinfo=None), date(2024, 5, 1), 45413],
            ]
        }
    )
    assert read(book).tables[0].frame.select(REVIEWS).row(0) == (
        "A",
        "01/02/2010 09:30:00",
        "01/05/2024",
        "45413",
    )
    mac = changed(book, "xl/workbook.xml", b"<workbookPr/", b'<workbookPr date1904="1"/')
    assert read(mac).tables[0].frame["REVIEW"].to_list() == ["02/05/2028"]


def test_only_the_sheets_that_the_book_names_are_read() -> None:
    book = workbook({"a": [REVIEWS, ["A", "", "", "PN1"]], "b": [REVIEWS, ["B", "", "", "PN1"]]})
    hidden = changed(book, "xl/_rels/workbook.xml.rels", b"sheet2.xml", b"sheet1.xml")
    assert read(hidden).tables[0].frame["CHILD"].to_list() == ["A"]


def with_shared_texts() -> bytes:
    """As spreadsheet programs write it: the texts in a part of their own."""
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, REVIEWS)
        page.write_row(1, 0, ["A", "", "", "PN1"])
    return saved.getvalue()


def test_a_document_type_is_refused_in_every_part_of_a_workbook() -> None:
    book = with_shared_texts()
    roots = {
        "xl/workbook.xml": b"<workbook ",
        "xl/_rels/workbook.xml.rels": b"<Relationships ",
        "xl/sharedStrings.xml": b"<sst ",
        "xl/styles.xml": b"<styleSheet ",
        "xl/worksheets/sheet1.xml": b"<worksheet ",
    }
    for name, root in roots.items():
        declared = b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>" + root
        assert codes(read(changed(book, name, root, declared))) == ["file.workbook_broken"], name


def test_reading_aids_are_no_part_of_a_text_and_escaped_letters_are_letters() -> None:
    book = with_shared_texts()
    aided = b"<t>PN</t><rPh sb='0' eb='1'><t>aid</t></rPh><r><t>_x0031_</t></r>"
    found = read(changed(book, "xl/sharedStrings.xml", b"<t>PN1</t>", aided))
    assert found.tables[0].frame["REVIEW_CODE"].to_list() == ["PN1"]
