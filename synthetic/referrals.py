"""Who is referred to social care and when, and who is referred again.

Families are referred together; then each child goes their own way, one referral after another. In every
authority and year as many are referred as the department has published, and the published share of them
within twelve months of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.clock import first_of
from synthetic.days import FAR, Bools, Floats, Ints, age_on, birthday, year_end, year_start
from synthetic.levels import counts
from synthetic.matching import NOBODY, Register
from synthetic.people import People
from synthetic.places import Places
from synthetic.rates import happens, level, stream

AGES = [
    (-0.4, 0.0, 0.04),
    (0.0, 1.0, 0.13),
    (1.0, 5.0, 0.28),
    (5.0, 10.0, 0.20),
    (10.0, 16.0, 0.23),
    (16.0, 17.8, 0.12),
]
LONG_BACK_YEARS = 11
KINDS = ("nfa", "assessed", "need")
# Days from a referral to the earliest next one, beyond the assessment where there is one.
BEFORE_NEXT = {"nfa": 3, "assessed": 8, "need": 20}
MEAN_ASSESSMENT = 45
MOST_IN_A_YEAR = 6
REFERRAL = {
    "person": pl.Int64, "la": pl.Int64, "referral": pl.Int64, "kind": pl.String, "is_long": pl.Boolean,
    "assessed_on": pl.Int64, "next": pl.Int64,
}  # fmt: skip


@dataclass(frozen=True)
class _Chances:
    """What becomes of a referral in each authority in a year."""

    nfa: Floats
    assessed: Floats
    again: Floats

    def same_year(self) -> Floats:
        """How many more referrals follow, within the collection year, on each first one."""
        rest = [365 * (step + 0.5) / 12 for step in range(12)]
        again = self.again * np.mean([_soon(self.nfa, self.assessed, days) for days in rest], axis=0)
        total: Floats = again / (1 - again / 3)
        return total


def make_referrals(
    people: People, register: Register, places: Places, others: Mapping[int, Ints], seed: int
) -> pl.DataFrame:
    """One row per referral: person, la, referral, kind, is_long, assessed_on, next (`FAR` if there is none).

    `others` are the referrals of each year and authority that are made elsewhere, those around care.
    """
    rng = stream(seed, "need")
    owed, due = rng.random(places.count), pl.DataFrame(schema=REFERRAL)
    made = [_long_before(rng, people, register, places, min(others))]
    for year, elsewhere in others.items():
        chances = _chances(places, year, elsewhere)
        again = _and_again(rng, people, chances, due.filter(pl.col("next") <= year_end(year)), year)
        wanted = _wanted(places, year) - elsewhere - _by_la(places, again) + owed
        seeds = np.maximum(np.floor(wanted / (1 + chances.same_year())), 0).astype(np.int64)
        first = _and_again(rng, people, chances, _first(rng, people, register, seeds, year), year)
        owed = np.clip(wanted - _by_la(places, first), -3 - 0.1 * seeds, 3 + 0.1 * seeds)
        made += [again, first]
        due = pl.concat([due, again, first]).filter(pl.col("next").is_between(year_end(year) + 1, FAR - 1))
    return pl.concat(made)


def _by_la(places: Places, rows: pl.DataFrame) -> Ints:
    return np.bincount(rows["la"].to_numpy(), minlength=places.count)


def _wanted(places: Places, year: int) -> Floats:
    """Referrals in the year but for those of families who bring their case from another authority."""
    return counts(places, "referral_rate", year) * (1 - level("brought_from_another_authority"))


def _chances(places: Places, year: int, elsewhere: Ints) -> _Chances:
    """The published shares, of the referrals that are made here."""
    made_here = np.maximum(_wanted(places, year) - elsewhere, 1.0)
    nfa, assessed = (
        counts(places, name, year) / made_here for name in ("referral_nfa", "referral_not_in_need")
    )
    nfa, assessed = np.clip(nfa, 0.0, 0.6), np.clip(assessed, 0.0, 0.7)
    assessed = np.minimum(assessed, 0.95 - nfa)
    repeated = (counts(places, "rereferral", year) + counts(places, "rereferral", year + 1)) / 2 / made_here
    again = repeated * level("referred_again") / _soon(nfa, assessed, 365.0)
    return _Chances(nfa, assessed, np.clip(again, 0.0, 0.9))


def _soon(nfa: Floats, assessed: Floats, days: float) -> Floats:
    """How many of the next referrals come within so many days."""
    mean = level("days_to_next_referral")
    parts = {"nfa": nfa, "assessed": assessed, "need": 1 - nfa - assessed}
    least = {kind: days_ + MEAN_ASSESSMENT * (kind != "nfa") for kind, days_ in BEFORE_NEXT.items()}
    soon: Floats = sum(
        (part * (1 - np.exp(-max(days - least[kind], 0.0) / mean)) for kind, part in parts.items()),
        start=np.zeros(len(nfa)),
    )
    return soon


def _and_again(
    rng: np.random.Generator, people: People, chances: _Chances, rows: pl.DataFrame, year: int
) -> pl.DataFrame:
    """What came of each referral, and of the next ones that follow within the same year."""
    made = [pl.DataFrame(schema=REFERRAL)]
    person, when = rows["person"].to_numpy(), rows["next"].to_numpy()
    for _ in range(MOST_IN_A_YEAR):
        made.append(_referrals(rng, people, chances, person, when))
        following = made[-1].filter(pl.col("next") <= year_end(year))
        person, when = following["person"].to_numpy(), following["next"].to_numpy()
    return pl.concat(made)


def _referrals(
    rng: np.random.Generator, people: People, chances: _Chances, person: Ints, when: Ints
) -> pl.DataFrame:
    """No further action, assessed and not in need, or in need; and whether another referral follows."""
    la, count = people.home_la(person, when), len(person)
    draw = rng.random(count)
    nfa, not_in_need = chances.nfa[la], chances.nfa[la] + chances.assessed[la]
    kind = np.where(draw < nfa, "nfa", np.where(draw < not_in_need, "assessed", "need"))
    is_long = (kind == "need") & happens(rng, level("long_cases"), count)
    assessed_on = when + rng.integers(0, 4, count) + _assessment_days(rng, count)
    settled = np.where(kind == "nfa", when, assessed_on) + np.select(
        [kind == name for name in KINDS], list(BEFORE_NEXT.values())
    )
    following = settled + rng.exponential(level("days_to_next_referral"), count).astype(np.int64)
    returns = (rng.random(count) < chances.again[la]) & ~is_long
    returns &= following < birthday(people.born[person], 18)
    columns = [person, la, when, kind.astype(str), is_long, assessed_on, np.where(returns, following, FAR)]
    return pl.DataFrame(dict(zip(REFERRAL, columns, strict=True)), schema=REFERRAL)


def _assessment_days(rng: np.random.Generator, count: int) -> Ints:
    """Calendar days that an assessment takes: mostly within 45 working days."""
    late = happens(rng, 0.16, count)
    days: Ints = np.where(late, rng.integers(66, 100, count), rng.integers(12, 63, count))
    return days


def _first(
    rng: np.random.Generator, people: People, register: Register, wanted: Ints, year: int
) -> pl.DataFrame:
    """The first referral of each career: a child and those siblings who are referred the same day."""
    la = np.repeat(np.arange(len(wanted)), wanted)
    when = rng.integers(year_start(year), year_end(year) + 1, len(la))
    seed = register.choose(rng, la, when - _ages(rng, len(la)))
    seed, when = seed[seed != NOBODY], when[seed != NOBODY]
    sibling, position = people.siblings(seed)
    age = age_on(people.born[sibling], when[position])
    comes = (age >= 0) & (age < 17) & happens(rng, 0.55, len(sibling))
    sibling, position = sibling[comes], position[comes]
    joins = register.join(sibling)
    family = np.concatenate([np.arange(len(seed)), position[joins]])
    person, day = np.concatenate([seed, sibling[joins]]), when[family]
    kept = first_of(people.home_la(person, day), rng.permutation(len(seed))[family], wanted)
    register.release(person[~kept])
    return pl.DataFrame({"person": person[kept], "next": day[kept]})


def _ages(rng: np.random.Generator, count: int) -> Ints:
    bands = rng.choice(len(AGES), count, p=[share for *_, share in AGES])
    low = np.array([age for age, *_ in AGES])[bands]
    high = np.array([age for _, age, _ in AGES])[bands]
    days: Ints = ((low + (high - low) * rng.random(count)) * 365.25).astype(np.int64)
    return days


def _long_before(
    rng: np.random.Generator, people: People, register: Register, places: Places, first: int
) -> pl.DataFrame:
    """Long cases that began before the first year of the careers, most of them of disabled children."""
    yearly = level("long_cases") * counts(places, "cin_start_rate", first)
    count = np.floor(yearly * LONG_BACK_YEARS + rng.random(places.count)).astype(np.int64)
    la = np.repeat(np.arange(places.count), count)
    when = rng.integers(year_start(first) - LONG_BACK_YEARS * 365, year_start(first), len(la))
    person = register.choose(rng, la, when - _ages(rng, len(la)))
    person, when = person[person != NOBODY], when[person != NOBODY]
    columns: list[Ints | list[str] | Bools] = [
        person, people.home_la(person, when), when, ["need"] * len(person), np.ones(len(person), dtype=bool),
        when + MEAN_ASSESSMENT, np.full(len(person), FAR),
    ]  # fmt: skip
    return pl.DataFrame(dict(zip(REFERRAL, columns, strict=True)), schema=REFERRAL)
