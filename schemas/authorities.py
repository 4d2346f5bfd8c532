"""The local authorities of England, dated, with their regions, populations and neighbours.

Codes end when councils split or merge; a return is judged by the list of its own year. Populations are
ONS mid-year estimates of children aged 0 to 17; a rate uses the estimate of the year before.
"""

from __future__ import annotations

import functools
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

FOLDER = Path(__file__).parent / "reference"
ENGLAND = "england"
"""Where an authority's code would stand, for what is of the whole country and no authority's."""


@functools.cache
def authorities() -> pl.DataFrame:
    """One row per authority code and period of validity."""
    frame = pl.read_csv(FOLDER / "authorities.csv", infer_schema=False)
    return frame.with_columns(pl.col("valid_from", "valid_to").str.to_date("%Y-%m-%d"))


@functools.cache
def in_year(year: int) -> pl.DataFrame:
    """The authorities that existed on 31 March of a collection year: 153 since 2024."""
    end = date(year, 3, 31)
    still = pl.col("valid_to").is_null() | (pl.col("valid_to") >= end)
    return authorities().filter((pl.col("valid_from") <= end) & still).sort("la_code")


def is_authority(code: str, year: int) -> bool:
    """Whether a three-digit code was an authority's in that collection year."""
    return code in set(in_year(year)["la_code"])


@functools.cache
def before_or_after(code: str, year: int) -> tuple[str, ...]:
    """The authorities of a year that took over from the one with this code, or that it took over from.

    Councils merge (Bournemouth and Poole) and split (Cumbria); systems go on writing the code they were set up
    with, and corrections of an old year come from the authority of today.
    """
    named = authorities().select("la_code", pl.col("successor_la_codes").str.split(";")).drop_nulls()
    pairs = named.explode("successor_la_codes").rows()
    kin = {after for before, after in pairs if before == code} | {b for b, after in pairs if after == code}
    return tuple(sorted(la for la in kin - {code} if is_authority(la, year)))


@functools.cache
def population() -> pl.DataFrame:
    """Children aged 0 to 17 by authority and collection year, from the mid-year estimate before it.

    Where no estimate is held yet for the year before, the latest one stands in and `mid_year` shows it.
    """
    frame = pl.read_csv(FOLDER / "population_0_17.csv", schema_overrides={"la_code": pl.String})
    years = pl.DataFrame({"year": list(range(2013, 2028))})
    latest = frame["mid_year"].max()
    wanted = years.with_columns(mid_year=pl.min_horizontal(pl.col("year") - 1, pl.lit(latest)))
    return wanted.join(frame, on="mid_year").select("year", "la_code", "mid_year", "population")


def neighbours() -> pl.DataFrame:
    """la_code, rank, neighbour_la_code: the ten statistical neighbours of each authority."""
    codes = {"la_code": pl.String, "neighbour_la_code": pl.String}
    return pl.read_csv(FOLDER / "neighbours.csv", schema_overrides=codes)


def load_reference(con: duckdb.DuckDBPyConnection, schema: str = "reference") -> None:
    """Make `reference.authorities`, `reference.populations`, `reference.neighbours`."""
    con.execute(f"create schema if not exists {schema}")
    tables = {"authorities": authorities(), "populations": population(), "neighbours": neighbours()}
    for name, frame in tables.items():
        con.register("reference_frame", frame)
        con.execute(f"create or replace table {schema}.{name} as from reference_frame")
        con.unregister("reference_frame")
