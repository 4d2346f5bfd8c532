"""Periods of being looked after: who comes into care, at what age, for how long, and how it ends.

A period here is the whole stretch from the first day to the day the child leaves; the episodes inside it
come later. Each authority's book is kept year by year, as the published figures say: so many come, so many
are there on 31 March, and who leaves is whoever's time is up. The books begin long before the first return,
because many children stay for years.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from synthetic.clock import Cases, at_random, first_of, one_year, rounded
from synthetic.days import Bools, Codes, Floats, Ints, age_on, birthday, year_end, year_start
from synthetic.levels import FIRST, counts
from synthetic.matching import NOBODY, Register, band, pick, pick_by_band
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, level, stream

BACK_YEARS = 17
ENDINGS = ["adopted", "guardian", "home", "order", "stays", "custody", "other"]
# By age at start; shares that give the exits published for 2025.
# By age at start; shares that give the exits published for 2025.
ENDINGS_BY_BAND = [
    [0.41, 0.26, 0.18, 0.055, 0.095, 0.00, 0.00],
    [0.17, 0.30, 0.315, 0.055, 0.15, 0.00, 0.01],
    [0.01, 0.21, 0.345, 0.055, 0.36, 0.00, 0.02],
    [0.00, 0.055, 0.33, 0.045, 0.52, 0.02, 0.03],
    [0.00, 0.00, 0.16, 0.02, 0.65, 0.06, 0.11],
]
# Those who do not come alone, so that with siblings and returns the ages published for 2025 come out.
AGES_AT_START = [
    (0.0, 1.0, 0.275),
    (1.0, 5.0, 0.135),
    (5.0, 10.0, 0.165),
    (10.0, 16.0, 0.27),
    (16.0, 17.9, 0.155),
]
# How much of those looked after on 31 March is younger than an age.
YOUNGER_THAN = ([0, 1, 5, 10, 16, 18], [0.0, 0.045, 0.17, 0.35, 0.73, 1.0])
# Ending: mean years in care and the fewest days.
DURATIONS = {
    "adopted": (1.9, 330),
    "guardian": (1.4, 120),
    "home": (0.9, 4),
    "order": (1.1, 60),
    "custody": (0.5, 10),
    "other": (0.8, 10),
}
STAYS = 25.0 * 365  # more than a childhood, so that only a hurried authority sends these children home
FEWEST = {ending: fewest for ending, (_, fewest) in DURATIONS.items()}
ALONE = ("grown", "older", "missing", "away")
PERIOD = ["person", "la", "start", "end", "ending"]
OPEN = {
    "person": pl.Int64, "la": pl.Int64, "start": pl.Int64, "until": pl.Int64, "left": pl.Float64,
    "ending": pl.String,
}  # fmt: skip


@dataclass
class _Owed:
    """What rounding to whole children left over in each authority, to be made good the next year."""

    starting: Floats
    staying: Floats
    passing_on: Floats
    twice: Floats


@dataclass
class _Book:
    """Who is looked after by whom; `until` ends a period whatever happens, `left` is time still to come."""

    rng: np.random.Generator
    people: People
    register: Register
    places: Places
    owed: _Owed
    open: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OPEN))
    closed: list[pl.DataFrame] = field(default_factory=list)
    coming_back: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"person": pl.Int64, "start": pl.Int64})
    )


def make_periods(
    people: People, register: Register, places: Places, years: tuple[int, ...], seed: int
) -> pl.DataFrame:
    """One row per period of care: period, person, la, start, end, ending; days as whole numbers."""
    rng = stream(seed, "care")
    owed = _Owed(*rng.random((4, places.count)))
    book = _Book(rng, people, register, places, owed)
    for year in range(years[0] - BACK_YEARS, years[-1] + 1):
        _one_year(book, year)
    periods = pl.concat([part.select(PERIOD) for part in [*book.closed, _still_there(book, years[-1])]])
    periods = periods.filter(pl.col("end") >= year_start(years[0]) - 6 * 365).sort("person", "start")
    adopted = periods.filter(pl.col("ending") == "adopted")
    people.adopted[adopted["person"].to_numpy()] = adopted["end"].to_numpy()
    return periods.with_row_index("period")


def _one_year(book: _Book, year: int) -> None:
    """Arrivals, transfers, returns, as many others as are needed, then who is still there on 31 March."""
    alone = _arriving_alone(book, year)
    book.open = pl.concat([book.open, alone])
    passed_on = _pass_on(book, year)
    back = _coming_back(book, year)
    others = _by_la(book, alone) + _by_la(book, passed_on) + _by_la(book, back)
    first = _first_time(book, year, others)
    book.open = pl.concat([book.open, back, first])
    _settle(book, year)


def _by_la(book: _Book, rows: pl.DataFrame) -> Ints:
    return np.bincount(rows["la"].to_numpy(), minlength=book.places.count)


def _complete(book: _Book, year: int) -> float:
    """The share of looked after children whose age group is among the people: early years lack the oldest."""
    oldest = (year_end(year) - int(book.people.born.min())) / 365.25
    return float(np.interp(oldest, *YOUNGER_THAN))


def _looked_after(book: _Book, year: int) -> Floats:
    """How many should be there on 31 March; before the first published year, from that year's flows."""
    if year >= FIRST:
        return counts(book.places, "cla_rate", year)
    now, came, left = (
        counts(book.places, f"cla_{flow}", FIRST) for flow in ("rate", "start_rate", "cease_rate")
    )
    return np.maximum(now - came + left, 0.5 * now) * _complete(book, year)


