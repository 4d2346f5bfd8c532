"""What a wholly made-up release shows besides: each authority, and England by sex, age and ethnicity.

Where real children stand behind the figures these wait for the attack that will prove them safe. Where every
child is invented there is nobody to protect, and a page without authorities would show nobody what the
finished product looks like. Small numbers are hidden all the same, one by one, so that readers meet the
symbols; nothing keeps them from being worked out of the others.
"""

from __future__ import annotations

import polars as pl

from assets import disclosure
from schemas.authorities import authorities
from schemas.indicators import named

MILLION = 1_000_000
"""Values of the marts have six decimals, so that they are whole numbers of millionths."""
COUNTS = ("numerator", "denominator")


def in_full(restricted: pl.DataFrame) -> pl.DataFrame:
    """From rows of `outcomes.indicator` those of authorities in total and of England's groups, as shown.

    Counts of authorities stay as they are and those of England's groups are rounded, as in the department's
    releases; how surely children were linked is not told for so few.
    """
    is_authority = pl.col("geographic_level") == "Local authority"
    in_total = pl.col("breakdown") == "Total"
    is_known = pl.col("la_code").is_in(authorities()["la_code"].unique().to_list())
    wanted = (is_authority & in_total & is_known) | ((pl.col("geographic_level") == "National") & ~in_total)
    judged = _judged(restricted.filter(wanted))
    ten = [pl.when(is_authority).then(c).otherwise(disclosure.rounded(c)).alias(c) for c in COUNTS]
    return (
        judged.with_columns(*ten, value=_rounded(pl.col("value"), pl.col("decimals")))
        .with_columns(is_low=(pl.col("value") == 0) & (pl.col("raw") > 0) & ~pl.col("is_hidden"))
        .with_columns(_unless_hidden(c) for c in (*COUNTS, "value"))
        .with_columns(_symbol(), *(pl.lit(None, pl.Float64).alias(c) for c in _LINKING))
        .select(restricted.columns)
    )


_LINKING = ("link_rate", "value_strict", "value_loose")


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """With how many decimals a value has, and whether so few children stand behind it that it is hidden.

    Disclosure control knows places by their region; an authority or a group is given one of its own.
    """
    decimals = {i: named(i).publication.decimals for i in rows["indicator_id"].unique()}
    place = pl.concat_str("la_code", "breakdown", "category", separator="/", ignore_nulls=True)
    judged = disclosure.with_children(rows.with_columns(true_region="region_code", region_code=place))
    return judged.with_columns(
        region_code="true_region",
        raw="numerator",
        decimals=pl.col("indicator_id").replace_strict(decimals, return_dtype=pl.Int64, default=0),
    )


def _rounded(value: pl.Expr, decimals: pl.Expr) -> pl.Expr:
    """Halves up, in whole numbers of millionths: no float decides."""
    unit = pl.lit(10, pl.Int64).pow(6 - decimals)
    millionths = (value * MILLION).round().cast(pl.Int64)
    return ((2 * millionths + unit) // (2 * unit) * unit) / MILLION


def _unless_hidden(column: str) -> pl.Expr:
    hidden = pl.col("is_hidden") | (pl.col("is_low") if column == "value" else False)
    return pl.when(~hidden).then(column).alias(column)


def _symbol() -> pl.Expr:
    hidden = pl.when(pl.col("is_hidden")).then(pl.lit("c"))
    return hidden.when("is_low").then(pl.lit("low")).otherwise("value_symbol").alias("value_symbol")
