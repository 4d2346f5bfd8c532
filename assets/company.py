"""Hiding more beside what is hidden: a single blank in a sum is no secret.

Within each sum (a region's authorities, England's regions, the groups of a place) as many figures are hidden
as the policy wants, those of the fewest children first. Then the attack is let loose on the result, and where
it works something out the next smallest is hidden too, until it finds nothing. What was hidden in an earlier
publication and has not changed stays hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from assets.attack import CELL, Publication, attack_on_new
from schemas.duck import threads
from schemas.policies import policies

NOW = "(this one)"
ROUNDS = 50
"""After so many attempts, or when none is left, everything of the cohort and year is hidden."""

Tell = Callable[[pl.DataFrame], pl.DataFrame]
"""From judged rows those that the public would read."""


def protect(
    judged: pl.DataFrame, truth: pl.DataFrame, before: Sequence[Publication], tell: Tell
) -> pl.DataFrame:
    """The same rows with `is_hidden` wherever needed. Cohorts and years do not touch one another."""
    carried = in_company(_still_hidden(judged, before))
    parts = carried.partition_by("family", "year", "time_identifier", maintain_order=True)
    if not parts:
        return carried
    with ThreadPoolExecutor(threads()) as pool:  # the attack's solver works outside Python's lock
        return pl.concat(pool.map(lambda part: _protect(part, truth, before, tell), parts))


def _protect(
    rows: pl.DataFrame, truth: pl.DataFrame, before: Sequence[Publication], tell: Tell
) -> pl.DataFrame:
    """The rows of one cohort and year, hidden further until the attack finds nothing."""
    own = rows.select("indicator_id", "year", "time_identifier").unique()
    earlier = [_only(one, own) for one in before]
    for _ in range(ROUNDS):
        shown = Publication(NOW, tell(rows).select(truth.columns), truth, policies())
        recovered = attack_on_new(earlier, _only(shown, own), hasty=True).recovered
        if recovered.is_empty():
            return rows
        more = in_company(_hide_beside(rows, recovered))
        if more["is_hidden"].equals(rows["is_hidden"]):
            break
        rows = more
    return rows.with_columns(is_hidden=pl.col("children") > 0)


def _only(one: Publication, own: pl.DataFrame) -> Publication:
    """A publication cut to some indicators and years."""
    shown, truth = (frame.join(own, on=own.columns, how="semi") for frame in (one.shown, one.truth))
    return Publication(one.release, shown, truth, one.policies)


def _still_hidden(judged: pl.DataFrame, before: Sequence[Publication]) -> pl.DataFrame:
    """What an earlier publication hid and is the same today is hidden again: else the later gives it away."""
    for one in before:
        hidden_as = sorted({policy.symbols.hidden for policy in one.policies.values()})
        hidden = one.shown.filter(pl.col("value_symbol").is_in(hidden_as)).select(CELL)
        same = one.truth.join(hidden, on=CELL, nulls_equal=True).select(*CELL, "numerator", "denominator")
        again = judged.join(same.with_columns(was_hidden=True), on=same.columns, how="left", nulls_equal=True)
        judged = again.with_columns(
            is_hidden=pl.col("is_hidden") | (pl.col("was_hidden").fill_null(False) & (pl.col("children") > 0))
        ).drop("was_hidden")
    return judged


def sum_of() -> list[pl.Expr]:
    """The sum in which a row is a part: its region, England, or the total of its place."""
    level, in_total = pl.col("geographic_level"), pl.col("breakdown") == "Total"
    is_authority = in_total & (level == "Local authority")
    return [
        pl.col("indicator_id"), pl.col("year"), pl.col("time_identifier"),
        pl.when(is_authority).then(pl.lit("Regional")).when(in_total).then(pl.lit("National")).otherwise(level).alias("of_level"),
        pl.when(is_authority | ~in_total).then("region_code").alias("of_region"),
        pl.when(is_authority & pl.col("region_code").is_not_null()).then(None).otherwise("la_code").alias("of_la"),
        pl.when(~in_total).then("breakdown").otherwise(level).alias("of_way"),
    ]  # fmt: skip


PLACE = ["geographic_level", "region_code", "la_code"]
SUM = ["indicator_id", "year", "time_identifier", "of_level", "of_region", "of_la", "of_way"]


def in_company(rows: pl.DataFrame) -> pl.DataFrame:
    """Hide the next smallest in every sum until enough are hidden and enough children are behind them."""
    while True:
        more = _in_company(rows)
        if more["is_hidden"].equals(rows["is_hidden"]):
            return rows
        rows = more


def _in_company(rows: pl.DataFrame) -> pl.DataFrame:
    order = ["is_hidden", "children", "region_code", "la_code", "breakdown", "category"]
    placed = rows.with_row_index("was_at").with_columns(sum_of()[3:])
    sorted_ = placed.filter(pl.col("children") > 0).sort(
        *SUM, *order, descending=[*([False] * len(SUM)), True, *([False] * (len(order) - 1))]
    )
    before_count = pl.int_range(pl.len()).over(SUM)
    before_children = pl.col("children").cum_sum().over(SUM) - pl.col("children")
    lacks = (before_count < pl.col("company")) | (before_children < pl.col("together"))
    hidden = sorted_.with_columns(
        is_more=pl.col("is_hidden")
        | (pl.col("is_hidden").any().over(SUM) & lacks & (pl.col("of_way") != "National"))
    )
    more = hidden.filter("is_more")["was_at"]
    return placed.with_columns(is_hidden=pl.col("is_hidden") | pl.col("was_at").is_in(more.implode())).select(
        rows.columns
    )


def _hide_beside(rows: pl.DataFrame, recovered: pl.DataFrame) -> pl.DataFrame:
    """Hide one more in every sum in which something was worked out: a part, else the sum.

    Where all of a sum is hidden, other figures of the same place told it: they are hidden, else all of the indicator.
    """
    placed = rows.with_row_index("was_at").with_columns(sum_of()[3:])
    told_away = pl.concat([recovered.select(sum_of()), _as_sums(recovered)]).unique()
    shown = placed.filter(~pl.col("is_hidden"), pl.col("children") > 0)
    parts = shown.join(told_away, on=SUM, nulls_equal=True).with_columns(rank=pl.lit(0))
    wholes = _wholes(shown, told_away).with_columns(rank=pl.lit(1))
    first = (
        pl.concat([parts.select(wholes.columns), wholes])
        .sort(*SUM, "rank", "children", "was_at")
        .unique(SUM, keep="first", maintain_order=True)
    )
    stuck = recovered.with_columns(sum_of()[3:]).join(first, on=SUM, how="anti", nulls_equal=True)
    same_place = shown.join(stuck, on=PLACE, how="semi", nulls_equal=True)
    lost = stuck.join(same_place, on=PLACE, how="anti", nulls_equal=True)
    all_of = shown.join(lost, on=["indicator_id", "year"], how="semi")
    more = pl.concat([one["was_at"] for one in (first, same_place, all_of)])
    return placed.with_columns(is_hidden=pl.col("is_hidden") | pl.col("was_at").is_in(more.implode())).select(
        rows.columns
    )


def _as_sums(recovered: pl.DataFrame) -> pl.DataFrame:
    """The sums that regions are of their authorities: a region all of whose authorities are told follows from them."""
    regions = recovered.filter(pl.col("geographic_level") == "Regional", pl.col("breakdown") == "Total")
    return regions.select(
        *SUM[:3], of_level="geographic_level", of_region="region_code", of_la=pl.lit(None, pl.String),
        of_way=pl.lit("Local authority"),
    )  # fmt: skip


def _wholes(shown: pl.DataFrame, told_away: pl.DataFrame) -> pl.DataFrame:
    """The rows that are the sums themselves, under the names of those sums."""
    totals = shown.filter(pl.col("breakdown") == "Total").drop("of_level", "of_region", "of_la", "of_way")
    named = totals.with_columns(of_level="geographic_level", of_region="region_code", of_la="la_code")
    return named.join(told_away, on=SUM[:-1], nulls_equal=True).select("was_at", "children", *SUM)
