"""One rule on a few rows in memory: the promise that other programs rely on."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime

import polars as pl
import pytest

from quality import RuleResult, run_rule

EPISODES = [
    {"CHILD": "A", "DECOM": "01/05/2024", "DEC": None},
    {"CHILD": "A", "DECOM": "01/08/2024"},
]


@pytest.mark.parametrize("table", ["episodes", "Episodes", "EPISODES"])
def test_rows_come_back_under_the_caller_s_name_of_the_table(table: str) -> None:
    assert run_rule("ssda903", "142", year=2025, tables={table: EPISODES}) == RuleResult(
        True, "", {table: [1]}
    )


@pytest.mark.parametrize(
    "dates",
    [
        ("01/05/2024", "01/08/2024"),
        ("2024-05-01", "2024-08-01"),
        (date(2024, 5, 1), date(2024, 8, 1)),
        (datetime(2024, 5, 1), datetime(2024, 8, 1)),  # noqa: DTZ001
    ],
)
def test_dates_may_be_text_as_sent_or_typed(dates: tuple[object, object]) -> None:
    rows = [{"child": "A", "decom": day} for day in dates]
    assert run_rule("ssda903", "142", year=2025, tables={"Episodes": rows}).rows == {"Episodes": [1]}
    assert run_rule("ssda903", "142", year=2025, tables={"Episodes": pl.DataFrame(rows)}).rows == {
        "Episodes": [1]
    }


def test_a_table_that_was_not_given_was_not_sent() -> None:
    found = run_rule("ssda903", "502", year=2025, tables={"Episodes": EPISODES})
    assert found == RuleResult(False, "last year's Episodes was not sent", {})
    assert not run_rule("ssda903", "142", year=2025, tables={}).checkable


def test_a_table_that_was_given_without_rows_is_clean() -> None:
    assert run_rule("ssda903", "142", year=2025, tables={"Episodes": []}) == RuleResult(True, "", {})


def test_last_year_and_other_returns_are_named_with_a_prefix() -> None:
    last = {"last_year.Episodes": [{"CHILD": "A", "DECOM": "02/05/2024"}], "Episodes": EPISODES}
    assert run_rule("ssda903", "502", year=2025, tables=last).rows == {"Episodes": [1]}
    cin = {"cin.CINdetails": [{"LAchildID": "B"}], "Episodes": EPISODES[1:]}
    assert run_rule("ssda903", "X001", year=2025, tables=cin).rows == {"Episodes": [1]}


def test_keys_of_cin_may_be_any_text() -> None:
    tables = {
        "ChildProtectionPlans": [
            {"LAchildID": "A", "CINdetailsID": "first", "CPPID": "p1", "CPPstartDate": "2024-05-01"},
            {"LAchildID": "A", "CINdetailsID": "second", "CPPID": "p2", "CPPstartDate": "2024-05-01"},
        ],
        "Section47": [{"LAchildID": "A", "CINdetailsID": "first", "DateOfInitialCPC": date(2024, 5, 1)}],
        "CINdetails": [{"LAchildID": "A", "CINdetailsID": "second"}],
    }
    found = run_rule("cin", "2885", year=2025, tables=tables)
    assert found.rows == {"ChildProtectionPlans": [2], "CINdetails": [1]}


def test_yes_and_no_are_read_in_every_form_that_is_sent() -> None:
    for no in ("0", "false", False, 0):
        rows = [{"LAchildID": "A", "ReferralNFA": no}]
        assert run_rule("cin", "8610", year=2025, tables={"CINdetails": rows}).rows == {"CINdetails": [1]}
    for yes in ("1", "true", True, 1):
        rows = [{"LAchildID": "A", "ReferralNFA": yes}]
        assert run_rule("cin", "8610", year=2025, tables={"CINdetails": rows}).rows == {}


def test_numbers_from_a_spreadsheet_are_codes() -> None:
    rows = [{"CHILD": "A", "SEX": 1}, {"CHILD": "B", "SEX": 2.0}, {"CHILD": "C", "SEX": float("nan")}]
    assert run_rule("ssda903", "101", year=2024, tables={"Header": rows}).rows == {"Header": [3]}


def test_a_rule_about_the_whole_return_names_the_header() -> None:
    rows = [{"LAchildID": "A", "Disability": "LD"}]
    assert run_rule("cin", "2887Q", year=2025, tables={"Disabilities": rows}).rows == {"header": [1]}
    named = {"Disabilities": rows, "Header": [{"LEA": "999"}]}
    assert run_rule("cin", "2887Q", year=2025, tables=named).rows == {"Header": [1]}


def test_another_period_stands_in_for_the_year() -> None:
    header = {"Header": [{"CHILD": "A", "DOB": "01/02/2025"}]}
    assert run_rule("ssda903", "301", year=2025, tables=header).rows == {}
    period = (date(2024, 1, 1), date(2025, 1, 31))
    assert run_rule("ssda903", "301", year=2025, tables=header, period=period).rows == {"Header": [1]}


def test_lists_from_elsewhere_make_a_rule_checkable() -> None:
    tables = {"Episodes": [{"CHILD": "A", "HOME_POST": "ZZ99 3WZ", "URN": "1"}]}
    assert "postcodes" in run_rule("ssda903", "392c", year=2025, tables=tables).reason
    assert run_rule("ssda903", "392c", year=2025, tables=tables, postcodes=["ZZ99 3WZ"]).rows == {}
    assert run_rule("ssda903", "392c", year=2025, tables=tables, postcodes=["ZZ99 3VZ"]).rows == {
        "Episodes": [1]
    }
    providers = pl.DataFrame({"urn": ["2"]})
    assert run_rule("ssda903", "1008", year=2025, tables=tables, providers=providers).rows == {
        "Episodes": [1]
    }


def test_what_the_portal_adds_is_used_as_given_and_never_guessed() -> None:
    far = {"Episodes": [{"CHILD": "A", "PL_DISTANCE": 351.0}, {"CHILD": "B", "pl_distance": "3.5"}]}
    assert run_rule("ssda903", "454", year=2026, tables=far).rows == {"Episodes": [1]}
    without = run_rule("ssda903", "454", year=2026, tables={"Episodes": [{"CHILD": "A"}]})
    assert (without.checkable, without.reason) == (False, "PL_DISTANCE was not given")
    flags = {"Header": [{"CHILD": "A", "UASC": 1}, {"CHILD": "B", "UASC": 2}]}
    assert run_rule("ssda903", "105", year=2025, tables=flags).rows == {"Header": [2]}
    assert not run_rule("ssda903", "105", year=2025, tables={"Header": [{"CHILD": "A"}]}).checkable


@pytest.mark.parametrize(
    ("ret", "code", "year", "table"),
    [
        ("ssda903", "99999", 2025, "Episodes"),
        ("ssda903", "142", 1999, "Episodes"),
        ("ssda903", "444", 2025, "Episodes"),
        ("nothing", "142", 2025, "Episodes"),
        ("ssda903", "142", 2025, "Nothing"),
        ("ssda903", "142", 2025, "nowhere.Episodes"),
    ],
)
def test_what_is_unknown_is_a_lookup_error(ret: str, code: str, year: int, table: str) -> None:
    with pytest.raises(LookupError):
        run_rule(ret, code, year=year, tables={table: []})


def test_importing_quality_loads_no_orchestrator_no_gate_and_no_linkage() -> None:
    unwanted = ("dagster", "great_expectations", "splink")
    code = f"import sys, quality; print([name for name in {unwanted} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