def _arriving_alone(book: _Book, year: int) -> pl.DataFrame:
    """Young people who arrive alone are looked after from that day, mostly until they are grown."""
    arrived = book.people.arrived
    person = np.flatnonzero(
        (arrived >= year_start(year)) & (arrived <= year_end(year)) & ~book.people.is_canary
    )
    start, eighteen = arrived[person], birthday(book.people.born[person], 18)
    shares = [("grown", 0.90), ("older", 0.045), ("missing", 0.04), ("away", 0.015)]
    ending = pick(book.rng, shares, len(person))
    early = start + 20 + (book.rng.random(len(person)) * 300).astype(np.int64)
    until = np.where(ending == "grown", eighteen, np.minimum(early, eighteen - 1))
    rows = _rows(person, book.people.la[person], start, until, np.full(len(person), np.inf), ending)
    return rows.filter(pl.col("until") > pl.col("start"))


def _rows(person: Ints, la: Ints, start: Ints, until: Ints, left: Floats, ending: Codes) -> pl.DataFrame:
    columns = [person, la, start, until, left, ending.astype(str)]
    return pl.DataFrame(dict(zip(OPEN, columns, strict=True)), schema=OPEN)


def _pass_on(book: _Book, year: int) -> pl.DataFrame:
    """Some pass to another authority: the first period ends there, the second begins the same day."""
    wanted = rounded(_transfers(book, year), book.owed.passing_on)
    rows, rng = book.open, book.rng
    start = np.maximum(rows["start"].to_numpy(), year_start(year)) + 10
    room = np.minimum(rows["until"].to_numpy(), year_end(year)) - 10 - start
    alone = book.people.arrived[rows["person"].to_numpy()] > 0
    could = (room > 0) & (alone | ((rows["ending"] == "stays").to_numpy() & happens(rng, 0.04, len(rows))))
    chosen = np.flatnonzero(could)
    chosen = chosen[at_random(rng, rows["la"].to_numpy()[chosen], wanted)]
    other = book.places.elsewhere(rng, rows["la"].to_numpy()[chosen])
    differs = other != rows["la"].to_numpy()[chosen]
    chosen, other = chosen[differs], other[differs]
    when = start[chosen] + (room[chosen] * rng.random(len(chosen))).astype(np.int64)
    before = rows[chosen].with_columns(pl.Series("end", when), pl.lit("transferred").alias("ending"))
    after: pl.DataFrame = rows[chosen].with_columns(pl.Series("la", other), pl.Series("start", when))
    book.closed.append(before)
    stays = np.ones(len(rows), dtype=bool)
    stays[chosen] = False
    book.open = pl.concat([rows.filter(pl.Series(stays, dtype=pl.Boolean)), after])
    return after


def _transfers(book: _Book, year: int) -> Floats:
    """Children who pass to another authority, from the published exits; nobody where there is no other."""
    return counts(book.places, "ceased_transferred", year) * (book.places.count > 1)


