"""What may be said in public about few children: nothing that tells who they are.

A policy per publication (`schemas/disclosure/`) says which places and groups are told. A figure that rests on
one to five children, or that all but one to five of them share, is hidden; more are hidden beside it, so that
no sum gives it away (`assets/company.py`); counts of England and its regions are round numbers. Whether that
was enough is not taken on trust: the attack (`assets/attack/`) tries to work out what was hidden.

A count of some of a place's children is no count of the place, so a count is there only when every authority
is. A rate or percentage of most of the children stands for the place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from fractions import Fraction

import polars as pl

from assets import company
from assets.attack import CELL, Publication
from schemas.indicators import Indicator, named
from schemas.policies import policies, policy_of

TOLD = ("numerator", "denominator", "value", "value_strict", "value_loose")
COUNTS = ("numerator", "denominator")
MILLION = 1_000_000
"""Values of the marts have six decimals, so that they are whole numbers of millionths."""


def control(
    restricted: pl.DataFrame,
    populations: pl.DataFrame,
    *,
    apart: Collection[str] = (),
    before: Sequence[Publication] = (),
) -> pl.DataFrame:
    """From rows of `outcomes.indicator` the same columns as they may be published.

    Keeps the places and groups that the policies tell; hides, rounds, and says with a symbol where there is
    nothing. `populations` (year, la_code, population) says how many of a place's children each authority
    stands for. Authorities in `apart` stand outside England's sums; `before` is what was published before.
    """
    ruled = with_policy(only_of_whole_places(restricted, populations))
    judged = with_children(chosen(ruled, apart))
    safe = company.protect(judged, restricted, before, told)
    return told(safe).select(restricted.columns).sort(CELL, nulls_last=False)


def chosen(ruled: pl.DataFrame, apart: Collection[str]) -> pl.DataFrame:
    """The places and groups that are told, and of the authorities those that were one that year."""
    level, is_total = pl.col("geographic_level"), pl.col("breakdown") == "Total"
    is_place = (
        (level != "Local authority")
        | pl.col("region_code").is_not_null()
        | pl.col("la_code").is_in(sorted(apart))
    )
    return ruled.filter("is_told", is_place, is_total | pl.col("are_groups_told"))


def with_policy(rows: pl.DataFrame) -> pl.DataFrame:
    """Beside each row what its publication's policy and its indicator say of it."""
    ids = rows["indicator_id"].unique().sort()
    levels = ("National", "Regional", "Local authority")
    rules = [_rules(named(i), level) for i in ids for level in levels]
    return rows.join(pl.DataFrame(rules, schema=_RULES), on=["indicator_id", "geographic_level"])


_RULES = {
    "indicator_id": pl.String, "geographic_level": pl.String, "is_told": pl.Boolean, "are_groups_told": pl.Boolean,
    "is_linking_told": pl.Boolean, "fewest": pl.Int64, "company": pl.Int64, "together": pl.Int64,
    "fewest_for_link_rate": pl.Int64, "round_to": pl.Int64, "counts_need_all": pl.Boolean, "hidden_as": pl.String,
    "low_as": pl.String, "decimals": pl.Int64, "times": pl.Int64, "over": pl.Int64, "family": pl.String,
}  # fmt: skip


def _rules(one: Indicator, level: str) -> dict[str, object]:
    policy = policy_of(one.publication.file)
    rounding = {str(name): base for name, base in policy.round_to.items()}
    return {
        "indicator_id": one.indicator_id, "geographic_level": level, "is_told": level in policy.levels,
        "are_groups_told": level in policy.groups_at, "is_linking_told": level in policy.linking_at,
        "fewest": policy.fewest, "company": policy.company, "together": policy.together,
        "fewest_for_link_rate": policy.fewest_for_link_rate, "round_to": rounding.get(level, 1),
        "counts_need_all": policy.counts_need_every_authority, "hidden_as": policy.symbols.hidden,
        "low_as": policy.symbols.rounds_to_nought, "decimals": one.publication.decimals,
        "times": one.multiplier.numerator, "over": one.multiplier.denominator, "family": one.among,
    }  # fmt: skip


def only_of_whole_places(restricted: pl.DataFrame, populations: pl.DataFrame) -> pl.DataFrame:
    """England and the regions are not available where the authorities behind a sum hold too few of the children,
    nor their groups where authorities are missing that the total has: what is left of it would be theirs.

    `is_all` says whether every authority is there, without which a count may not be shown.
    """
    shares = shares_of_children(restricted.filter(pl.col("breakdown") == "Total"), populations)
    joined = restricted.join(shares, on=["indicator_id", "year", "region_code"], how="left", nulls_equal=True)
    files = {i: named(i).publication.file for i in restricted["indicator_id"].unique()}
    enough = {i: policy_of(file).most_of_a_place for i, file in files.items()}
    missing = {i: policy_of(file).symbols.not_available for i, file in files.items()}
    is_authority = pl.col("geographic_level") == "Local authority"
    needed = pl.col("indicator_id").replace_strict(enough, return_dtype=pl.Float64)
    whole = is_authority | (pl.col("share").fill_null(0) >= needed) & ~_lacks_more_than_its_total()
    blank = [pl.when(whole).then(pl.col(c)).alias(c) for c in (*TOLD, "link_rate")]
    not_there = pl.col("indicator_id").replace_strict(missing, return_dtype=pl.String)
    symbol = pl.when(whole).then("value_symbol").otherwise(not_there).alias("value_symbol")
    known_why = pl.when(whole | (pl.col("share").fill_null(0) == 0)).then("why_no_value")
    why = known_why.otherwise(pl.lit("too few authorities")).alias("why_no_value")
    return joined.with_columns(
        *blank, symbol, why, is_all=is_authority | pl.col("is_all").fill_null(False)
    ).drop("share")


