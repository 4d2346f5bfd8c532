"""Results at the end of primary school and of Year 11, as those may hold them who may have the national database.

How well pupils do depends on the group to which they belong on 31 March: the published averages. Within a
group chance decides, never below nought, so that where the average is low many have next to nothing; who reached
grade 5 in English and mathematics are those with the highest scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from synthetic.country import Country
from synthetic.csv_files import sorted_by_la
from synthetic.days import Codes, Floats
from synthetic.enrolments import SchoolYear
from synthetic.groups import CINO, CLA12, CPPO
from synthetic.rates import sections, stream
from synthetic.terms import school_year_ends

COLUMNS = ("academic_year", "upn", "key_stage", "measure", "value")
YEAR_6, YEAR_11 = 10, 15
"""Ages on 31 August before the last year of primary school and of compulsory school."""
NAMES = {CLA12: "cla12", CPPO: "cppo", CINO: "cino"}
SPREAD_8, SPREAD_OF_PROGRESS, MOST_8 = 18.0, 1.2, 90.0
BEFORE_MAY = 1
"""The column of schools in which pupils were when they sat their tests, by census."""


@dataclass(frozen=True)
class _Pupils:
    """Pupils at the end of a stage: rows of the school year, and the group of each by the name of its rates."""

    at: np.typing.NDArray[np.int64]
    group: Codes

    def rate(self, measure: str) -> Floats:
        rates = sections()["attainment"]
        found: Floats = np.array([float(rates[f"{measure}_{name}"]["value"]) for name in self.group.tolist()])
        return found


def results(country: Country, whole: SchoolYear) -> pl.DataFrame:
    """One row per pupil and measure as text, sorted by the authority of the school."""
    rng = stream(country.seed, f"results {whole.year}")
    primary, secondary = _at_the_end(whole, YEAR_6), _at_the_end(whole, YEAR_11)
    reached = rng.random(len(primary.at)) < primary.rate("rwm_expected")
    parts = [
        _rows(country, whole, primary, "KS2", "rwm_expected", _flags(reached)),
        *(
            _rows(country, whole, secondary, "KS4", measure, values)
            for measure, values in _of_year_11(rng, secondary).items()
        ),
    ]
    rows = pl.concat(parts).filter(pl.col("upn").is_not_null())
    return sorted_by_la(
        rows.sort("key_stage", "person", maintain_order=True), country.places.codes(whole.year)
    )


def _at_the_end(whole: SchoolYear, age: int) -> _Pupils:
    at = np.flatnonzero(whole.here & (whole.age == age))
    return _Pupils(at, np.array([NAMES.get(str(name), "other") for name in whole.group[at]], dtype=str))


def _of_year_11(rng: np.random.Generator, pupils: _Pupils) -> dict[str, pl.Series]:
    usual = pupils.rate("attainment_8")
    score = np.minimum(rng.gamma((usual / SPREAD_8) ** 2, SPREAD_8**2 / usual), MOST_8)
    progress = -pupils.rate("progress_8_behind") + SPREAD_OF_PROGRESS * rng.standard_normal(len(usual))
    reached = _highest(pupils.group, score, pupils.rate("english_maths_grade_5"))
    return {
        "attainment_8": pl.Series(np.round(score, 1)).cast(pl.String),
        "english_maths_grade_5": _flags(reached),
        "progress_8": pl.Series(np.round(progress, 2)).cast(pl.String),
    }


def _highest(group: Codes, score: Floats, share: Floats) -> np.typing.NDArray[np.bool_]:
    """The given share of each group, those with the highest scores."""
    rows = pl.DataFrame({"group": group, "score": score, "share": share})
    rank = pl.col("score").rank("ordinal").over("group") / pl.len().over("group")
    return rows.select(rank > 1 - pl.col("share")).to_series().to_numpy()


def _flags(reached: np.typing.NDArray[np.bool_]) -> pl.Series:
    return pl.Series(np.where(reached, "1", "0").astype(str))


def _rows(
    country: Country, whole: SchoolYear, pupils: _Pupils, key_stage: str, measure: str, values: pl.Series
) -> pl.DataFrame:
    people, person = country.people, whole.pupils[pupils.at]
    adopted = pl.Series(people.adopted[person] <= school_year_ends(whole.year))
    names = people.names[person]
    return pl.DataFrame({
        "person": person,
        "la": country.schools.la_of(whole.schools[pupils.at, BEFORE_MAY]),
        "academic_year": [f"{whole.year - 1}/{whole.year % 100:02d}"] * len(person),
        "upn": names["upn"].zip_with(~adopted, names["second_upn"]),
        "key_stage": [key_stage] * len(person), "measure": [measure] * len(person), "value": values,
    }, schema_overrides={"key_stage": pl.String, "measure": pl.String, "academic_year": pl.String})  # fmt: skip
