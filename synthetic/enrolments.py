"""Who goes to which school through a school year, and the sessions that each pupil has there.

A looked-after child goes to school where the placement is, which is often another authority: the school's
authority is not the responsible one. Pupils change school when the family or the placement does, on a whim,
and at eleven; a few leave for no other school.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.absence import OLDEST_AT_PRIMARY, Kinds, absence_of, is_older
from synthetic.country import Country
from synthetic.days import FAR, Bools, Codes, Floats, Ints, census_day, day
from synthetic.groups import groups_at_year_end
from synthetic.people import People
from synthetic.rates import happens, stream
from synthetic.terms import Census, Stretch, censuses, school_opens, school_year_ends, sixth_half_term

DAYS_OPEN = ((69, 74), (55, 60), (25, 29), (34, 38))
"""School days of autumn, spring and the two halves of summer: about 190 together."""
LEAVES_FOR_GOOD = 0.012
STAYS = 3
AWAY_BEFORE_EXAMS = 0.5
"""How many of the last half term's sessions are missed in the year of the examinations."""


@dataclass(frozen=True)
class SchoolYear:
    """Pupils of a school year and those who come in the next one.

    `schools` has a column for the first day and for each census day; `possible` and `absent` have one for
    autumn, spring and the two halves of summer. `leaves` is the census that tells of a pupil who left for
    good, or `STAYS`.
    """

    year: int
    pupils: Ints
    age: Ints
    group: Codes
    here: Bools
    follows: Bools
    leaves: Ints
    schools: Ints
    possible: Ints
    absent: Ints


def school_year(country: Country, year: int) -> SchoolYear:
    """Where everyone is at school on four days of the year, and what they miss."""
    rng = stream(country.seed, f"enrolments {year}")
    people = country.people
    here, following = _pupils(people, year), _pupils(people, year + 1)
    pupils = np.union1d(here, following)
    is_here = np.isin(pupils, here)
    age = people.school_age(year)[pupils]
    can_leave = is_here & ~people.is_canary[pupils] & (age < 16)
    leaves = can_leave & happens(rng, LEAVES_FOR_GOOD, len(pupils))
    group, la = _groups(country, year, pupils)
    schools = _schools(country, pupils, age, year)
    possible, absent = _sessions(rng, country, pupils, age, group, la, schools[:, 0], year)
    return SchoolYear(
        year, pupils, age, group, is_here, np.isin(pupils, following),
        np.where(leaves, rng.integers(0, STAYS, len(pupils)), STAYS), schools, possible, absent,
    )  # fmt: skip


def _pupils(people: People, year: int) -> Ints:
    age = people.school_age(year)
    start, census = school_opens(year), census_day(year)
    of_age = (age >= people.entry_age) & ((age <= 15) | ((age <= 17) & people.stays_on))
    present = (people.arrived < start) & (people.died > census) & people.state_school
    return np.flatnonzero(of_age & present)


def _groups(country: Country, year: int, pupils: Ints) -> tuple[Codes, Ints]:
    """The group of each pupil on 31 March, "" for none, and the authority responsible."""
    groups = groups_at_year_end(country.periods, country.episodes, year)
    group = np.full(len(country.people), "", dtype="<U20")
    la = np.zeros(len(country.people), dtype=np.int64)
    group[groups["person"].to_numpy()] = groups["group"].to_numpy().astype(str)
    la[groups["person"].to_numpy()] = groups["la"].to_numpy()
    return group[pupils], la[pupils]


def _schools(country: Country, pupils: Ints, age: Ints, year: int) -> Ints:
    """The school on the first day and on each census day; in October that of the year after."""
    dates = [school_opens(year), *(census.day for census in censuses(year))]
    ages = [age, age, age, age + 1]
    return np.stack(
        [_school_on(country, pupils, on, years) for on, years in zip(dates, ages, strict=True)], axis=1
    )


def _school_on(country: Country, pupils: Ints, on: int, age: Ints) -> Ints:
    people = country.people
    placed = _placed_la(people, country.care_episodes, on)[pupils]
    la = np.where(placed >= 0, placed, people.home_la(pupils, on))
    phase = np.where(is_older(age), "secondary", "primary")
    phase = np.where(country.habits.special[pupils], "special", phase)
    moved = people.school_moved[pupils] <= on
    draw = np.where(moved, people.later_school_draw[pupils], people.school_draw[pupils])
    return country.schools.at(la, phase, draw)


