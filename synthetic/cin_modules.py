"""Inside an episode of need: assessments with their factors, plans, enquiries, conferences, protection
plans, reviews.

Dates follow one another as the guidance asks: nothing before the referral, nothing after the closure, a
child in need plan never beside a protection plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.days import FAR, Floats, Ints, off_weekend
from synthetic.levels import Cells, years_of
from synthetic.matching import pick
from synthetic.places import Places
from synthetic.proceedings import make_proceedings
from synthetic.rates import happens, stream

FACTORS = [
    "1A", "1B", "1C", "2A", "2B", "2C", "3A", "3B", "3C", "4A", "4B", "4C", "5A", "5B",
    "5C", "6A", "6B", "6C", "7A", "8F", "9A", "10A", "11A", "12A", "13A", "14A", "15A", "16A",
    "17A", "18B", "18C", "19B", "19C", "20", "22A", "23A", "24A",
]  # fmt: skip
PUBLISHED_AS = {"8F": "factor_8"}
IN_NEED = 0.7  # of those with an assessment; 20 stands where nothing else was seen
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
    proceedings: pl.DataFrame


def make_modules(episodes: pl.DataFrame, seed: int) -> Modules:
    """Everything inside the episodes."""
    protection = _protection_plans(stream(seed, "protection plans"), episodes)
    return Modules(
        _assessments(stream(seed, "assessments"), episodes),
        _plans(stream(seed, "plans"), episodes),
        _enquiries(episodes),
        protection,
        _reviews(stream(seed, "plan reviews"), protection),
        make_proceedings(episodes, seed),
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
        _factors(rng, rows, end),
    )
    return frame.drop("kind")


def _factors(rng: np.random.Generator, rows: pl.DataFrame, end: Ints) -> pl.Series:
    """Factors seen, joined by a bar, each as often as published; 21 stands alone."""
    not_in_need = (rows["kind"] == "assessed").to_numpy()
    found = np.flatnonzero(~(not_in_need & happens(rng, 0.25, len(rows))))
    places, la = _authorities(rows)
    cell, chances = _chances(places, la[found], end[found])
    seen = [rng.random(len(found), dtype=np.float32) < chance[cell] for chance in chances]
    names = [pl.Series(code, one) for code, one in zip(FACTORS, seen, strict=True)]
    parts = [pl.when(code).then(pl.lit(code)) for code in FACTORS]
    joined = pl.DataFrame(names).select(pl.concat_str(parts, separator="|", ignore_nulls=True)).to_series()
    alone = pl.Series(np.where(not_in_need, "21", "20").astype(str))
    every = alone.clear().extend_constant(None, len(rows)).scatter(found, joined.replace("", None))
    return pl.select(pl.coalesce(every, alone).alias("factors")).to_series()


def _authorities(rows: pl.DataFrame) -> tuple[Places, Ints]:
    """The authorities that have cases, and which of them each case is of."""
    each = rows.unique("la").sort("la")
    places = Places(each.select("la_code"), each["la_children"].to_numpy())
    return places, np.searchsorted(each["la"].to_numpy(), rows["la"].to_numpy())


def _chances(places: Places, la: Ints, end: Ints) -> tuple[Ints, list[Floats]]:
    """The cell of authority and year of each assessment, and the chance of each factor there."""
    cells = Cells(places, years_of(end))
    assessed = np.maximum(cells.count(la, end), 1)
    published = [cells.counts(PUBLISHED_AS.get(code, f"factor_{code.lower()}")) for code in FACTORS]
    chances = [np.minimum(number / assessed, 0.97) for number in published]
    other = FACTORS.index("20")
    nothing_else = np.prod([1 - chance for chance in [*chances[:other], *chances[other + 1 :]]], axis=0)
    chances[other] = np.maximum(chances[other] - IN_NEED * nothing_else, 0.0)
    return cells.number(la, end), chances


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
    return rows.select(
        "episode",
        pl.col("plan_start").alias("start"),
        pl.col("plan_end").alias("end"),
        pl.Series("initial", category),
        pl.Series("latest", latest),
        pl.col("plans_before").alias("previous"),
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
