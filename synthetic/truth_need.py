"""What is true of children in need and on protection plans: the figures that the children in need census should
come to.

Counted from the lives, as the published statistics are: plans and cases rather than children, each by the
authority that had it. A plan counts where and when it began, and as a second one when the child had been on
another anywhere. It has lasted two years when 730 days have passed, the first and the last counted. A factor
counts once for a case in the year in which an assessment that found it was finished, also when the child
turned out not to be in need.
"""

from __future__ import annotations

import polars as pl

from synthetic.country import Country
from synthetic.days import Ints, year_end, year_start

FACTORS = (
    "3A", "3B", "3C", "10A", "11A", "12A", "13A", "16A", "17A", "18A", "18B", "18C", "19A", "19B", "19C",
    "23A", "24A",
)  # fmt: skip
"""The factors that the dashboard shows."""
TWO_YEARS = 730


def counts(country: Country, year: int) -> pl.DataFrame:
    """la (number of the authority), group, measure, value: nought where there is nothing to count."""
    counted = {**_plans(country, year), **_factors(country, year)}
    las = pl.DataFrame({"la": range(country.places.count)}, schema={"la": pl.Int64})
    return pl.concat([_by_la(las, rows, measure) for measure, rows in counted.items()])


def _by_la(las: pl.DataFrame, rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    found = rows.group_by(pl.col("la").cast(pl.Int64)).agg(pl.len().cast(pl.Int64).alias("value"))
    every = las.join(found, on="la", how="left", maintain_order="left").with_columns(
        pl.col("value").fill_null(0)
    )
    return every.select("la", pl.lit("").alias("group"), pl.lit(measure).alias("measure"), "value")


def _plans(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Plans begun in the year and those open at its end."""
    first, last = year_start(year), year_end(year)
    plans = _with_la(country, country.modules.protection)
    begun = plans.filter(pl.col("start").is_between(first, last))
    open_ = plans.filter((pl.col("start") <= last) & (pl.col("end") > last))
    return {
        "plans_begun_in_year": begun,
        "second_plans_begun_in_year": begun.filter(pl.col("previous") >= 1),
        "plans_of_two_years_at_31_march": open_.filter(last - pl.col("start") + 1 >= TWO_YEARS),
    }


def _factors(country: Country, year: int) -> dict[str, pl.DataFrame]:
    """Cases by factor: one row for a case, however many of the year's assessments found the factor."""
    in_year = pl.col("end").is_between(year_start(year), year_end(year))
    found = (
        country.modules.assessments.filter(in_year)
        .select("episode", pl.col("factors").str.split("|").alias("factor"))
        .explode("factor")
        .unique()
    )
    cases = _with_la(country, found)
    return {f"cases_with_factor_{code.lower()}": cases.filter(pl.col("factor") == code) for code in FACTORS}


def _with_la(country: Country, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.join(country.episodes.select("episode", "la"), on="episode")


def twelve_months_later(days: Ints) -> Ints:
    """The same day a year on; from 29 February it is 28 February, as months are counted."""
    when = pl.Series("day", days).cast(pl.Int32).cast(pl.Date)
    later: Ints = when.dt.offset_by("12mo").cast(pl.Int32).cast(pl.Int64).to_numpy()
    return later
