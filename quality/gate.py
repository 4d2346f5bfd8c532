"""The last look before a release: do the marts hold what was declared, and nothing more?

A mart that lost its key counts a child twice; a column that nobody declared may carry a name. Each
release is therefore held against the declarations in `schemas`: every table and column is there, in
order and of its type; nothing is there that was not declared; what must not be blank is not; keys are
unique; codes are codes; percentages and counts are possible. The suite is derived, so declaring a
column is all that it takes to have it guarded.

Great Expectations does the checking. It is asked for yes or no only, its messages are thrown away
(they quote values), and an error inside it counts as a failure. It takes seconds to import and is
therefore imported only when a release is checked.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from schemas.code_sets import code_set
from schemas.table import Column, Table, columns

if TYPE_CHECKING:
    import duckdb

Severity = Literal["critical", "warning"]
Outcome = Literal["passed", "failed", "not checked"]

TELEMETRY_OFF = {"GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
"""Set before Great Expectations is imported, whatever the environment said."""

SCHEMA: dict[str, pl.DataType] = {
    "table": pl.String(),
    "column": pl.String(),
    "expectation": pl.String(),
    "expected": pl.String(),
    "outcome": pl.String(),
    "success": pl.Boolean(),
    "severity": pl.String(),
    "rows_at_fault": pl.Int64(),
    "next_step": pl.String(),
}
"""The columns of `GateResult.rows`; none of them ever holds a value from a mart."""

REPAIR = "Repair the query that makes the table and build the release again."
PERCENT = re.compile(r"_percent$")
COUNTED = re.compile(r"_(count|days)$")


@dataclass(frozen=True)
class RowCheck:
    """One more thing that must not be: `sql` selects the rows at fault, and names its tables in full."""

    table: str
    name: str
    sql: str
    severity: Severity = "critical"


@dataclass(frozen=True)
class Check:
    """One expectation of one table, in Great Expectations' words and in ours."""

    table: str
    column: str
    expectation: str
    """The class of that name in `great_expectations.expectations`."""
    arguments: Mapping[str, Any]
    expected: str
    next_step: str = REPAIR
    faults: str = ""
    """SQL that selects the rows at fault, where rows can be; only their number is ever taken from it."""
    severity: Severity = "critical"


@dataclass(frozen=True)
class GateResult:
    """What the gate found, one row per expectation (`SCHEMA`)."""

    rows: pl.DataFrame

    @property
    def passed(self) -> bool:
        """Whether the release may go on: something was checked, and nothing critical failed."""
        stops = ~pl.col("success") & (pl.col("severity") == "critical")
        return self.rows.height > 0 and self.rows.filter(stops).is_empty()

    def failures(self) -> list[str]:
        """One sentence per failure: which table and column, what was expected, what to do next."""
        failed = self.rows.filter(pl.col("outcome") == "failed").iter_rows(named=True)
        unknown = self.rows.filter(pl.col("outcome") == "not checked")
        return [_sentence(row) for row in failed] + _not_checked(unknown)


def _sentence(row: Mapping[str, Any]) -> str:
    place = f"{row['table']}, {row['column']}" if row["column"] else row["table"]
    count = row["rows_at_fault"]
    seen = "" if count is None else f" ({count:,} row{'' if count == 1 else 's'} at fault)"
    return f"{place}: expected {row['expected']}{seen}. {row['next_step']}"


def _not_checked(rows: pl.DataFrame) -> list[str]:
    """One sentence per table for what could not be checked: it usually follows from another failure."""
    return [
        f"{table}: {len(group):,} more expectation{' was' if len(group) == 1 else 's were'} not checked"
        f" ({_listed(group['column'].to_list())}). Repair what is named above, or the check itself,"
        " and run the gate again."
        for (table,), group in rows.group_by("table", maintain_order=True)
    ]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(name or "the whole table" for name in names))