def _lacks_more_than_its_total() -> pl.Expr:
    """Whether a group's sum passes over authorities that the sum of all groups together does not."""
    of_total = pl.col("missing_la_count").filter(pl.col("breakdown") == "Total").first()
    place = ["indicator_id", "year", "time_identifier", "geographic_level", "region_code", "la_code"]
    return pl.col("missing_la_count") > of_total.over(place).fill_null(0)


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
    ids = list(frame["indicator_id"].unique())
    people = {i: named(i).publication.people or i for i in ids}
    pupils = frame.select(*CELL[1:], people="indicator_id", pupils="denominator")
    joined = frame.with_columns(
        people=pl.col("indicator_id").replace_strict(people, return_dtype=pl.String)
    ).join(pupils, on=[*CELL[1:], "people"], how="left", nulls_equal=True)
    counts_children = pl.col("indicator_id").is_in([i for i in ids if named(i).sum_of == "1"])
    out_of_children = pl.col("indicator_id").is_in([i for i in ids if named(i).out_of != "population"])
    base = pl.when(out_of_children).then("pupils").otherwise("numerator")
    few = _few(base) | (counts_children & _few(pl.col("numerator")))
    few |= counts_children & out_of_children & _few(pl.col("denominator") - pl.col("numerator"))
    return joined.with_columns(children=base, is_hidden=few.fill_null(False))


def _few(count: pl.Expr) -> pl.Expr:
    return (count >= 1) & (count < pl.col("fewest"))


def told(judged: pl.DataFrame) -> pl.DataFrame:
    """The rows as the public reads them: rounded, and blank with a symbol where hidden."""
    return (
        judged.with_columns(raw="numerator", value=_value())
        .with_columns(*(_decimals(c) for c in ("value_strict", "value_loose")), *(rounded(c) for c in COUNTS))
        .with_columns(_link_rate(), is_low=(pl.col("value") == 0) & (pl.col("raw") > 0))
        .with_columns(pl.when(~pl.col("is_hidden")).then(column).alias(column) for column in TOLD)
        .with_columns(_symbol(), _why(), pl.when(~pl.col("is_low")).then("value").alias("value"))
        .with_columns(_unless_partial(column) for column in COUNTS)
    )


def rounded(column: str) -> pl.Expr:
    """A count to the nearest so many, halves up."""
    base = pl.col("round_to")
    return ((pl.col(column) + base // 2) // base * base).alias(column)


def _value() -> pl.Expr:
    """The value from the counts before rounding, with the decimals of the indicator: whole numbers until the end."""
    ten = pl.lit(10, pl.Int64).pow(pl.col("decimals"))
    above = 2 * pl.col("times") * pl.col("numerator") * ten + pl.col("over") * pl.col("denominator")
    below = 2 * pl.col("over") * pl.col("denominator")
    return pl.when(pl.col("denominator") > 0).then(above // below / ten)


def _decimals(column: str) -> pl.Expr:
    """Halves up, in whole numbers of millionths: no float decides."""
    unit = pl.lit(10, pl.Int64).pow(6 - pl.col("decimals"))
    millionths = (pl.col(column) * MILLION).round().cast(pl.Int64)
    in_units = (2 * millionths + unit) // (2 * unit)
    told = pl.when(pl.col("is_linking_told")).then(in_units / pl.lit(10, pl.Int64).pow(pl.col("decimals")))
    return told.alias(column)


def half_up(value: Fraction, decimals: int) -> Decimal:
    """A number with so many decimals, halves up, without a float on the way."""
    scaled = (2 * value * 10**decimals + 1) // 2
    return Decimal(int(scaled)).scaleb(-decimals)


def _unless_partial(column: str) -> pl.Expr:
    return pl.when(pl.col("is_all") | ~pl.col("counts_need_all")).then(column).alias(column)


def _link_rate() -> pl.Expr:
    enough = ~pl.col("is_hidden") & (pl.col("children") >= pl.col("fewest_for_link_rate"))
    return pl.when(enough & pl.col("is_linking_told")).then(pl.col("link_rate").round(3)).alias("link_rate")


def _symbol() -> pl.Expr:
    """`c` hidden, `low` where more than nought rounds to nought, otherwise the symbol that stood there."""
    hidden = pl.when(pl.col("is_hidden")).then("hidden_as")
    low = hidden.when(pl.col("is_low").fill_null(False)).then("low_as")
    return low.otherwise("value_symbol").alias("value_symbol")


def _why() -> pl.Expr:
    """The same in words, which keep apart what one symbol stands for."""
    hidden = pl.when(pl.col("is_hidden")).then(pl.lit("few children"))
    low = hidden.when(pl.col("is_low").fill_null(False)).then(pl.lit("rounds to nought"))
    return low.otherwise("why_no_value").alias("why_no_value")


def policies_told() -> dict[str, object]:
    """Every policy as it stood, for the manifest of a publication."""
    return {name: policy.model_dump(mode="json") for name, policy in policies().items()}
