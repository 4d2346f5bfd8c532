"""Schools, who goes to which, and how many sessions each pupil missed in the autumn term.

A looked-after child goes to school where the placement is, which is often another authority: the school's
authority is not the responsible one. Absence depends on the group that the child will be in on 31 March of
the same school year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.days import FAR, Bools, Codes, Floats, Ints, census_day, day
from synthetic.groups import CINO, CLA12, CPPO
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, stream

# Group and phase: share persistently absent, share severely absent, mean rate of all the others.
# Fitted to DfE, Outcomes for children in need 2024/25, by group and school type.
ABSENCE = {
    ("", "primary"): (0.14, 0.010, 0.043),
    ("", "secondary"): (0.235, 0.038, 0.043),
    (CINO, "primary"): (0.37, 0.053, 0.043),
    (CINO, "secondary"): (0.59, 0.195, 0.043),
    (CPPO, "primary"): (0.46, 0.060, 0.043),
    (CPPO, "secondary"): (0.70, 0.280, 0.043),
    (CLA12, "primary"): (0.10, 0.012, 0.022),
    (CLA12, "secondary"): (0.28, 0.102, 0.027),
}


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


def make_schools(places: Places) -> Schools:
    """A handful of schools for the smallest authority, hundreds for a county at full size."""
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
    frame = (
        pl.concat(frames).with_row_index("school").with_columns(urn=900_000 + pl.col("school").cast(pl.Int64))
    )
    return Schools(frame, first, wanted)


@dataclass(frozen=True)
class SchoolHabits:
    """What stays with a pupil for years: special needs, free meals, extra detail."""

    sen: Codes
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
    sen = np.where(draw < plan, "E", np.where(draw < plan + support, "K", "N"))
    free_meals = rng.random(count) < np.where(is_known, 0.58, 0.22)
    special = (sen == "E") & happens(rng, 0.3, count)
    return SchoolHabits(sen, free_meals, special)


def make_enrolments(
    people: People,
    schools: Schools,
    habits: SchoolHabits,
    care_episodes: pl.DataFrame,
    groups: pl.DataFrame,
    places: Places,
    year: int,
    seed: int,
) -> pl.DataFrame:
    """One row per enrolment of the autumn term; `leaving` is FAR for those on roll on census day."""
    rng = stream(seed, f"enrolments {year}")
    pupils = _pupils(people, year)
    term_start, census = day(year - 1, 9, 2), census_day(year)
    placed = _placed_la(people, care_episodes, term_start)[pupils]
    before = np.where(placed >= 0, placed, people.home_la(pupils, term_start))
    after = np.where(placed >= 0, placed, people.home_la(pupils, census))
    age = people.school_age(year)[pupils]
    phase = np.where(habits.special[pupils], "special", np.where(age <= 10, "primary", "secondary"))
    old = schools.at(before, phase, _draw(people, pupils, term_start))
    new = schools.at(after, phase, _draw(people, pupils, census))
    leaves = happens(rng, 0.006, len(pupils)) & ~people.is_canary[pupils] & (age < 16)
    moves = (old != new) & ~leaves
    left_on = np.where(
        moves,
        _moved_on(people, pupils, term_start, census),
        rng.integers(term_start + 8, census, len(pupils)),
    )
    totals = _sessions(rng, people, pupils, age, groups, places, before, year, seed)
    frame = pl.DataFrame({"person": pupils, "age": age, "phase": phase.astype(str), **totals})
    share = ((left_on - term_start) / 109).clip(0.03, 1.0)
    return _split(frame, old, new, moves, leaves, left_on, share, year)


def _pupils(people: People, year: int) -> Ints:
    age = people.school_age(year)
    start, census = day(year - 1, 9, 2), census_day(year)
    of_age = (age >= people.entry_age) & ((age <= 15) | ((age <= 17) & people.stays_on))
    here = (people.arrived < start) & (people.died > census) & people.state_school
    return np.flatnonzero(of_age & here)


def _placed_la(people: People, care_episodes: pl.DataFrame, on: int) -> Ints:
    """The authority where a looked-after child is placed on a day; -1 for everyone else."""
    placed = np.full(len(people), -1)
    open_ = care_episodes.filter(
        (pl.col("decom") <= on) & (pl.col("dec") > on) & ~pl.col("LS").is_in(["V3", "V4"])
    )
    placed[open_["person"].to_numpy()] = open_["placed_la"].to_numpy()
    return placed


def _draw(people: People, pupils: Ints, on: int) -> Floats:
    moved = people.school_moved[pupils] <= on
    return np.where(moved, people.later_school_draw[pupils], people.school_draw[pupils])


def _moved_on(people: People, pupils: Ints, start: int, census: int) -> Ints:
    """The day of the move that changed the school, kept inside the term."""
    own, family = people.school_moved[pupils], people.moved[pupils]
    own = np.where((own > start) & (own <= census), own, FAR)
    family = np.where((family > start) & (family <= census), family, FAR)
    return np.minimum(own, family).clip(start + 5, census - 1)


def _sessions(
    rng: np.random.Generator,
    people: People,
    pupils: Ints,
    age: Ints,
    groups: pl.DataFrame,
    places: Places,
    la: Ints,
    year: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Sessions possible and missed in the autumn term; none are collected under 4 and over 15."""
    days_open = stream(seed, f"term {year}").integers(68, 75, places.count)
    possible = np.where((age >= 4) & (age <= 15), 2 * days_open[la], 0)
    group = np.full(len(people), "", dtype="<U20")
    group[groups["person"].to_numpy()] = groups["group"].to_numpy().astype(str)
    of_pupil = group[pupils]
    tendency = 0.78 * people.absence_habit[pupils] + 0.62 * rng.standard_normal(len(pupils))
    rate = np.zeros(len(pupils))
    ceiling = np.zeros(len(pupils), dtype=bool)
    for (name, phase), shares in ABSENCE.items():
        alike = (of_pupil == name) if name else ~np.isin(of_pupil, [CINO, CPPO, CLA12])
        these = np.flatnonzero(alike & ((age <= 10) == (phase == "primary")))
        rate[these], ceiling[these] = _absence_rates(rng, tendency[these], shares)
    absent = np.where(ceiling, np.ceil(rate * possible), np.floor(rate * possible)).astype(np.int64)
    return {"possible": possible, "absent": np.minimum(absent, possible), "group": of_pupil}


