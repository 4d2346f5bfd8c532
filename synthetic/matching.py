"""Whom something happens to: from "a child of about this age in this authority" to a person."""

from __future__ import annotations

import numpy as np

from synthetic.days import Bools, Codes, Floats, Ints
from synthetic.people import People

NOBODY = -1


class Register:
    """Persons in order of authority and birth, and who has already been chosen."""

    def __init__(self, people: People, eligible: Bools) -> None:
        order = np.lexsort((people.born, people.la))
        self.order = order[eligible[order]]
        self.la = people.la[self.order]
        self.born = people.born[self.order]
        self.key = self.la * 100_000 + self.born
        self.taken = np.zeros(len(people), dtype=bool)

    def choose(self, rng: np.random.Generator, la: Ints, born: Ints) -> Ints:
        """A person not yet chosen born about then in that authority, or NOBODY; each person once."""
        chosen = np.full(len(la), NOBODY)
        for reach in (2, 4, 8, 16, 40):
            open_ = np.flatnonzero(chosen == NOBODY)
            if len(open_) == 0:
                break
            chosen[open_] = self._attempt(rng, la[open_], born[open_], reach)
        return chosen

    def _attempt(self, rng: np.random.Generator, la: Ints, born: Ints, reach: int) -> Ints:
        near = np.searchsorted(self.key, la * 100_000 + born) + rng.integers(-reach, reach + 1, len(la))
        near = near.clip(0, len(self.order) - 1)
        person = self.order[near]
        fits = (self.la[near] == la) & (np.abs(self.born[near] - born) < 30 * reach) & ~self.taken[person]
        first = np.zeros(len(la), dtype=bool)
        first[np.unique(person, return_index=True)[1]] = True
        accepted = fits & first
        self.taken[person[accepted]] = True
        return np.where(accepted, person, NOBODY)

    def release(self, persons: Ints) -> None:
        """These are not needed after all and may be chosen again."""
        self.taken[persons] = False

    def join(self, persons: Ints) -> Bools:
        """Which of these persons are chosen now for the first time; they count as chosen from here on."""
        first = np.zeros(len(persons), dtype=bool)
        first[np.unique(persons, return_index=True)[1]] = True
        accepted: Bools = first & ~self.taken[persons]
        self.taken[persons[accepted]] = True
        return accepted


def band(age: Floats | Ints) -> Ints:
    """Age bands of the statistics: under 1, 1 to 4, 5 to 9, 10 to 15, 16 and over."""
    return np.searchsorted(np.array([1, 5, 10, 16]), age, side="right")


def pick(rng: np.random.Generator, shares: list[tuple[str, float]], times: int) -> Codes:
    """A code for each case, by share."""
    codes = np.array([code for code, _ in shares])
    weight = np.array([share for _, share in shares])
    chosen: Codes = codes[rng.choice(len(codes), times, p=weight / weight.sum())]
    return chosen


def _evenly(rng: np.random.Generator, bands: Ints) -> Floats:
    """A draw between 0 and 1 for each case: those of a band are spread evenly, in no order."""
    order = np.lexsort((rng.random(len(bands)), bands))
    count = np.bincount(bands)
    place = np.empty(len(bands))
    place[order] = np.arange(len(bands)) - (np.cumsum(count) - count)[bands[order]]
    draws: Floats = (place + rng.random(len(count))[bands]) / np.maximum(count, 1)[bands]
    return draws


def pick_by_band(rng: np.random.Generator, codes: list[str], shares: list[list[float]], bands: Ints) -> Codes:
    """A code for each case, by the shares of the case's band, as evenly as whole cases allow."""
    table = np.array(shares, dtype=float)
    bounds = np.cumsum(table / table.sum(axis=1, keepdims=True), axis=1)
    column = (_evenly(rng, bands)[:, None] > bounds[bands]).sum(axis=1)
    chosen: Codes = np.array(codes)[column.clip(max=len(codes) - 1)]
    return chosen
