"""A child's identifiers as a return of a given year carries them, in the words of that return."""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.country import Country
from synthetic.days import Bools, Codes, Ints, age_on, birthday, year_end
from synthetic.names import ethnicity_table


def known_by(country: Country, pairs: pl.DataFrame, year: int) -> pl.DataFrame:
    """The recorded identity of each (person, la), with what is known of the pupil number on 31 March."""
    rows = pairs.join(country.cases.identity, on=["person", "la"], how="left", maintain_order="left")
    person = rows["person"].to_numpy()
    unborn = country.people.born[person] > year_end(year)
    state = _upn_state(country, rows, person, year)
    has_upn = pl.Series(state == "known")
    codes = ethnicity_table()["code"]
    return rows.with_columns(
        pl.when(has_upn).then("upn").alias("upn"),
        pl.when(has_upn).then("former_upn").alias("former_upn"),
        pl.when(~has_upn).then(pl.Series(state.astype(str))).alias("upn_unknown"),
        pl.Series("unborn", unborn),
        codes.gather(rows["ethnicity"]).alias("ethnicity"),
        codes.gather(rows["cla_ethnicity"]).alias("cla_ethnicity"),
        _sex(rows["is_girl"].to_numpy(), unborn, year).alias("sex"),
    )


def _upn_state(country: Country, rows: pl.DataFrame, person: Ints, year: int) -> Codes:
    """`known`, or why there is no pupil number: UN1 too young, UN2 no state school, UN5 not matched."""
    people = country.people
    age = people.school_age(year)[person]
    at_school = (age >= people.entry_age[person]) & people.state_school[person]
    alone = people.arrived[person] > 0
    at_school = np.where(alone, people.arrived[person] < birthday(people.born[person], 16), at_school)
    missing = np.where(age <= 4, rows["upn_missing_young"].to_numpy(), rows["upn_missing"].to_numpy())
    return np.where(at_school, np.where(missing, "UN5", "known"), np.where((age <= 4) & ~alone, "UN1", "UN2"))


def _sex(is_girl: Bools, unborn: Bools, year: int) -> pl.Series:
    """1 and 2 to 2023-24, M and F from 2024-25; an unborn child has 0, later U."""
    boy, girl, unknown = ("M", "F", "U") if year >= 2025 else ("1", "2", "0")
    return pl.Series("sex", np.where(unborn, unknown, np.where(is_girl, girl, boy)).astype(str))


def ages(country: Country, rows: pl.DataFrame, on: int) -> Ints:
    """Completed years of everyone in the rows on a day."""
    return age_on(country.people.born[rows["person"].to_numpy()], on)
