"""Episodes of need: referrals, what came of them, when the case closed, and whether the child was referred
again.

Children who come into care have an episode of need around it. A family that moves to another authority takes
its open case along: the first authority closes it, the second begins with a referral. As many are referred,
on a plan and in need in each authority as the department has published.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.around_care import around_care
from synthetic.clock import Cases, all_years
from synthetic.days import FAR, Floats, Ints, birthday, off_weekend, year_end, year_start
from synthetic.levels import Cells, counts
from synthetic.matching import Register
from synthetic.people import HISTORY_YEARS, People
from synthetic.places import Places
from synthetic.protection import Around, plans_before, with_protection
from synthetic.rates import happens, level, stream
from synthetic.referrals import make_referrals

CLOSED_LONG_AGO = 3 * 365
OPEN = ["la", "referral", "closure"]


def make_episodes(
    people: People,
    register: Register,
    places: Places,
    periods: pl.DataFrame,
    years: tuple[int, ...],
    seed: int,
) -> pl.DataFrame:
    """One row per referral: episode, person, la, referral, closure, kind, s47, conference, plan_end…"""
    cells = Cells(places, range(years[0] - HISTORY_YEARS, years[-1] + 1))
    care = around_care(people, periods, seed)
    referred = cells.count(care["la"].to_numpy(), care["referral"].to_numpy()).reshape(-1, places.count)
    chains = make_referrals(people, register, places, dict(zip(cells.years, referred, strict=True)), seed)
    plans = care.filter(pl.col("plan_start") < FAR)
    chains = with_protection(Around(people, cells, plans), chains, seed)
    chains = _closed(people, cells, chains, care, seed)
    chains = _take_along(stream(seed, "transfers of need"), people, chains)
    every = pl.concat([chains, care.select(chains.columns)])
    relevant = (pl.col("referral") <= year_end(years[-1])) & (
        pl.col("closure") >= year_start(years[0]) - CLOSED_LONG_AGO
    )
    every = every.with_columns(
        plans_before(every, cells, seed).alias("plans_before"),
        places.frame["la_code"].gather(every["la"]).alias("la_code"),
        pl.Series(places.children).gather(every["la"]).alias("la_children"),
    )
    return every.filter(relevant).sort("person", "referral").with_row_index("episode")


def _closed(people: People, cells: Cells, rows: pl.DataFrame, care: pl.DataFrame, seed: int) -> pl.DataFrame:
    """When each case closes and why, and nothing in it that would come after the closure."""
    rng = stream(seed, "closures")
    rows = rows.with_columns(pl.Series("length", _lengths(rng, rows, year_start(cells.years[0]))))
    rows = rows.filter(pl.col("length") > 0)
    kind = rows["kind"].to_numpy()
    soon = rows["assessed_on"].to_numpy() + rng.integers(0, 6, len(rows))
    closure = np.where(kind == "nfa", rows["referral"].to_numpy(), soon)
    rows = rows.with_columns(pl.Series("closure", closure))
    in_need = kind == "need"
    others = pl.concat([rows.filter(pl.col("kind") == "assessed").select(OPEN), care.select(OPEN)])
    closure[in_need] = _ends(rng, people, cells, rows.filter(pl.Series(in_need)), others)
    died = in_need & (rows["next"] == FAR).to_numpy() & happens(rng, 0.001, len(rows))
    died &= people.born[rows["person"].to_numpy()] < closure
    victims = rows["person"].to_numpy()[died]
    people.died[victims] = np.minimum(people.died[victims], closure[died])
    after_assessment = np.where(happens(rng, 0.3, len(rows)), "RC9", "RC8")
    reason = np.where(died, "RC2", np.where(kind == "assessed", after_assessment, "RC7"))
    return rows.select(
        "person", "la", "referral", pl.Series("closure", closure), pl.Series("reason", reason.astype(str)),
        "kind", "is_long", "assessed_on", *_while_open(rows, closure), pl.lit(False).alias("transferred_in"),
    )  # fmt: skip


def _lengths(rng: np.random.Generator, rows: pl.DataFrame, first_day: int) -> Floats:
    """How long a case would take, less the time that passed before the authorities' clocks begin."""
    ordinary = rng.lognormal(np.log(level("median_days_in_need")), 0.85, len(rows))
    long = 400 + rng.exponential(1300, len(rows))
    passed = np.maximum(first_day - rows["referral"].to_numpy(), 0)
    lengths: Floats = np.where(rows["is_long"].to_numpy(), long, ordinary) - passed
    return lengths