def _placed_la(people: People, care_episodes: pl.DataFrame, on: int) -> Ints:
    """The authority where a looked-after child is placed on a day; -1 for everyone else."""
    placed = np.full(len(people), -1)
    open_ = care_episodes.filter(
        (pl.col("decom") <= on) & (pl.col("dec") > on) & ~pl.col("LS").is_in(["V3", "V4"])
    )
    placed[open_["person"].to_numpy()] = open_["placed_la"].to_numpy()
    return placed


def _sessions(
    rng: np.random.Generator,
    country: Country,
    pupils: Ints,
    age: Ints,
    group: Codes,
    la: Ints,
    school: Ints,
    year: int,
) -> tuple[Ints, Ints]:
    """Sessions possible and missed, a column for each stretch; none are collected under 4 and over 15."""
    collected = (age >= 4) & (age <= 15)
    possible = np.where(
        collected[:, None], possible_sessions(country, year)[country.schools.la_of(school)], 0
    )
    kinds = Kinds.of(country.places, year, group, la, age)
    absence = absence_of(rng, kinds, country.people.absence_habit[pupils], age)
    measured = possible.copy()
    measured[age == 15, 3] = 0
    absent = _spread(rng, absence.missed(rng, measured.sum(axis=1)), measured)
    at_exams = np.where(age == 15, possible[:, 3], 0)
    absent[:, 3] += rng.binomial(at_exams, np.maximum(absence.rate, AWAY_BEFORE_EXAMS))
    return possible, absent


def possible_sessions(country: Country, year: int) -> Ints:
    """Possible sessions by authority and stretch."""
    rng = stream(country.seed, f"terms {year}")
    days = [rng.integers(fewest, most, country.places.count) for fewest, most in DAYS_OPEN]
    return 2 * np.stack(days, axis=1)


def _spread(rng: np.random.Generator, missed: Ints, possible: Ints) -> Ints:
    """A year's missed sessions over its stretches, by chance and never more than a stretch has."""
    absent = np.zeros_like(possible)
    after = possible.sum(axis=1)
    for column in range(possible.shape[1]):
        after = after - possible[:, column]
        absent[:, column] = rng.hypergeometric(possible[:, column], after, missed)
        missed = missed - absent[:, column]
    return absent


def enrolments(country: Country, whole: SchoolYear, census: Census) -> pl.DataFrame:
    """One row per enrolment that a census tells of, by authority and school; `leaving` is FAR on roll.

    `possible` and `absent` are sessions of the term, in the last census of its first half, with those of
    the sixth half term in `possible_2` and `absent_2`. `is_late` says that the enrolment began in it.
    """
    rng = stream(country.seed, f"{census.name} census {whole.year}")
    moves = _moves(rng, country.people, whole, census)
    parts = [_staying(country.people, whole, census, moves), _going(country.people, whole, census, moves)]
    made = pl.concat([*parts, _coming(whole, census, moves)])
    late = pl.col("entry").is_between(*sixth_half_term(whole.year)) & pl.lit(census.is_last)
    of_school = country.schools.frame.select(pl.col("school").cast(pl.Int64), "la", "estab", "urn")
    joined = made.join(of_school, on="school", how="left", maintain_order="left")
    return joined.sort("school", "person", maintain_order=True).with_columns(late.alias("is_late"))


@dataclass(frozen=True)
class _Moves:
    """Who stays at a school between two dates, who goes and when, who comes."""

    stays: Bools
    goes: Bools
    comes: Bools
    left_on: Ints


def _moves(rng: np.random.Generator, people: People, whole: SchoolYear, census: Census) -> _Moves:
    old, new = whole.schools[:, census.place], whole.schools[:, census.place + 1]
    before = whole.here & (whole.leaves >= census.place)
    after = whole.follows if census.is_last else whole.here
    gone = (whole.leaves == census.place) if census.is_last else (whole.leaves <= census.place)
    after = after & ~gone
    stays = before & after & (old == new)
    left_on = _moved_on(people, whole.pupils, census)
    any_day = rng.integers(census.opens + 8, census.halves[-1][1], len(old))
    left_on = np.where(whole.leaves == census.place, any_day, left_on)
    if census.is_last:
        finished = (~whole.follows | (whole.age == OLDEST_AT_PRIMARY)) & (whole.leaves != census.place)
        left_on = np.where(finished, school_year_ends(whole.year), left_on)
    return _Moves(stays, before & ~stays, after & ~stays, left_on)


