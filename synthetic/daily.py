"""The registers themselves: a mark for every pupil, morning and afternoon, as daily attendance is shared.

Each census tells how many sessions of a term had which code. Here those sessions get their days, so that a
term's marks add up to the census. Sessions that do not count stand after the others, as far as the term has
days; the rest of them is in no register.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from synthetic.country import Country
from synthetic.csv_files import write_by_la
from synthetic.days import FAR, Bools, Ints
from synthetic.enrolments import possible_sessions
from synthetic.rates import stream
from synthetic.school_census import TERM_DETAILS
from synthetic.sessions import NOT_POSSIBLE
from synthetic.terms import Census, Stretch

COLUMNS = ("academic_year", "la_code", "school_urn", "upn", "date", "session", "code")
UNCOUNTED = [*NOT_POSSIBLE, "Y"]
MORNING, AFTERNOON = "/", "\\"
TERMS = ("autumn", "spring", "summer")
"""Of the school year, as the three censuses carry them."""
WEEKEND = 5
MOST_DAYS = 200


@dataclass(frozen=True)
class Marks:
    """One mark a row, in any order: whose (a row of the pupils), and on which day and half of it."""

    pupil: Ints
    code: pl.Series
    day: Ints
    is_morning: Bools


def registers(
    country: Country, year: int, census: Census, tables: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Every mark of the term or terms that a census carries, sorted by authority, day and pupil."""
    pupils = pl.concat(
        [
            tables[name].select("enrolment", "la", "school", "upn", "leaving", "person")
            for name in TERM_DETAILS
        ]
    )
    parts = [_stretch(country, year, census, number, pupils, tables) for number in range(len(census.halves))]
    return pl.concat(parts).sort("la", "date", "school_urn", "enrolment", "session")


def _stretch(
    country: Country,
    year: int,
    census: Census,
    number: int,
    pupils: pl.DataFrame,
    tables: Mapping[str, pl.DataFrame],
) -> pl.DataFrame:
    """The marks of one term, or of one half of the summer term."""
    rng = stream(country.seed, f"registers {year} {census.name} {number}")
    sessions = pl.concat(
        [
            tables[names[number]].select("enrolment", "attendancereason", "sessions")
            for names in TERM_DETAILS.values()
        ]
    )
    days = possible_sessions(country, year)[:, census.place + number] // 2
    days = days[country.schools.la_of(pupils["school"].to_numpy())]
    marks = _marks(rng, pupils, sessions, days)
    stretch = census.halves[number]
    dates = _weekdays(stretch, backwards=number == 0 and census.is_last)
    room = np.maximum(days, ((dates >= stretch[0]) & (dates <= stretch[1])).sum())
    return _dated(country, year, pupils, marks, dates).filter(pl.Series(marks.day < room[marks.pupil]))


def _dated(country: Country, year: int, pupils: pl.DataFrame, marks: Marks, dates: Ints) -> pl.DataFrame:
    """Every mark as a row of the register; a day for which there is no room has any date."""
    urn = country.schools.frame["urn"].cast(pl.String)
    day = pl.Series(dates[np.minimum(marks.day, len(dates) - 1)]).cast(pl.Int32).cast(pl.Date)
    rows = pupils[marks.pupil]
    return rows.with_columns(
        pl.lit(f"{year - 1}/{year % 100:02d}").alias("academic_year"), pl.col("la").alias("la_code"),
        urn.gather(rows["school"]).alias("school_urn"), day.dt.to_string("%Y-%m-%d").alias("date"),
        pl.Series("session", np.where(marks.is_morning, "AM", "PM").astype(str)),
        marks.code.alias("code"),
    )  # fmt: skip


def _weekdays(stretch: Stretch, *, backwards: bool) -> Ints:
    """School days from the first day of a term on; before the holiday in May, back from it.

    Terms are as long as the census says, also where the calendar is short of a day or two.
    """
    first, last = stretch
    days = np.arange(last, last - MOST_DAYS, -1) if backwards else np.arange(first, first + MOST_DAYS)
    return days[(days + 3) % 7 < WEEKEND]  # 1 January 1970 was a Thursday; Monday is 0


def _marks(rng: np.random.Generator, pupils: pl.DataFrame, sessions: pl.DataFrame, term_days: Ints) -> Marks:
    """Each pupil's sessions, one by one, on the days of the term.

    Who left was there for the first days of it, who came for the last. Registrations of the morning come
    first in a pupil's marks and those of the afternoon last, so that each falls on its half of a day.
    """
    place = pupils.with_row_index("pupil").select("enrolment", "pupil")
    counts = sessions.join(place, on="enrolment", how="inner", maintain_order="left")
    times = counts["sessions"].cast(pl.Int64).to_numpy()
    pupil = np.repeat(counts["pupil"].to_numpy().astype(np.int64), times)
    code = counts["attendancereason"].gather(np.repeat(np.arange(len(counts)), times))
    order = np.lexsort((rng.random(len(pupil)), _kind(code), pupil))
    pupil, code = pupil[order], code.gather(order)
    is_possible = (~code.is_in(UNCOUNTED)).to_numpy()
    days = np.bincount(pupil[is_possible], minlength=len(pupils)) // 2
    position = _position(pupil, len(pupils))
    half = np.where(is_possible, position // np.maximum(days[pupil], 1), 2)
    more = position - 2 * days[pupil]
    within = np.where(is_possible, _shuffled(rng, pupil, half), days[pupil] + more // 2)
    late = np.where(pupils["leaving"].to_numpy() < FAR, 0, term_days - days)[pupil]
    is_morning = np.where(is_possible, half == 0, more % 2 == 0)
    return Marks(pupil, code, within + late, is_morning)


def _kind(code: pl.Series) -> Ints:
    """Mornings, what may be either, afternoons, what does not count."""
    kinds = {MORNING: 0, AFTERNOON: 2, **dict.fromkeys(UNCOUNTED, 3)}
    return code.replace_strict(kinds, default=1, return_dtype=pl.Int64).to_numpy()


def _position(group: Ints, groups: int) -> Ints:
    """The number of each row in its group, from 0; rows are sorted by group."""
    counts = np.bincount(group, minlength=groups)
    position: Ints = np.arange(len(group)) - np.repeat(np.cumsum(counts) - counts, counts)
    return position


def _shuffled(rng: np.random.Generator, pupil: Ints, half: Ints) -> Ints:
    """A day for each mark, by chance, none twice in one half of a pupil's days."""
    key = pupil * 3 + half
    order = np.lexsort((rng.random(len(key)), key))
    place = np.empty(len(key), dtype=np.int64)
    place[order] = _position(key[order], int(key.max()) + 1 if len(key) else 0)
    return place


def write_registers(rows: pl.DataFrame, census: Census, folder: Path) -> tuple[int, int]:
    """A file for each authority and month of a term in which it has marks, `<la>/2025-04_spring.csv`; files and bytes."""
    files = size = 0
    for month, part in _months(rows):
        las = part["la"].unique().sort().to_list()
        size += write_by_la(part, COLUMNS, folder, f"{month}_{TERMS[census.place]}.csv", las)
        files += len(las)
    return files, size


def _months(rows: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    month = rows["date"].str.head(7)
    for name in month.unique().sort():
        yield name, rows.filter(month == name)
