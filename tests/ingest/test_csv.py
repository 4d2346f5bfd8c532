"""CSV as it really comes: every form reads the same, and no row disappears."""

from __future__ import annotations

import csv
import io
from typing import Literal
from unittest import mock

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingest import csv_reader, csv_rows
from assets.ingest.headings import NOT_CSV, declared, recognise
from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.ingest.reading import LONGEST_CELL, Reading, RowsLost, plain
from schemas.returns import RETURNS
from schemas.table import Table, columns
from tests.ingest.written import EPISODES, HEADER

TABLES = [table for ret in RETURNS.values() if ret.name not in NOT_CSV for table in ret.tables]
ALL = pytest.mark.parametrize("table", TABLES, ids=lambda t: t.VIEW)


def read(data: bytes | str) -> Reading:
    return read_bytes(data.encode() if isinstance(data, str) else data, "0" * 64, Limits())


def codes(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def only(reading: Reading) -> pl.DataFrame:
    (table,) = reading.tables
    return table.frame


@ALL
def test_a_table_is_known_by_its_headings_in_any_case_and_order(table: type[Table]) -> None:
    names = [column.name for column in columns(table)]
    mangled = [f" {name.upper()} " for name in reversed(names)]
    for headings in (names, mangled):
        found = recognise(headings)
        assert found is not None
        assert found.table is table


@ALL
def test_the_headings_of_a_table_are_distinct_in_comparable_form(table: type[Table]) -> None:
    names = [plain(column.name) for column in columns(table)]
    assert len(set(names)) == len(names)
    assert set(names) <= set(declared(table))


def test_another_heading_for_a_column_is_understood() -> None:
    frame = only(read(EPISODES.format(child="A").replace("CHILD,", "ChildID,").replace("PLACE,", "PL,")))
    assert frame["CHILD"].to_list() == ["A", "A"]
    assert frame["PLACE"].to_list() == ["U1", "U1"]


def test_a_table_that_resembles_a_declared_one_is_not_taken_for_it() -> None:
    half_term = (
        "pupilonrolltableid,NativeId,otherhalftermsessionsonrolltableid,otherhalftermsessionsonrollorder,"
        "sourceid,sessions,attendancereason\n1,S,x,1,y,3,I\n"
    )
    assert codes(read(half_term)) == ["file.unknown_form"]


def test_headings_that_several_tables_share_decide_nothing() -> None:
    assert codes(read("CHILD,DOB\n1,01/01/2010\n")) == ["file.unknown_form"]


def test_missing_and_unknown_columns_do_not_stop_the_reading() -> None:
    sent = EPISODES.format(child="A").replace("URN", "WARD").replace("RNE", "year")
    reading = read(sent)
    assert {"file.unknown_columns"} == set(codes(reading))
    assert reading.findings[0].fields == "WARD, year"
    assert {"WARD", "year_sent"} <= set(only(reading).columns)
    assert "URN" not in only(reading).columns


def test_a_repeated_column_is_kept_beside_the_first() -> None:
    reading = read("CHILD,DECOM,RNE,LS,DECOM\nA,01/05/2024,S,C2,02/05/2024\n")
    assert "file.repeated_columns" in codes(reading)
    assert only(reading)["DECOM"].to_list() == ["01/05/2024"]


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        (lambda t: t.encode(), None),
        (lambda t: t.encode("utf-8-sig"), "file.byte_order_mark"),
        (lambda t: t.encode("utf-16"), "file.byte_order_mark"),
        (lambda t: t.encode("utf-16-le"), "file.encoding_guessed"),
        (lambda t: t.encode("utf-16-be"), "file.encoding_guessed"),
        (lambda t: t.encode("cp1252"), "file.encoding_guessed"),
        (lambda t: t.replace("\n", "\r").encode(), "file.line_ends"),
        (lambda t: t.replace("\n", "\r\n").encode(), None),
        (lambda t: t.replace(",", ";").encode(), "file.wrong_delimiter"),
        (lambda t: t.replace(",", "\t").encode(), "file.wrong_delimiter"),
        (lambda t: t.rstrip("\n").encode(), None),
        (lambda t: ("\n\n" + t + "\n\n").encode(), None),
        (lambda t: t.replace("\n", ",,\n").encode(), None),
        (lambda t: t.replace("A", "A\x00").encode(), "file.zero_bytes"),
    ],
)
def test_every_form_of_a_file_reads_the_same(encoded, code) -> None:  # type: ignore[no-untyped-def]
    text = EPISODES.format(child="A").replace("CHILD,ZZ99", "É’s,ZZ99").replace("SC000001", "Ü")
    reading = read(encoded(text))
    values = only(read(text)).drop("source_line").to_dicts()
    assert only(reading).drop("source_line").to_dicts() == values
    assert codes(reading) == ([code] if code else [])


