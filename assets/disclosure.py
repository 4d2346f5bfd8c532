"""What may be said in public about few children: nothing that tells who they are.

Only England and its regions are published, in round numbers. A figure that rests on one to five children,
or that all but one to five of them share, is hidden; where that would leave a single hidden region, which
England less the others would give away, the next smallest is hidden with it. That is done within one
indicator and year; figures of different indicators, years and publications are not yet compared.

A count of some of a place's children is no count of the place, so a count is there only when every authority
is. A rate or percentage of most of the children stands for the place.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl

from schemas.indicators import Indicator, named

FEWEST = 6
"""Counts below this, other than nought, are hidden."""
ROUND_TO = 10
FEWEST_FOR_LINK_RATE = 20
"""A rate of linkage over fewer children than this says too much about each."""

MOST_OF_A_PLACE = 0.75
"""A rate among a smaller share of a place's children than this is no figure of that place."""

POLICY = {
    "fewest": FEWEST,
    "round_to": ROUND_TO,
    "fewest_for_link_rate": FEWEST_FOR_LINK_RATE,
    "most_of_a_place": MOST_OF_A_PLACE,
    "counts_need_every_authority": True,
}

_TOLD = ("numerator", "denominator", "value", "value_strict", "value_loose")
PLACE = ["year", "time_identifier", "geographic_level", "region_code"]


def control(restricted: pl.DataFrame, populations: pl.DataFrame) -> pl.DataFrame:
    """From rows of `outcomes.indicator` the same columns as they may be published.

    Keeps England and regions, in total only; hides, rounds, and says with a symbol where there is nothing
    or where too few of a place's authorities sent what the figure needs. `populations` (year, la_code,
    population) says how many of the place's children each authority stands for.
    """
    shown = only_of_whole_places(restricted.filter(pl.col("breakdown") == "Total"), populations)
    judged = hide_with_company(with_children(shown)).with_columns(raw_numerator="numerator")
    return (
        judged.with_columns(rounded(column) for column in ("numerator", "denominator"))
        .with_columns(_published_values(judged))
        .with_columns(_blank_where_hidden(column) for column in _TOLD)
        .with_columns(_link_rate(), _symbol())
        .with_columns(pl.when("is_all").then(column).alias(column) for column in ("numerator", "denominator"))
        .select(restricted.columns)
        .sort("indicator_id", "year", "geographic_level", "region_code", nulls_last=False)
    )


def only_of_whole_places(totals: pl.DataFrame, populations: pl.DataFrame) -> pl.DataFrame:
    """England and the regions; not available where the authorities behind a sum hold too few of the children.

    `is_all` says whether every authority is there, without which a count may not be shown.
    """
    shares = shares_of_children(totals, populations)
    above = totals.filter(pl.col("geographic_level").is_in(["National", "Regional"]))
    joined = above.join(shares, on=["indicator_id", "year", "region_code"], how="left", nulls_equal=True)
    whole = pl.col("share").fill_null(0) >= MOST_OF_A_PLACE
    blank = [pl.when(whole).then(pl.col(c)).alias(c) for c in (*_TOLD, "link_rate")]
    symbol = pl.when(whole).then("value_symbol").otherwise(pl.lit("x")).alias("value_symbol")
    return joined.with_columns(*blank, symbol, pl.col("is_all").fill_null(False)).drop("share")


def shares_of_children(totals: pl.DataFrame, populations: pl.DataFrame) -> pl.DataFrame:
    """By indicator, year and place (region, or none for England): what part of the children is counted.

    `share` is that of the children in authorities that are there, `is_all` whether all of them are. An
    authority without an estimate of its population weighs as much as the mean of those that have one.
    """
    figure = ["indicator_id", "year"]
    weights = populations.select(pl.col("year").cast(totals.schema["year"]), "la_code", weight="population")
    known = (
        totals.filter(pl.col("geographic_level") == "Local authority", pl.col("region_code").is_not_null())
        .join(weights, on=["year", "la_code"], how="left")
        .with_columns(is_there=pl.col("value_symbol").is_null() | (pl.col("value_symbol") != "x"))
        .with_columns(pl.col("weight").fill_null(pl.col("weight").mean().over(figure)).fill_null(1.0))
    )
    counted = pl.col("weight").filter(pl.col("is_there")).sum() / pl.col("weight").sum()
    told = [counted.alias("share"), pl.col("is_there").all().alias("is_all")]
    regions = known.group_by(*figure, "region_code").agg(*told)
    england = known.group_by(*figure).agg(*told, region_code=pl.lit(None, pl.String).first())
    return pl.concat([regions, england.select(regions.columns)])


