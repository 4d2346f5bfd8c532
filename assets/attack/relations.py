"""How published counts hang together: sums over places and groups, parts of a whole, shares.

Each relation is one that a reader can know from the definitions. Where the truth itself contradicts one
(groups that leave some children out, an authority that a sum passes over) nobody could use it, and it is left
out; how many of each kind stand is told with the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

import polars as pl

from assets.attack.facts import CELL, PLACE, Meaning, meanings
from schemas.failures import Trouble

COUNT = ["release", "indicator_id", "part", "year", "time_identifier"]
"""Within these, places and groups add up."""
TERMS = ["kind", "relation", "unknown", "factor", "below", "above"]


def relations(told: pl.DataFrame) -> pl.DataFrame:
    """The terms of every relation: `below <= sum of factor x (unknown less its truth) <= above`, blank for no bound."""
    found, start = [], 0
    for one in (*sums(told), parts_of_wholes(told), *shares(told)):
        found.append(one.with_columns(relation=pl.col("relation") + start).select(TERMS))
        start += one["relation"].n_unique()
    return pl.concat(found)


def sums(told: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Authorities of a region, regions of England, groups of a place."""
    total, level = pl.col("breakdown") == "Total", pl.col("geographic_level")
    authority = (level == "Local authority") & pl.col("region_code").is_not_null()
    is_counted = pl.col("value_symbol").ne_missing("x")
    regional, national = total & (level == "Regional"), total & (level == "National")
    yield _sums(told, "authorities of a region", total & authority & is_counted, regional, ["region_code"])
    yield _sums(told, "regions of England", regional, national, [])
    ways = told.filter(~total).select(*COUNT, *CELL[3:6], "breakdown").unique()
    wholes = told.filter(total).drop("breakdown").join(ways, on=[*COUNT, *CELL[3:6]], nulls_equal=True)
    parts = pl.concat([told.filter(~total), wholes.select(told.columns)])
    of_all = pl.col("category") == "Total"
    yield _sums(parts, "groups of a place", ~of_all, of_all, [*CELL[3:6], "breakdown"])


def _sums(
    told: pl.DataFrame, kind: str, part: pl.Expr, whole: pl.Expr, within: Sequence[str]
) -> pl.DataFrame:
    """Parts less their whole are nought, wherever that is so."""
    key = [*COUNT, *within]
    sides = [(told.filter(part), 1), (told.filter(whole), -1)]
    terms = pl.concat([rows.select(*key, "unknown", "truth", factor=pl.lit(sign)) for rows, sign in sides])
    is_sum = ((pl.col("truth") * pl.col("factor")).sum() == 0, (pl.col("factor") < 0).sum() == 1)
    found = (
        terms.sort(*key, "factor", "unknown", nulls_last=False)
        .group_by(key, maintain_order=True)
        .agg("unknown", "factor", *(test.alias(f"is_{n}") for n, test in enumerate(is_sum)))
        .filter("is_0", "is_1", pl.col("unknown").list.len() > 1)
    )
    listed = pl.col("unknown").cast(pl.List(pl.String)).list.join(" ")
    once = found.with_columns(listed=listed).unique("listed", keep="first", maintain_order=True)
    return (
        once.select("unknown", "factor", kind=pl.lit(kind), below=pl.lit(0), above=pl.lit(0))
        .with_row_index("relation")
        .with_columns(pl.col("relation").cast(pl.Int64))
        .explode("unknown", "factor")
        .with_columns(pl.col("factor", "below", "above").cast(pl.Int64))
        .select(TERMS)
    )


def parts_of_wholes(told: pl.DataFrame) -> pl.DataFrame:
    """A count under more conditions is no larger than one under fewer of the same children."""
    named = told.filter(pl.col("means") != "population")
    counts = named.select("release", *PLACE, "means", "unknown", "truth").unique()
    pairs = pl.DataFrame(
        sorted(nested(named["indicator_id"].unique())), schema=["part", "means"], orient="row"
    ).cast(pl.String)
    both = (
        counts.join(pairs, on="means")
        .join(
            counts.rename({"means": "part"}), on=["release", *PLACE, "part"], nulls_equal=True, suffix="_part"
        )
        .filter(pl.col("truth_part") <= pl.col("truth"), pl.col("unknown_part") != pl.col("unknown"))
        .unique(["unknown", "unknown_part"])
        .sort("unknown", "unknown_part")
    )
    room = (pl.col("truth_part") - pl.col("truth")).alias("below")
    return _pairs(both, "parts of wholes", ("unknown", pl.lit(1)), ("unknown_part", pl.lit(-1)), room, None)


