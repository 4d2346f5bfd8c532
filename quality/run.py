"""Check one authority's tables, or try one rule on a few rows, with no store around it.

A data officer who wants to know before sending; an engineer who wants to know what a rule does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import polars as pl

from quality import registry
from quality.engine import Found, find
from quality.lists import reference_frame
from quality.portal import GIVEN, NOBODY
from quality.registry import WHOLE_RETURN, Rule
from quality.rows import mappings, text_of
from quality.views import ELSEWHERE, LAST_YEAR, View, from_frames, view
from schemas.calendar import Period
from schemas.duck import connect
from schemas.table import FIRST_YEAR, PROVENANCE, UNREAD, Table, columns
from schemas.table import LAST_YEAR as LAST_KNOWN_YEAR
from schemas.text import clean, typed

Rows = Sequence[Mapping[str, Any]]
Validation = Found
"""What checking found (`findings`) and what it could not check (`coverage`)."""


@dataclass(frozen=True)
class RuleResult:
    """What one rule found: row numbers from 1 by the caller's table name. Not checkable is not clean."""

    checkable: bool
    reason: str
    rows: dict[str, list[int]] = field(default_factory=dict)


def run_rule(
    ret: str,
    code: str,
    *,
    year: int,
    tables: Mapping[str, Any],
    period: tuple[date, date] | None = None,
    providers: Any = None,
    postcodes: Any = None,
    la: str | None = None,
) -> RuleResult:
    """Run one rule on tables in memory.

    `tables` maps view names (any case, DfE's too; `last_year.episodes`, `cin.cin_details`) to lists of
    mappings or frames, of text as sent or typed values; those of `elsewhere.…` are of another authority. A
    table left out was not sent; a key left out is blank. `period` stands in for the year's own two dates.
    An unknown return, code, year or table is a LookupError.
    """
    if not FIRST_YEAR <= year <= LAST_KNOWN_YEAR:
        raise LookupError(f"there is no collection year {year}; expected {FIRST_YEAR} to {LAST_KNOWN_YEAR}")
    rule = registry.rule(ret, code, year)
    names = {view(ret, name).name: name for name in tables}
    place = la or NOBODY
    frames = typed_tables(ret, tables, place)
    given = {"providers": providers, "postcodes": postcodes}
    lists = {name: reference_frame(name, rows) for name, rows in given.items() if rows is not None}
    found = check(
        ret, year, {**frames, **lists}, only=[rule], period=period, sent={name: [place] for name in frames}
    )
    return _result(rule, found, {view(ret, name).label: caller for name, caller in names.items()})


def _result(rule: Rule, found: Found, callers: Mapping[str, str]) -> RuleResult:
    reasons = found.coverage["reason"].to_list() if found.coverage.height else ["no table was sent"]
    if reasons[0]:
        return RuleResult(False, reasons[0])
    if rule.table == WHOLE_RETURN:
        callers = {"Header": callers.get("Header", "header")}
    rows: dict[str, list[int]] = {}
    for label, row in found.findings.select("table", "row").iter_rows():
        rows.setdefault(callers[label], []).append(row)
    return RuleResult(True, "", {name: sorted(numbers) for name, numbers in rows.items()})


def check(
    ret: str,
    year: int,
    frames: Mapping[str, pl.DataFrame],
    *,
    only: Sequence[Rule] | None = None,
    period: tuple[date, date] | None = None,
    sent: Mapping[str, Iterable[str]] | None = None,
    term: str | None = None,
    con: duckdb.DuckDBPyConnection | None = None,
) -> Found:
    """Run rules over typed frames with provenance, keyed by qualified view name.

    `con` is a connection of `schemas.duck` to work on, for those who run many; by default a new one.
    """
    when = Period(*period) if period else None
    who = {name: list(las) for name, las in sent.items()} if sent is not None else None
    on = contextlib.nullcontext(con) if con is not None else connect()
    with on as own, from_frames(own, frames) as sources:
        return find(own, ret, year, sources, only=only, sent=who, period=when, term=term)


