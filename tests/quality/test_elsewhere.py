"""Two authorities about one child: each hears of its own rows, nobody of the other's, and one alone is not told "clean"."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from quality import run_rule
from quality.engine import find
from quality.registry import rule
from quality.run import check, typed_tables
from schemas.duck import connect

Tables = dict[str, list[dict[str, Any]]]
UPN = "A950000178301"


def in_care(child: str, decom: str, upn: str = UPN) -> Tables:
    return {
        "header": [{"CHILD": child, "UPN": upn, "DOB": "2014-05-01"}],
        "episodes": [{"CHILD": child, "DECOM": decom, "LS": "C2"}],
    }


def together(**by_la: Tables) -> dict[str, pl.DataFrame]:
    """The tables of several authorities (`_201=…`) as the store holds them."""
    parts = [typed_tables("ssda903", tables, la.lstrip("_")) for la, tables in by_la.items()]
    return {name: pl.concat(part[name] for part in parts) for name in parts[0]}


def found(frames: dict[str, pl.DataFrame]) -> tuple[list[tuple[Any, ...]], dict[str, str]]:
    """What the rule about two authorities finds (authority, row), and for whom it could not be checked."""
    result = check("ssda903", 2025, frames, only=[rule("ssda903", "X011", 2025)])
    unchecked = result.coverage.filter(~pl.col("checked"))
    return result.findings.select("la", "row").rows(), dict(unchecked.select("la", "reason").iter_rows())


def test_both_authorities_are_told_of_their_own_row() -> None:
    rows, unchecked = found(together(_201=in_care("7", "2024-05-01"), _202=in_care("9", "2024-09-01")))
    assert rows == [("201", 1), ("202", 1)]
    assert not unchecked


def test_two_children_of_one_authority_are_another_rule_s_matter() -> None:
    one, other = in_care("7", "2024-05-01"), in_care("9", "2024-09-01")
    rows, _ = found(
        together(_201={name: one[name] + other[name] for name in one}, _202=in_care("1", "2024-05-01", "UN1"))
    )
    assert rows == []


def test_an_authority_alone_is_told_that_it_could_not_be_checked() -> None:
    rows, unchecked = found(together(_201=in_care("7", "2024-05-01")))
    assert rows == []
    assert unchecked == {
        "201": "Episodes of any other authority was not sent; Header of any other authority was not sent"
    }


def test_one_rule_may_be_tried_with_another_authority_s_rows() -> None:
    here, there = in_care("7", "2024-05-01"), in_care("9", "2024-09-01")
    tables = here | {f"elsewhere.{name}": rows for name, rows in there.items()}
    assert run_rule("ssda903", "X011", year=2025, tables=tables).rows == {"episodes": [1]}
    assert not run_rule("ssda903", "X011", year=2025, tables=here).checkable


@pytest.mark.parametrize(("ret", "code"), [("school_census", "SC034"), ("cin", "X109")])
def test_a_rule_about_other_authorities_runs_where_nothing_was_sent(ret: str, code: str) -> None:
    with connect() as con:
        assert find(con, ret, 2025, {}, only=[rule(ret, code, 2025)]).findings.is_empty()
