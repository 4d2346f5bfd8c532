"""Numbers that people carry: pupil numbers, learner numbers, NHS numbers, each with its right check
character.

None can be anyone's: pupil numbers have 005 where an authority stands, which the department's checks accept
and no authority of England or Wales has; the others begin with a 9 that is not issued. Neighbours in the
list of people get numbers far apart.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.days import Ints
from synthetic.rates import happens, level, stream

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
UPN_AUTHORITY = "005"
UPN_SERIALS = 4_000_000
SERIALS_OF_A_BLOCK = 150_000  # more than are born in a year in one block of the country
STEP = 4_871_113  # prime to the range, so every serial comes up once
TENS = 100_000_000
TENS_STEP = 38_713_697
NHS_STEP = 61_803_399


def check_letters(digits: pl.Series) -> pl.Series:
    """The letter before twelve digits: weights 2 to 13, remainder by 23."""
    matrix = _digit_matrix(digits, 12)
    remainder = (matrix * np.arange(2, 14)).sum(axis=1) % 23
    return pl.Series(list(UPN_LETTERS)).gather(pl.Series(remainder))


def carried(born: Ints, first_person: int, block: int, seed: int) -> list[pl.Series]:
    """Pupil, learner and NHS numbers of the persons of a block, who are numbered from `first_person`.

    A few have an earlier pupil number; the adopted get a second one. No two persons of a country share one:
    a pupil number holds the year of issue and a serial number that counts those of the same year.
    """
    everyone = first_person + np.arange(len(born))
    year = (born.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1974) % 100
    among_their_year = pl.DataFrame({"year": year}).select(pl.int_range(pl.len()).over("year")).to_series()
    serial = block * SERIALS_OF_A_BLOCK + among_their_year.to_numpy()
    had_another = pl.Series(happens(stream(seed, "earlier numbers"), level("former_upn"), len(born)))
    second = upns(serial, year + 2, former=True)
    return [
        upns(serial, year).alias("upn"),
        second.alias("second_upn"),
        second.set(~had_another, None).alias("former_upn"),
        learner_numbers(everyone).alias("uln"),
        nhs_numbers(everyone).alias("nhs_number"),
    ]


def upns(serials: Ints, year_of_issue: Ints, *, former: bool = False) -> pl.Series:
    """A pupil number for each serial number and year; former numbers come from a range of their own."""
    serial = (UPN_SERIALS if former else 0) + (serials * STEP) % UPN_SERIALS
    number = (serial // 1000) * 10**5 + (year_of_issue % 100) * 1000 + serial % 1000
    digits = UPN_AUTHORITY + pl.Series(number).cast(pl.String).str.zfill(9)
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
