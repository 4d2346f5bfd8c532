"""From an enquiry to a protection plan: whose case goes to a conference, who is put on a plan, and for how
long.

As many plans begin in each authority and year, and as many are open on 31 March, as the department has
published; the same share of them is a child's second or later one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.clock import Cases, all_years, at_random
from synthetic.days import FAR, Bools, Ints, birthday, off_weekend, year_end
from synthetic.levels import Cells, counts
from synthetic.people import People
from synthetic.rates import happens, level, stream

SHORTEST_PLAN, LONGEST_ORDINARY_PLAN, ROOM_FOR_A_PLAN = 25, 720, 400
ENQUIRED_WITHOUT_PLAN, CONFERRED_WITHOUT_PLAN = 0.2, 0.12


@dataclass(frozen=True)
class Around:
    """The children, the authorities and years, and the protection plans of those who came into care."""

    people: People
    cells: Cells
    plans: pl.DataFrame

    def open_on(self, day: int) -> Ints:
        """How many plans of theirs each authority has on a day."""
        open_ = self.plans.filter((pl.col("plan_start") <= day) & (pl.col("plan_end") > day))
        return np.bincount(open_["la"].to_numpy(), minlength=self.cells.places.count)


def with_protection(around: Around, rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The referrals with s47, conference, plan_start and plan_end; `FAR` where there is none."""
    rng, count = stream(seed, "protection"), len(rows)
    soon = happens(rng, 0.75, count)
    s47 = rows["referral"].to_numpy() + np.where(
        soon, rng.integers(1, 12, count), rng.integers(12, 150, count)
    )
    conference = off_weekend(s47 + rng.integers(8, 19, count))
    can = ((rows["kind"] == "need") & ~rows["is_long"]).to_numpy()
    planned = _on_a_plan(rng, around, rows, conference, can)
    enquired = planned | (can & happens(rng, ENQUIRED_WITHOUT_PLAN, count))
    conferred = planned | (enquired & happens(rng, CONFERRED_WITHOUT_PLAN, count))
    end = np.full(count, FAR)
    end[planned] = _plan_ends(rng, around, rows.filter(pl.Series(planned)), conference[planned])
    return rows.with_columns(
        pl.Series("s47", np.where(enquired, s47, FAR)),
        pl.Series("conference", np.where(conferred, conference, FAR)),
        pl.Series("plan_start", np.where(planned, conference, FAR)),
        pl.Series("plan_end", end),
    )


def _on_a_plan(
    rng: np.random.Generator, around: Around, rows: pl.DataFrame, conference: Ints, can: Bools
) -> Bools:
    """So many of those with time enough for a plan as the authority still needs in the year."""
    people, cells = around.people, around.cells
    person = rows["person"].to_numpy()
    can = can & (rows["next"].to_numpy() - conference > ROOM_FOR_A_PLAN) & cells.holds(conference)
    can &= birthday(people.born[person], 18) - conference > 2 * SHORTEST_PLAN
    made = cells.count(around.plans["la"].to_numpy(), around.plans["plan_start"].to_numpy())
    published = cells.counts("cpp_start_rate") * (1 - level("plan_brought_from_another_authority"))
    wanted = np.floor(published - made + rng.random(len(cells))).astype(np.int64)
    cell = cells.number(people.home_la(person[can], conference[can]), conference[can])
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[can] = at_random(rng, cell, wanted)
    return chosen


def _plan_ends(rng: np.random.Generator, around: Around, rows: pl.DataFrame, start: Ints) -> Ints:
    """Each plan has its own length; the authority's clock makes as many last to 31 March as were published."""
    people, places = around.people, around.cells.places
    person = rows["person"].to_numpy()
    length = rng.lognormal(np.log(level("median_days_on_plan")), level("spread_of_days_on_plan"), len(rows))
    latest = np.minimum(birthday(people.born[person], 18), rows["next"].to_numpy() - 40)
    earliest, latest = _two_years(rng, around, people.home_la(person, start), start, latest)
    remainder = rng.random(places.count)

    def wanted(year: int) -> Ints:
        published = counts(places, "cpp_rate", year) - around.open_on(year_end(year))
        return np.floor(published + remainder).astype(np.int64)

    cases = Cases(start, length, earliest, latest)
    return all_years(cases, around.cells.years, lambda these, day: people.home_la(person[these], day), wanted)


def _two_years(
    rng: np.random.Generator, around: Around, la: Ints, start: Ints, latest: Ints
) -> tuple[Ints, Ints]:
    """The earliest and latest end of each plan: some last for two years or more, all others for less.

    Those that do began in one year, are open on the second 31 March after it and end in the year that
    follows, so that there are as many on each 31 March as were published.
    """
    cells = around.cells
    second = np.array([year_end(year) for year in range(cells.years[0] + 2, cells.years[-1] + 3)])
    cell = cells.number(la, start)
    there_on = second[cell // cells.places.count]
    expected = np.concatenate([counts(cells.places, "cpp_2years", year + 2) for year in cells.years])
    could = np.flatnonzero(latest > there_on + 1)
    wanted = np.floor(expected + rng.random(len(cells))).astype(np.int64)
    long = could[at_random(rng, cell[could], wanted)]
    earliest, short = start + SHORTEST_PLAN, np.minimum(latest, start + LONGEST_ORDINARY_PLAN)
    earliest[long] = np.minimum(there_on[long] + rng.integers(1, 360, len(long)), latest[long])
    short[long] = earliest[long]
    return earliest, short


def plans_before(episodes: pl.DataFrame, cells: Cells, seed: int) -> pl.Series:
    """How many plans a child has had before the one of the episode; nought where there is none.

    Earlier plans known here count; the rest of the published share had theirs long ago or elsewhere.
    """
    rng = stream(seed, "second plans")
    rows = episodes.select("person", "la", "plan_start").with_row_index("row")
    plans = rows.filter(pl.col("plan_start") < FAR).sort("person", "plan_start")
    plans = plans.with_columns(pl.int_range(pl.len()).over("person").alias("known"))
    start, la, known = (plans[name].to_numpy() for name in ("plan_start", "la", "known"))
    again = cells.count(la[known > 0], start[known > 0])
    wanted = cells.shares("cpp_repeat") * cells.count(la, start) - again
    could = np.flatnonzero((known == 0) & cells.holds(start))
    these = could[at_random(
        rng, cells.number(la[could], start[could]), np.floor(wanted + rng.random(len(cells))).astype(np.int64)
    )]  # fmt: skip
    long_ago = np.zeros(len(plans), dtype=np.int64)
    long_ago[these] = 1 + rng.poisson(0.25, len(these))
    plans = plans.with_columns(pl.Series("long_ago", long_ago))
    before = plans.select("row", before=pl.col("known") + pl.col("long_ago").first().over("person"))
    return rows.join(before, on="row", how="left", maintain_order="left")["before"].fill_null(0)
