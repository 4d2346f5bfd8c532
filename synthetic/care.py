"""Periods of being looked after: who comes into care, at what age, for how long, and how it ends.

A period here is the whole stretch from the first day to the day the child leaves; the episodes inside it
come later. Periods begin long before the first return, because many children stay for years.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.days import Codes, Ints, age_on, birthday, year_end, year_start
from synthetic.matching import NOBODY, Register, band, local_level, pick, pick_by_band, spread
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, level, stream

BACK_YEARS = 17
ENDINGS = ["adopted", "guardian", "home", "order", "stays", "custody", "other"]
ENDINGS_BY_BAND = [
    [0.40, 0.22, 0.22, 0.05, 0.10, 0.00, 0.01],
    [0.23, 0.23, 0.28, 0.05, 0.18, 0.00, 0.03],
    [0.02, 0.16, 0.35, 0.05, 0.36, 0.00, 0.06],
    [0.00, 0.04, 0.36, 0.03, 0.42, 0.02, 0.13],
    [0.00, 0.00, 0.18, 0.01, 0.63, 0.05, 0.13],
]
AGES_AT_START = [
    (0.0, 1.0, 0.20),
    (1.0, 5.0, 0.21),
    (5.0, 10.0, 0.20),
    (10.0, 16.0, 0.29),
    (16.0, 17.9, 0.10),
]
# Ending: mean years in care and the fewest days.
DURATIONS = {
    "adopted": (2.2, 330),
    "guardian": (1.4, 120),
    "home": (0.9, 4),
    "order": (1.1, 60),
    "custody": (0.5, 10),
    "other": (0.8, 10),
}


def make_periods(
    people: People, register: Register, places: Places, years: tuple[int, ...], seed: int
) -> pl.DataFrame:
    """One row per period of care: period, person, la, start, end, ending; days as whole numbers."""
    rng = stream(seed, "care")
    person, start, la = _who_comes(rng, people, register, places, years)
    first = _with_endings(rng, people, person, start, la)
    again = _second_periods(rng, people, first, year_end(years[-1]))
    alone = _alone(stream(seed, "alone"), people)
    periods = pl.concat([first, again, alone])
    periods = _transfers(stream(seed, "transfers"), places, periods)
    matters = pl.col("end") >= year_start(years[0]) - 6 * 365
    periods = periods.filter(matters).sort("person", "start")
    people.adopted[periods.filter(pl.col("ending") == "adopted")["person"].to_numpy()] = periods.filter(
        pl.col("ending") == "adopted"
    )["end"].to_numpy()
    return periods.with_row_index("period")


def _who_comes(
    rng: np.random.Generator,
    people: People,
    register: Register,
    places: Places,
    years: tuple[int, ...],
) -> tuple[Ints, Ints, Ints]:
    """Person, first day, authority: seeds by age at start, and some of their siblings with them."""
    begin, end = year_start(years[0]) - BACK_YEARS * 365, year_end(years[-1])
    share = places.children.sum() / level("children")
    expected = level("care_seeds_in_year") * share * (end - begin) / 365.25
    la = spread(rng, places, expected, local_level(rng, places, 0.3), at_least=8)
    start = rng.integers(begin, end + 1, len(la))
    bands = rng.choice(len(AGES_AT_START), len(la), p=[share for *_, share in AGES_AT_START])
    low = np.array([age for age, *_ in AGES_AT_START])[bands]
    high = np.array([age for _, age, _ in AGES_AT_START])[bands]
    born = start - (
        (low + (high - low) * rng.random(len(la)) ** np.where(bands == 0, 3.0, 1.0)) * 365.25
    ).astype(np.int64)
    seed = register.choose(rng, la, born)
    found = seed != NOBODY
    seed, start = seed[found], np.maximum(start, people.born[seed] + 2)[found]
    sibling, position = people.siblings(seed)
    age = age_on(people.born[sibling], start[position])
    comes = (
        (age >= 0) & (age < 17) & (people.born[sibling] <= start[position]) & happens(rng, 0.3, len(sibling))
    )
    sibling, position = sibling[comes], position[comes]
    joins = register.join(sibling)
    person = np.concatenate([seed, sibling[joins]])
    start = np.concatenate([start, start[position[joins]]])
    return person, start, people.home_la(person, start)


def _with_endings(
    rng: np.random.Generator, people: People, person: Ints, start: Ints, la: Ints
) -> pl.DataFrame:
    """When and how each period ends; the eighteenth birthday ends every one."""
    eighteen = birthday(people.born[person], 18)
    ending = pick_by_band(rng, ENDINGS, ENDINGS_BY_BAND, band((start - people.born[person]) / 365.25))
    length = np.full(len(person), 10_000.0)
    for name, (mean_years, fewest) in DURATIONS.items():
        these = ending == name
        length[these] = fewest + rng.gamma(1.5, (mean_years * 365 - fewest) / 1.5, these.sum())
    end = start + length.astype(np.int64)
    too_old_for_adoption = (ending == "adopted") & (end >= birthday(people.born[person], 10))
    ending = np.where(too_old_for_adoption, "stays", ending)
    end = np.where(too_old_for_adoption, eighteen, end)
    grown = end >= eighteen
    died = happens(rng, 0.0015, len(person)) & (ending == "home") & ~grown
    people.died[person[died]] = end[died]
    ending = np.where(grown, "grown", np.where(died, "died", ending))
    end = np.where(grown, eighteen, end)
    return _frame(person, la, start, end, ending)


def _frame(person: Ints, la: Ints, start: Ints, end: Ints, ending: Codes) -> pl.DataFrame:
    columns = {"person": person, "la": la, "start": start, "end": end, "ending": ending.astype(str)}
    return pl.DataFrame(columns).filter(pl.col("end") > pl.col("start"))


def _second_periods(
    rng: np.random.Generator, people: People, first: pl.DataFrame, latest: int
) -> pl.DataFrame:
    """Some who went home come back."""
    home = first.filter(pl.col("ending") == "home")
    home = home.filter(pl.Series(happens(rng, 0.13, len(home)), dtype=pl.Boolean))
    person = home["person"].to_numpy()
    start = home["end"].to_numpy() + 30 + rng.gamma(1.5, 200, len(home)).astype(np.int64)
    still_a_child = (start < birthday(people.born[person], 18) - 30) & (start <= latest)
    person, start = person[still_a_child], start[still_a_child]
    return _with_endings(rng, people, person, start, people.home_la(person, start))


def _alone(rng: np.random.Generator, people: People) -> pl.DataFrame:
    """Young people who arrive alone are looked after from that day, mostly until they are grown."""
    person = np.flatnonzero((people.arrived > 0) & ~people.is_canary)
    start = people.arrived[person]
    eighteen = birthday(people.born[person], 18)
    ending = pick(rng, [("grown", 0.84), ("older", 0.07), ("missing", 0.05), ("home", 0.04)], len(person))
    early = start + 20 + (rng.random(len(person)) * 300).astype(np.int64)
    end = np.where(ending == "grown", eighteen, np.minimum(early, eighteen - 1))
    return _frame(person, people.la[person], start, end, ending)


def _transfers(rng: np.random.Generator, places: Places, periods: pl.DataFrame) -> pl.DataFrame:
    """Some periods pass to another authority: the first ends there, the second begins the same day."""
    if places.count == 1:
        return periods
    start, end = periods["start"].to_numpy(), periods["end"].to_numpy()
    la = periods["la"].to_numpy()
    alone = periods["ending"].is_in(["grown", "older", "missing"]).to_numpy()
    short = end - start < 120
    passes = (rng.random(len(periods)) < np.where(alone & (end - start < 1200), 0.3, 0.05)) & ~short
    other = places.elsewhere(rng, la)
    passes &= other != la
    when = start + 40 + (rng.random(len(periods)) * (end - start - 80)).astype(np.int64)
    earlier = periods.with_columns(
        pl.Series("end", np.where(passes, when, end)),
        pl.when(pl.Series(passes)).then(pl.lit("transferred")).otherwise("ending").alias("ending"),
    )
    later = periods.with_columns(pl.Series("start", when), pl.Series("la", other))
    return pl.concat([earlier, later.filter(pl.Series(passes))])


def looked_after(periods: pl.DataFrame, on: int) -> pl.DataFrame:
    """Periods open at the end of a day; a child who left that day is not looked after."""
    return periods.filter((pl.col("start") <= on) & (pl.col("end") > on))


def whole_year(periods: pl.DataFrame, year: int) -> pl.DataFrame:
    """Periods that cover the whole of a collection year and go on."""
    return periods.filter((pl.col("start") <= year_start(year)) & (pl.col("end") > year_end(year)))
