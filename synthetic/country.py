"""The synthetic England as lives: everything that happened, before anyone filled in a return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic import canaries as birds
from synthetic.canaries import Canary
from synthetic.care import make_periods
from synthetic.care_details import make_adoptions, make_missing, make_respite, make_reviews, make_workers
from synthetic.cin_modules import Modules, make_modules
from synthetic.days import Ints
from synthetic.errors import Recorded, record_cases, record_pupils
from synthetic.matching import Register
from synthetic.need import make_episodes
from synthetic.people import People, make_people
from synthetic.placements import make_care_episodes
from synthetic.places import Places
from synthetic.rates import Rates
from synthetic.schools import SchoolHabits, Schools, make_habits, make_schools

PERSON_FILE_EVERY = 3


@dataclass(frozen=True)
class Country:
    """Lives, and how services recorded who they are."""

    seed: int
    years: tuple[int, ...]
    rates: Rates
    places: Places
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
    def with_person_files(self) -> Ints:
        """The third of the authorities that send names."""
        return np.arange(0, self.places.count, PERSON_FILE_EVERY)


def make_lives(places: Places, years: tuple[int, ...], scale: float, seed: int, clean: bool) -> Country:
    """Lives first: people, care, need, schools; then what the systems hold about them."""
    senders = np.arange(0, places.count, PERSON_FILE_EVERY)
    la = int(senders[np.argmax(places.children[senders])])
    people, canaries = birds.add_canaries(make_people(places, years, scale, seed), places, years, la, clean)
    register = Register(people, (people.arrived == 0) & ~people.is_canary)
    periods = make_periods(people, register, places, years, seed)
    periods = pl.concat([periods, birds.care_of(canaries, people, years, la, len(periods))])
    care = birds.settle(make_care_episodes(people, places, periods, seed), canaries)
    episodes = make_episodes(people, register, places, periods, years, seed)
    respite = make_respite(people, places, episodes, years, seed)
    care_and_respite = pl.concat([care, respite], how="diagonal_relaxed").sort("person", "decom")
    rates = Rates(clean)
    return Country(
        seed, years, rates, places, people, canaries, periods, care_and_respite,
        make_reviews(people, periods, years, seed),
        make_missing(people, periods, care, years, seed),
        make_workers(periods, years, seed),
        make_adoptions(people, periods, seed),
        episodes,
        make_modules(episodes, seed),
        make_schools(places),
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
