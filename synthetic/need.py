"""Episodes of need: referrals, what came of them, when the case closed, and whether the child was referred
again.

Families are referred together, then each child goes their own way, one referral after another. Children who
come into care have an episode of need around it. A family that moves to another authority takes its open
case along: the first authority closes it, the second begins with a referral.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.days import FAR, Bools, Ints, age_on, birthday, off_weekend, year_end, year_start
from synthetic.matching import NOBODY, Register, local_level, spread
from synthetic.people import HISTORY_YEARS, People
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
ROUNDS = 9
NOT_IN_NEED = ("nfa", "assessed")


@dataclass
class _Careers:
    """Children whose next referral falls on `when`."""

    person: Ints
    when: Ints
    long_only: Bools


def make_episodes(
    people: People,
    register: Register,
    places: Places,
    periods: pl.DataFrame,
    years: tuple[int, ...],
    seed: int,
) -> pl.DataFrame:
    """One row per referral: episode, person, la, referral, closure, kind, s47, conference, plan_end…"""
    begin = year_start(years[0]) - HISTORY_YEARS * 365
    horizon = year_end(years[-1])
    rng = stream(seed, "need")
    careers = _begin(rng, people, register, places, begin, horizon)
    rounds = []
    for _ in range(ROUNDS):
        rows, careers = _one_referral_each(rng, people, careers, horizon)
        rounds.append(rows)
    chains = pl.concat([rows for rows in rounds if len(rows)])
    chains = _take_along(stream(seed, "transfers of need"), people, chains)
    around = _around_care(stream(seed, "need around care"), people, periods, horizon)
    every = pl.concat([chains, around.select(chains.columns)])
    relevant = (pl.col("referral") <= horizon) & (pl.col("closure") >= year_start(years[0]) - 3 * 365)
    return every.filter(relevant).sort("person", "referral").with_row_index("episode")


def _begin(
    rng: np.random.Generator, people: People, register: Register, places: Places, begin: int, end: int
) -> _Careers:
    """The first referral of each career: a child and those siblings who are referred the same day."""
    share = places.children.sum() / level("children")
    own_level = local_level(rng, places, 0.22)
    years = (end - begin) / 365.25
    la = spread(rng, places, level("need_seeds_in_year") * share * years, own_level, at_least=8)
    when = rng.integers(begin, end + 1, len(la))
    long_share = level("long_cases") * (1 - level("no_further_action") - level("assessed_not_in_need"))
    earlier = spread(
        rng, places, level("need_seeds_in_year") * share * long_share * LONG_BACK_YEARS, own_level
    )
    la = np.concatenate([la, earlier])
    when = np.concatenate([when, rng.integers(begin - LONG_BACK_YEARS * 365, begin, len(earlier))])
    is_earlier = np.arange(len(la)) >= len(la) - len(earlier)
    person = register.choose(rng, la, when - _ages(rng, len(la)))
    found = person != NOBODY
    return _with_siblings(rng, people, register, _Careers(person[found], when[found], is_earlier[found]))


def _ages(rng: np.random.Generator, count: int) -> Ints:
    bands = rng.choice(len(AGES), count, p=[share for *_, share in AGES])
    low = np.array([age for age, *_ in AGES])[bands]
    high = np.array([age for _, age, _ in AGES])[bands]
    days: Ints = ((low + (high - low) * rng.random(count)) * 365.25).astype(np.int64)
    return days


def _with_siblings(rng: np.random.Generator, people: People, register: Register, seeds: _Careers) -> _Careers:
    sibling, position = people.siblings(seeds.person)
    age = age_on(people.born[sibling], seeds.when[position])
    comes = (age >= 0) & (age < 17) & happens(rng, 0.55, len(sibling)) & ~seeds.long_only[position]
    sibling, position = sibling[comes], position[comes]
    joins = register.join(sibling)
    return _Careers(
        np.concatenate([seeds.person, sibling[joins]]),
        np.concatenate([seeds.when, seeds.when[position[joins]]]),
        np.concatenate([seeds.long_only, np.zeros(joins.sum(), dtype=bool)]),
    )


def _one_referral_each(
    rng: np.random.Generator, people: People, careers: _Careers, horizon: int
) -> tuple[pl.DataFrame, _Careers]:
    """One referral for every career that is due, and the careers that go on."""
    due = (careers.when <= horizon) & (age_on(people.born[careers.person], careers.when) < 18)
    person, when, long_only = careers.person[due], careers.when[due], careers.long_only[due]
    rows = _what_came_of_it(rng, people, person, when, long_only)
    closed = np.where(rows["kind"].to_numpy() == "nfa", when + 1, rows["closure"].to_numpy())
    returns = happens(rng, level("referred_again"), len(person)) & (people.died[person] == FAR)
    gap = 3 + rng.exponential(level("days_to_next_referral"), len(person)).astype(np.int64)
    following = _Careers(person[returns], (closed + gap)[returns], np.zeros(returns.sum(), dtype=bool))
    return rows, following


def _what_came_of_it(
    rng: np.random.Generator, people: People, person: Ints, when: Ints, long_only: Bools
) -> pl.DataFrame:
    """No further action, assessed and not in need, or in need for a while."""
    count = len(person)
    draw = rng.random(count)
    nfa, assessed = level("no_further_action"), level("assessed_not_in_need")
    kind = np.where(draw < nfa, "nfa", np.where(draw < nfa + assessed, "assessed", "need"))
    kind = np.where(long_only, "need", kind)
    is_long = (long_only | happens(rng, level("long_cases"), count)) & (kind == "need")
    assessed_on = when + rng.integers(0, 4, count) + _assessment_days(rng, count)
    length = np.where(
        is_long,
        400 + rng.exponential(1300, count),
        rng.lognormal(np.log(level("median_days_in_need")), 0.85, count),
    ).astype(np.int64)
    closure = np.where(
        kind == "need", np.maximum(when + length, assessed_on + 5), assessed_on + rng.integers(0, 6, count)
    )
    plan = _protection(rng, when, (kind == "need") & ~is_long)
    closure = np.where(
        plan["plan_end"] < FAR, np.maximum(closure, plan["plan_end"] + rng.integers(20, 150, count)), closure
    )
    closure = _grown_up(people, person, when, closure, assessed_on)
    died = happens(rng, 0.0008, count) & (kind == "need") & (people.born[person] < closure)
    people.died[person[died]] = np.minimum(people.died[person[died]], closure[died])
    reason = np.where(kind == "assessed", np.where(rng.random(count) < 0.3, "RC9", "RC8"), "RC7")
    plan = _while_open(plan, closure)
    return pl.DataFrame(
        {
            "person": person,
            "la": people.home_la(person, when),
            "referral": when,
            "closure": np.where(kind == "nfa", when, closure),
            "reason": np.where(died, "RC2", reason).astype(str),
            "kind": kind.astype(str),
            "is_long": is_long,
            "assessed_on": assessed_on,
            **plan,
            "transferred_in": np.zeros(count, dtype=bool),
        }
    )


def _assessment_days(rng: np.random.Generator, count: int) -> Ints:
    """Calendar days that an assessment takes: mostly within 45 working days."""
    late = happens(rng, 0.16, count)
    days: Ints = np.where(late, rng.integers(66, 100, count), rng.integers(12, 63, count))
    return days


def _protection(rng: np.random.Generator, when: Ints, can: Bools) -> dict[str, Ints]:
    """Enquiry, conference and protection plan of an episode; `FAR` where there is none."""
    count = len(when)
    planned = can & happens(rng, level("in_need_to_plan"), count)
    enquired = planned | (can & happens(rng, 0.2, count))
    soon = happens(rng, 0.75, count)
    s47 = when + np.where(soon, rng.integers(1, 12, count), rng.integers(12, 150, count))
    conference = off_weekend(s47 + rng.integers(8, 19, count))
    length = np.maximum(rng.lognormal(np.log(level("median_days_on_plan")), 0.62, count), 25).astype(np.int64)
    conferred = planned | (enquired & happens(rng, 0.12, count))
    return {
        "s47": np.where(enquired, s47, FAR),
        "conference": np.where(conferred, conference, FAR),
        "plan_start": np.where(planned, conference, FAR),
        "plan_end": np.where(planned, conference + length, FAR),
    }


def _while_open(plan: dict[str, Ints], closure: Ints) -> dict[str, Ints]:
    """Only what fits before the closure happens."""
    held = (plan["conference"] < FAR) & (plan["conference"] < closure - 5)
    goes_on = held & (plan["plan_start"] < FAR)
    enquired = held | ((plan["conference"] >= FAR) & (plan["s47"] < closure - 21))
    return {
        "s47": np.where(enquired, plan["s47"], FAR),
        "conference": np.where(held, plan["conference"], FAR),
        "plan_start": np.where(goes_on, plan["plan_start"], FAR),
        "plan_end": np.where(goes_on, np.minimum(plan["plan_end"], closure), FAR),
    }


def _grown_up(people: People, person: Ints, when: Ints, closure: Ints, assessed_on: Ints) -> Ints:
    """Cases close around the eighteenth birthday, but never before the assessment is done."""
    limit = birthday(people.born[person], 18) + 25
    return np.where(closure > limit, np.maximum(limit, np.maximum(assessed_on + 5, when + 20)), closure)


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


REASONS_AFTER_CARE = {
    "adopted": "RC1",
    "order": "RC3",
    "guardian": "RC4",
    "transferred": "RC5",
    "died": "RC2",
    "adult": "RC6",
}


def _around_care(
    rng: np.random.Generator, people: People, periods: pl.DataFrame, horizon: int
) -> pl.DataFrame:
    """One episode of need around each stay in care, or around several that follow closely."""
    if len(periods) == 0:
        return _what_came_of_it(rng, people, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
    frame = _before_and_after(rng, people, periods)
    previous = pl.col("closure").shift(1).over("person")
    same_la = pl.col("la") == pl.col("la").shift(1).over("person")
    handed_over = (pl.col("ending").shift(1).over("person") == "transferred").fill_null(False)
    lead = pl.when(handed_over).then("start").otherwise("referral")
    begins = previous.is_null() | ~same_la | (lead - 20 > previous)
    grouped = (
        frame.with_columns(
            lead.alias("referral"), begins.cast(pl.Int64).alias("begins"), handed_over.alias("transferred_in")
        )
        .with_columns(pl.col("begins").cum_sum().alias("stay"))
        .group_by("stay", maintain_order=True)
        .agg(
            pl.col("person", "la", "referral", "transferred_in").first(),
            pl.col("start").first().alias("care_start"),
            pl.col("closure", "ending").last(),
        )
        .with_columns(
            pl.max_horizontal("referral", pl.col("closure").shift(1).over("person").fill_null(0)).alias(
                "referral"
            )
        )
    )
    return _care_episode_rows(rng, people, grouped)


def _before_and_after(rng: np.random.Generator, people: People, periods: pl.DataFrame) -> pl.DataFrame:
    count = len(periods)
    start, end = periods["start"].to_numpy(), periods["end"].to_numpy()
    person = periods["person"].to_numpy()
    at_once = happens(rng, 0.35, count) | (people.arrived[person] > 0)
    lead = np.where(at_once, rng.integers(0, 8, count), 20 + rng.gamma(1.4, 200, count).astype(np.int64))
    earliest = np.maximum(people.born[person] - 120, people.arrived[person])
    referral = np.minimum(np.maximum(start - lead, earliest), start)
    ending = periods["ending"].to_numpy()
    at_once_after = np.isin(ending, ["adopted", "order", "transferred", "died"])
    linger = np.where(at_once_after, 0, rng.integers(10, 200, count))
    leaver = np.isin(ending, ["grown"]) & happens(rng, 0.6, count)
    linger = np.where(
        ending == "grown",
        np.where(leaver, rng.integers(200, 1100, count), rng.integers(0, 30, count)),
        linger,
    )
    return periods.with_columns(pl.Series("referral", referral), pl.Series("closure", end + linger)).sort(
        "person", "start"
    )


def _care_episode_rows(rng: np.random.Generator, people: People, stays: pl.DataFrame) -> pl.DataFrame:
    """The episode with its protection plan before care, for those who were known for a while."""
    count = len(stays)
    referral, care_start = stays["referral"].to_numpy(), stays["care_start"].to_numpy()
    lead = care_start - referral
    protected = (lead > 60) & happens(rng, 0.55, count)
    s47 = referral + rng.integers(1, 12, count)
    conference = off_weekend(s47 + rng.integers(8, 19, count))
    plan_end = np.maximum(care_start + np.where(happens(rng, 0.25, count), 45, 0), conference + 3)
    closure = np.maximum(stays["closure"].to_numpy(), np.where(protected, plan_end + 1, 0))
    assessed_on = np.minimum(referral + 2 + rng.integers(12, 63, count), closure)
    return stays.with_columns(
        pl.Series("closure", closure),
        pl.col("ending").replace_strict(REASONS_AFTER_CARE, default="RC7").alias("reason"),
        pl.lit("care").alias("kind"),
        pl.lit(False).alias("is_long"),
        pl.Series("assessed_on", assessed_on),
        pl.Series("s47", np.where(protected, s47, FAR)),
        pl.Series("conference", np.where(protected, conference, FAR)),
        pl.Series("plan_start", np.where(protected, conference, FAR)),
        pl.Series("plan_end", np.where(protected, plan_end, FAR)),
    )


def open_episodes(episodes: pl.DataFrame, on: int) -> pl.DataFrame:
    """Episodes open at the end of a day, cases that were closed without action left out."""
    is_open = (pl.col("referral") <= on) & (pl.col("closure") > on)
    return episodes.filter(is_open & (pl.col("kind") != "nfa"))


def open_plans(episodes: pl.DataFrame, on: int) -> pl.DataFrame:
    """Protection plans open at the end of a day."""
    return episodes.filter((pl.col("plan_start") <= on) & (pl.col("plan_end") > on))