def test_rows_of_the_wrong_width_are_set_aside_with_their_line() -> None:
    reading = read("CHILD,DOB,REVIEW,REVIEW_CODE\nA,01/01/2010,01/05/2024,PN1\nB,x\nC,,,PN1,extra\nD,,,PN2\n")
    (table,) = reading.tables
    assert table.frame["CHILD"].to_list() == ["A", "D"]
    assert table.frame["source_row"].to_list() == [1, 4]
    assert table.aside.select("source_row", "source_line", "reason").rows() == [
        (2, 3, "row.wrong_width"),
        (3, 4, "row.wrong_width"),
    ]
    assert table.rows_in == 4
    assert [f.line for f in reading.findings] == [3, 4]
    assert all("extra" not in f.detail and "B" not in f.detail for f in reading.findings)


def test_an_unclosed_quotation_mark_costs_its_own_line_only() -> None:
    rows = "".join(f"C{n},01/01/2010,01/05/2024,PN1\n" for n in range(200))
    sent = f'CHILD,DOB,REVIEW,REVIEW_CODE\nA,"01/01/2010,01/05/2024,PN1\n{rows}"B\nx",,01/05/2024,PN2\n'
    (table,) = read(sent).tables
    assert table.aside["source_line"].to_list() == [2]
    assert table.frame.height == 201
    assert table.frame["CHILD"][200] == "B\nx"
    assert table.frame["source_line"][0] == 3


def test_blank_rows_are_no_rows() -> None:
    reading = read("CHILD,DOB,REVIEW,REVIEW_CODE\nA,,,PN1\n,, ,\nB,,,PN1\n")
    assert only(reading).select("CHILD", "source_row", "source_line").rows() == [("A", 1, 2), ("B", 2, 4)]


def test_a_table_without_rows_was_sent() -> None:
    reading = read(HEADER.splitlines()[0])
    assert reading.usable
    assert only(reading).height == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file.empty"),
        (b"\xef\xbb\xbf\r\n  \n", "file.empty"),
        (b",,,\n,,,\n", "file.empty"),
        (b"PK\x03\x04" + b"\x00" * 60, "file.zip"),
        (b"\x1f\x8b\x08" + b"\x00" * 60, "file.zip"),
        (b"PK\x03\x04" + b"\x00" * 30 + b"[Content_Types].xml", "file.workbook_broken"),
        (b'{"la_code": 123, "Children": []}', "file.unknown_form"),
        (b"%PDF-1.7", "file.unknown_form"),
        (b"<!DOCTYPE html><html/>", "file.doctype"),
        (b"<html/>", "file.unknown_form"),
        (b"CHILD," * 1_000_000 + b"\n1\n", "file.unknown_form"),
        (b"x" * 3_000_000, "file.unknown_form"),
    ],
    ids=range(12),
)
def test_what_is_no_return_is_set_aside_whole(data: bytes, code: str) -> None:
    reading = read(data)
    assert not reading.usable
    assert codes(reading) == [code]


def test_a_heading_that_might_be_a_value_is_not_repeated() -> None:
    reading = read("CHILD,DOB,REVIEW,REVIEW_CODE,A123456789012,2014-02-03\nA,,,PN1,,\n")
    assert reading.findings[0].fields == "(…)"


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8)
PLAIN_CELL = st.text("aZ0 .é;'\t\u00a0\u2028\x85\x1c", max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=st.sampled_from(TABLES),
    data=st.data(),
    delimiter=st.sampled_from(",;\t|"),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_a_table_written_in_any_dialect_reads_back_the_same(
    table: type[Table],
    data: st.DataObject,
    delimiter: str,
    ending: str,
    quoting: Literal[0, 1],
    encoding: str,
) -> None:
    names = [column.name for column in columns(table)]
    rows = data.draw(st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), max_size=6))
    if quoting == csv.QUOTE_MINIMAL:  # csv.writer leaves line ends other than its own unquoted
        rows = [[cell.replace("\r", " ").replace("\n", " ") for cell in row] for row in rows]
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerows([names, *rows])
    frame = only(read(file.getvalue().encode(encoding)))
    sent = [[cell or None for cell in row] for row in rows if any(c.strip(csv_rows.BLANKS) for c in row)]
    assert [list(row) for row in frame.select(names).rows()] == sent
    assert frame["source_row"].to_list() == list(range(1, len(sent) + 1))