def check(
    marts: Path,
    tables: Mapping[str, type[Table]],
    *,
    codes_schema: str = "reference",
    row_checks: Iterable[RowCheck] = (),
) -> GateResult:
    """Hold a finished marts file against its declarations.

    `tables` maps a full name (`outcomes.child_year`) to its declared class. A table or view of the
    file that is not among them fails the gate, unless it is in `codes_schema`, which holds reference
    data only.
    """
    if not marts.is_file():
        raise FileNotFoundError(f"{marts}: expected a finished marts file; build the release first")
    extra = list(row_checks)
    present = _tables_in(marts)
    rows = [*_known_tables(present, tables, codes_schema), *_nothing_identifies(tables)]
    with _silence(), _as_source(marts) as source:
        for name, table in tables.items():
            if name in present:
                rows += _types_as_declared(name, table, present[name])
                checks = [*derive(name, table), *(row_check(c) for c in extra if c.table == name)]
                rows += _with_counts(marts, _run(source, name, checks))
    rows += [_missing_table(c) for c in extra if c.table not in tables or c.table not in present]
    return GateResult(pl.DataFrame(rows, schema=SCHEMA, orient="row"))


# What is expected, from the declaration


def derive(name: str, table: type[Table]) -> list[Check]:
    """Everything that a declaration promises about a mart, as expectations."""
    found = [_columns_as_declared(name, table), *_one_row_per_key(name, table)]
    for column in columns(table):
        found += _about(name, column)
    return found


def row_check(wanted: RowCheck) -> Check:
    """A check of the rows that no declaration can express."""
    sql = wanted.sql.strip().rstrip(";")
    query = "select 1 as fault /* {batch} */ from (" + sql.replace("{", "{{").replace("}", "}}") + ")"
    return Check(
        wanted.table,
        "",
        "UnexpectedRowsExpectation",
        {"unexpected_rows_query": query},
        f"no row against '{wanted.name}'",
        faults=sql,
        severity=wanted.severity,
    )


def _columns_as_declared(name: str, table: type[Table]) -> Check:
    return Check(
        name,
        "",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": [c.name for c in columns(table)]},
        f"exactly the {len(columns(table))} declared columns, in their order",
        f"Declare the column in {table.__name__}, or leave it out of the query that makes the table.",
    )


def _one_row_per_key(name: str, table: type[Table]) -> list[Check]:
    key = [c.name for c in columns(table) if c.key]
    if not key:
        return []
    listed = ", ".join(_quoted(c) for c in key)
    many = f"from {_full(name)} qualify count(*) over (partition by {listed}) > 1"
    single = {"column": key[0]}, "ExpectColumnValuesToBeUnique"
    several = {"column_list": key}, "ExpectCompoundColumnsToBeUnique"
    arguments, expectation = single if len(key) == 1 else several
    words = f"one row per {' and '.join(key)}"
    return [Check(name, ", ".join(key), expectation, arguments, words, faults=many)]


def _about(name: str, column: Column) -> Iterator[Check]:
    """The expectations of the values of one column."""
    if not column.nullable:
        yield _rule(name, column, "ExpectColumnValuesToNotBeNull", {}, "no blank", "{0} is null")
    if column.codes and column.kind in (str, int):
        yield _coded(name, column, column.codes)
    limits = _limits(column)
    if limits:
        yield _between(name, column, *limits)


def _coded(name: str, column: Column, codes: str) -> Check:
    allowed = [column.kind(code) for code in code_set(codes)["code"].unique().sort()]
    listed = ", ".join(_literal(code) for code in allowed)
    return _rule(
        name,
        column,
        "ExpectColumnValuesToBeInSet",
        {"value_set": allowed},
        f"only codes of the set {codes}",
        "{0} not in (" + listed + ")",
        f"Add the code to {codes}.csv if it is one; otherwise repair the query that makes the table.",
    )


