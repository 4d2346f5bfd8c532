"""What happens while a child is looked after: reviews, going missing, social workers, the road to adoption,
respite.

Each function returns one row per event for the whole of every period that matters; a year's return takes
its part.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.carers import placed_for_adoption_day
from synthetic.clock import at_random
from synthetic.days import FAR, Codes, Ints, birthday, year_start
from synthetic.levels import values
from synthetic.matching import pick
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, level, stream

SCORES = (7.3, 15.0, 23.0)  # average of a normal, a borderline and a worrying score
BORDERLINE = 0.13
MEAN_DAYS_OF_A_WORKER = 225  # gives the published 27 per cent with three or more in a year


def _repeat(periods: pl.DataFrame, counts: Ints) -> tuple[pl.DataFrame, Ints]:
    """Each period `counts` times, and the number of the repetition."""
    position = np.repeat(np.arange(len(periods)), counts)
    number = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return periods[position], number


def make_reviews(people: People, periods: pl.DataFrame, years: tuple[int, ...], seed: int) -> pl.DataFrame:
    """Reviews: within 20 working days, three months later, then twice a year."""
    rng = stream(seed, "reviews")
    length = (periods["end"] - periods["start"]).to_numpy()
    rows, number = _repeat(periods.select("period", "person", "la", "start", "end"), (length - 24) // 170 + 2)
    jitter = rng.integers(-6, 4, len(rows))
    since = np.select([number == 0, number == 1], [24, 108], 108 + (number - 1) * 175) + jitter
    rows = rows.with_columns((pl.col("start") + pl.Series(since)).alias("review"))
    rows = rows.filter((pl.col("review") < pl.col("end")) & (pl.col("review") >= year_start(years[0])))
    person = rows["person"].to_numpy()
    under_four = rows["review"].to_numpy() < birthday(people.born[person], 4)
    parts = [
        ("PN1", 0.5),
        ("PN2", 0.06),
        ("PN3", 0.02),
        ("PN4", 0.02),
        ("PN5", 0.08),
        ("PN6", 0.27),
        ("PN7", 0.05),
    ]
    code = np.where(under_four, "PN0", pick(rng, parts, len(rows)))
    return rows.select("person", "la", "review", pl.Series("REVIEW_CODE", code))


def make_missing(
    people: People, periods: pl.DataFrame, care_episodes: pl.DataFrame, years: tuple[int, ...], seed: int
) -> pl.DataFrame:
    """Times when a child was missing, none across a change of placement, none at the same time as another."""
    rng = stream(seed, "missing")
    begin = np.maximum(periods["start"].to_numpy(), birthday(people.born[periods["person"].to_numpy()], 10))
    begin = np.maximum(begin, year_start(years[0]) - 60)
    length = np.maximum(periods["end"].to_numpy() - begin, 0).clip(max=365 * (len(years) + 2))
    goes = happens(rng, 0.19, len(periods))
    yearly = np.where(goes, rng.gamma(0.7, 8.0, len(periods)).clip(max=60), 0)
    rows, _ = _repeat(periods.select("period", "person", "la"), rng.poisson(yearly * length / 365.25))
    position = rows["period"].to_numpy() - int(periods["period"][0] if len(periods) else 0)
    mis_start = begin[position] + (rng.random(len(rows)) * length[position]).astype(np.int64)
    stay = rng.choice([0, 1, 2, 3, 5, 12], len(rows), p=[0.5, 0.3, 0.1, 0.05, 0.03, 0.02])
    rows = rows.with_columns(
        pl.Series("mis_start", mis_start),
        pl.Series("mis_end", mis_start + stay),
        pl.Series("MISSING", pick(rng, [("M", 0.75), ("A", 0.25)], len(rows))),
    ).sort("period", "mis_start")
    overlaps = pl.col("mis_start") <= pl.col("mis_end").cum_max().shift(1).over("period").fill_null(0)
    rows = rows.filter(~overlaps)
    return _within_one_episode(rows, care_episodes)


def _within_one_episode(rows: pl.DataFrame, care_episodes: pl.DataFrame) -> pl.DataFrame:
    spans = care_episodes.select("period", "decom", "dec").sort("decom")
    joined = rows.sort("mis_start").join_asof(
        spans, left_on="mis_start", right_on="decom", by="period", check_sortedness=False
    )
    inside = joined.filter((pl.col("mis_start") > pl.col("decom")) & (pl.col("mis_end") < pl.col("dec")))
    return inside.sort("period", "mis_start").select("person", "la", "mis_start", "mis_end", "MISSING")


def make_workers(periods: pl.DataFrame, years: tuple[int, ...], seed: int) -> pl.DataFrame:
    """Social workers one after another: the day one leaves the child, the next is there."""
    rng = stream(seed, "social workers")
    most = 14
    start, end = periods["start"].to_numpy(), periods["end"].to_numpy()
    gaps = 30 + rng.exponential(MEAN_DAYS_OF_A_WORKER, (len(periods), most))
    days = np.concatenate([start[:, None], start[:, None] + np.cumsum(gaps, axis=1).astype(np.int64)], axis=1)
    row, column = np.nonzero(days < end[:, None])
    chain = periods.select("period", "person", "la", "end")[row].with_columns(
        pl.Series("sw_decom", days[row, column]),
        pl.Series("worker", _different_from_last(rng, row, column)),
    )
    chain = chain.with_columns(
        pl.coalesce(pl.col("sw_decom").shift(-1).over("period"), "end").alias("sw_dec"),
        pl.Series("SW_REASON", np.where(column == 0, "FCONTA", _reasons(rng, len(row)))),
    )
    return chain.filter(pl.col("sw_dec") >= year_start(years[0])).drop("end", "period")


def _different_from_last(rng: np.random.Generator, row: Ints, column: Ints) -> Ints:
    """A number for the worker, never the same twice running."""
    del row
    draw: Ints = rng.integers(0, 20, len(column)) * 2 + column % 2
    return draw


def _reasons(rng: np.random.Generator, count: int) -> Codes:
    shares = [("LEFTRL", 0.34), ("MANAGE", 0.22), ("TSPROC", 0.24), ("ORGRST", 0.08), ("ABSENC", 0.08)]
    return pick(rng, [*shares, ("CHCHAN", 0.01), ("PCCHAN", 0.01), ("OTHERS", 0.02)], count)


def make_adoptions(people: People, periods: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Decisions that a child should be placed for adoption: fulfilled ones, and a few that were reversed."""
    rng = stream(seed, "adoptions")
    person, start = periods["person"].to_numpy(), periods["start"].to_numpy()
    end = periods["end"].to_numpy()
    adopted = (periods["ending"] == "adopted").to_numpy()
    young = birthday(people.born[person], 5) > start
    reversed_ = (
        young
        & (periods["ending"].is_in(["guardian", "grown"])).to_numpy()
        & (end - start > 400)
        & happens(rng, 0.08, len(periods))
    )
    decision = np.maximum(start, start + (np.minimum(end - start, 1200) * 0.33).astype(np.int64) - 20)
    placed = placed_for_adoption_day(start, end)
    pairs = pick(
        rng,
        [("2MFL11", 0.62), ("2MFL3", 0.12), ("2MML12", 0.07), ("2FFL12", 0.05), ("1F1L0", 0.14)],
        len(end),
    )
    rows = pl.DataFrame(
        {
            "person": person,
            "la": periods["la"],
            "decision": decision,
            "matched": np.maximum(decision, placed - 30),
            "adopted_on": np.where(adopted, end, FAR),
            "care_end": end,
            "ceased": np.where(reversed_, decision + 150, FAR),
            "REASON_PLACED_CEASED": pick(
                rng, [("RD1", 0.4), ("RD2", 0.2), ("RD3", 0.2), ("RD4", 0.2)], len(end)
            ),
            "adopters": pairs,
        }
    )
    return rows.filter(pl.Series(adopted | reversed_))


