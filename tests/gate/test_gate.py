"""A release is held against its declarations: what is right passes, each kind of harm is stopped."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ClassVar

import duckdb
import polars as pl
import pytest

from quality import gate
from schemas.duck import new_file
from schemas.table import Table, column, columns, ddl

NAME = "Zebedee Quillfeather"
"""Stands for a child's name wherever one might slip through."""


class ChildYear(Table):
    """One row per person and year."""

    VIEW: ClassVar[str] = "child_year"

    person: Annotated[str, column("Pseudonym.", key=True)]
    year: Annotated[int, column("Collection year.", key=True)]
    sex: Annotated[str | None, column("Sex.", codes="ssda903_sex")]
    days_in_care: Annotated[int | None, column("Days looked after in the year.", unit="days")]
    absence: Annotated[float | None, column("Sessions missed.", unit="percent")]
    change: Annotated[int | None, column("Change in days.", unit="signed days")]
    is_in_care: Annotated[bool, column("Looked after on 31 March.", codes="flag")]


class Authority(Table):
    """One row per authority."""

    VIEW: ClassVar[str] = "authority"

    la_code: Annotated[str, column("Code.", key=True)]
    children_count: Annotated[int | None, column("Children.")]


class Named(Table):
    """A table that should never have been declared a mart."""

    VIEW: ClassVar[str] = "named"

    forename: Annotated[str | None, column("Forename.", identifies=True)]


TABLES: dict[str, type[Table]] = {"outcomes.child_year": ChildYear, "outcomes.authority": Authority}
GOOD = [
    "insert into outcomes.child_year values "
    "('p1', 2024, '1', 365, 5.5, -12, true), ('p1', 2025, 'F', 0, 100, 4, false), "
    "('p2', 2025, null, null, null, null, true)",
    "insert into outcomes.authority values ('202', 2), ('203', null)",
]


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Path]:
    """Make a marts file: declared tables without constraints, good rows, then what the test spoils."""

    def made(*spoiled: str, rows: list[str] = GOOD) -> Path:
        path = tmp_path / "marts.duckdb"
        with new_file(path) as con:
            con.execute("create schema outcomes; create schema reference")
            con.execute("create table reference.anything as select 1 as one")
            for name, table in TABLES.items():
                con.execute(ddl(table, name, strict=False))
            for statement in (*rows, *spoiled):
                con.execute(statement)
        return path.rename(tmp_path / "it's marts.duckdb")

    return made


def failed(result: gate.GateResult) -> set[tuple[str, str]]:
    rows = result.rows.filter(~pl.col("success"))
    return set(zip(rows["column"].to_list(), rows["expectation"].to_list(), strict=True))


def test_marts_that_are_as_declared_pass(build: Callable[..., Path]) -> None:
    result = gate.check(build(), TABLES)
    assert result.passed, result.failures()
    assert result.failures() == []
    assert result.rows["success"].all()
    assert set(result.rows["table"]) == {*TABLES, "(whole file)"}
    assert result.rows.schema == pl.Schema(gate.SCHEMA)
    typed = result.rows.filter(table="outcomes.child_year", expectation="ColumnType")["column"]
    assert typed.to_list() == [c.name for c in columns(ChildYear)]


def test_every_declared_promise_becomes_an_expectation() -> None:
    checks = gate.derive("outcomes.child_year", ChildYear)
    asked = [(c.column, c.expectation.removeprefix("ExpectColumnValuesTo")) for c in checks]
    assert ("person, year", "ExpectCompoundColumnsToBeUnique") in asked
    assert {a[0] for a in asked if a[1] == "NotBeNull"} == {"person", "year", "is_in_care"}
    assert {a[0] for a in asked if a[1] == "BeInSet"} == {"sex"}
    assert {a[0] for a in asked if a[1] == "BeBetween"} == {"days_in_care", "absence"}


def test_a_count_or_percentage_is_known_by_its_name_too() -> None:
    between = [c for c in gate.derive("outcomes.authority", Authority) if "Between" in c.expectation]
    assert [c.column for c in between] == ["children_count"]


