"""What an authority sent, in its own words, for its own report: the names of its files, and text that was no value.

An officer who is told that a cell is no date wants to see what stands in it, and which of twelve files it is in. Both
may name a child, so neither goes anywhere but into that authority's list.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from assets.ingest import ledger
from assets.store import Store
from schemas.duck import sql_text
from schemas.returns import Return
from schemas.table import UNREAD, Table, columns

NAMES = {"submission": pl.String(), "file": pl.String(), "file_name": pl.String()}
WHERE = ["submission", "source_file", "source_row"]


def file_names(store: Store) -> pl.DataFrame:
    """The name as sent of every file of every submission, by the first digits of its hash."""
    rows = {
        (entry.submission, file["sha256"][:12]): file["name"]
        for entry in ledger.entries(store).values()
        for file in entry.files
    }
    return pl.DataFrame([(*key, name) for key, name in rows.items()], schema=NAMES, orient="row")


def unread_rows(
    con: duckdb.DuckDBPyConnection, store: Store, ret: Return, frames: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """By view, the text of those of the given typed rows that have a cell which could not be read."""
    found = {}
    for table in ret.tables:
        frame = frames[table.VIEW]
        if UNREAD in frame.columns:
            rows = frame.filter(pl.col(UNREAD).is_not_null())
            if (text := _text_of(con, store, ret, table, rows)) is not None:
                found[table.VIEW] = text
    return found


def _text_of(
    con: duckdb.DuckDBPyConnection, store: Store, ret: Return, table: type[Table], rows: pl.DataFrame
) -> pl.DataFrame | None:
    """The rows as they were sent; None where nothing of them is kept."""
    places = rows.select("year", "la", "submission").unique().sort("year", "la", "submission").rows()
    paths = [path for at in places if (path := store.raw_path(ret, table, *at)).exists()]
    if not paths:
        return None
    files = ", ".join(sql_text(path) for path in paths)
    con.register("wanted", rows.select(WHERE))
    text: pl.DataFrame = con.sql(
        f"""from read_parquet([{files}], hive_partitioning = false, union_by_name = true)
        semi join wanted using ({", ".join(WHERE)})"""
    ).pl()
    con.unregister("wanted")
    return text.select(*WHERE, *(c.name for c in columns(table) if c.name in text.columns))