def _limits(column: Column) -> tuple[int, int | None] | None:
    """What a number may be: a percentage, a count of something, or anything.

    A whole number with a unit counts that unit, unless the unit begins with `signed`.
    """
    if column.kind not in (int, float):
        return None
    unit = column.unit or ""
    if unit == "percent" or PERCENT.search(column.name):
        return 0, 100
    counts = unit and column.kind is int and not unit.startswith("signed")
    return (0, None) if counts or COUNTED.search(column.name) else None


def _between(name: str, column: Column, low: int, high: int | None) -> Check:
    words = "no number below 0" if high is None else f"only numbers from {low} to {high}"
    outside = "{0} < " + str(low) + ("" if high is None else " or {0} > " + str(high))
    arguments = {"min_value": low, "max_value": high}
    return _rule(name, column, "ExpectColumnValuesToBeBetween", arguments, words, outside)


def _rule(
    name: str,
    column: Column,
    expectation: str,
    arguments: Mapping[str, Any],
    expected: str,
    outside: str,
    next_step: str = REPAIR,
) -> Check:
    """An expectation of every row of a column; `outside` is the condition of a row at fault."""
    faults = f"from {_full(name)} where " + outside.replace("{0}", _quoted(column.name))
    arguments = {"column": column.name, **arguments}
    return Check(name, column.name, expectation, arguments, expected, next_step, faults)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _full(name: str) -> str:
    return ".".join(_quoted(part) for part in name.split("."))


def _literal(code: str | int) -> str:
    return str(code) if isinstance(code, int) else "'" + code.replace("'", "''") + "'"


# What needs no row to be read


def _row(check: Check, outcome: Outcome) -> dict[str, Any]:
    return {
        **{"table": check.table, "column": check.column, "expectation": check.expectation},
        **{"expected": check.expected, "outcome": outcome, "success": outcome == "passed"},
        **{"severity": check.severity, "rows_at_fault": None, "next_step": check.next_step},
    }


def _tables_in(marts: Path) -> dict[str, dict[str, str]]:
    """The type of every column, by the full name of its table or view."""
    sql = (
        "select schema_name || '.' || table_name, map_from_entries(list((column_name, data_type)))"
        " from duckdb_columns() where database_name = 'marts' and not internal group by all order by 1"
    )
    with _reading(marts) as con:
        return dict(con.execute(sql).fetchall())