def _coming_back(book: _Book, year: int) -> pl.DataFrame:
    """Some who went home come back."""
    due = book.coming_back.filter(pl.col("start") <= year_end(year))
    book.coming_back = book.coming_back.filter(pl.col("start") > year_end(year))
    person, start = due["person"].to_numpy(), due["start"].to_numpy()
    return _with_endings(book, person, start)


def _first_time(book: _Book, year: int, others: Ints) -> pl.DataFrame:
    """As many children as the authority still needs, and a few who had come and gone earlier in the year."""
    expected = counts(book.places, "cla_start_rate", year) - others
    wanted = rounded(expected, book.owed.starting)
    person, start = _who_comes(book, year, wanted)
    rows = _with_endings(book, person, start)
    if _complete(book, year) == 1.0:
        book.owed.starting += wanted - _by_la(book, rows)
    book.closed.append(_earlier_in_the_year(book, year, rows))
    return rows


def _who_comes(book: _Book, year: int, wanted: Ints) -> tuple[Ints, Ints]:
    """Person and first day: seeds by age at start, and some of their siblings with them."""
    rng, people = book.rng, book.people
    la = np.repeat(np.arange(len(wanted)), wanted)
    start = rng.integers(year_start(year), year_end(year) + 1, len(la))
    born = start - _ages_at_start(rng, len(la))
    seed = book.register.choose(rng, la, born)
    found = seed != NOBODY
    seed, start = seed[found], np.maximum(start, people.born[seed] + 2)[found]
    sibling, position = people.siblings(seed)
    age = age_on(people.born[sibling], start[position])
    comes = (
        (age >= 0) & (age < 17) & (people.born[sibling] <= start[position]) & happens(rng, 0.3, len(sibling))
    )
    sibling, position = sibling[comes], position[comes]
    joins = book.register.join(sibling)
    person = np.concatenate([seed, sibling[joins]])
    start = np.concatenate([start, start[position[joins]]])
    family = np.concatenate([np.arange(len(seed)), position[joins]])
    kept = first_of(people.home_la(person, start), rng.permutation(len(la))[family], wanted)
    book.register.release(person[~kept])
    return person[kept], np.minimum(start[kept], year_end(year))


def _ages_at_start(rng: np.random.Generator, count: int) -> Ints:
    bands = rng.choice(len(AGES_AT_START), count, p=[share for *_, share in AGES_AT_START])
    low = np.array([age for age, *_ in AGES_AT_START])[bands]
    high = np.array([age for _, age, _ in AGES_AT_START])[bands]
    within = rng.random(count) ** np.where(bands == 0, 3.0, 1.0)
    days: Ints = ((low + (high - low) * within) * 365.25).astype(np.int64)
    return days


def _with_endings(book: _Book, person: Ints, start: Ints) -> pl.DataFrame:
    """How each period would end and the time that it would take; the eighteenth birthday ends every one."""
    rng, people = book.rng, book.people
    eighteen = birthday(people.born[person], 18)
    ending = pick_by_band(rng, ENDINGS, ENDINGS_BY_BAND, band((start - people.born[person]) / 365.25))
    left = STAYS * rng.uniform(0.6, 1.4, len(person))
    for name, (mean_years, fewest) in DURATIONS.items():
        these = ending == name
        left[these] = fewest + rng.gamma(1.5, (mean_years * 365 - fewest) / 1.5, these.sum())
    rows = _rows(person, people.home_la(person, start), start, eighteen, left, ending)
    return rows.filter(pl.col("until") > pl.col("start"))


def _earlier_in_the_year(book: _Book, year: int, rows: pl.DataFrame) -> pl.DataFrame:
    """A few had a first stay of some days or weeks in the same year.

    By how much those ceasing exceed those starting less the change in number: they cease once, start once,
    and are there on 31 March.
    """
    now, before = _looked_after(book, year), _looked_after(book, year - 1)
    came, went = (counts(book.places, f"cla_{flow}_rate", year) for flow in ("start", "cease"))
    wanted = rounded(np.clip(now - before - came + went, 0.0, 0.1 * came), book.owed.twice)
    start = rows["start"].to_numpy()
    born = book.people.born[rows["person"].to_numpy()]
    could = np.flatnonzero((start > year_start(year) + 90) & (start > born + 90))
    these = could[at_random(book.rng, rows["la"].to_numpy()[could], wanted)]
    began = start[these] - book.rng.integers(25, 85, len(these))
    ended = began + book.rng.integers(2, 20, len(these))
    return rows[these].with_columns(
        pl.Series("start", began), pl.Series("end", ended), pl.lit("home").alias("ending")
    )


