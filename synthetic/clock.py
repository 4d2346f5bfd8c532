"""Who is still there on 31 March: each authority lets time run faster or slower, so that as many are left as it
has said.

Every case brings an amount of time that it would take (`left`). An authority's clock turns days into that
time, at one speed within a collection year; a case ends on the day on which its time is used up. So the
number of cases on 31 March follows the published one, while who leaves, after how long and why, stays what
the lives say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from synthetic.days import FAR, Bools, Floats, Ints, year_end, year_start

SLOWEST, FASTEST = 0.05, 12.0
MOST_DAYS = 40_000


@dataclass(frozen=True)
class Cases:
    """When each began, the time it would take, and the days before and after which it can not end."""

    start: Ints
    left: Floats
    earliest: Ints
    latest: Ints

    def of(self, these: Ints | Bools) -> Cases:
        """Some of the cases."""
        return Cases(self.start[these], self.left[these], self.earliest[these], self.latest[these])

    def ends(self, speed: Floats | float, year: int) -> Ints:
        """The day on which the time is used up, were the speed of this year to last."""
        days = np.ceil(np.minimum(self.left / speed, MOST_DAYS)).astype(np.int64)
        used_up = np.maximum(self.start, year_start(year)) + np.maximum(days, 1)
        ends: Ints = np.minimum(np.maximum(used_up, self.earliest), self.latest)
        return ends


def one_year(cases: Cases, la: Ints, year: int, wanted: Ints) -> tuple[Ints, Floats]:
    """When each case ends, after the year if it outlasts it, and the time that is then left of it.

    `wanted` is how many of each authority should be there on 31 March.
    """
    days = year_end(year) - np.maximum(cases.start, year_start(year))
    left = np.where(cases.earliest > year_end(year), np.inf, cases.left)
    could_stay = cases.latest > year_end(year)
    speed = speeds(la[could_stay], left[could_stay], days[could_stay], wanted)[la]
    return cases.ends(speed, year), np.maximum(cases.left - speed * np.maximum(days, 0), 0.0)


def all_years(
    cases: Cases, years: Sequence[int], la_on: Callable[[Ints, int], Ints], wanted: Callable[[int], Ints]
) -> Ints:
    """The end of every case; `la_on` gives the authority of some cases on a day."""
    end, left = np.full(len(cases.start), FAR), cases.left.copy()
    for year in years:
        live = np.flatnonzero((end == FAR) & (cases.start <= year_end(year)))
        now = Cases(cases.start[live], left[live], cases.earliest[live], cases.latest[live])
        ends, left[live] = one_year(now, la_on(live, year_end(year)), year, wanted(year))
        end[live] = np.where(ends <= year_end(year), ends, FAR)
    after = Cases(cases.start, left, cases.earliest, cases.latest).ends(1.0, years[-1] + 1)
    return np.where(end < FAR, end, after)


def speeds(la: Ints, left: Floats, days: Ints, wanted: Ints) -> Floats:
    """For each authority the speed at which `wanted` of its cases outlast the days that they have."""
    ratio = np.where(days > 0, left / np.maximum(days, 1), np.inf)
    by_la = np.lexsort((-ratio, la))
    ratio, count = np.append(ratio[by_la], 0.0), np.bincount(la, minlength=len(wanted))
    first = np.cumsum(count) - count
    kept = np.clip(wanted, 0, count)
    last_kept = np.where(kept > 0, ratio[first + np.maximum(kept, 1) - 1], np.inf)
    first_gone = np.where(kept < count, ratio[np.minimum(first + kept, len(ratio) - 1)], 0.0)
    between = np.where(np.isinf(last_kept), first_gone * 1.01, (last_kept + first_gone) / 2)
    speed: Floats = np.clip(between, SLOWEST, FASTEST)
    return speed


def rounded(expected: Floats, remainder: Floats) -> Ints:
    """Whole numbers for expected ones; what is left over is kept in `remainder` for the next time."""
    exact = expected + remainder
    whole = np.maximum(np.floor(exact), 0.0)
    most = 3.0 + 0.1 * np.abs(expected)
    remainder[:] = np.clip(exact - whole, -most, most)
    return whole.astype(np.int64)


def at_random(rng: np.random.Generator, group: Ints, wanted: Ints) -> Bools:
    """So many of each group, chosen at random; all of a group that has fewer."""
    return first_of(group, rng.random(len(group)), wanted)


def first_of(group: Ints, place: Floats | Ints, wanted: Ints) -> Bools:
    """So many of each group, those with the lowest place."""
    order = np.lexsort((place, group))
    count = np.bincount(group, minlength=len(wanted))
    position = np.arange(len(group)) - (np.cumsum(count) - count)[group[order]]
    chosen = np.zeros(len(group), dtype=bool)
    chosen[order] = position < wanted[group[order]]
    return chosen