@contextlib.contextmanager
def _reading(marts: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    from quality.duckdb_dialect import open_locked

    with contextlib.closing(open_locked(marts)) as con:
        yield con


def _known_tables(
    present: Iterable[str], tables: Mapping[str, type[Table]], codes_schema: str
) -> Iterator[dict[str, Any]]:
    """Every declared table is there, and no table that nobody declared."""
    for name in tables:
        here = Check(name, "", "TableExists", {}, "the table to be there", "Build it, or undeclare it.")
        yield _row(here, "passed" if name in present else "failed")
    unknown = [n for n in present if n not in tables and n.split(".")[0] != codes_schema]
    step = f"Declare or drop {_listed(unknown)}." if unknown else ""
    alone = Check("(whole file)", "", "NoUndeclaredTable", {}, "no table that is not declared", step)
    yield _row(alone, "failed" if unknown else "passed")


def _types_as_declared(name: str, table: type[Table], types: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every column is of its declared type. The catalogue knows; no row need be read for it."""
    step = "Cast it in the query that makes the table, or correct its declaration."
    for column in columns(table):
        alone = Check(name, column.name, "ColumnType", {}, f"a column of type {column.sql_type}", step)
        found = types.get(column.name)
        yield _row(
            alone, "not checked" if found is None else "passed" if found == column.sql_type else "failed"
        )


def _nothing_identifies(tables: Mapping[str, type[Table]]) -> Iterator[dict[str, Any]]:
    """No column is declared that tells who a child is: the marts are no place for it."""
    for name, table in tables.items():
        told = [c.name for c in columns(table) if c.identifies]
        step = f"Leave out {_listed(told)}; offer an age, a month or a distance instead." if told else ""
        alone = Check(name, "", "NothingIdentifies", {}, "no column that identifies a child", step)
        yield _row(alone, "failed" if told else "passed")


def _missing_table(wanted: RowCheck) -> dict[str, Any]:
    return _row(row_check(wanted), "not checked")


# What Great Expectations is asked


@contextlib.contextmanager
def _as_source(marts: Path) -> Iterator[Any]:
    """The marts as Great Expectations' data source; None where it cannot be one, and nothing is checked."""
    os.environ.update(TELEMETRY_OFF)
    with contextlib.ExitStack() as stack:
        try:
            source = _add_source(stack, marts)
        except Exception:  # its text may name what it read, so not even the cause is kept
            source = None
        yield source


def _add_source(stack: contextlib.ExitStack, marts: Path) -> Any:
    import great_expectations as gx

    from quality.duckdb_dialect import URL, engine_arguments

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    arguments = stack.enter_context(engine_arguments(marts))
    return context.data_sources.add_sql(
        "marts", connection_string=URL, create_temp_table=False, kwargs=arguments
    )


def _run(source: Any, name: str, checks: Sequence[Check]) -> list[tuple[Check, Outcome]]:
    """Each check with its outcome; an error of any kind leaves a check not made, which is a failure."""
    try:
        outcomes = _ask(source, name, checks)
    except Exception:  # its text may quote values, so not even the cause is kept
        outcomes = {}
    return [(one, outcomes.get(number, "not checked")) for number, one in enumerate(checks)]


def _ask(source: Any, name: str, checks: Sequence[Check]) -> dict[int, Outcome]:
    """Outcome by number of check. Yes or no is all that comes back."""
    import great_expectations as gx

    suite = gx.ExpectationSuite(name=name, expectations=_expectations(checks))
    schema, _, table = name.rpartition(".")
    asset = source.add_table_asset(name, table_name=table, schema_name=schema or "main")
    # asked directly: a stored definition and stored results would be made and thrown away
    batch = asset.add_batch_definition_whole_table("release").get_batch()
    return _outcomes(batch.validate(suite, result_format="BOOLEAN_ONLY").results)


def _expectations(checks: Sequence[Check]) -> list[Any]:
    import great_expectations.expectations as gxe

    return [
        getattr(gxe, one.expectation)(**one.arguments, meta={"number": number}, severity=one.severity)
        for number, one in enumerate(checks)
    ]


def _outcomes(results: Iterable[Any]) -> dict[int, Outcome]:
    """From Great Expectations' results only their number, their yes or no, and whether it could tell."""
    return {one.expectation_config.meta["number"]: _outcome(one) for one in results}


def _outcome(result: Any) -> Outcome:
    raised = result.exception_info or {}
    if raised.get("raised_exception", bool(raised)):
        return "not checked"
    return "passed" if result.success is True else "failed"


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the messages of others out of our logs while they look at children's rows."""
    others = [logging.getLogger(name) for name in ("great_expectations", "sqlalchemy", "duckdb")]
    levels = [other.level for other in others]
    for other in others:
        other.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for other, level in zip(others, levels, strict=True):
            other.setLevel(level)


def _with_counts(marts: Path, results: Iterable[tuple[Check, Outcome]]) -> list[dict[str, Any]]:
    """Results as rows; where rows are at fault, how many."""
    return [
        {**_row(one, outcome), "rows_at_fault": _count(marts, one) if outcome == "failed" else None}
        for one, outcome in results
    ]


def _count(marts: Path, failed: Check) -> int | None:
    """How many rows are at fault; None where that is no question of rows, or cannot be told."""
    if not failed.faults:
        return None
    try:
        with _reading(marts) as con:
            found = con.execute(f"select count(*) from ({failed.faults})").fetchone()
    except Exception:  # a conversion error quotes the value; the number is an extra, the failure stands
        return None
    return found[0] if found else None
