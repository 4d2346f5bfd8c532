"""Schools, and what stays with a pupil for years.

An authority has a handful of schools when it is small, hundreds at full size; special schools take pupils
of all ages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.days import Bools, Codes, Floats, Ints
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, stream

FIRST_URN = 900_000


@dataclass(frozen=True)
class Schools:
    """Every school: authority, phase, number, URN; `first` finds an authority's first school of a phase."""

    frame: pl.DataFrame
    first: dict[str, Ints]
    count: dict[str, Ints]

    def at(self, la: Ints, phase: Codes, draw: Floats) -> Ints:
        """The school for an authority, a phase and a draw between 0 and 1."""
        school = np.zeros(len(la), dtype=np.int64)
        for name in self.first:
            these = phase == name
            within = (draw[these] * self.count[name][la[these]]).astype(np.int64)
            school[these] = self.first[name][la[these]] + within
        return school

    def la_of(self, school: Ints) -> Ints:
        """The authority of each school."""
        la: Ints = self.frame["la"].to_numpy()[school]
        return la


def make_schools(places: Places, before: int) -> Schools:
    """The schools of a block of authorities; `before` is how many schools earlier blocks have."""
    wanted = {
        "primary": np.maximum(2, places.children * 9 // 18 // 250),
        "secondary": np.maximum(2, places.children * 6 // 18 // 950),
        "special": np.maximum(1, places.children // 12_000),
    }
    frames, first, offset = [], {}, 0
    for (phase, counts), start in zip(wanted.items(), (2000, 4000, 7000), strict=True):
        la = np.repeat(np.arange(places.count), counts)
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
        number = np.arange(len(la)) - np.repeat(begins, counts)
        frames.append(pl.DataFrame({"la": la, "estab": start + number}).with_columns(phase=pl.lit(phase)))
        first[phase] = begins + offset
        offset += len(la)
    urn = FIRST_URN + before + pl.col("school").cast(pl.Int64)
    return Schools(pl.concat(frames).with_row_index("school").with_columns(urn.alias("urn")), first, wanted)


@dataclass(frozen=True)
class SchoolHabits:
    """What stays with a pupil for years: special needs, free meals, extra detail."""

    sen: pl.Series
    free_meals: Bools
    special: Bools


def make_habits(people: People, known: Ints, seed: int) -> SchoolHabits:
    """Children known to social care have special needs and free meals more often."""
    rng = stream(seed, "pupils")
    count = len(people)
    is_known = np.zeros(count, dtype=bool)
    is_known[known] = True
    draw = rng.random(count)
    plan = np.where(is_known, 0.17, 0.04)
    support = np.where(is_known, 0.24, 0.13)
    has_plan = draw < plan
    sen = pl.Series(["E", "K", "N"]).gather(np.where(has_plan, 0, np.where(draw < plan + support, 1, 2)))
    free_meals = rng.random(count) < np.where(is_known, 0.58, 0.22)
    special = has_plan & happens(rng, 0.3, count)
    return SchoolHabits(sen, free_meals, special)
