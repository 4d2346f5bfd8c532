"""From text as sent to typed values, losing nothing silently."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.returns import RETURNS
from schemas.text import typed


def one(ret: str, table: str, column: str, text: str | None):
    values, findings = typed(
        RETURNS[ret].table(table), pl.DataFrame({column: [text]}, schema={column: pl.String}), RETURNS[ret]
    )
    return values[column][0], [f.rule for f in findings]


@pytest.mark.parametrize(
    ("ret", "table", "column", "text", "value", "rules"),
    [
        ("ssda903", "header", "DOB", " 01/02/2010 ", date(2010, 2, 1), []),
        ("ssda903", "header", "DOB", "31/02/2010", None, ["cell.not_a_date"]),
        ("ssda903", "header", "DOB", "2010-02-01", date(2010, 2, 1), ["cell.date_form"]),
        ("ssda903", "header", "DOB", "01-Feb-2010", date(2010, 2, 1), ["cell.date_form"]),
        ("ssda903", "header", "DOB", "01-FEB-10", None, ["cell.date_out_of_range"]),
        ("ssda903", "header", "DOB", "13/10/21", None, ["cell.date_out_of_range"]),
        ("ssda903", "header", "DOB", "", None, []),
        ("cin", "child_protection_plans", "NumberOfPreviousCPP", "17.0", 17, []),
        ("cin", "child_protection_plans", "NumberOfPreviousCPP", "17.5", None, ["cell.not_a_number"]),
        ("cin", "child_protection_plans", "NumberOfPreviousCPP", "inf", None, ["cell.not_a_number"]),
        ("ssda903", "oc2", "SDQ_SCORE", "17.5", "17.5", []),
        ("cin", "cin_details", "ReferralNFA", "false", False, []),
        ("cin", "cin_details", "ReferralNFA", "1", True, []),
        ("cin", "cin_details", "ReferralNFA", "2", None, ["cell.not_yes_or_no"]),
        ("cin", "child_identifiers", "PersonBirthDate", "01/02/2010", date(2010, 2, 1), ["cell.date_form"]),
        (
            "cin",
            "child_identifiers",
            "PersonBirthDate",
            "2010-02-01T00:00:00",
            date(2010, 2, 1),
            ["cell.date_form"],
        ),
        (
            "cin",
            "child_identifiers",
            "PersonBirthDate",
            "2010-Feb-01 00:00:00",
            date(2010, 2, 1),
            ["cell.date_form"],
        ),
        ("school_census", "pupilonroll", "dob", "25/04/2020 00:00", date(2020, 4, 25), ["cell.date_form"]),
        ("ssda903", "header", "DOB", "40210", date(2010, 2, 1), ["cell.serial_date"]),
        ("ssda903", "header", "DOB", "40210.0", date(2010, 2, 1), ["cell.serial_date"]),
        ("ssda903", "header", "DOB", "4021", None, ["cell.not_a_date"]),
        ("ssda903", "header", "DOB", "zz/03/2010", None, ["cell.part_date"]),
        ("ssda903", "header", "DOB", "00/03/2010", None, ["cell.part_date"]),
        ("ssda903", "header", "DOB", "01/02/10", None, ["cell.date_out_of_range"]),
        ("ssda903", "header", "DOB", "01/02/0001", None, ["cell.date_out_of_range"]),
        ("ssda903", "episodes", "DEC", "31/12/9999", None, ["cell.date_out_of_range"]),
        ("ssda903", "episodes", "DEC", "9999-12-31 00:00:00", None, ["cell.date_out_of_range"]),
        ("ssda903", "header", "DOB", "31/12/2099", date(2099, 12, 31), []),
        ("ssda903", "header", "DOB", "03/31/2010", None, ["cell.not_a_date"]),
        ("ssda903", "header", "CHILD", "1.23457E+11", None, ["cell.exponent"]),
        ("ssda903", "header", "UPN", "1.0E+12", None, ["cell.exponent"]),
        ("ssda903", "header", "CHILD", "12E5", "12E5", []),
        ("ssda903", "header", "CHILD", "4711.0", "4711", ["cell.decimal_number"]),
        ("ssda903", "header", "SEX", "1.0", "1", ["cell.decimal_number"]),
        ("ssda903", "header", "CHILD", "A.0", "A.0", []),
        ("ssda903", "header", "CHILD", "00471", "00471", []),
        ("school_census", "pupilonroll", "dob", "2020-Apr-25 00:00:00", date(2020, 4, 25), []),
        ("school_census", "pupilonroll", "termlysessionspossible", "136.0", 136, []),
        ("ssda903", "prev_perm", "DATE_PERM", "zz/03/2019", "zz/03/2019", []),
    ],
)
def test_a_cell_is_read_as_the_return_writes_it(ret, table, column, text, value, rules) -> None:
    assert one(ret, table, column, text) == (value, rules)


@settings(deadline=None)
@given(st.lists(st.text(max_size=12) | st.none(), min_size=1, max_size=20))
def test_whatever_is_sent_rows_stay_and_lost_cells_are_found(cells: list[str | None]) -> None:
    ret = RETURNS["ssda903"]
    raw = pl.DataFrame(
        {"DECOM": cells, "source_row": range(1, len(cells) + 1)}, schema_overrides={"DECOM": pl.String}
    )
    values, findings = typed(ret.table("episodes"), raw, ret)
    blank = [cell is None or not raw["DECOM"].str.strip_chars()[i] for i, cell in enumerate(cells)]
    lost = {i + 1 for i, v in enumerate(values["DECOM"]) if v is None and not blank[i]}
    assert values.height == len(cells)
    no_dates = {"cell.not_a_date", "cell.part_date", "cell.date_out_of_range"}
    assert {f.row for f in findings if f.rule in no_dates} == lost


def test_each_cell_of_a_column_is_understood_by_itself_and_counted_by_its_form() -> None:
    sent = ["01/02/2010", "2010-02-01", "40210", "40211", "zz/02/2010", None, "Jane"]
    raw = pl.DataFrame({"DOB": sent, "source_row": range(1, 8), "source_file": ["f"] * 7})
    values, findings = typed(RETURNS["ssda903"].table("header"), raw, RETURNS["ssda903"])
    first, second = date(2010, 2, 1), date(2010, 2, 2)
    assert values["DOB"].to_list() == [first, first, first, second, None, None, None]
    assert [(f.rule, f.row, f.n) for f in findings] == [
        ("cell.part_date", 5, 1),
        ("cell.not_a_date", 7, 1),
        ("cell.serial_date", None, 2),
        ("cell.date_form", None, 1),
    ]


def test_a_finding_never_repeats_the_value() -> None:
    raw = pl.DataFrame({"DOB": ["Zebedee Canary"], "source_row": [1]})
    _, findings = typed(RETURNS["ssda903"].table("header"), raw, RETURNS["ssda903"])
    assert findings
    assert "Zebedee" not in repr(findings)


def test_a_row_names_its_fields_that_could_not_be_read_and_not_those_that_are_blank() -> None:
    ret = RETURNS["ssda903"]
    raw = pl.DataFrame(
        {
            "DECOM": ["01/05/2024", "31/02/2024", "soon", "2024-05-01"],
            "DEC": ["01/06/2024", "", "later", None],
            "LS": ["C2", "not a code", None, ""],
        }
    )
    values, _ = typed(ret.table("episodes"), raw, ret)
    assert values["unread"].to_list() == [None, "DECOM", "DECOM DEC", None]
    whole, _ = typed(ret.table("episodes"), raw.head(1), ret)
    none, _ = typed(ret.table("episodes"), raw.clear(), ret)
    assert (whole["unread"].to_list(), none["unread"].to_list()) == ([None], [])
    assert whole.schema == none.schema == values.schema


@pytest.mark.parametrize(("exchanged", "told"), [(2, 0), (3, 1)])
def test_a_column_with_the_month_before_the_day_is_told_as_such(exchanged: int, told: int) -> None:
    """One such date is a slip; several are a program's, and then 05/06/2024 may be either."""
    dates = [*["05/31/2024", "12/13/2024", "1/25/2024"][:exchanged], "05/06/2024"]
    _, findings = typed(RETURNS["ssda903"].table("header"), pl.DataFrame({"DOB": dates}), RETURNS["ssda903"])
    assert [(f.fields, f.n) for f in findings if f.rule == "cell.month_first"] == [("DOB", exchanged)] * told
    assert sum(f.rule == "cell.not_a_date" for f in findings) == exchanged


@pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808", "1000000000", "1e300"])
def test_a_number_that_no_return_can_mean_is_blank_and_found(number: str) -> None:
    """Two of them added up would be more than DuckDB's numbers hold, and would stop every authority's night."""
    ret = RETURNS["school_census"]
    raw = pl.DataFrame({"attendancereason": ["I", "M"], "sessions": [number, "999999999"]})
    values, findings = typed(ret.table("termlysessiondetailsonroll"), raw, ret)
    assert values["sessions"].to_list() == [None, 999_999_999]
    assert [(f.rule, f.fields) for f in findings] == [("cell.not_a_number", "sessions")]
