"""How much school a pupil misses in a year: the shares that the department has published, for each authority.

Absence depends on the group that a child will be in on 31 March of the same school year. Among the children
of one group and one authority as many are persistently and severely absent as published there, the older
ones rather than the younger, and together they miss as many sessions. Where the published figure is hidden,
what England has beyond the figures shown stands in for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from synthetic.days import Bools, Codes, Floats, Ints
from synthetic.groups import CINO, CLA12, CPPO
from synthetic.places import Places

PUBLISHED = Path(__file__).parents[1] / "schemas" / "reference" / "published.csv"
GROUPS = (CINO, CPPO, CLA12)
MEASURES = ("overall", "persistent", "severe")
REST = "rest"
LEAST_REST = 0.01
# Everyone else at primary and at secondary school: missed sessions, persistent and severe absentees.
# A little below the figures for all pupils in DfE, Pupil absence in schools in England 2024/25.
OTHERS = ((0.050, 0.135, 0.008), (0.080, 0.23, 0.035))
OLDEST_AT_PRIMARY = 10
OLDER = 0.6
"""How much likelier absence is at secondary school, in standard deviations of the pupils' tendency."""
TENTHS = np.array([0, 1, 5, 11])
"""The bands in tenths of sessions missed: less than a tenth, less than a half, a half or more."""
MEAN_PLACE = np.array([0.43, 0.294, 0.333])
"""Where within its band a pupil's rate lies on average."""


Found = dict[tuple[str, str, str], float]
"""Share by authority (empty for England, `REST` for those whose figure is hidden), group and measure."""


@cache
def _published() -> pl.DataFrame:
    """year, la_code (empty for England), group, measure, numerator, denominator, share."""
    rows = pl.read_csv(PUBLISHED, schema_overrides={"la_code": pl.String, "category": pl.String})
    name = pl.col("indicator_id").str.split("_")
    exact = pl.col("numerator") / pl.col("denominator")
    wanted = rows.filter(
        pl.col("indicator_id").str.starts_with("absence_"),
        pl.col("geographic_level").is_in(["National", "Local authority"]),
        pl.col("category") == "Total",
    )
    return wanted.select(
        "year",
        pl.col("la_code").fill_null(""),
        name.list.get(2).str.to_uppercase().alias("group"),
        name.list.get(1).alias("measure"),
        "numerator",
        "denominator",
        pl.coalesce(exact, pl.col("value") / 100).alias("share"),
    ).drop_nulls("share")


@cache
def _found(year: int) -> Found:
    rows = _published().filter(year=year)
    keyed = rows.select("la_code", "group", "measure", "share").rows()
    shown = {(la, group, measure): share for la, group, measure, share in keyed}
    return shown | {(REST, group, measure): share for group, measure, share in _rest(rows).rows()}


def _rest(rows: pl.DataFrame) -> pl.DataFrame:
    """group, measure, share: what England has more than its authorities show, where that is not a trifle."""
    sums = rows.group_by("group", "measure", pl.col("la_code") == "").agg(
        pl.col("numerator", "denominator").sum()
    )
    england, shown = sums.filter("la_code"), sums.filter(~pl.col("la_code"))
    both = england.join(shown, on=["group", "measure"], suffix="_shown")
    hidden = pl.col("denominator") - pl.col("denominator_shown")
    share = (pl.col("numerator") - pl.col("numerator_shown")) / hidden
    return both.filter(hidden > LEAST_REST * pl.col("denominator")).select(
        "group", "measure", share.clip(0, 1)
    )


def shares(places: Places, year: int) -> Floats:
    """For each group and authority the three measures, of the year published that is nearest."""
    years = _published()["year"].unique().to_list()
    found = _found(min(years, key=lambda other: (abs(other - year), other)))
    codes = zip(places.frame["la_code"], places.frame["former_la_code"], strict=True)
    table = [[_of(found, (la, former), group) for group in GROUPS] for la, former in codes]
    return np.array(table).transpose(1, 0, 2)


