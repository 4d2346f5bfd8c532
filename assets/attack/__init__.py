"""The attack on what is about to be published: can anyone work out a count that was hidden?

It reads what the public will read, together with all that was published before, and tries what a motivated
reader could: subtract authorities from regions and regions from England, groups from their totals, take
percentages back to counts, compare one release with the next. A count is *hidden* when a symbol stands in
every place where it could be told. It is *recovered* when no other whole number fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from assets.attack.facts import CELL, PARTS, Publication, facts, numbered
from assets.attack.relations import relations
from assets.attack.solving import REACH, Floats, Found, System, solve
from schemas.failures import Refused, Trouble

__all__ = ["CELL", "Attack", "Publication", "attack", "attack_on_new", "refuse_if_recovered"]


@dataclass(frozen=True)
class Attack:
    """What the attack found."""

    recovered: pl.DataFrame
    """The hidden rows, by `release` and cell, in which a count was worked out."""
    hidden: int
    """Different counts that are hidden."""
    narrow: int
    """Of those, counts for which fewer values fit than the policy calls narrow; recovered ones among them."""
    unknowns: int
    relations: Mapping[str, int]
    """Relations of each kind."""
    blocks: int
    programmes: int
    """Linear and whole-number programmes solved."""

    def told(self) -> dict[str, object]:
        """For the manifest: counts only."""
        names = ("hidden", "narrow", "unknowns", "relations", "blocks", "programmes")
        return {"recovered": self.recovered.height, **{name: getattr(self, name) for name in names}}


def attack(
    publications: Sequence[Publication], *, given_away: pl.DataFrame | None = None, hasty: bool = False
) -> Attack:
    """Try to work out what is hidden in any of these publications from all of them.

    What the rows `given_away` hide (of a `release`, by cell) is known already and can be protected no more.
    In haste it stops when a first look, without linear programmes, has found something, and tells of no width.
    """
    told = numbered(pl.concat([facts(one) for one in publications]))
    given = told.clear() if given_away is None else given_away
    told = told.join(_counts_of(told, given), on="unknown", how="left").with_columns(
        pl.col("is_given_away").fill_null(False)
    )
    counts, terms = unknowns(told), relations(told)
    narrow_below = counts["narrow_below"].to_numpy().astype(float)
    found = solve(system(counts, terms), narrow_below, hasty=hasty)
    kinds = terms.group_by("kind").agg(pl.col("relation").n_unique()).sort("kind").rows()
    return Attack(
        _rows(told, found), int(counts["is_target"].sum()), int(found.is_narrow.sum()), counts.height,
        dict(kinds), found.blocks, found.programmes,
    )  # fmt: skip


def unknowns(told: pl.DataFrame) -> pl.DataFrame:
    """One row per different count: its truth, the tightest bounds told, whether it is hidden everywhere."""
    elsewhere = pl.col("is_told").any().over("unknown").alias("is_told_elsewhere")
    counts = (
        told.with_columns(elsewhere)
        .with_columns(are_both_told=pl.col("is_told_elsewhere").all().over("release", *CELL))
        .group_by("unknown")
        .agg(
            pl.col("truth").first(), pl.col("low").max(), pl.col("high").min(), pl.col("narrow_below").max(),
            is_target=_is_secret(),
        )
        .sort("unknown")
    )  # fmt: skip
    if counts.filter((pl.col("low") > pl.col("truth")) | (pl.col("high") < pl.col("truth"))).height:
        raise Trouble(
            "expected every count within the bounds that its published figure tells, but some are not; the "
            "release and its figures do not belong together, or disclosure control rounds otherwise"
        )
    return counts


def _is_secret() -> pl.Expr:
    """Whether a count is to be kept: it is hidden and told nowhere, or a small number hangs on it.

    A small number is hidden in one row while others tell both counts behind it: as good as told, once the one that is
    counted follows exactly. (The population that rates are out of everybody knows.)
    """
    hidden = pl.col("is_hidden").any() & ~pl.col("is_told").any()
    exposed = (
        pl.col("is_hidden") & pl.col("is_small") & pl.col("are_both_told") & (pl.col("part") == "numerator")
    )
    return (hidden | exposed.any()) & ~pl.col("is_given_away").any()


def system(counts: pl.DataFrame, terms: pl.DataFrame) -> System:
    """Counts and relations as a system of inequalities around the truth."""
    truth = pl.col("truth")
    least = counts.select(pl.max_horizontal(pl.col("low") - truth, -truth, pl.lit(-REACH))).to_series()
    most = counts.select(pl.min_horizontal(pl.col("high") - truth, pl.lit(REACH))).to_series()
    once = terms.unique("relation", keep="first").sort("relation")
    at = (terms["relation"].to_numpy(), terms["unknown"].to_numpy())
    matrix = csr_array((terms["factor"].to_numpy().astype(float), at), shape=(once.height, counts.height))
    return System(
        matrix, _bound(once["below"], -np.inf), _bound(once["above"], np.inf),
        least.to_numpy().astype(float), most.to_numpy().astype(float), counts["is_target"].to_numpy(),
    )  # fmt: skip


def _bound(bounds: pl.Series, otherwise: float) -> Floats:
    return bounds.cast(pl.Float64).fill_null(otherwise).to_numpy().copy()


def _counts_of(told: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The counts behind some hidden rows."""
    found = told.join(rows, on=["release", *CELL], how="semi", nulls_equal=True)
    return found.select("unknown", is_given_away=pl.lit(True)).unique()


def attack_on_new(before: Sequence[Publication], now: Publication, *, hasty: bool = False) -> Attack:
    """The attack on a publication together with the earlier ones; what those gave away by themselves is past help.

    That may be a count which none of them told: a region without an authority that is there no more follows
    from the region and the authority, whatever is hidden today.
    """
    found = attack([*before, now], hasty=hasty)
    if found.recovered.is_empty() or not before:
        return found
    lost = attack([*before, silent(now)]).recovered
    return attack([*before, now], given_away=lost, hasty=hasty) if lost.height else found


def silent(publication: Publication) -> Publication:
    """The same publication as if it told nothing: what is worked out beside it follows from the others."""
    told = [
        pl.lit(None, pl.Float64 if name == "value" else pl.Int64).alias(name) for name in (*PARTS, "value")
    ]
    low_as = {policy.symbols.rounds_to_nought for policy in publication.policies.values()}
    symbol = pl.when(~pl.col("value_symbol").is_in(sorted(low_as))).then("value_symbol").alias("value_symbol")
    return replace(publication, shown=publication.shown.with_columns(*told, symbol), is_silent=True)


def _rows(told: pl.DataFrame, found: Found) -> pl.DataFrame:
    """The hidden rows of the counts that were recovered."""
    unknown = np.flatnonzero(found.is_recovered)
    hidden = told.filter("is_hidden", pl.col("unknown").is_in(unknown.tolist()))
    return hidden.select("release", *CELL).unique().sort("release", *CELL, nulls_last=False)


def refuse_if_recovered(found: Attack) -> None:
    """Refused when any hidden count was worked out; says of which indicators, never a number of children."""
    if found.recovered.is_empty():
        return
    by = found.recovered.group_by("indicator_id").len().sort("indicator_id").rows()
    where = ", ".join(f"{indicator} ({n})" for indicator, n in by)
    raise Refused(
        f"expected no hidden count to follow from what is published, but {found.recovered.height} hidden rows "
        f"can be worked out: {where}. Hide more beside them, or round more, in schemas/disclosure/; nothing was "
        "published"
    )
