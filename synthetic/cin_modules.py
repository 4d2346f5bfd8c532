"""Inside an episode of need: assessments with their factors, plans, enquiries, conferences, protection
plans, reviews.

Dates follow one another as the guidance asks: nothing before the referral, nothing after the closure, a
child in need plan never beside a protection plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.days import FAR, Bools, Ints, off_weekend
from synthetic.matching import pick
from synthetic.rates import happens, level, stream

# Share of assessments in which each factor is seen; several may be seen at once.
FACTORS = {
    "3B": 0.28,
    "4B": 0.32,
    "17A": 0.18,
    "16A": 0.16,
    "2B": 0.15,
    "1B": 0.13,
    "4A": 0.12,
    "18C": 0.11,
    "3A": 0.12,
    "20": 0.14,
    "14A": 0.07,
    "2A": 0.04,
    "1A": 0.02,
    "3C": 0.03,
    "4C": 0.05,
    "1C": 0.03,
    "2C": 0.03,
    "5A": 0.09,
    "5B": 0.03,
    "6A": 0.05,
    "6B": 0.05,
    "7A": 0.03,
    "9A": 0.004,
    "10A": 0.03,
    "11A": 0.03,
    "12A": 0.01,
    "13A": 0.025,
    "15A": 0.05,
    "18B": 0.03,
    "19B": 0.03,
    "19C": 0.05,
    "22A": 0.003,
    "23A": 0.004,
    "24A": 0.03,
    "5C": 0.01,
    "6C": 0.01,
    "8F": 0.003,
}
ABUSE = [("NEG", 0.49), ("EMO", 0.37), ("PHY", 0.085), ("SAB", 0.045), ("MUL", 0.01)]
DAYS_BETWEEN_ASSESSMENTS = 400


@dataclass(frozen=True)
class Modules:
    """One frame per group of the census file; every row knows its episode; days as whole numbers."""

    assessments: pl.DataFrame
    plans: pl.DataFrame
    enquiries: pl.DataFrame
    protection: pl.DataFrame
    reviews: pl.DataFrame


def make_modules(episodes: pl.DataFrame, seed: int) -> Modules:
    """Everything inside the episodes."""
    protection = _protection_plans(stream(seed, "protection plans"), episodes)
    return Modules(
        _assessments(stream(seed, "assessments"), episodes),
        _plans(stream(seed, "plans"), episodes),
        _enquiries(episodes),
        protection,
        _reviews(stream(seed, "plan reviews"), protection),
    )


def _assessments(rng: np.random.Generator, episodes: pl.DataFrame) -> pl.DataFrame:
    """The first assessment of every episode that went on, and one more about every year of a long one."""
    went_on = episodes.filter(pl.col("kind") != "nfa")
    length = (went_on["closure"] - went_on["assessed_on"]).to_numpy()
    further = np.maximum(length - 250, 0) // DAYS_BETWEEN_ASSESSMENTS
    rows = went_on[np.repeat(np.arange(len(went_on)), 1 + further)]
    number = rows.select(pl.int_range(pl.len()).over("episode")).to_series().to_numpy()
    referral, assessed_on = rows["referral"].to_numpy(), rows["assessed_on"].to_numpy()
    later_start = assessed_on + 60 + (number - 1) * DAYS_BETWEEN_ASSESSMENTS + rng.integers(0, 90, len(rows))
    start = np.where(
        number == 0, np.minimum(referral + rng.integers(0, 4, len(rows)), assessed_on), later_start
    )
    end = np.where(number == 0, assessed_on, later_start + rng.integers(15, 62, len(rows)))
    frame = rows.select("episode", "kind").with_columns(
        pl.Series("start", start),
        pl.Series("review", np.minimum(start + 10, end)),
        pl.Series("end", end),
        _factors(rng, (rows["kind"] == "assessed").to_numpy()),
    )
    return frame.drop("kind")


def _factors(rng: np.random.Generator, not_in_need: Bools) -> pl.Series:
    """Factors seen, joined by a bar; 21 stands alone."""
    codes = list(FACTORS)
    seen = rng.random((len(not_in_need), len(codes)), dtype=np.float32) < np.array(
        list(FACTORS.values()), dtype=np.float32
    )
    none = (not_in_need & happens(rng, 0.25, len(not_in_need))) | ~seen.any(axis=1)
    seen[none] = False
    row, column = np.nonzero(seen)
    pairs = pl.DataFrame({"row": row, "code": pl.Series(codes).gather(pl.Series(column))})
    joined = pairs.group_by("row", maintain_order=True).agg(pl.col("code").str.join("|"))
    every = pl.DataFrame({"row": np.arange(len(not_in_need))}).join(
        joined, on="row", how="left", maintain_order="left"
    )
    alone = pl.when(pl.Series(not_in_need)).then(pl.lit("21")).otherwise(pl.lit("20"))
    return every.select(pl.coalesce("code", alone).alias("factors")).to_series()


def _plans(rng: np.random.Generator, episodes: pl.DataFrame) -> pl.DataFrame:
    """Child in need plans: after the assessment, or after a protection plan, to the closure of the case."""
    in_need = episodes.filter(pl.col("kind") == "need")
    start = in_need["assessed_on"].to_numpy() + rng.integers(1, 15, len(in_need))
    protected = in_need["plan_end"].to_numpy() < FAR
    after = in_need["plan_end"].to_numpy() + 1
    start = np.where(protected, np.maximum(start, after), start)
    plans = in_need.select("episode", pl.Series("start", start), pl.col("closure").alias("end"))
    made = pl.Series(happens(rng, 0.75, len(in_need)) | protected)
    return plans.filter(made & (pl.col("end") - pl.col("start") > 14))


def _enquiries(episodes: pl.DataFrame) -> pl.DataFrame:
    """Section 47 enquiries, with the target for the conference and the conference where one was held."""
    rows = episodes.filter(pl.col("s47") < FAR).select("episode", "s47", "conference", "closure")
    target = off_weekend(rows["s47"].to_numpy() + 21)
    rows = rows.with_columns(
        pl.Series("target", target),
        (pl.col("conference") >= FAR).cast(pl.Int64).cast(pl.String).alias("not_required"),
    )
    return rows.drop("closure")


def _protection_plans(rng: np.random.Generator, episodes: pl.DataFrame) -> pl.DataFrame:
    """Protection plans with category of abuse and the number of plans before."""
    rows = episodes.filter(pl.col("plan_start") < FAR).sort("person", "plan_start")
    category = pick(rng, ABUSE, len(rows))
    latest = np.where(happens(rng, 0.08, len(rows)), pick(rng, ABUSE[:3], len(rows)), category)
    earlier_share = level("second_plan") - 0.03
    ever_before = happens(rng, earlier_share, len(rows)) * (1 + rng.poisson(0.25, len(rows)))
    known = pl.int_range(pl.len()).over("person")
    rows = rows.with_columns(
        pl.Series("initial", category), pl.Series("latest", latest), pl.Series("before", ever_before)
    )
    first_before = pl.col("before").first().over("person")
    return rows.select(
        "episode",
        pl.col("plan_start").alias("start"),
        pl.col("plan_end").alias("end"),
        "initial",
        "latest",
        (first_before + known).alias("previous"),
        "transferred_in",
    )


def _reviews(rng: np.random.Generator, protection: pl.DataFrame) -> pl.DataFrame:
    """Reviews: within three months, then within six."""
    length = (protection["end"] - protection["start"]).to_numpy()
    counts: Ints = np.maximum((length - 70) // 165 + 1, 0)
    position = np.repeat(np.arange(len(protection)), counts)
    rows = protection.select("episode", "start", "end")[position]
    number = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    review = rows["start"].to_numpy() + 70 + number * 165 + rng.integers(0, 15, len(rows))
    return rows.with_columns(pl.Series("review", review)).filter(pl.col("review") <= pl.col("end"))
