"""What goes back to the authority: values beside findings, in files that open without surprises."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from quality import listing as lists
from quality import validate
from quality.listing import COLUMNS, listing, not_checked, write
from quality.run import typed_tables

TABLES = {
    "Header": [{"CHILD": "=1+1", "DOB": "01/01/2030", "SEX": "M", "ETHNIC": "WBRI", "UPN": "UN1"}],
    "Episodes": [
        {"CHILD": "=1+1", "DECOM": "01/05/2024", "RNE": "S", "PLACE": "@ZZ"},
        {"CHILD": "=1+1", "DECOM": "01/08/2024", "RNE": "S", "PLACE": "U1"},
    ],
}


@pytest.fixture(name="made")
def _made() -> tuple[pl.DataFrame, pl.DataFrame]:
    frames = typed_tables("ssda903", TABLES, "201")
    found = validate(frames, ret="ssda903", year=2025, la="201")
    return listing(found.findings, frames, ret="ssda903"), not_checked(found.coverage)


def test_each_finding_has_its_sentence_child_and_values(made: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    rows, _ = made
    assert tuple(rows.columns) == COLUMNS
    by_rule = {row["rule"]: row for row in rows.iter_rows(named=True)}
    assert by_rule["142"]["values"] == "DEC=; REC="
    assert by_rule["142"]["message"] == "An episode is still open although another one follows it."
    assert (by_rule["142"]["table"], by_rule["142"]["row"], by_rule["142"]["child"]) == (
        "Episodes",
        1,
        "=1+1",
    )
    assert by_rule["146"]["values"] == "PLACE=@ZZ"
    assert by_rule["301"]["values"] == "DOB=2030-01-01"


def test_what_reading_a_file_found_stands_in_the_same_list() -> None:
    from schemas.findings import Finding, findings_frame

    place = {"return": "ssda903", "year": 2025, "term": None, "la": "201", "submission": ""}
    read = findings_frame(
        [
            Finding(
                "cell.not_a_date", "expected a date like 31/03/2024", table="Episodes", row=2, fields="DECOM"
            )
        ],
        **place,
    )
    rows = listing(read, typed_tables("ssda903", TABLES, "201"), ret="ssda903").to_dicts()
    assert rows[0]["message"].endswith("expected a date like 31/03/2024")
    assert rows[0]["values"] == "DECOM=2024-08-01"


def test_a_cell_that_could_not_be_read_shows_its_text() -> None:
    """A blank would not help: the officer looks for what stands in the file."""
    from schemas.findings import Finding, findings_frame

    tables = {"Episodes": [{"CHILD": "B", "DECOM": "1 Mai", "DEC": "01/08/2024"}]}
    frames = typed_tables("ssda903", tables, "201")
    sent = pl.DataFrame({"source_file": [""], "source_row": [1], "DECOM": ["1 Mai"], "DEC": ["01/08/2024"]})
    place = {"return": "ssda903", "year": 2025, "term": None, "la": "201", "submission": ""}
    read = findings_frame([Finding("cell.not_a_date", table="Episodes", row=1, fields="DECOM, DEC")], **place)
    text = {"episodes": sent.cast({"source_row": pl.Int32})}
    (row,) = listing(read, frames, ret="ssda903", unread=text).to_dicts()
    assert row["values"] == "DECOM=1 Mai; DEC=2024-08-01"


def test_a_row_of_last_year_s_return_shows_last_year_s_values() -> None:
    tables = {"Episodes": [], "last_year.Episodes": [{"CHILD": "B", "DECOM": "01/05/2023"}]}
    frames = typed_tables("ssda903", tables, "201")
    last = {"Episodes": frames["last_year.episodes"]}
    found = validate(
        {"Episodes": frames["episodes"]}, ret="ssda903", year=2025, la="201", last_year=last
    ).findings
    rows = listing(found, frames, ret="ssda903").filter(pl.col("rule") == "Y001").to_dicts()
    assert [(r["table"], r["child"], r["values"]) for r in rows] == [
        ("last_year.Episodes", "B", "DECOM=2023-05-01")
    ]


def test_a_pupil_is_named_by_upn() -> None:
    tables = {
        "pupilonroll": [{"pupilonrolltableid": "p", "upn": "A1"}],
        "termlysessiondetailsonroll": [
            {"pupilonrolltableid": "p", "attendancereason": "QQ"},
            {"pupilonrolltableid": "q", "attendancereason": "QQ"},
        ],
    }
    frames = typed_tables("school_census", tables, "201")
    found = validate(frames, ret="school_census", year=2025, la="201").findings
    rows = listing(found, frames, ret="school_census").filter(pl.col("rule") == "SC001")
    assert rows["child"].to_list() == ["A1", "q"]


def test_a_finding_about_the_whole_return_has_no_child() -> None:
    frames = typed_tables("cin", {"Header": [{"LEA": "201"}], "Disabilities": []}, "201")
    found = validate(frames, ret="cin", year=2025, la="201").findings.filter(pl.col("rule") == "2887Q")
    rows = listing(found, frames, ret="cin").to_dicts()
    assert [(r["table"], r["row"], r["child"], r["values"]) for r in rows] == [("Header", 1, None, "")]


def test_a_csv_holds_nothing_a_spreadsheet_would_run(
    made: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    path = tmp_path / "findings.csv"
    assert write(*made, path) == made[1].height > 0
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {row["child"] for row in rows} == {"'=1+1"}
    assert path.stat().st_mode & 0o077 == 0


def test_parquet_and_json_hold_the_values_as_they_are(
    made: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    write(*made, tmp_path / "f.parquet")
    write(*made, tmp_path / "f.json")
    assert pl.read_parquet(tmp_path / "f.parquet").equals(made[0])
    whole = json.loads((tmp_path / "f.json").read_text("utf-8"))
    assert whole["findings"] == made[0].to_dicts()
    assert {"rule", "la", "reason"} <= set(whole["not_checked"][0])


def test_a_workbook_has_two_sheets_and_no_formula(
    made: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path
) -> None:
    write(*made, tmp_path / "f.xlsx")
    book = openpyxl.load_workbook(tmp_path / "f.xlsx")
    assert book.sheetnames == ["findings", "not checked"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}
    assert "=1+1" in [cell.value for cell in cells]
    assert book["findings"].max_row == made[0].height + 1


def test_another_ending_is_refused(made: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"expected a findings file that ends in \.csv"):
        write(*made, tmp_path / "f.doc")


def test_a_workbook_holds_every_row_and_the_beginning_of_every_text(
    made: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, unchecked = made
    long = rows.with_columns(values=pl.lit("x" * 40_000))
    monkeypatch.setattr(lists, "MOST_ROWS", 2)
    write(long, unchecked.head(1), tmp_path / "f.xlsx")
    book = openpyxl.load_workbook(tmp_path / "f.xlsx")
    names = [name for name in book.sheetnames if name.startswith("findings")]
    assert len(names) == -(-rows.height // 2) > 1
    told = [row for name in names for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert [row[0] for row in told] == rows["rule"].to_list()
    assert {row[-1] for row in told} == {"x" * 32_766 + "…"}
    assert all(book[name].auto_filter.ref and book[name].freeze_panes == "A2" for name in names)
    assert book["findings"].column_dimensions["I"].width > 70