def _of(found: Found, codes: tuple[str, ...], group: str) -> list[float]:
    """An authority's three figures, or its county's.

    A hidden one is that of all the hidden ones together; where these are few, England's, as much above or
    below it as the authority's figure before.
    """
    ratio, three = 1.0, []
    for measure in MEASURES:
        england = found["", group, measure]
        instead = found.get((REST, group, measure), england * ratio)
        shown = (found.get((code, group, measure)) for code in codes)
        three.append(next((share for share in shown if share is not None), instead))
        ratio = three[-1] / england
    return three


@dataclass(frozen=True)
class Kinds:
    """Pupils who are alike: same group and authority, or the same kind of school.

    Only those aged 5 to 15 on 31 August are counted in what is published, so only they are shared out.
    """

    shares: Floats
    of_pupil: Ints

    @classmethod
    def of(cls, places: Places, year: int, group: Codes, la: Ints, age: Ints) -> Kinds:
        """`la` is the authority responsible for a child of a group."""
        kind = is_older(age).astype(np.int64)
        for number, name in enumerate(GROUPS):
            theirs = (group == name) & (age >= 5) & (age <= 15)
            kind = np.where(theirs, len(OTHERS) + number * places.count + la, kind)
        return cls(np.concatenate([np.array(OTHERS), *shares(places, year)]), kind)


def is_older(age: Ints) -> Bools:
    """Whether a pupil is too old for a primary school."""
    older: Bools = age > OLDEST_AT_PRIMARY
    return older


@dataclass(frozen=True)
class Absence:
    """Each pupil's share of sessions missed in the year, and the band in which it lies."""

    rate: Floats
    band: Ints

    def missed(self, rng: np.random.Generator, possible: Ints) -> Ints:
        """Whole sessions of those possible, up or down by chance, that keep to the band."""
        least, most = TENTHS[self.band], TENTHS[self.band + 1]
        missed = np.floor(self.rate * possible + rng.random(len(possible))).astype(np.int64)
        lower = -(-least * possible // 10)
        upper = np.minimum(-(-most * possible // 10) - 1, possible)
        return np.maximum(np.minimum(missed, upper), np.minimum(lower, possible))


def absence_of(rng: np.random.Generator, kinds: Kinds, habit: Floats, age: Ints) -> Absence:
    """Who misses how much: as many of each kind in each band as the shares say, those with the tendency first."""
    tendency = 0.78 * habit + 0.62 * rng.standard_normal(len(habit)) + OLDER * is_older(age)
    rank = _rank(rng, kinds.of_pupil, tendency)
    overall, persistent, severe = kinds.shares.T
    stretched = _stretch(overall, persistent, severe)[kinds.of_pupil]
    band = (rank > 1 - persistent[kinds.of_pupil]) + (rank > 1 - severe[kinds.of_pupil]).astype(np.int64)
    bottom, width = TENTHS[band] / 10, np.array([0.1, 0.4, 0.5])[band]
    return Absence(bottom + width * _between(rng, MEAN_PLACE[band] * stretched), band)


def _rank(rng: np.random.Generator, kind: Ints, tendency: Floats) -> Floats:
    """Where each stands among its kind, between 0 and 1; chance decides over a fraction of a child."""
    order = np.lexsort((tendency, kind))
    counts = np.bincount(kind)
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    within = np.empty(len(kind))
    within[order] = np.arange(len(kind)) - begins[kind[order]]
    rank: Floats = (within + rng.random(len(kind))) / counts[kind]
    return rank


def _stretch(overall: Floats, persistent: Floats, severe: Floats) -> Floats:
    """How far up their bands pupils must lie so that together they miss the share that was published."""
    least = (persistent - severe) * 0.1 + severe * 0.5
    low, middle, high = MEAN_PLACE
    usual = (1 - persistent) * 0.1 * low + (persistent - severe) * 0.4 * middle + severe * 0.5 * high
    stretch: Floats = ((overall - least) / usual).clip(0.1, 2.2)
    return stretch


def _between(rng: np.random.Generator, mean: Floats) -> Floats:
    """A place between 0 and 1 with a given mean."""
    mean = mean.clip(0.02, 0.95)
    place: Floats = rng.beta(1.3, 1.3 * (1 / mean - 1))
    return place
