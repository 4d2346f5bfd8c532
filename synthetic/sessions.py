"""How a pupil's sessions of the term spread over the register's codes.

From August 2024 the codes changed: C1, C2, J1, K, Q and Y1 to Y7 came, H, J and the undivided Y went. What
does not count as a possible session (school closed, no transport) stands beside the possible ones and is no
part of them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.country import Country
from synthetic.days import Ints
from synthetic.rates import happens, stream

ATTENDING = {"/": 0.4845, "\\": 0.482, "L": 0.012, "B": 0.008, "P": 0.003, "V": 0.007, "W": 0.0015}
AUTHORISED = {"I": 0.46, "M": 0.06, "C": 0.05, "E": 0.035, "R": 0.02, "T": 0.005, "S": 0.005}
UNAUTHORISED = {"O": 0.22, "G": 0.06, "U": 0.04, "N": 0.03}


def codes_in(year: int) -> tuple[dict[str, float], dict[str, float]]:
    """Shares of the codes for sessions attended and for sessions missed in a school year."""
    if year >= 2025:
        return ATTENDING | {"K": 0.002}, AUTHORISED | {"C1": 0.002, "C2": 0.015, "J1": 0.002} | UNAUTHORISED
    return ATTENDING | {"J": 0.001}, AUTHORISED | {"H": 0.004} | UNAUTHORISED


def session_rows(country: Country, rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """enrolment, sessions, attendancereason: one row for each code that a pupil has."""
    rng = stream(country.seed, f"sessions {year}")
    attending, missing = codes_in(year)
    possible, absent = rows["possible"].to_numpy(), rows["absent"].to_numpy()
    others, other_codes = _not_possible(rng, rows, year)
    counts = np.concatenate(
        [_shared_out(rng, possible - absent, attending), _shared_out(rng, absent, missing), others], axis=1
    )
    codes = pl.Series([*attending, *missing, *other_codes])
    row, column = np.nonzero(counts)
    return pl.DataFrame(
        {
            "enrolment": rows["enrolment"].gather(pl.Series(row)),
            "sessions": pl.Series(counts[row, column]).cast(pl.String),
            "attendancereason": codes.gather(pl.Series(column)),
        }
    )


def _shared_out(rng: np.random.Generator, total: Ints, shares: dict[str, float]) -> Ints:
    weight = np.array(list(shares.values()))
    return rng.multinomial(total, weight / weight.sum())


def _not_possible(rng: np.random.Generator, rows: pl.DataFrame, year: int) -> tuple[Ints, list[str]]:
    """Sessions that did not count: closures of some schools, part-time hours of four-year-olds."""
    school, age = rows["school"].to_numpy(), rows["age"].to_numpy()
    registered = rows["possible"].to_numpy() > 0
    schools = int(school.max()) + 1 if len(school) else 1
    planned = np.where(happens(rng, 0.15, schools), 4, 0)[school]
    sudden = np.where(happens(rng, 0.08, schools), 2, 0)[school]
    part_time = np.where((age == 4) & happens(rng, 0.3, len(age)), rng.integers(4, 20, len(age)), 0)
    transport = np.where(happens(rng, 0.004, len(age)), 2, 0)
    columns = [planned, sudden, part_time, transport]
    codes = ["#", "Y4", "X", "Q"] if year >= 2025 else ["#", "Y", "X", "Y"]
    counts = np.stack([np.where(registered, column, 0) for column in columns], axis=1)
    if codes[1] == codes[3]:
        counts = np.stack([counts[:, 0], counts[:, 1] + counts[:, 3], counts[:, 2]], axis=1)
        codes = codes[:3]
    return counts, codes