def _settle(book: _Book, year: int) -> None:
    """Close the periods of those who leave in the year, so that as many stay as were published."""
    rows = _too_old_to_be_adopted(book, year)
    wanted = np.floor(_looked_after(book, year) + book.owed.staying).astype(np.int64)
    end, remaining = one_year(_cases(rows), rows["la"].to_numpy(), year, wanted)
    leaves, grown = end <= year_end(year), end >= rows["until"].to_numpy()
    home = (rows["ending"] == "home").to_numpy() & leaves & ~grown
    died = home & happens(book.rng, 0.004, len(rows))
    book.people.died[rows["person"].to_numpy()[died]] = end[died]
    ending = np.where(died, "died", _ending_when_grown(rows, grown))
    left = rows.with_columns(pl.Series("end", end), pl.Series("ending", ending.astype(str)))
    book.closed.append(left.filter(pl.Series(leaves, dtype=pl.Boolean)))
    _plan_to_come_back(book, left.filter(pl.Series(home & ~died, dtype=pl.Boolean)), year)
    book.open = rows.with_columns(pl.Series("left", remaining)).filter(pl.Series(~leaves, dtype=pl.Boolean))


def _cases(rows: pl.DataFrame) -> Cases:
    fewest = rows["ending"].replace_strict(FEWEST, default=0, return_dtype=pl.Int64)
    start, left, until = (rows[name].to_numpy() for name in ("start", "left", "until"))
    return Cases(start, left, start + fewest.to_numpy(), until)


def _too_old_to_be_adopted(book: _Book, year: int) -> pl.DataFrame:
    """Children who are ten by the end of the year stay."""
    ten = birthday(book.people.born[book.open["person"].to_numpy()], 10)
    stays = (pl.col("ending") == "adopted") & (pl.Series(ten) <= year_end(year))
    return book.open.with_columns(
        pl.when(stays).then(STAYS).otherwise("left").alias("left"),
        pl.when(stays).then(pl.lit("stays")).otherwise("ending").alias("ending"),
    )


def _ending_when_grown(rows: pl.DataFrame, grown: Bools) -> Codes:
    ending = rows["ending"].to_numpy()
    early: Codes = np.where(ending == "stays", "home", ending)
    return np.where(grown & ~np.isin(ending, ALONE), "grown", early)


def _plan_to_come_back(book: _Book, went_home: pl.DataFrame, year: int) -> None:
    """Some will return in a later year, before they are grown."""
    gap = 30 + book.rng.gamma(1.5, 200, len(went_home)).astype(np.int64)
    when = went_home["end"].to_numpy() + gap
    comes = (when > year_end(year)) & (when < went_home["until"].to_numpy() - 30)
    comes &= happens(book.rng, level("comes_back_into_care"), len(went_home))
    planned = went_home.select("person", pl.Series("start", when)).filter(pl.Series(comes, dtype=pl.Boolean))
    book.coming_back = pl.concat([book.coming_back, planned])


def _still_there(book: _Book, year: int) -> pl.DataFrame:
    """After the last year time runs as the lives themselves would have it."""
    end = _cases(book.open).ends(1.0, year + 1)
    ending = _ending_when_grown(book.open, end >= book.open["until"].to_numpy())
    return book.open.with_columns(pl.Series("end", end), pl.Series("ending", ending.astype(str)))


def looked_after(periods: pl.DataFrame, on: int) -> pl.DataFrame:
    """Periods open at the end of a day; a child who left that day is not looked after."""
    return periods.filter((pl.col("start") <= on) & (pl.col("end") > on))


def whole_year(periods: pl.DataFrame, year: int) -> pl.DataFrame:
    """Periods that cover the whole of a collection year and go on."""
    return periods.filter((pl.col("start") <= year_start(year)) & (pl.col("end") > year_end(year)))