def _ends(
    rng: np.random.Generator, people: People, cells: Cells, rows: pl.DataFrame, others: pl.DataFrame
) -> Ints:
    """The closure of each case in need, so that with the others as many are open on 31 March as were published."""
    person, places = rows["person"].to_numpy(), cells.places
    referral, following, assessed_on, plan_end, length = (
        rows[name].to_numpy() for name in ("referral", "next", "assessed_on", "plan_end", "length")
    )
    after_plan = np.minimum(plan_end + rng.integers(20, 150, len(rows)), following - 3)
    earliest = np.maximum(assessed_on + 5, np.where(plan_end < FAR, after_plan, 0))
    grown = np.maximum(birthday(people.born[person], 18) + 25, referral + 20)
    latest = np.maximum(np.minimum(following - 3, grown), earliest)
    remainder = rng.random(places.count)

    def wanted(year: int) -> Ints:
        there = others.filter(pl.col("referral") <= year_end(year), pl.col("closure") > year_end(year))
        published = counts(places, "cin_rate", year)
        return np.floor(
            published - np.bincount(there["la"].to_numpy(), minlength=places.count) + remainder
        ).astype(np.int64)

    cases = Cases(referral, length, earliest, latest)
    return all_years(cases, cells.years, lambda these, day: people.home_la(person[these], day), wanted)


def _while_open(rows: pl.DataFrame, closure: Ints) -> list[pl.Series]:
    """Enquiry, conference and plan, as far as they fit before the closure."""
    s47, conference, plan_start, plan_end = (
        rows[name].to_numpy() for name in ("s47", "conference", "plan_start", "plan_end")
    )
    held = (conference < FAR) & (conference < closure - 5)
    goes_on = held & (plan_start < FAR)
    enquired = held | (s47 < closure - 21)
    return [
        pl.Series("s47", np.where(enquired, s47, FAR)),
        pl.Series("conference", np.where(held, conference, FAR)),
        pl.Series("plan_start", np.where(goes_on, plan_start, FAR)),
        pl.Series("plan_end", np.where(goes_on, np.minimum(plan_end, closure), FAR)),
    ]


def _take_along(rng: np.random.Generator, people: People, rows: pl.DataFrame) -> pl.DataFrame:
    """Split the episodes that were open when the family moved to another authority."""
    person = rows["person"].to_numpy()
    moved, closure = people.moved[person], rows["closure"].to_numpy()
    crosses = (
        (people.later_la[person] != people.la[person])
        & (rows["kind"] == "need").to_numpy()
        & (rows["assessed_on"].to_numpy() < moved - 10)
        & (np.where(rows["s47"] < FAR, rows["s47"].to_numpy() + 25, 0) < moved)
        & (moved + 60 < closure)
    )
    arrival = moved + rng.integers(0, 6, len(rows))
    plan_goes_on = crosses & (rows["plan_end"].to_numpy() > moved) & (rows["plan_start"].to_numpy() < moved)
    earlier = rows.with_columns(
        pl.Series("closure", np.where(crosses, moved, closure)),
        pl.when(pl.Series(crosses)).then(pl.lit("RC5")).otherwise("reason").alias("reason"),
        pl.Series("plan_end", np.where(plan_goes_on, moved, rows["plan_end"].to_numpy())),
    )
    conference = off_weekend(arrival + rng.integers(5, 15, len(rows)))
    plan_end = np.maximum(np.minimum(rows["plan_end"].to_numpy(), closure), conference + 30)
    later = rows.with_columns(
        pl.Series("la", people.later_la[person]),
        pl.Series("referral", arrival),
        pl.Series("closure", np.where(plan_goes_on, np.maximum(closure, plan_end + 1), closure)),
        pl.Series("assessed_on", arrival + 20 + rng.integers(0, 25, len(rows))),
        pl.Series("s47", np.full(len(rows), FAR)),
        pl.Series("conference", np.where(plan_goes_on, conference, FAR)),
        pl.Series("plan_start", np.where(plan_goes_on, conference, FAR)),
        pl.Series("plan_end", np.where(plan_goes_on, plan_end, FAR)),
        pl.lit(True).alias("transferred_in"),
    )
    return pl.concat([earlier, later.filter(pl.Series(crosses))])


def open_episodes(episodes: pl.DataFrame, on: int) -> pl.DataFrame:
    """Episodes open at the end of a day, cases that were closed without action left out."""
    is_open = (pl.col("referral") <= on) & (pl.col("closure") > on)
    return episodes.filter(is_open & (pl.col("kind") != "nfa"))


def open_plans(episodes: pl.DataFrame, on: int) -> pl.DataFrame:
    """Protection plans open at the end of a day."""
    return episodes.filter((pl.col("plan_start") <= on) & (pl.col("plan_end") > on))
