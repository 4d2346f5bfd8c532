"""What a publication tells: every count that stands behind it, and between which bounds it says it lies.

A published row rests on two counts, what is counted and out of how many. Two rows may rest on the same
one: seven placements are out of the same children looked after. Counts that mean the same, of the same
place and children, and are the same are one unknown, also across releases: whoever attacks is supposed to
know which counts did not change. That is more than anyone outside does. A sum over other authorities than
before is another count, though: to know that it did not change would be to know what the new one added.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from schemas.indicators import Indicator, indicators
from schemas.policies import Policy, policy_of

CELL = [
    "indicator_id", "year", "time_identifier", "geographic_level", "region_code", "la_code", "breakdown", "category",
]  # fmt: skip
"""What a published row is about."""
PLACE = CELL[1:]
PARTS = ("numerator", "denominator")


@dataclass(frozen=True)
class Publication:
    """One release as it was or will be told, and what stands behind it."""

    release: str
    shown: pl.DataFrame
    """Rows of `outcomes.indicator` after disclosure control."""
    truth: pl.DataFrame
    """The same rows before it."""
    policies: Mapping[str, Policy]
    is_silent: bool = False
    """Whether its hidden rows tell nothing either, not even that somebody stands behind them."""


@dataclass(frozen=True)
class Meaning:
    """What a count counts: a sum over the rows of a cohort that meet the conditions."""

    cohort: str
    conditions: frozenset[str]
    adds_up: str

    @property
    def name(self) -> str:
        return f"{self.adds_up} of {self.cohort} where {' and '.join(sorted(self.conditions)) or 'any'}"


@functools.cache
def meanings(indicator_id: str) -> tuple[Meaning, Meaning | None]:
    """What an indicator counts and out of what; nothing for the population, which everybody knows."""
    one = indicators()[indicator_id]
    among = frozenset({one.where, one.measured} - {"true"})
    counted = Meaning(one.among, among | ({one.counting} - {"true"}), one.sum_of)
    if one.out_of == "population":
        return counted, None
    return counted, Meaning(one.among, among, "1" if one.out_of == "rows" else one.out_of)


def facts(publication: Publication) -> pl.DataFrame:
    """Two rows for each published one: `part`, what it `means`, its `truth`, and `low` to `high` as told.

    Rows of which there is nothing to tell (no return) and of indicators that are no more are left out.
    """
    known = [i for i in publication.shown["indicator_id"].unique().sort() if i in indicators()]
    told = _told(known, publication.policies)
    truths = [pl.col(part).alias(f"true_{part}") for part in PARTS]
    summed = _summed(publication.truth)
    rows = (
        publication.shown.join(told, on=["indicator_id", "geographic_level"])
        .join(publication.truth.select(*CELL, *truths), on=CELL, nulls_equal=True)
        .join(summed, on=[c for c in summed.columns if c != "summed"], how="left", nulls_equal=True)
        .with_columns(
            is_hidden=pl.col("value_symbol").eq_missing(pl.col("hidden_as")),
            is_small=_is_small(),
            is_silent=pl.lit(publication.is_silent),
        )
    )
    both = pl.concat([_part(rows, part) for part in PARTS])
    return both.filter(pl.col("truth").is_not_null()).with_columns(release=pl.lit(publication.release))


def _summed(truth: pl.DataFrame) -> pl.DataFrame:
    """By indicator, year and place above authorities, which authorities its counts are a sum of."""
    counted = truth.filter(
        pl.col("geographic_level") == "Local authority", pl.col("breakdown") == "Total",
        pl.col("region_code").is_not_null(), pl.col("numerator").is_not_null(),
    )  # fmt: skip
    figure, them = ["indicator_id", "year", "time_identifier"], pl.col("la_code").sort().str.join(" ")
    regions = counted.group_by(*figure, "region_code").agg(summed=them, geographic_level=pl.lit("Regional"))
    england = counted.group_by(figure).agg(
        summed=them, geographic_level=pl.lit("National"), region_code=pl.lit(None, pl.String)
    )
    return pl.concat([regions, england.select(regions.columns)])


def numbered(told: pl.DataFrame) -> pl.DataFrame:
    """Facts with the number of their `unknown`: the same meaning, place, children and truth are one."""
    same = pl.struct("means", *PLACE, "summed", "truth")
    return told.with_columns(unknown=same.rank("dense").cast(pl.Int64) - 1)


def _told(known: list[str], policies: Mapping[str, Policy]) -> pl.DataFrame:
    """By indicator and level, how it is told: what a reader of the policy knows."""
    rows = [
        {**_about(indicators()[i], policy), "geographic_level": level, "round_to": base}
        for i in known
        for policy in [policy_of(indicators()[i].publication.file, policies)]
        for level, base in policy.round_to.items()
    ]
    return pl.DataFrame(rows, schema=_ABOUT)


_ABOUT = {
    "indicator_id": pl.String, "numerator_means": pl.String, "denominator_means": pl.String, "decimals": pl.Int64,
    "times": pl.Int64, "over": pl.Int64, "is_share": pl.Boolean, "hidden_as": pl.String, "low_as": pl.String,
    "narrow_below": pl.Int64, "fewest": pl.Int64, "geographic_level": pl.String, "round_to": pl.Int64,
}  # fmt: skip
"""Also of nothing: an earlier publication has no figure of a year or an indicator that is new."""


def _about(one: Indicator, policy: Policy) -> dict[str, object]:
    counted, among = meanings(one.indicator_id)
    return {
        "indicator_id": one.indicator_id,
        "numerator_means": counted.name,
        "denominator_means": among.name if among else None,
        "decimals": one.publication.decimals,
        "times": one.multiplier.numerator,
        "over": one.multiplier.denominator,
        "is_share": one.unit == "%",
        "hidden_as": policy.symbols.hidden,
        "low_as": policy.symbols.rounds_to_nought,
        "narrow_below": policy.narrow_below,
        "fewest": policy.fewest,
    }


def _part(rows: pl.DataFrame, part: str) -> pl.DataFrame:
    """One of the two counts of each row, with the bounds that the row itself gives.

    A count is told where it stands, rounded or not, and where the figure that rests on it does: the policy found it fit
    to be told, and only wants no count of a place that lacks an authority.
    """
    means, truth, base = pl.col(f"{part}_means"), pl.col(f"true_{part}"), pl.col("round_to")
    is_known = means.is_null()
    at_least = pl.when(_has_children(part)).then(1).otherwise(0)
    low = pl.when(is_known).then(truth).when(pl.col(part).is_not_null()).then(pl.col(part) - base // 2)
    high = (
        pl.when(is_known)
        .then(truth)
        .when(_is_nought(part))
        .then(0)
        .otherwise(pl.col(part) - base // 2 + base - 1)
    )
    return rows.select(
        *CELL, "summed", "value", "value_symbol", "is_hidden", "is_small", "decimals", "times", "over", "is_share",
        "narrow_below",
        part=pl.lit(part), means=means.fill_null("population"), truth=truth,
        low=pl.max_horizontal(low, at_least), high=high,
        is_told=is_known | pl.col(part).is_not_null() | pl.col("value").is_not_null(),
    )  # fmt: skip


def _is_small() -> pl.Expr:
    """One to five are counted, or all of a group but one to five."""
    counted, among = pl.col("true_numerator"), pl.col("true_denominator")
    few = [(one >= 1) & (one < pl.col("fewest")) for one in (counted, among - counted)]
    return (few[0] | (few[1] & pl.col("is_share"))).fill_null(False)


def _has_children(part: str) -> pl.Expr:
    """Nothing is hidden behind which no child stands, and `low` is more than nought."""
    population = pl.col("denominator_means").is_null()
    base = population if part == "numerator" else ~population
    is_low = pl.col("value_symbol").eq_missing(pl.col("low_as")) & (part == "numerator")
    return (pl.col("is_hidden") & base & ~pl.col("is_silent")) | is_low


def _is_nought(part: str) -> pl.Expr:
    """A rate of nought that is not `low` is one of nought children."""
    return pl.lit(part == "numerator") & (pl.col("value") == 0)
