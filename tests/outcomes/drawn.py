"""Returns drawn as small tables, made into what the store would hold, linked as the drawing says.

A child is a letter; the same letter is the same child wherever it stands, so linkage is taken as
perfect here. A digit after the letter is another number of the same child (A1 and A2 are both A). `of A` stands for
A's UPN. A table `postcodes` stands for the postcode directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets import deidentify, measure, records, sessions
from assets.store import sql_columns
from schemas.calendar import ATTENDANCE_TERM, TERMS
from schemas.duck import connect
from schemas.returns import RETURNS, Return
from schemas.table import PROVENANCE, Table
from schemas.text import typed

KEY = bytes(range(32))
PLACES = ("year", "la", "term")


def rows_of(lines: list[str]) -> list[dict[str, str]]:
    """A drawn table: a line of headings, then one line per row, cells between bars."""
    heading, *rest = ([cell.strip() for cell in line.split("|")] for line in lines)
    return [dict(zip(heading, cells, strict=True)) for cells in rest]


def make_returns(con: duckdb.DuckDBPyConnection, drawn: Mapping[str, list[dict[str, str]]]) -> None:
    """Make `returns.*` for every declared table; those that are not drawn are empty.

    Each drawn row says its `year` and `la` (and `term`, for a census); together they are its submission.
    """
    con.execute("create schema if not exists returns")
    for ret in RETURNS.values():
        for table in ret.tables:
            name = ret.stored_as(table)
            con.execute(f"create table returns.{name} ({sql_columns(table, has_terms=ret.has_terms)})")
            if drawn.get(name):
                con.register("drawn_frame", typed_rows(ret, table, drawn[name]))
                con.execute(f"insert into returns.{name} by name from drawn_frame")
                con.unregister("drawn_frame")
    drawn_sessions = {view: f"returns.{sessions.RETURN}_{view}" for view in sessions.VIEWS}
    con.execute(f"create view returns.{sessions.NAME} as {sessions.added_up(drawn_sessions)}")


def typed_rows(ret: Return, table: type[Table], rows: list[dict[str, str]]) -> pl.DataFrame:
    """Drawn rows as typed ones with their provenance."""
    text = pl.DataFrame(
        [{k: upn(v) for k, v in row.items() if k not in PLACES} for row in rows], infer_schema_length=None
    )
    values, lost = typed(table, text, ret)
    unread = [finding.fields for finding in lost if finding.rule != "cell.date_form"]
    assert not unread, f"{table.__name__}: {unread} drawn in an unreadable form"
    sent = [f"{ret.name}-" + "-".join(row[p] for p in PLACES if p in row) for row in rows]
    number = pl.Series("source_row", range(1, len(rows) + 1), dtype=pl.Int32)
    place: dict[str, list[Any]] = {
        "year": [int(row["year"]) for row in rows],
        "la": [row["la"] for row in rows],
    }
    kinds = {name: kind for name, kind, _ in PROVENANCE}
    census = [row.get("term", "spring") for row in rows] if ret.has_terms else []
    terms = {
        "term": [ATTENDANCE_TERM[TERMS[name]] for name in census],
        "collected_in": census,
    }
    return values.with_columns(
        *(pl.Series(name, told) for name, told in terms.items() if told),
        pl.Series("year", place["year"], dtype=kinds["year"]),
        pl.Series("la", place["la"]),
        pl.Series("submission", sent),
        pl.lit("drawn").alias("source_file"),
        number,
        pl.lit(None, dtype=kinds["source_line"]).alias("source_line"),
    )


def upn(cell: str) -> str:
    """A UPN with its check letter for `of A`, always the same; any other cell as it is."""
    if not re.fullmatch(r"of [A-Za-z]+", cell or ""):
        return cell
    digits = f"{int(hashlib.sha256(cell.encode()).hexdigest(), 16) % 10**12:012}"
    total = sum(place * int(digit) for place, digit in enumerate(digits, 2))
    return "ABCDEFGHJKLMNPQRTUVWXYZ"[total % 23] + digits


def link_by_letter(con: duckdb.DuckDBPyConnection, salt: str = "") -> None:
    """Make `people.record` and `people.person`: one person per letter."""
    records.build(con)
    con.execute("create schema people")
    con.execute("create table people.record as from people_in.record")
    con.execute(
        f"""create table people.person as select record_id, 1.0 as confidence, '{salt}'
          || regexp_extract(split_part(split_part(record_id, '|', 3), ':', -1), '^[A-Za-z]+') as person_id
        from people.record"""
    )


@contextlib.contextmanager
def deidentified(
    drawn: Mapping[str, list[dict[str, str]]], folder: Path, *, salt: str = "", person_at: str = ""
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The working connection over drawn returns; `person_at` draws who is who at other strengths."""
    with connect() as con:
        make_returns(con, drawn)
        link_by_letter(con, salt)
        if person_at:
            con.execute(f"create table people.person_at as {person_at}")
        if drawn.get("postcodes"):
            pl.DataFrame(drawn["postcodes"]).write_csv(folder / "postcodes.csv")
            deidentify.read_postcodes(con, folder / "postcodes.csv")
        deidentify.write(con, KEY, folder)
    with connect() as con:
        deidentify.show(con, folder)
        yield con


@contextlib.contextmanager
def measured(
    drawn: Mapping[str, list[dict[str, str]]], folder: Path, *, salt: str = "", person_at: str = ""
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same with every cohort and figure made."""
    with deidentified(drawn, folder, salt=salt, person_at=person_at) as con:
        measure.measure(con)
        yield con


def read_tables(text: str) -> dict[str, list[dict[str, str]]]:
    """Several drawn tables: each a name on a line of its own, then its rows, indented."""
    tables: dict[str, list[str]] = {}
    for line in filter(str.strip, text.splitlines()):
        if re.fullmatch(r"\s*\w+\s*", line):
            tables[line.strip()] = here = []
        else:
            here.append(line)
    return {name: rows_of(lines) for name, lines in tables.items()}
