"""How a pupil's sessions of a term spread over the register's codes.

From August 2024 the codes changed: C1, C2, J1, K, Q and Y1 to Y7 came, H, J and the undivided Y went. What
does not count as a possible session (school closed, no transport) stands beside the possible ones and is no
part of them. Most pupils have a handful of codes in a term, as in life: the two registrations, a visit or a
late arrival, one or two kinds of absence.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.days import Bools, Ints
from synthetic.rates import happens

ATTENDING = {"L": 0.4, "V": 0.22, "B": 0.24, "P": 0.09, "W": 0.05}
"""Attended sessions that are not simply present: each pupil has at most one such code in a term."""
OTHERWISE_PRESENT = 0.035
AUTHORISED = {"I": 0.46, "M": 0.06, "C": 0.05, "E": 0.035, "R": 0.02, "T": 0.005, "S": 0.005}
UNAUTHORISED = {"O": 0.22, "G": 0.06, "U": 0.04, "N": 0.03}
FIRST_CODE = 0.7
"""How much of a pupil's absence has the first of its two codes."""
NOT_POSSIBLE = ["#", "Y4", "X", "Q"]
BEFORE_2025 = {"Y4": "Y", "Q": "Y"}


def codes_in(year: int) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of the codes for other ways to attend and for sessions missed in a school year."""
    if year >= 2025:
        return ATTENDING | {"K": 0.06}, AUTHORISED | {"C1": 0.002, "C2": 0.015, "J1": 0.002} | UNAUTHORISED
    return ATTENDING | {"J": 0.03}, AUTHORISED | {"H": 0.004} | UNAUTHORISED


def session_rows(
    rng: np.random.Generator, rows: pl.DataFrame, year: int, *, second_half: bool = False
) -> pl.DataFrame:
    """enrolment, sessions, attendancereason: one row for each code that a pupil has."""
    possible, absent = (rows[name + "_2" * second_half].to_numpy() for name in ("possible", "absent"))
    codes = _Codes(year)
    parts = [
        *_attended(rng, possible - absent, codes),
        *_missed(rng, absent, codes),
        *_not_possible(rng, rows, possible > 0, codes),
    ]
    counts = np.stack([count for _, count in parts], axis=1)
    at, column = np.nonzero(counts)
    chosen = np.stack([np.broadcast_to(code, len(rows)) for code, _ in parts], axis=1)
    return pl.DataFrame({
        "enrolment": rows["enrolment"].gather(pl.Series(at)),
        "sessions": pl.Series(counts[at, column]).cast(pl.String),
        "attendancereason": codes.texts.gather(pl.Series(chosen[at, column])),
    })  # fmt: skip


class _Codes:
    """The codes of a school year as numbers, so that a million of them are one array."""

    def __init__(self, year: int) -> None:
        self.attending, self.missing = codes_in(year)
        self.not_possible = NOT_POSSIBLE if year >= 2025 else [BEFORE_2025.get(c, c) for c in NOT_POSSIBLE]
        texts = ["/", "\\", *self.attending, *self.missing, *self.not_possible]
        self.texts = pl.Series(list(dict.fromkeys(texts)))
        self.number = {code: number for number, code in enumerate(self.texts)}

    def drawn(self, rng: np.random.Generator, shares: dict[str, float], times: int) -> Ints:
        """A code for each of many cases, by share."""
        weight = np.array(list(shares.values()))
        numbers = np.array([self.number[code] for code in shares])
        found: Ints = numbers[rng.choice(len(weight), times, p=weight / weight.sum())]
        return found


Part = tuple[Ints | int, Ints]
"""For each pupil the number of a code, and its sessions."""


def _attended(rng: np.random.Generator, attended: Ints, codes: _Codes) -> list[Part]:
    otherwise = rng.binomial(attended, OTHERWISE_PRESENT)
    mornings = (attended - otherwise + 1) // 2
    return [
        (codes.number["/"], mornings),
        (codes.number["\\"], attended - otherwise - mornings),
        (codes.drawn(rng, codes.attending, len(attended)), otherwise),
    ]


def _missed(rng: np.random.Generator, absent: Ints, codes: _Codes) -> list[Part]:
    one, other = (codes.drawn(rng, codes.missing, len(absent)) for _ in range(2))
    first = np.where(one == other, absent, rng.binomial(absent, FIRST_CODE))
    return [(one, first), (other, absent - first)]


def _not_possible(
    rng: np.random.Generator, rows: pl.DataFrame, registered: Bools, codes: _Codes
) -> list[Part]:
    """Sessions that did not count: closures of some schools, part-time hours of four-year-olds."""
    school, age = rows["school"].to_numpy(), rows["age"].to_numpy()
    schools = int(school.max()) + 1 if len(school) else 1
    planned = np.where(happens(rng, 0.15, schools), 4, 0)[school]
    sudden = np.where(happens(rng, 0.08, schools), 2, 0)[school]
    part_time = np.where((age == 4) & happens(rng, 0.3, len(age)), rng.integers(4, 20, len(age)), 0)
    no_transport = np.where(happens(rng, 0.004, len(age)) & (sudden == 0), 2, 0)
    counts = (planned, sudden, part_time, no_transport)
    numbers = (codes.number[code] for code in codes.not_possible)
    return [(number, count * registered) for number, count in zip(numbers, counts, strict=True)]