def _absence_rates(
    rng: np.random.Generator, tendency: Floats, shares: tuple[float, float, float]
) -> tuple[Floats, Bools]:
    """Rates so that the given shares miss a tenth and a half; and who misses at least a tenth."""
    persistent, severe, mean_of_others = shares
    count = len(tendency)
    rank = np.empty(count)
    rank[np.argsort(tendency, kind="stable")] = (np.arange(count) + rng.random(count)) / max(count, 1)
    low = 0.1 * rng.beta(1.3, 1.3 * (0.1 / mean_of_others - 1), count)
    middle = 0.1 + 0.4 * rng.beta(1.0, 2.4, count)
    high = 0.5 + 0.5 * rng.beta(1.0, 2.0, count)
    rate = np.where(rank > 1 - severe, high, np.where(rank > 1 - persistent, middle, low))
    return rate, rank > 1 - persistent


def _split(
    frame: pl.DataFrame,
    old: Ints,
    new: Ints,
    moves: Bools,
    leaves: Bools,
    left_on: Ints,
    share: Floats,
    year: int,
) -> pl.DataFrame:
    """Two enrolments for pupils who changed school in the term, one for the others."""
    possible, absent = frame["possible"].to_numpy(), frame["absent"].to_numpy()
    early = 2 * np.round(possible * share / 2).astype(np.int64)
    early_absent = np.round(absent * share).astype(np.int64)
    early_absent = early_absent.clip(absent - (possible - early), early)
    age = frame["age"].to_numpy()
    entered = _entry_day(age, year)
    first = frame.with_columns(
        pl.Series("school", np.where(leaves | moves, old, new)),
        pl.Series("entry", entered),
        pl.Series("leaving", np.where(leaves | moves, left_on, FAR)),
        pl.Series("possible", np.where(leaves | moves, early, possible)),
        pl.Series("absent", np.where(leaves | moves, early_absent, absent)),
    )
    second = frame.with_columns(
        pl.Series("school", new),
        pl.Series("entry", left_on + 1),
        pl.Series("leaving", np.full(len(frame), FAR)),
        pl.Series("possible", possible - early),
        pl.Series("absent", absent - early_absent),
    )
    return pl.concat([first, second.filter(pl.Series(moves))])


def _entry_day(age: Ints, year: int) -> Ints:
    """Primary pupils came at four, secondary pupils at eleven, sixth-formers at sixteen."""
    years_ago = np.select([age <= 4, age <= 10, age <= 15], [np.zeros_like(age), age - 4, age - 11], age - 16)
    starts = np.array([day(year - 1 - back, 9, 4) for back in range(8)])
    return starts[years_ago]
