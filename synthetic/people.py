"""Children and young people before any service knows them: families, names, homes, schools they will go to.

Siblings mostly share a surname and always a home; twins share a birthday; a family may move once, within its
authority or out of it. Young people who arrive alone from abroad belong to no family here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from synthetic.days import FAR, Bools, Floats, Ints, age_on, day, school_year_eve, year_end, year_start
from synthetic.levels import arriving_alone, counts
from synthetic.names import draw_names, ethnicities
from synthetic.places import Places
from synthetic.rates import happens, level, stream

SIZES = (0.40, 0.38, 0.15, 0.05, 0.02)
OLDEST = 23
TO_SUMMERS_END = 150
"""Days from 31 March to the end of the school year, whose attendance belongs to the collection year."""
HISTORY_YEARS = 4
ARRIVALS_BACK = 5


@dataclass
class People:
    """Everyone, one place in every array per person; sorted by family, so that siblings are neighbours."""

    family: Ints
    la: Ints
    later_la: Ints
    moved: Ints
    postcode: Ints
    later_postcode: Ints
    born: Ints
    is_girl: Bools
    ethnicity: Ints
    is_twin: Bools
    arrived: Ints
    state_school: Bools
    entry_age: Ints
    stays_on: Bools
    school_moved: Ints
    school_draw: Floats
    later_school_draw: Floats
    absence_habit: Floats
    names: pl.DataFrame
    is_canary: Bools
    died: Ints
    adopted: Ints

    def __len__(self) -> int:
        return len(self.born)

    @cached_property
    def first_of_family(self) -> Ints:
        """For each person, the place of the first member of the family."""
        starts = np.flatnonzero(np.diff(self.family, prepend=-1))
        return np.repeat(starts, np.diff(np.append(starts, len(self.family))))

    @cached_property
    def family_size(self) -> Ints:
        """For each person, how many belong to the family."""
        starts = np.flatnonzero(np.diff(self.family, prepend=-1))
        sizes = np.diff(np.append(starts, len(self.family)))
        return np.repeat(sizes, sizes)

    def home_la(self, person: Ints, on: Ints | int) -> Ints:
        """The authority of the family home on a day."""
        return np.where(on >= self.moved[person], self.later_la[person], self.la[person])

    def home_postcode(self, person: Ints, on: Ints | int) -> Ints:
        """The postcode of the family home on a day, as a row of `Places.postcodes`."""
        return np.where(on >= self.moved[person], self.later_postcode[person], self.postcode[person])

    def siblings(self, seeds: Ints) -> tuple[Ints, Ints]:
        """Everyone else in the seeds' families: (sibling, position of the seed in `seeds`)."""
        sizes = self.family_size[seeds]
        position = np.repeat(np.arange(len(seeds)), sizes)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        member = self.first_of_family[seeds][position] + within
        other = member != seeds[position]
        return member[other], position[other]

    def school_age(self, year: int) -> Ints:
        """Completed years on 31 August before the school year that ends in `year`."""
        return age_on(self.born, school_year_eve(year))


def make_people(places: Places, years: tuple[int, ...], scale: float, seed: int) -> People:
    """The population of the chosen authorities, and the young people who arrive alone."""
    first, last = years[0], years[-1]
    born_from, born_to = day(first - 1 - OLDEST, 4, 1), year_end(last) + 150
    rng = stream(seed, "families")
    family, la, born, twin = _births(rng, places, born_from, born_to)
    arrived = np.zeros(len(born), dtype=np.int64)
    alone = _arrivals(stream(seed, "arrivals"), places, first, last)
    family = np.concatenate([family, family.max() + 1 + np.arange(len(alone[0]))])
    la, born = np.concatenate([la, alone[0]]), np.concatenate([born, alone[1]])
    twin = np.concatenate([twin, np.zeros(len(alone[0]), dtype=bool)])
    arrived = np.concatenate([arrived, alone[2]])
    return _describe(places, seed, years, family, la, born, twin, arrived)


def _births(
    rng: np.random.Generator, places: Places, born_from: int, born_to: int
) -> tuple[Ints, Ints, Ints, Bools]:
    """Family, authority, birth and twinship of everyone born here, sorted by family."""
    lead = 8 * 365
    per_family = sum(size * share for size, share in enumerate(SIZES, start=1))
    births = places.children / 18 * (born_to - born_from + lead) / 365.25
    families = np.ceil(births / per_family).astype(np.int64)
    la_of_family = np.repeat(np.arange(places.count), families)
    sizes = 1 + rng.choice(len(SIZES), len(la_of_family), p=SIZES)
    family = np.repeat(np.arange(len(sizes)), sizes)
    born = _birth_days(rng, sizes, family, born_from - lead, born_to)
    twin = happens(rng, level("twin_maternities"), len(born))
    family, born = np.repeat(family, 1 + twin), np.repeat(born, 1 + twin)
    twin = np.repeat(twin, 1 + twin)
    kept = (born >= born_from) & (born <= born_to)
    return family[kept], la_of_family[family[kept]], born[kept], twin[kept]


