"""The synthetic England as lives: everything that happened, before anyone filled in a return."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from synthetic import canaries as birds
from synthetic.blocks import Block, Start
from synthetic.canaries import Canary
from synthetic.care import make_periods
from synthetic.care_details import make_adoptions, make_missing, make_respite, make_reviews, make_workers
from synthetic.cin_modules import Modules, make_modules
from synthetic.errors import Recorded, record_cases, record_pupils
from synthetic.matching import Register
from synthetic.need import make_episodes
from synthetic.numbers import carried
from synthetic.people import People, make_people
from synthetic.placements import make_care_episodes
from synthetic.places import Places
from synthetic.rates import Rates
from synthetic.schools import SchoolHabits, Schools, make_habits, make_schools


@dataclass(frozen=True)
class Country:
    """Lives of one block of authorities, and how services recorded who these children are."""

    block: Block
    start: Start
    seed: int
    years: tuple[int, ...]
    rates: Rates
    people: People
    canaries: list[Canary]
    periods: pl.DataFrame
    care_episodes: pl.DataFrame
    reviews: pl.DataFrame
    missing: pl.DataFrame
    workers: pl.DataFrame
    adoptions: pl.DataFrame
    episodes: pl.DataFrame
    modules: Modules
    schools: Schools
    habits: SchoolHabits
    cases: Recorded
    pupils: Recorded

    @property
    def places(self) -> Places:
        """The authorities of the block."""
        return self.block.places

    @property
    def next(self) -> Start:
        """The numbers with which the block after this one goes on."""
        families = int(self.people.family.max()) + 1
        start, schools = self.start, len(self.schools.frame)
        return Start(start.person + len(self.people), start.family + families, start.school + schools)


def make_lives(
    block: Block, start: Start, years: tuple[int, ...], scale: float, seed: int, rates: Rates
) -> Country:
    """Lives first: people, care, need, schools; then what the systems hold about them."""
    places, seed = block.places, block.seed(seed)
    people = make_people(places, years, scale, seed)
    people.names = people.names.with_columns(carried(people.born, start.person, block.number, seed))
    people, canaries = birds.add_canaries(people, places, years, block.canary_la, rates.times == 0)
    register = Register(people, (people.arrived == 0) & ~people.is_canary)
    periods = make_periods(people, register, places, years, seed)
    periods = birds.with_care_of(canaries, people, years, periods)
    care = birds.settle(make_care_episodes(people, places, periods, seed), canaries)
    episodes = make_episodes(people, register, places, periods, years, seed)
    respite = make_respite(people, places, episodes, years, seed)
    care_and_respite = pl.concat([care, respite], how="diagonal_relaxed").sort("person", "decom")
    return Country(
        block, start, seed, years, rates, people, canaries, periods, care_and_respite,
        make_reviews(people, periods, years, seed),
        make_missing(people, periods, care, years, seed),
        make_workers(periods, years, seed),
        make_adoptions(people, periods, seed),
        episodes,
        make_modules(episodes, seed),
        make_schools(places, start.school),
        make_habits(people, episodes["person"].unique().to_numpy(), seed),
        _cases(people, places, episodes, care_and_respite, canaries, rates, seed),
        record_pupils(people, rates, seed),
    )  # fmt: skip


def _cases(
    people: People,
    places: Places,
    episodes: pl.DataFrame,
    care: pl.DataFrame,
    canaries: list[Canary],
    rates: Rates,
    seed: int,
) -> Recorded:
    both = pl.concat([episodes.select("person", "la"), care.select("person", "la")])
    pairs = both.unique().sort("person", "la")
    recorded = record_cases(people, places, pairs, rates, seed)
    own = {"la_child_id": "la_child_id", "cla_child_id": "la_child_id"}
    return Recorded(birds.mark(recorded.identity, canaries, own), recorded.errors)