SPOILT = {
    "duplicate key": (
        "insert into outcomes.child_year values ('p1', 2024, '1', 1, 1, 1, true)",
        ("person, year", "ExpectCompoundColumnsToBeUnique"),
        2,
    ),
    "duplicate single key": (
        "insert into outcomes.authority values ('202', 1)",
        ("la_code", "ExpectColumnValuesToBeUnique"),
        2,
    ),
    "code of no set": (
        f"update outcomes.child_year set sex = '{NAME}' where person = 'p2'",
        ("sex", "ExpectColumnValuesToBeInSet"),
        1,
    ),
    "blank": (
        "update outcomes.child_year set is_in_care = null",
        ("is_in_care", "ExpectColumnValuesToNotBeNull"),
        3,
    ),
    "negative count": (
        "update outcomes.child_year set days_in_care = -1 where year = 2024",
        ("days_in_care", "ExpectColumnValuesToBeBetween"),
        1,
    ),
    "impossible percentage": (
        "update outcomes.child_year set absence = 100.01 where year = 2024",
        ("absence", "ExpectColumnValuesToBeBetween"),
        1,
    ),
    "not a number": (
        "update outcomes.child_year set absence = 'nan' where year = 2024",
        ("absence", "ExpectColumnValuesToBeBetween"),
        1,
    ),
    "wrong type": (
        "alter table outcomes.child_year alter days_in_care type integer",
        ("days_in_care", "ColumnType"),
        None,
    ),
    "undeclared column": (
        f"alter table outcomes.child_year add column forename varchar default '{NAME}'",
        ("", "ExpectTableColumnsToMatchOrderedList"),
        None,
    ),
    "undeclared table": (
        f"create table outcomes.leak as select '{NAME}' as forename",
        ("", "NoUndeclaredTable"),
        None,
    ),
    "undeclared view": (
        "create view outcomes.peek as from outcomes.child_year",
        ("", "NoUndeclaredTable"),
        None,
    ),
    "missing table": ("drop table outcomes.authority", ("", "TableExists"), None),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_one_fault_fails_one_expectation_and_says_where(fault: str, build: Callable[..., Path]) -> None:
    statement, expected, count = SPOILT[fault]
    result = gate.check(build(statement), TABLES)
    assert not result.passed
    assert failed(result) == {expected}
    (words,) = result.failures()
    assert "expected" in words
    assert words.endswith(".")
    assert result.rows.filter(~pl.col("success"))["rows_at_fault"].to_list() == [count]
    assert NAME not in words
    assert NAME not in str(result.rows.to_dicts())


def test_a_missing_column_fails_and_what_depends_on_it_counts_as_not_checked(
    build: Callable[..., Path],
) -> None:
    result = gate.check(build("alter table outcomes.child_year drop column is_in_care"), TABLES)
    assert not result.passed
    assert ("", "ExpectTableColumnsToMatchOrderedList") in failed(result)
    unknown = result.rows.filter(pl.col("outcome") == "not checked")
    assert set(unknown["column"]) == {"is_in_care"}
    assert "not checked (is_in_care)" in result.failures()[-1]


def test_columns_in_another_order_fail(build: Callable[..., Path]) -> None:
    swapped = (
        "create or replace table outcomes.authority as select children_count, la_code from outcomes.authority"
    )
    assert failed(gate.check(build(swapped), TABLES)) == {("", "ExpectTableColumnsToMatchOrderedList")}


def test_a_declared_identifier_fails_even_in_an_empty_table(build: Callable[..., Path]) -> None:
    tables: dict[str, type[Table]] = {**TABLES, "outcomes.named": Named}
    result = gate.check(build("create table outcomes.named (forename varchar)"), tables)
    assert failed(result) == {("", "NothingIdentifies")}
    assert "forename" in result.failures()[0]


def test_empty_tables_are_as_declared(build: Callable[..., Path]) -> None:
    assert gate.check(build(rows=[]), TABLES).passed


def test_rows_at_fault_of_an_extra_check_are_found_and_counted(build: Callable[..., Path]) -> None:
    sql = "select * from outcomes.child_year where days_in_care > 366 or person like '%{p2}%';"
    clean = gate.RowCheck("outcomes.child_year", "no year has more than 366 days", sql)
    rule = gate.RowCheck(
        "outcomes.child_year", "nobody is p1", "from outcomes.child_year where person = 'p1'"
    )
    result = gate.check(build(), TABLES, row_checks=[clean, rule])
    assert [r for r in result.failures() if "nobody is p1" in r and "2 rows at fault" in r]
    assert len(result.failures()) == 1


def test_a_warning_is_told_but_stops_nothing(build: Callable[..., Path]) -> None:
    rule = gate.RowCheck("outcomes.authority", "small", "from outcomes.authority", severity="warning")
    result = gate.check(build(), TABLES, row_checks=[rule])
    assert result.passed
    assert len(result.failures()) == 1


def test_an_error_inside_a_check_is_a_failure_and_carries_no_value(
    build: Callable[..., Path], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    broken = [
        gate.RowCheck("outcomes.child_year", "cast", "from outcomes.child_year where sex::int > 0"),
        gate.RowCheck("outcomes.child_year", "binder", "select nix from outcomes.child_year"),
        gate.RowCheck("outcomes.nowhere", "no such table", "from outcomes.nowhere"),
    ]
    result = gate.check(build(f"update outcomes.child_year set sex = '{NAME}'"), TABLES, row_checks=broken)
    assert not result.passed
    outcomes = result.rows.filter(pl.col("expectation") == "UnexpectedRowsExpectation")["outcome"]
    assert outcomes.to_list() == ["not checked"] * 3
    captured = capfd.readouterr()
    for text in (*result.failures(), str(result.rows.to_dicts()), caplog.text, captured.out, captured.err):
        assert NAME not in text


def test_an_exception_of_great_expectations_itself_fails_and_is_not_repeated(
    build: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> dict[int, gate.Outcome]:
        raise ValueError(f"unexpected value {NAME}")

    monkeypatch.setattr(gate, "_ask", breaks)
    result = gate.check(build(), TABLES)
    assert not result.passed
    assert NAME not in " ".join(result.failures()) + str(result.rows.to_dicts())
    assert set(result.rows.filter(~pl.col("success"))["outcome"]) == {"not checked"}


def test_a_result_that_is_missing_is_not_taken_for_a_pass(
    build: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_ask", lambda *_: {0: "passed"})
    assert not gate.check(build(), TABLES).passed


def test_nothing_declared_is_not_a_pass(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "m.duckdb")) as con:
        con.execute("create table reference (one int)")
    assert not gate.check(tmp_path / "m.duckdb", {}).passed
    assert not gate.GateResult(pl.DataFrame(schema=gate.SCHEMA)).passed


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="build the release first"):
        gate.check(tmp_path / "none.duckdb", TABLES)


def test_the_file_is_unchanged_let_go_of_and_read_beside_another_reader(build: Callable[..., Path]) -> None:
    path = build()
    before = path.read_bytes()
    with duckdb.connect(str(path), read_only=True, config={"threads": "1"}):
        assert gate.check(path, TABLES).passed
    assert path.read_bytes() == before
    held = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _open(fd)]
    assert not [name for name in held if path.name in name]
    assert list(path.parent.iterdir()) == [path]


def _open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}") and os.path.islink(f"/proc/self/fd/{fd}")


def test_a_check_cannot_write_or_reach_another_file(build: Callable[..., Path]) -> None:
    from quality.duckdb_dialect import open_locked

    con = open_locked(build())
    attempts = [
        "delete from outcomes.authority",
        "from read_csv('/etc/passwd')",
        "copy outcomes.authority to 'out.csv'",
        "set enable_external_access = true",
    ]
    for attempt in attempts:
        with pytest.raises(duckdb.Error):
            con.execute(attempt)
    con.close()


SILENT = """
import sys
import quality.gate
assert not {"great_expectations", "sqlalchemy"} & set(sys.modules), "imported too early"
import os
from pathlib import Path
from tests.gate.test_gate import TABLES
assert quality.gate.check(Path(sys.argv[1]), TABLES).passed
import great_expectations as gx
assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
assert gx.get_context().config.analytics_enabled is not True
assert os.listdir(os.environ["HOME"]) == [], "something was written to the user's home"
"""


def test_great_expectations_comes_late_and_keeps_silent(build: Callable[..., Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "true", "HOME": str(home)}
    environment["PYTHONPATH"] = os.getcwd()
    ran = subprocess.run(
        [sys.executable, "-c", SILENT, str(build())],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
