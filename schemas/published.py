"""What the Department for Education has published: the figures that ours are held against.

An analyst's first question about any new figure is how it compares with the one in the statistical release.
`reference/published.csv` holds those figures for England, the regions and the authorities, under the same
`indicator_id` as ours. Figures that no indicator of the dashboard has (children ceasing to be looked after,
referrals, plans) carry ids of our own, because the synthetic England is made to follow them too.
"""

from __future__ import annotations

import functools

import polars as pl

from schemas.authorities import FOLDER

TOTAL = "Total"
COLUMNS = {
    "indicator_id": pl.String,
    "year": pl.Int64,
    "geographic_level": pl.String,
    "region_code": pl.String,
    "la_code": pl.String,
    "category": pl.String,
    "numerator": pl.Int64,
    "denominator": pl.Int64,
    "value": pl.Float64,
    "symbol": pl.String,
}


@functools.cache
def published() -> pl.DataFrame:
    """One row per indicator, collection year, place and category.

    `geographic_level` is National, Regional or Local authority; codes that do not apply are empty, never
    null. `category` is Total, an age, a type of school or a length of time. `numerator` and `denominator`
    are counts as printed (England and regions to the nearest 10) and null where the release has none.
    `value` is in the indicator's unit as printed, or `numerator` out of `denominator` to one decimal where
    only counts are printed. Where a figure is withheld `value` is null and `symbol` says why, in the
    department's letters: c hidden, k rounds to nought, z does not apply, x not available, u not reliable.
    """
    texts = [name for name, kind in COLUMNS.items() if kind == pl.String]
    frame = pl.read_csv(FOLDER / "published.csv", schema=COLUMNS)
    return frame.with_columns(pl.col(texts).fill_null(""))


def totals(level: str) -> pl.DataFrame:
    """The figures of one geographic level that are not broken down."""
    return published().filter(pl.col("geographic_level") == level, pl.col("category") == TOTAL)