def _moved_on(people: People, pupils: Ints, census: Census) -> Ints:
    """The day of the move that changed the school, kept between the two dates."""
    own, family = people.school_moved[pupils], people.moved[pupils]
    own = np.where((own > census.opens) & (own <= census.day), own, FAR)
    family = np.where((family > census.opens) & (family <= census.day), family, FAR)
    return np.minimum(own, family).clip(census.opens + 5, census.day - 1)


def _staying(people: People, whole: SchoolYear, census: Census, moves: _Moves) -> pl.DataFrame:
    """On roll at both dates, with all sessions."""
    at = np.flatnonzero(moves.stays)
    columns = _columns(census)
    entry = _entered(people, whole, at, census.opens)
    return _rows(
        whole, at, census.place, entry, FAR, whole.possible[at][:, columns], whole.absent[at][:, columns]
    )


def _going(people: People, whole: SchoolYear, census: Census, moves: _Moves) -> pl.DataFrame:
    """Left between the two dates, with the sessions up to then."""
    at = np.flatnonzero(moves.goes)
    entry = _entered(people, whole, at, census.opens)
    return _rows(whole, at, census.place, entry, moves.left_on[at], *_early(whole, at, census, moves))


def _coming(whole: SchoolYear, census: Census, moves: _Moves) -> pl.DataFrame:
    """New on roll, with what is left of the sessions; those who were at no school before have none."""
    at = np.flatnonzero(moves.comes)
    from_school = moves.goes[at]
    possible, absent = _early(whole, at, census, moves)
    columns = _columns(census)
    possible = np.where(from_school[:, None], whole.possible[at][:, columns] - possible, 0)
    absent = np.where(from_school[:, None], whole.absent[at][:, columns] - absent, 0)
    entry = np.where(from_school, moves.left_on[at] + 1, day(whole.year, 9, 4))
    return _rows(whole, at, census.place + 1, entry, FAR, possible, absent)


def _columns(census: Census) -> slice:
    return slice(census.place, census.place + len(census.halves))


def _early(whole: SchoolYear, at: Ints, census: Census, moves: _Moves) -> tuple[Ints, Ints]:
    """Sessions possible and missed before the pupil left."""
    possible, absent = whole.possible[at][:, _columns(census)], whole.absent[at][:, _columns(census)]
    share = np.stack([_share(moves.left_on[at], stretch) for stretch in census.halves], axis=1)
    early = 2 * np.round(possible * share / 2).astype(np.int64)
    missed = np.round(absent * share).astype(np.int64)
    return early, missed.clip(absent - (possible - early), early)


def _share(left_on: Ints, stretch: Stretch) -> Floats:
    first, last = stretch
    share: Floats = ((left_on - first) / (last - first)).clip(0.0, 1.0)
    return share


def _entered(people: People, whole: SchoolYear, at: Ints, by: int) -> Ints:
    """Primary pupils came at four, secondary pupils at eleven, sixth-formers at sixteen, or when they moved."""
    age, pupils = whole.age[at], whole.pupils[at]
    ages = [age <= 4, age <= OLDEST_AT_PRIMARY, age <= 15]
    years_ago = np.select(ages, [np.zeros_like(age), age - 4, age - 11], age - 16)
    starts = np.array([day(whole.year - 1 - back, 9, 4) for back in range(8)])[years_ago]
    for moved in (people.school_moved[pupils], people.moved[pupils]):
        starts = np.where((moved > starts) & (moved < by), moved + 1, starts)
    return starts


def _rows(
    whole: SchoolYear, at: Ints, date: int, entry: Ints, leaving: Ints | int, possible: Ints, absent: Ints
) -> pl.DataFrame:
    second = possible.shape[1] - 1
    nothing = np.zeros(len(at), dtype=np.int64)
    return pl.DataFrame(
        {
            "person": whole.pupils[at],
            "age": whole.age[at],
            "group": whole.group[at].astype(str),
            "school": whole.schools[at, date],
            "entry": entry,
            "leaving": np.broadcast_to(np.asarray(leaving, dtype=np.int64), len(at)),
            "possible": possible[:, 0],
            "absent": absent[:, 0],
            "possible_2": possible[:, 1] if second else nothing,
            "absent_2": absent[:, 1] if second else nothing,
        }
    )
