"""Care leavers: young people who were looked after for at least 13 weeks since they were 14, some of it
after 16.

The return describes each of them around the birthday, the 17th to the 21st, that falls in the year.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.country import Country
from synthetic.days import Ints, age_on, birthday, year_end
from synthetic.matching import pick
from synthetic.rates import stream

STILL_COUNTED = ["grown", "custody", "other", "older"]
ACTIVITY = [
    ("F1", 0.06), ("P1", 0.005), ("F2", 0.23), ("P2", 0.02), ("F4", 0.04), ("P4", 0.004), ("F5", 0.2),
    ("P5", 0.04),
    ("G4", 0.13), ("G5", 0.2), ("G6", 0.07),
]  # fmt: skip
HOMES = [
    ("U1", 0.33), ("D1", 0.24), ("B1", 0.13), ("Z1", 0.1), ("K1", 0.06), ("E1", 0.04), ("T1", 0.02),
    ("X2", 0.03),
    ("V2", 0.015), ("W2", 0.005), ("Y1", 0.01), ("S2", 0.02),
]  # fmt: skip
HOMES_AT_17 = [("D1", 0.5), ("B1", 0.35), ("U1", 0.1), ("E1", 0.05)]


def care_leavers(country: Country, year: int) -> pl.DataFrame:
    """person, la, IN_TOUCH, ACTIV, ACCOM: one row per young person and last authority."""
    last = _eligible(country)
    person = last["person"].to_numpy()
    born = country.people.born[person]
    age = _birthday_in(born, year)
    on = birthday(born, age)
    left = last["end"].to_numpy() <= on
    alive = country.people.died[person] > year_end(year)
    wanted = (age >= 17) & (age <= 21) & left & alive
    rows = last.filter(pl.Series(wanted, dtype=pl.Boolean)).select("person", "la").sort("person", "la")
    return _situation(country, rows, year)


def _eligible(country: Country) -> pl.DataFrame:
    """The last period of each young person with care enough in the years that count."""
    periods = country.periods
    person = periods["person"].to_numpy()
    start, end = periods["start"].to_numpy(), periods["end"].to_numpy()
    since_14 = np.maximum(end - np.maximum(start, birthday(country.people.born[person], 14)), 0)
    since_16 = np.maximum(end - np.maximum(start, birthday(country.people.born[person], 16)), 0)
    counted = periods.with_columns(pl.Series("since_14", since_14), pl.Series("since_16", since_16))
    each = (
        counted.sort("person", "start")
        .group_by("person", maintain_order=True)
        .agg(pl.col("la", "end", "ending").last(), pl.col("since_14", "since_16").sum())
    )
    enough = (pl.col("since_14") >= 91) & (pl.col("since_16") > 0)
    return each.filter(enough & pl.col("ending").is_in(STILL_COUNTED))


def _birthday_in(born: Ints, year: int) -> Ints:
    """The age reached in the collection year."""
    return age_on(born, np.full(len(born), year_end(year)))


def _situation(country: Country, rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """In touch, what they do, where they live; unknown for those out of touch."""
    rng = stream(country.seed, f"leavers {year}")
    count = len(rows)
    age = _birthday_in(country.people.born[rows["person"].to_numpy()], year)
    touch = pick(rng, [("YES", 0.92), ("NO", 0.04), ("REFU", 0.02), ("NREQ", 0.02)], count)
    activity, home = pick(rng, ACTIVITY, count), pick(rng, HOMES, count)
    home = np.where(age == 17, pick(rng, HOMES_AT_17, count), home)
    known = touch == "YES"
    return rows.with_columns(
        pl.Series("IN_TOUCH", touch.astype(str)),
        pl.Series("ACTIV", np.where(known, activity, "0").astype(str)),
        pl.Series("ACCOM", np.where(known, home, "0").astype(str)),
    )
