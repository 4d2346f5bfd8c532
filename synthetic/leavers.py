"""Care leavers: young people who were looked after for at least 13 weeks since they were 14, some of it
after 16.

The return describes each of them around the birthday, the 17th to the 21st, that falls in the year.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.clock import at_random
from synthetic.country import Country
from synthetic.days import Bools, Floats, Ints, age_on, birthday, year_end
from synthetic.levels import shares
from synthetic.matching import pick
from synthetic.places import Places
from synthetic.rates import stream

STILL_COUNTED = ["grown", "custody", "other", "older"]
BUSY = [
    ("F1", 0.06), ("P1", 0.005), ("F2", 0.23), ("P2", 0.02), ("F4", 0.04), ("P4", 0.004), ("F5", 0.2), ("P5", 0.04),
]  # fmt: skip
NOT_BUSY = [("G4", 0.3), ("G5", 0.55), ("G6", 0.15)]
SUITABLE = [
    ("U1", 0.33), ("D1", 0.24), ("B1", 0.13), ("Z1", 0.1), ("K1", 0.06), ("E1", 0.04), ("T1", 0.02), ("Y1", 0.01),
]  # fmt: skip
FOYER, IN_LODGINGS = "T1", "K1"  # no foyer for those under 18 when the year began
SUITABLE_AT_17 = [("D1", 0.5), ("B1", 0.35), ("U1", 0.1), ("E1", 0.05)]
UNSUITABLE = [("X2", 0.4), ("S2", 0.3), ("V2", 0.2), ("W2", 0.1)]
OUT_OF_TOUCH = [("NO", 0.5), ("REFU", 0.25), ("NREQ", 0.25)]
KNOWN = 0.94
AGE_GROUPS = {"17_18": (17, 18), "19_21": (19, 21)}


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
    """In touch, what they do, where they live: as many of each authority and age group as were published."""
    rng = stream(country.seed, f"leavers {year}")
    age = _birthday_in(country.people.born[rows["person"].to_numpy()], year)
    known, busy, housed = (np.zeros(len(rows), dtype=bool) for _ in range(3))
    for group, (youngest, oldest) in AGE_GROUPS.items():
        these = np.flatnonzero((age >= youngest) & (age <= oldest))
        la = rows["la"].to_numpy()[these]
        known[these], busy[these], housed[these] = _of_group(rng, country.places, la, group, year)
    count = len(rows)
    home = np.where(age == 17, pick(rng, SUITABLE_AT_17, count), pick(rng, SUITABLE, count))
    home = np.where((age == 18) & (home == FOYER), IN_LODGINGS, home)
    activity = np.where(busy, pick(rng, BUSY, count), pick(rng, NOT_BUSY, count))
    home = np.where(housed, home, pick(rng, UNSUITABLE, count))
    return rows.with_columns(
        pl.Series("IN_TOUCH", np.where(known, "YES", pick(rng, OUT_OF_TOUCH, count)).astype(str)),
        pl.Series("ACTIV", np.where(known, activity, "0").astype(str)),
        pl.Series("ACCOM", np.where(known, home, "0").astype(str)),
    )


def _of_group(
    rng: np.random.Generator, places: Places, la: Ints, group: str, year: int
) -> tuple[Bools, Bools, Bools]:
    """Who is in touch, who of them is in education or work, and who lives suitably."""
    count = np.bincount(la, minlength=places.count)

    def as_many(share: Floats) -> Ints:
        return np.floor(share * count + rng.random(places.count)).astype(np.int64)

    wanted = [as_many(shares(places, f"{name}_{group}", year)) for name in ("cl_eet", "cl_accom")]
    told = at_random(rng, la, np.maximum(as_many(np.full(places.count, KNOWN)), np.maximum(*wanted)))
    found = [np.zeros(len(la), dtype=bool) for _ in wanted]
    for one, number in zip(found, wanted, strict=True):
        one[told] = at_random(rng, la[told], number)
    return told, found[0], found[1]
