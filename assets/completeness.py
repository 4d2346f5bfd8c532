"""How many rows of each table have anything in each field, per authority and year, beside all of England's.

A field that most authorities fill and one does not is a question that no rule asks.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl

from assets.deidentify import ROLLS
from assets.from_feed import FED
from schemas.returns import RETURNS, Return
from schemas.table import Table, columns

SCHEMA: dict[str, pl.DataType] = {
    "la": pl.String(),
    "return": pl.String(),
    "year": pl.Int64(),
    "table": pl.String(),
    "field": pl.String(),
    "rows": pl.Int64(),
    "filled": pl.Int64(),
    "england": pl.Float64(),
}


def completeness(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per authority, return, year, table and field; tables without rows are left out.

    `england` is the per cent of the rows of all authorities of the list that have anything there. Of the
    school census only the pupils themselves are looked at. What the daily feed tells in the place of a return is
    nobody's filling in.
    """
    frames = [
        _of_table(con, ret, table)
        for ret in RETURNS.values()
        for table in _looked_at(ret)
        if not ret.of_england
    ]
    every = pl.concat([pl.DataFrame(schema=_counted()), *frames])
    place = ["return", "year", "table", "field"]
    is_authority = ~pl.col("la").str.starts_with("unknown:")
    england = every.filter(is_authority).group_by(place).agg(pl.col("rows", "filled").sum())
    percent = (pl.col("filled") * 100 / pl.col("rows")).round(1)
    told = england.select(*place, england=pl.when(pl.col("rows") > 0).then(percent))
    return every.join(told, on=place, how="left", maintain_order="left").select(list(SCHEMA))


def _counted() -> dict[str, pl.DataType]:
    return {name: kind for name, kind in SCHEMA.items() if name != "england"}


def _looked_at(ret: Return) -> Iterator[type[Table]]:
    for table in ret.tables:
        if not ret.has_terms or table.VIEW in ROLLS.values():
            yield table


def _of_table(con: duckdb.DuckDBPyConnection, ret: Return, table: type[Table]) -> pl.DataFrame:
    """One pass over a table: rows, and per field how many are filled."""
    names = [c.name for c in columns(table)]
    counts = ", ".join(f'count("{name}")' for name in names)
    wide: pl.DataFrame = con.sql(
        f"select la, year::bigint as year, count(*) as rows, [{counts}] as filled "
        f'from returns."{ret.stored_as(table)}" '
        f"where not starts_with(submission, '{FED}') group by la, year order by la, year"
    ).pl()
    long = wide.with_columns(field=pl.lit(names)).explode("filled", "field")
    shown = long.with_columns(pl.lit(ret.name).alias("return"), table=pl.lit(table.DFE))
    return shown.select(pl.col(name).cast(kind) for name, kind in _counted().items())
