"""The episode of need around a stay in care: the case is there before the child is looked after, and often
after.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.days import FAR, off_weekend
from synthetic.people import People
from synthetic.rates import happens, stream

LONGEST_LEAD = 700  # so that no plan before care lasts two years
REASONS_AFTER_CARE = {
    "adopted": "RC1",
    "order": "RC3",
    "guardian": "RC4",
    "transferred": "RC5",
    "died": "RC2",
    "adult": "RC6",
}


def around_care(people: People, periods: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One episode of need around each stay in care, or around several that follow closely."""
    rng = stream(seed, "need around care")
    frame = _before_and_after(rng, people, periods)
    previous = pl.col("closure").shift(1).over("person")
    same_la = pl.col("la") == pl.col("la").shift(1).over("person")
    handed_over = (pl.col("ending").shift(1).over("person") == "transferred").fill_null(False)
    lead = pl.when(handed_over).then("start").otherwise("referral")
    begins = previous.is_null() | ~same_la | (lead - 20 > previous)
    grouped = (
        frame.with_columns(
            lead.alias("referral"), begins.cast(pl.Int64).alias("begins"), handed_over.alias("transferred_in")
        )
        .with_columns(pl.col("begins").cum_sum().alias("stay"))
        .group_by("stay", maintain_order=True)
        .agg(
            pl.col("person", "la", "referral", "transferred_in").first(),
            pl.col("start").first().alias("care_start"),
            pl.col("closure", "ending").last(),
        )
        .with_columns(
            pl.max_horizontal("referral", pl.col("closure").shift(1).over("person").fill_null(0)).alias(
                "referral"
            )
        )
    )
    return _care_episode_rows(rng, people, grouped)


def _before_and_after(rng: np.random.Generator, people: People, periods: pl.DataFrame) -> pl.DataFrame:
    count = len(periods)
    start, end = periods["start"].to_numpy(), periods["end"].to_numpy()
    person = periods["person"].to_numpy()
    at_once = happens(rng, 0.35, count) | (people.arrived[person] > 0)
    lead = np.where(at_once, rng.integers(0, 8, count), 20 + rng.gamma(1.4, 200, count).astype(np.int64))
    earliest = np.maximum(people.born[person] - 120, people.arrived[person])
    referral = np.minimum(np.maximum(start - lead, earliest), start)
    ending = periods["ending"].to_numpy()
    at_once_after = np.isin(ending, ["adopted", "order", "transferred", "died"])
    linger = np.where(at_once_after, 0, rng.integers(10, 200, count))
    leaver = np.isin(ending, ["grown"]) & happens(rng, 0.6, count)
    linger = np.where(
        ending == "grown",
        np.where(leaver, rng.integers(200, 1100, count), rng.integers(0, 30, count)),
        linger,
    )
    return periods.with_columns(pl.Series("referral", referral), pl.Series("closure", end + linger)).sort(
        "person", "start"
    )


def _care_episode_rows(rng: np.random.Generator, people: People, stays: pl.DataFrame) -> pl.DataFrame:
    """The episode with its protection plan before care, for those who were known for a while."""
    count = len(stays)
    referral, care_start = stays["referral"].to_numpy(), stays["care_start"].to_numpy()
    lead = care_start - referral
    protected = (lead > 60) & (lead < LONGEST_LEAD) & happens(rng, 0.55, count)
    s47 = referral + rng.integers(1, 12, count)
    conference = off_weekend(s47 + rng.integers(8, 19, count))
    plan_end = np.maximum(care_start + np.where(happens(rng, 0.25, count), 45, 0), conference + 3)
    closure = np.maximum(stays["closure"].to_numpy(), np.where(protected, plan_end + 1, 0))
    assessed_on = np.minimum(referral + 2 + rng.integers(12, 63, count), closure)
    return stays.with_columns(
        pl.Series("closure", closure),
        pl.col("ending").replace_strict(REASONS_AFTER_CARE, default="RC7").alias("reason"),
        pl.lit("care").alias("kind"),
        pl.lit(False).alias("is_long"),
        pl.Series("assessed_on", assessed_on),
        pl.Series("s47", np.where(protected, s47, FAR)),
        pl.Series("conference", np.where(protected, conference, FAR)),
        pl.Series("plan_start", np.where(protected, conference, FAR)),
        pl.Series("plan_end", np.where(protected, plan_end, FAR)),
    )