def with_children(frame: pl.DataFrame) -> pl.DataFrame:
    """Add how many children stand behind each figure, and whether so few that it must be hidden.

    Behind sessions stand pupils: the denominator of the indicator that counts them.
    """
    people = {i: named(i).publication.people or i for i in frame["indicator_id"].unique()}
    pupils = frame.select(
        *PLACE, pl.col("indicator_id").alias("people"), pl.col("denominator").alias("pupils")
    )
    joined = frame.with_columns(people=pl.col("indicator_id").replace_strict(people)).join(
        pupils, on=[*PLACE, "people"], how="left", nulls_equal=True
    )
    counts_children = pl.col("indicator_id").is_in([i for i in people if _counts_children(named(i))])
    out_of_children = pl.col("indicator_id").is_in([i for i in people if named(i).out_of != "population"])
    base = pl.when(out_of_children).then("pupils").otherwise("numerator")
    few = _few(base) | (counts_children & _few(pl.col("numerator")))
    few |= counts_children & out_of_children & _few(pl.col("denominator") - pl.col("numerator"))
    return joined.with_columns(children=base, is_hidden=few.fill_null(False))


def _counts_children(indicator: Indicator) -> bool:
    return indicator.sum_of == "1"


def _few(count: pl.Expr) -> pl.Expr:
    return count.is_between(1, FEWEST - 1)


def hide_with_company(frame: pl.DataFrame) -> pl.DataFrame:
    """Hide more regions until those hidden are at least two and hold at least six children together."""
    groups = frame.partition_by("indicator_id", "year", maintain_order=True)
    return pl.concat([_with_company(group) for group in groups]) if groups else frame


def _with_company(group: pl.DataFrame) -> pl.DataFrame:
    regional = pl.col("geographic_level") == "Regional"
    while True:
        hidden = group.filter(regional, pl.col("is_hidden"))
        enough = hidden.height >= 2 and (hidden["children"].sum() or 0) >= FEWEST
        others = group.filter(regional, ~pl.col("is_hidden"), pl.col("children") > 0)
        if hidden.is_empty() or enough or others.is_empty():
            return group
        next_one = others.sort("children", "region_code")["region_code"][0]
        group = group.with_columns(
            is_hidden=pl.col("is_hidden") | (pl.col("region_code") == next_one).fill_null(False)
        )


def rounded(column: str) -> pl.Expr:
    """A count to the nearest ten, halves up."""
    return ((pl.col(column) + ROUND_TO // 2) // ROUND_TO * ROUND_TO).alias(column)


def _published_values(frame: pl.DataFrame) -> list[pl.Series]:
    """Values from the counts before rounding, with the decimals of the indicator."""
    rows = list(
        frame.select("indicator_id", "numerator", "denominator", "value_strict", "value_loose").rows()
    )
    exact = [_value(named(i), above, below) for i, above, below, _, _ in rows]
    strict = [_decimals(named(i), value) for i, _, _, value, _ in rows]
    loose = [_decimals(named(i), value) for i, _, _, _, value in rows]
    return [
        pl.Series("value", exact, dtype=pl.Float64),
        pl.Series("value_strict", strict, dtype=pl.Float64),
        pl.Series("value_loose", loose, dtype=pl.Float64),
    ]


def _value(indicator: Indicator, numerator: int | None, denominator: int | None) -> float | None:
    if numerator is None or not denominator:
        return None
    exact = Fraction(indicator.multiplier * numerator, denominator)
    return float(half_up(exact, indicator.publication.decimals))


def _decimals(indicator: Indicator, value: float | None) -> float | None:
    if value is None:
        return None
    return float(half_up(Fraction(Decimal(str(value))), indicator.publication.decimals))


def half_up(value: Fraction, decimals: int) -> Decimal:
    """A number with so many decimals, halves up, without a float on the way."""
    scaled = (2 * value * 10**decimals + 1) // 2
    return Decimal(int(scaled)).scaleb(-decimals)


def _blank_where_hidden(column: str) -> pl.Expr:
    vanishes = (pl.col("value") == 0) & (pl.col("children") > 0) & (pl.col("raw_numerator") > 0)
    hidden = pl.col("is_hidden") if column != "value" else pl.col("is_hidden") | vanishes
    return pl.when(~hidden).then(pl.col(column)).alias(column)


def _link_rate() -> pl.Expr:
    enough = ~pl.col("is_hidden") & (pl.col("children") >= FEWEST_FOR_LINK_RATE)
    return pl.when(enough).then(pl.col("link_rate").round(3)).alias("link_rate")


def _symbol() -> pl.Expr:
    """`c` hidden, `low` where more than nought rounds to nought, otherwise the symbol that stood there."""
    low = pl.col("value").is_null() & pl.col("value_symbol").is_null()
    hidden = pl.when(pl.col("is_hidden")).then(pl.lit("c"))
    return hidden.when(low).then(pl.lit("low")).otherwise(pl.col("value_symbol")).alias("value_symbol")