def make_respite(
    people: People, places: Places, episodes: pl.DataFrame, years: tuple[int, ...], seed: int
) -> pl.DataFrame:
    """Short breaks of disabled children: like episodes of care, under V4 (agreement) or V3 (each break)."""
    rng = stream(seed, "respite")
    eligible = episodes.filter(pl.col("is_long") & (pl.col("closure") - pl.col("referral") > 500))
    expected = level("respite") * places.children.sum() / level("children")
    share = min(1.0, expected / max(1, len(eligible)) * 1.6)
    chosen = eligible.filter(pl.Series(happens(rng, share, len(eligible)), dtype=pl.Boolean)).unique(
        "person", keep="first", maintain_order=True
    )
    person = chosen["person"].to_numpy()
    begin = np.maximum(chosen["referral"].to_numpy() + 120, birthday(people.born[person], 5))
    until = np.minimum(chosen["closure"].to_numpy(), birthday(people.born[person], 18))
    chosen = chosen.select("person", "la").with_columns(pl.Series("begin", begin), pl.Series("until", until))
    chosen = chosen.filter(pl.col("until") - pl.col("begin") > 200).with_row_index(
        "period", offset=10_000_000
    )
    by_agreement = pl.Series(happens(rng, 0.6, len(chosen)), dtype=pl.Boolean)
    v4 = chosen.filter(by_agreement).with_columns(decom="begin", dec="until", LS=pl.lit("V4"))
    v3 = _single_breaks(rng, chosen.filter(~by_agreement), year_start(years[0]))
    rows = pl.concat([v4.drop("begin", "until"), v3.select("period", "person", "la", "decom", "dec", "LS")])
    return _respite_columns(rng, rows.sort("person", "decom"))