QUOTED_CELL = PLAIN_CELL | PLAIN_CELL.map('"{}"'.format)
ROUGH_LINE = st.text('aé;,,""\t\u00a0\u2028\x85\x1c', max_size=12)


def rows_of(body: str, names: int, *, plainly: bool) -> csv_rows.Rows:
    """Rows with what is plain read together, or with everything read line by line."""

    def never(block: csv_rows.Bytes, delimiter: int, width: int) -> object:
        ends, plain, empty = each_line(block, delimiter, width)
        return ends, plain & plainly, empty & plainly

    each_line = csv_rows._lines_of_block
    with mock.patch.object(csv_rows, "_lines_of_block", never):
        return csv_rows.rows_of(body.encode(), tuple(str(n) for n in range(names)), ",", 1)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.lists(QUOTED_CELL, min_size=3, max_size=3).map(",".join) | ROUGH_LINE, max_size=9),
    st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=9, max_size=9),
    st.sampled_from([20, 1 << 20]),
)
def test_reading_plain_lines_together_changes_nothing(lines: list[str], ends: list[str], block: int) -> None:
    body = "".join(line + end for line, end in zip(lines, ends, strict=False))
    with mock.patch.object(csv_rows, "BLOCK", block):
        together, one_by_one = (rows_of(body, 3, plainly=plainly) for plainly in (True, False))
    assert together.frame.equals(one_by_one.frame)
    assert together.aside.equals(one_by_one.aside)
    assert together.line_breaks == one_by_one.line_breaks


def test_one_quoted_and_one_ragged_line_do_not_slow_down_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    slowly: list[int] = []
    record = csv_rows._record
    monkeypatch.setattr(csv_rows, "_record", lambda *a: slowly.append(a[2]) or record(*a))
    heading, *rows = EPISODES.format(child="A").splitlines(keepends=True)
    sent = [*rows * 50, rows[0].replace("S,C2", '"S",C"2'), *rows * 50, "x,y\n", *rows * 50]
    (table,) = read(heading + "".join(sent)).tables
    assert (table.frame.height, table.aside.height) == (301, 1)
    assert table.frame["source_line"].to_list() == [n for n in range(2, 304) if n != 203]
    assert slowly == [100, 201]


def test_a_file_with_every_cell_in_quotation_marks_goes_the_quick_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_rows, "_record", None)
    heading, *rows = EPISODES.format(child="A").splitlines()
    quoted = "".join('"' + row.replace(",", '","') + '"\r\n' for row in rows)
    assert only(read(f"{heading}\r\n{quoted}")).equals(only(read("\n".join([heading, *rows]))))


def test_a_line_break_in_a_cell_is_kept_and_counted() -> None:
    reading = read('CHILD,DOB,REVIEW,REVIEW_CODE\nA,,"01/05/2024\n",PN1\n"B\r\nx",,,PN2\nC,,,PN3\n')
    assert only(reading)["CHILD"].to_list() == ["A", "B\r\nx", "C"]
    assert only(reading)["source_line"].to_list() == [2, 4, 6]
    assert [(f.rule, f.n) for f in reading.findings] == [("cell.line_break", 2)]


def test_a_cell_without_end_is_set_aside_however_it_is_written() -> None:
    endless = "x" * (LONGEST_CELL + 1)
    for cell in (endless, f'"{endless}"'):
        (table,) = read(f"CHILD,DOB,REVIEW,REVIEW_CODE\nA,,,PN1\n{cell},,,PN1\nB,,,PN1\n").tables
        assert table.frame["CHILD"].to_list() == ["A", "B"]
        assert table.aside["reason"].to_list() == ["row.unreadable"]
    long = read(f"CHILD,DOB,REVIEW,REVIEW_CODE\n{endless[:-1]},,,{endless[:-1]}\n")
    assert only(long).height == 1


