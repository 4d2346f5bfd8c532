"""Code sets: what a code means, and in which collection years it may be used.

One CSV per set in `schemas/codes/`: `code, label, since, until`, then anything else that is a fact
about the code. Blank `since` or `until` means "as far back / ahead as we know". A set holds no blank.
"""

from __future__ import annotations

import functools
from pathlib import Path

import duckdb
import polars as pl

from schemas.authorities import authorities
from schemas.table import FIRST_YEAR, LAST_YEAR

FOLDER = Path(__file__).parent / "codes"
WITH_AUTHORITIES = ("ssda903_la_perm",)
"""Sets that hold, besides what stands in their file, every authority that England has or had."""


def names() -> list[str]:
    """The names of all code sets."""
    return sorted(path.stem for path in FOLDER.glob("*.csv"))


@functools.cache
def code_set(name: str) -> pl.DataFrame:
    """One code set: `code, label, since, until` (years filled in) and its own further columns."""
    path = FOLDER / f"{name}.csv"
    if not path.exists():
        raise LookupError(f"there is no code set {name}; expected a file {name}.csv in schemas/codes/")
    frame = pl.read_csv(path, infer_schema=False)
    if name in WITH_AUTHORITIES:
        frame = pl.concat([frame, _ever_authorities()])
    until = pl.col("until").cast(pl.Int64).fill_null(LAST_YEAR)
    since = pl.col("since").cast(pl.Int64).fill_null(pl.min_horizontal(pl.lit(FIRST_YEAR), until))
    return frame.with_columns(since=since, until=until)


def _ever_authorities() -> pl.DataFrame:
    """Authorities from the collection year in which they begin; an order of one that is gone still stands."""
    nothing = pl.lit(None, pl.String)
    began = pl.col("valid_from").dt.offset_by("9mo").dt.year().min().cast(pl.String)
    by_code = authorities().sort("valid_from").group_by("la_code", maintain_order=True)
    return by_code.agg(label=pl.col("la_name").last(), since=began, until=nothing).rename({"la_code": "code"})


def load_codes(con: duckdb.DuckDBPyConnection, year: int | None = None, schema: str = "codes") -> None:
    """Make every code set a table `codes.<name>`; with a year, only what applied in it."""
    con.execute(f"create schema if not exists {schema}")
    for name in names():
        frame = code_set(name)
        if year is not None:
            frame = frame.filter(pl.col("since") <= year, pl.col("until") >= year)
        con.register("codes_frame", frame)
        con.execute(f'create or replace table {schema}."{name}" as from codes_frame')
        con.unregister("codes_frame")