def _birth_days(rng: np.random.Generator, sizes: Ints, family: Ints, earliest: int, latest: int) -> Ints:
    gaps = (300 + rng.gamma(2.0, 400, len(family))).astype(np.int64)
    is_first = np.diff(family, prepend=-1) > 0
    gaps[is_first] = 0
    since = np.cumsum(gaps)
    since -= np.repeat(since[is_first], sizes)
    firstborn = rng.integers(earliest, latest + 1, len(sizes))
    return firstborn[family] + since


def _arrivals(rng: np.random.Generator, places: Places, first: int, last: int) -> tuple[Ints, Ints, Ints]:
    """Authority, birth and arrival of unaccompanied young people."""
    every = [_arrivals_in(rng, places, year) for year in range(first - ARRIVALS_BACK, last + 1)]
    la, arrived = (np.concatenate(part) for part in zip(*every, strict=True))
    age_days = (365.25 * (17.8 - rng.gamma(1.6, 0.78, len(la)).clip(0, 5))).astype(np.int64)
    return la, arrived - age_days, arrived


def _arrivals_in(rng: np.random.Generator, places: Places, year: int) -> tuple[Ints, Ints]:
    """Those who start in care in a year, less those whom another authority passed on; never nearly all."""
    passed_on = level("alone_among_transfers") * counts(places, "ceased_transferred", year)
    expected = arriving_alone(places, year) - passed_on * (places.count > 1)
    expected = np.clip(expected, 0.0, 0.8 * counts(places, "cla_start_rate", year))
    la = np.repeat(np.arange(places.count), np.floor(expected + rng.random(places.count)).astype(np.int64))
    return la, rng.integers(year_start(year), year_end(year) + 1, len(la))


def _describe(
    places: Places,
    seed: int,
    years: tuple[int, ...],
    family: Ints,
    la: Ints,
    born: Ints,
    twin: Bools,
    arrived: Ints,
) -> People:
    """Everything about a person that does not depend on services."""
    rng = stream(seed, "people")
    count = len(born)
    is_girl = rng.random(count) < np.where(arrived > 0, 0.06, 0.488)
    ethnicity = ethnicities(stream(seed, "ethnicity"), places, family, la, arrived > 0)
    names = draw_names(stream(seed, "names"), family, is_girl, ethnicity)
    move = _family_moves(stream(seed, "moves"), places, years, family, la)
    school_moved = np.where(
        happens(rng, level("school_move_in_window"), count),
        rng.integers(year_start(years[0]) - 365, year_end(years[-1]) + TO_SUMMERS_END, count),
        FAR,
    )
    draws = _by_family(rng, family), _by_family(rng, family)
    return People(
        family, la, *move, born, is_girl, ethnicity, twin, arrived,
        state_school=rng.random(count) < 1 - level("not_in_state_schools"),
        entry_age=rng.choice([2, 3, 4], count, p=[0.12, 0.45, 0.43]),
        stays_on=happens(rng, 0.45, count),
        school_moved=school_moved,
        school_draw=draws[0],
        later_school_draw=draws[1],
        absence_habit=rng.standard_normal(count),
        names=names,
        is_canary=np.zeros(count, dtype=bool),
        died=np.full(count, FAR),
        adopted=np.full(count, FAR),
    )  # fmt: skip


def _by_family(rng: np.random.Generator, family: Ints) -> Floats:
    return rng.random(int(family.max()) + 1)[family]


def _family_moves(
    rng: np.random.Generator, places: Places, years: tuple[int, ...], family: Ints, la: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """(later authority, day of the move, postcode, later postcode): one answer per family."""
    families = int(family.max()) + 1
    first_la = np.zeros(families, dtype=np.int64)
    first_la[family] = la
    moves = happens(rng, level("family_moves_in_window"), families)
    out = moves & happens(rng, level("share_of_moves_to_another_authority"), families)
    later_la = np.where(out, places.elsewhere(rng, first_la), first_la)
    when = rng.integers(year_start(years[0]) - 730, year_end(years[-1]), families)
    before = places.random_postcode(rng, first_la)
    after = np.where(moves, places.random_postcode(rng, later_la), before)
    return later_la[family], np.where(moves, when, FAR)[family], before[family], after[family]