def test_how_headings_are_spelt_and_called_is_noted() -> None:
    reading = read("childid,Dob,REVIEW,Review Code\nA,,,PN1\n")
    assert only(reading)["CHILD"].to_list() == ["A"]
    assert [(f.rule, f.fields, f.n) for f in reading.findings] == [
        ("file.heading_form", "DOB, REVIEW_CODE", 2),
        ("file.heading_variant", "CHILD", 1),
    ]


def test_rows_that_polars_would_lose_stop_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "_at_once", lambda *_: None)
    monkeypatch.setattr(csv_rows, "_only", lambda data, *_: data[: len(data) // 2])
    with pytest.raises(RowsLost):
        read("CHILD,DOB,REVIEW,REVIEW_CODE\n" + "A,,,PN1\n" * 100)


def test_many_bad_rows_are_counted_rather_than_named() -> None:
    reading = read("CHILD,DOB,REVIEW,REVIEW_CODE\n" + "x\n" * 3_000)
    assert len(reading.findings) == csv_reader.MOST_ROWS_NAMED + 1
    assert sum(finding.n for finding in reading.findings) == 3_000


# --- rows that are no records -------------------------------------------------------------------------

GOOD = EPISODES.format(child="A1")
HEADINGS, *ROWS = GOOD.splitlines()


@pytest.mark.parametrize(
    "again", [HEADINGS, HEADINGS.replace(",", " , "), HEADINGS.replace("DECOM", '"DECOM"')]
)
def test_headings_among_the_rows_are_no_child(again: str) -> None:
    reading = read("\n".join([HEADINGS, *ROWS, again, *ROWS, ""]))
    (table,) = reading.tables
    assert only(reading)["CHILD"].to_list() == ["A1"] * 2 * len(ROWS)
    assert table.aside.select("source_row", "source_line", "reason").rows() == [
        (len(ROWS) + 1, len(ROWS) + 2, "row.headings_again")
    ]
    assert table.rows_in == 2 * len(ROWS) + 1


@pytest.mark.parametrize("word", ["Total", "GRAND TOTAL", "subtotal:", " Totals "])
def test_a_total_below_the_rows_is_no_child(word: str) -> None:
    reading = read("\n".join([*GOOD.splitlines(), word + "," * HEADINGS.count(","), ""]))
    assert only(reading)["CHILD"].to_list() == ["A1"] * len(ROWS)
    assert codes(reading) == ["row.total"]


def test_where_no_child_stands_first_a_total_is_a_value_like_any() -> None:
    reading = read("\n".join(["DECOM,CHILD,RNE,LS,URN", "Total,A1,S,C2,x", "DECOM,A2,S,C2,x", ""]))
    assert only(reading)["CHILD"].to_list() == ["A1", "A2"]


@pytest.mark.parametrize(
    "above", ["Episodes 2024-25\n", "Episodes,,,\n\n,12/06/2025,\n", "sep=,\n", "x\n" * 19], ids=str.split
)
def test_a_title_above_the_headings_costs_no_row(above: str) -> None:
    reading = read(above + GOOD)
    assert only(reading).drop("source_line").equals(only(read(GOOD)).drop("source_line"))
    assert only(reading)["source_line"].to_list()[0] == above.count("\n") + 2
    assert [(f.rule, f.n) for f in reading.findings] == [
        ("file.lines_above", sum(bool(line.strip(",")) for line in above.splitlines()))
    ]


def test_headings_that_come_later_are_not_looked_for() -> None:
    assert codes(read("x\n" * 20 + GOOD)) == ["file.unknown_form"]


@pytest.mark.parametrize("written", ['="0012"', '"=""0012"""'])
def test_a_number_that_was_wrapped_to_keep_its_zeros_is_that_number(written: str) -> None:
    reading = read(GOOD.replace("A1", written, 1))
    assert only(reading)["CHILD"].to_list() == ["0012", "A1"]
    assert [(f.rule, f.n) for f in reading.findings] == [("cell.formula", 1)]


def test_other_formulas_stay_the_text_that_they_are() -> None:
    reading = read(GOOD.replace("A1", '"=cmd|""x""!A1"', 1))
    assert only(reading)["CHILD"].to_list()[0] == '=cmd|"x"!A1'
    assert codes(reading) == []