def nested(indicator_ids: Iterable[str]) -> set[tuple[str, str]]:
    """Names of meanings of which the first is part of the second, by the definitions alone."""
    shown = [meanings(i) for i in sorted(indicator_ids)]
    rows = {m for pair in shown for m in pair if m and m.adds_up == "1"}
    found = {(a.name, b.name) for a, b in permutations(rows, 2) if _is_part(a, b)}
    return found | {
        (a.name, b.name) for a, b in shown if b and a.cohort == b.cohort and _is_of_sessions(a, b)
    }


def _is_part(a: Meaning, b: Meaning) -> bool:
    return a.cohort == b.cohort and a.conditions > b.conditions


def _is_of_sessions(a: Meaning, b: Meaning) -> bool:
    """Sessions missed are some of the possible ones; a score or a number of days is no part of its children."""
    return a.adds_up != "1" and b.adds_up != "1"


def shares(told: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A value with so many decimals says between which bounds the share of the two counts lies, halves up."""
    above, below = (told.filter(part=part) for part in ("numerator", "denominator"))
    both = above.join(
        below.select("release", *CELL, "unknown", "truth"), on=["release", *CELL], nulls_equal=True, suffix="_below"
    ).filter(pl.col("unknown") != pl.col("unknown_below"))  # fmt: skip
    is_low = pl.col("value_symbol").eq_missing("low")
    value = pl.when(is_low).then(0.0).otherwise("value")
    ten = pl.lit(10, pl.Int64).pow(pl.col("decimals"))
    valued = (
        both.with_columns(shown=(value * ten).round().cast(pl.Int64), count_times=2 * ten * pl.col("times"))
        .filter(pl.col("shown").is_not_null())
        .sort("release", *CELL, nulls_last=False)
    )
    for side in (-1, 1):
        per_base = -(2 * pl.col("shown") + side) * pl.col("over")
        now = pl.col("count_times") * pl.col("truth") + per_base * pl.col("truth_below")
        told_room = (-now).alias("below") if side < 0 else (-1 - now).alias("above")
        yield _pairs(
            valued, "shares", ("unknown", pl.col("count_times")), ("unknown_below", per_base),
            told_room if side < 0 else None, told_room if side > 0 else None,
        )  # fmt: skip


def _pairs(
    rows: pl.DataFrame,
    kind: str,
    first: tuple[str, pl.Expr],
    second: tuple[str, pl.Expr],
    below: pl.Expr | None,
    above: pl.Expr | None,
) -> pl.DataFrame:
    """Relations of two counts each."""
    nothing = pl.lit(None, pl.Int64)
    bounds = [
        (nothing if bound is None else bound).cast(pl.Int64).alias(name)
        for name, bound in (("below", below), ("above", above))
    ]
    counted = rows.with_row_index("relation").with_columns(pl.col("relation").cast(pl.Int64))
    both = [
        counted.select(
            "relation", *bounds, kind=pl.lit(kind), unknown=pl.col(name), factor=factor.cast(pl.Int64)
        )
        for name, factor in (first, second)
    ]
    _check(both[0], kind)
    return pl.concat(both).select(TERMS)


def _check(terms: pl.DataFrame, kind: str) -> None:
    """Stop when what is published cannot follow from what stands behind it: the attack would prove nothing."""
    wrong = terms.filter((pl.col("below") > 0) | (pl.col("above") < 0)).height
    if wrong:
        raise Trouble(
            f"expected every published figure to follow from its counts, but {wrong} of the {kind} do not; "
            "the release and its figures do not belong together, or disclosure control rounds otherwise than "
            "the attack supposes"
        )