def validate(
    tables_by_view: Mapping[str, pl.DataFrame],
    *,
    ret: str,
    year: int,
    la: str,
    last_year: Mapping[str, pl.DataFrame] | None = None,
    others: Mapping[str, Mapping[str, pl.DataFrame]] | None = None,
    postcodes: Any = None,
    providers: Any = None,
    term: str | None = None,
) -> Validation:
    """All rules of a return and year over one authority's typed tables, without a store.

    A view left out was not sent. `last_year` holds the same return's tables of the year before, `others`
    those of other returns of the same year. Frames may carry provenance; what they lack is filled in.
    """
    named_tables = dict(tables_by_view)
    named_tables |= {f"{LAST_YEAR}.{name}": frame for name, frame in (last_year or {}).items()}
    for other, group in (others or {}).items():
        named_tables |= {f"{other}.{name}": frame for name, frame in group.items()}
    frames = {view(ret, name).name: with_provenance(frame, la, year) for name, frame in named_tables.items()}
    given = {"providers": providers, "postcodes": postcodes}
    lists = {name: reference_frame(name, rows) for name, rows in given.items() if rows is not None}
    return check(ret, year, {**frames, **lists}, sent={name: [la] for name in frames}, term=term)


def with_provenance(frame: pl.DataFrame, la: str, year: int) -> pl.DataFrame:
    """A typed frame with the columns that lead back to its file; what is there already stays."""
    height = pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
    filled: dict[str, pl.Expr] = {
        "year": pl.lit(year),
        "submission": pl.lit(""),
        "source_file": pl.lit(""),
        "source_row": height,
        "source_line": pl.lit(None),
    }
    missing = [expression.alias(name) for name, expression in filled.items() if name not in frame.columns]
    return frame.with_columns(*missing, pl.lit(la).alias("la")).with_columns(
        pl.col(name).cast(kind) for name, kind, _ in PROVENANCE
    )


def typed_tables(ret: str, tables: Mapping[str, Any], la: str) -> dict[str, pl.DataFrame]:
    """Typed frames of a caller's tables, by qualified view name."""
    opaque: dict[tuple[str, str], int] = {}
    frames = {}
    for name, rows in tables.items():
        found = view(ret, name)
        text = _opaque_keys(_as_text(found, mappings(rows)), found.table, opaque)
        whose = f"not {la}" if found.prefix == ELSEWHERE else la
        frames[found.name] = with_provenance(_typed(found, text), whose, 0)
    return frames


def _as_text(found: View, rows: list[Any]) -> pl.DataFrame:
    """A frame of text with declared names, whatever case the caller wrote them in."""
    names = {heading: c.name for c in columns(found.table) for heading in c.headings}
    names |= {extra.lower(): extra for extra in GIVEN.get((found.ret.name, found.table.VIEW), {})}
    renamed = [{names.get(str(k).lower(), str(k)): text_of(v) for k, v in row.items()} for row in rows]
    present = dict.fromkeys(name for row in renamed for name in row) or {columns(found.table)[0].name: None}
    return pl.DataFrame(
        {name: pl.Series([row.get(name) for row in renamed], dtype=pl.String) for name in present}
    )


def _opaque_keys(text: pl.DataFrame, table: type[Table], numbers: dict[tuple[str, str], int]) -> pl.DataFrame:
    """Keys such as CINdetailsID are numbers of ours; a caller may write any text that tells rows apart."""
    keys = [
        c.name for c in columns(table) if c.kind is int and c.name.endswith("ID") and c.name in text.columns
    ]
    for key in keys:
        values = [_number(numbers, key, value) for value in text[key]]
        text = text.with_columns(pl.Series(key, values, dtype=pl.String))
    return text


def _number(numbers: dict[tuple[str, str], int], key: str, value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    return str(numbers.setdefault((key, value.strip()), len(numbers) + 1))


def _typed(found: View, text: pl.DataFrame) -> pl.DataFrame:
    values, _ = typed(found.table, text, found.ret)
    extra = GIVEN.get((found.ret.name, found.table.VIEW), {})
    given = {name: _kind(sql) for name, sql in extra.items() if name in text.columns}
    if not given:
        return values
    as_sent = text.select(clean(name).alias(name) for name in given)
    read = as_sent.select(pl.col(name).cast(kind, strict=False) for name, kind in given.items())
    lost = [pl.when(as_sent[n].is_not_null() & read[n].is_null()).then(pl.lit(n)) for n in given]
    unread = pl.concat_str([pl.col(UNREAD), *lost], separator=" ", ignore_nulls=True)
    return values.with_columns(unread.replace("", None)).with_columns(read)


def _kind(sql: str) -> pl.DataType:
    return pl.Float64() if sql == "DOUBLE" else pl.String()