def _single_breaks(rng: np.random.Generator, chosen: pl.DataFrame, since: int) -> pl.DataFrame:
    """A break of two to four days about every six weeks."""
    begin = np.maximum(chosen["begin"].to_numpy(), since - 100)
    counts = np.maximum((chosen["until"].to_numpy() - begin - 10) // 42, 0).clip(max=60)
    rows, number = _repeat(chosen.with_columns(pl.Series("begin", begin)), counts)
    when = rows["begin"].to_numpy() + number * 42 + rng.integers(0, 20, len(rows))
    return rows.with_columns(
        pl.Series("decom", when), pl.Series("dec", when + rng.integers(2, 5, len(rows))), LS=pl.lit("V3")
    )


def _respite_columns(rng: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    count = len(rows)
    return rows.with_columns(
        pl.lit("S").alias("RNE"),
        pl.Series("PLACE", pick(rng, [("K2", 0.6), ("U6", 0.4)], count)),
        pl.lit("E4A").alias("REC"),
        pl.lit(None, dtype=pl.String).alias("REASON_PLACE_CHANGE"),
        pl.lit("PR1").alias("PLACE_PROVIDER"),
        pl.col("la").alias("placed_la"),
        pl.lit(None, dtype=pl.Int64).alias("placed_postcode"),
        pl.lit(None, dtype=pl.Int64).alias("home_postcode"),
        pl.Series("urn_number", rng.integers(0, 400, count)),
    )


def behaviour_scores(rng: np.random.Generator, places: Places, la: Ints, year: int) -> Ints:
    """A score of strengths and difficulties for each child, with the published average of the authority.

    Up to 13 is normal, 14 to 16 borderline, 17 and more a cause for concern; an authority's average decides how
    many are a concern.
    """
    count = np.bincount(la, minlength=places.count)
    normal, borderline, concern = SCORES
    mean = (values(places, "sdq_avg", year) - (1 - BORDERLINE) * normal - BORDERLINE * borderline) / (
        concern - normal
    )
    many = np.floor(np.clip(mean, 0.02, 0.85) * count + rng.random(places.count)).astype(np.int64)
    worrying = at_random(rng, la, many)
    between = ~worrying & happens(rng, BORDERLINE / 0.58, len(la))
    ordinary = np.where(between, rng.integers(14, 17, len(la)), rng.binomial(13, normal / 13, len(la)))
    return np.where(worrying, rng.integers(17, 30, len(la)), ordinary)
