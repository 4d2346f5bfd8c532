"""Numbers that people carry: pupil numbers, learner numbers, NHS numbers, each with its right check
character.

None can be anyone's: pupil numbers have 999 where an authority stands, the others begin with a 9 that is
not issued. Neighbours in the list of people get numbers far apart.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.days import Ints

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
UPN_SERIALS = 8_000_000
FORMER_SERIALS = 1_000_000
STEP = 4_871_113  # prime to both ranges, so every serial comes up once
TENS = 100_000_000
TENS_STEP = 38_713_697
NHS_STEP = 61_803_399


def check_letters(digits: pl.Series) -> pl.Series:
    """The letter before twelve digits: weights 2 to 13, remainder by 23."""
    matrix = _digit_matrix(digits, 12)
    remainder = (matrix * np.arange(2, 14)).sum(axis=1) % 23
    return pl.Series(list(UPN_LETTERS)).gather(pl.Series(remainder))


def upns(people: Ints, year_of_issue: Ints, *, former: bool = False) -> pl.Series:
    """A pupil number for each person; former numbers come from a range of their own."""
    first, serials = (UPN_SERIALS, FORMER_SERIALS) if former else (0, UPN_SERIALS)
    serial = first + (people * STEP) % serials
    number = 999 * 10**9 + (serial // 1000) * 10**5 + (year_of_issue % 100) * 1000 + serial % 1000
    digits = pl.Series(number).cast(pl.String)
    return check_letters(digits) + digits


def learner_numbers(people: Ints) -> pl.Series:
    """A ten-digit ULN, or null where the arithmetic forbids the number."""
    base = 9 * TENS + (people * TENS_STEP) % TENS
    remainder = _weighted_ten_to_two(base) % 11
    return _with_check_digit(base, np.where(remainder == 0, 10, 10 - remainder))


def nhs_numbers(people: Ints) -> pl.Series:
    """A ten-digit NHS number, or null where the arithmetic forbids the number."""
    base = 9 * TENS + (people * NHS_STEP + 17) % TENS
    return _with_check_digit(base, (11 - _weighted_ten_to_two(base) % 11) % 11)


def _weighted_ten_to_two(base: Ints) -> Ints:
    total: Ints = (_digit_matrix(pl.Series(base).cast(pl.String), 9) * np.arange(10, 1, -1)).sum(axis=1)
    return total


def _with_check_digit(base: Ints, check: Ints) -> pl.Series:
    frame = pl.DataFrame({"number": base * 10 + check, "check": check})
    return frame.select(pl.when(pl.col("check") < 10).then(pl.col("number").cast(pl.String))).to_series()


def _digit_matrix(digits: pl.Series, length: int) -> Ints:
    number = digits.cast(pl.Int64).to_numpy()
    return number[:, None] // 10 ** np.arange(length - 1, -1, -1, dtype=np.int64) % 10
