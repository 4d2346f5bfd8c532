"""A school year in three censuses: each carries the term before, and together they carry the year once."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from synthetic.absence import GROUPS, Kinds, absence_of, shares
from synthetic.days import EPOCH
from synthetic.places import read_places
from synthetic.terms import censuses, sixth_half_term
from tests.synthetic.conftest import YEARS, Made

CENSUSES = ("spring", "summer", "autumn")


def _date(days: int) -> date:
    return EPOCH + timedelta(days=days)


@pytest.mark.parametrize(
    ("year", "january", "may", "october", "easter", "holiday"),
    [
        (2024, date(2024, 1, 18), date(2024, 5, 16), date(2024, 10, 3), date(2024, 3, 31), date(2024, 5, 27)),
        (2025, date(2025, 1, 16), date(2025, 5, 15), date(2025, 10, 2), date(2025, 4, 20), date(2025, 5, 26)),
    ],
)
def test_censuses_are_taken_on_thursdays_and_terms_end_at_easter(
    year: int, january: date, may: date, october: date, easter: date, holiday: date
) -> None:
    taken = censuses(year)
    assert [_date(census.day) for census in taken] == [january, may, october]
    assert _date(taken[1].halves[0][1]) == easter
    assert _date(sixth_half_term(year)[0]) == holiday
    stretches = [stretch for census in taken for stretch in census.halves]
    assert all(before[1] < after[0] for before, after in pairwise(stretches))


@pytest.mark.parametrize("year", YEARS)
def test_every_census_names_itself(clean: Made, year: int) -> None:
    terms = dict(zip(CENSUSES, ("SPR", "SUM", "AUT"), strict=True))
    for census, code in terms.items():
        rows = clean.school(year, "schoolcensus", census)
        assert set(rows["term"]) == {code}
        assert set(rows["year"]) == {str(year)}
        assert set(rows["referencedate"].str.slice(0, 4)) == {str(year)}


def _pupils(made: Made, census: str, roll: str = "pupilonroll") -> pl.DataFrame:
    rows = made.school(2025, roll, census)
    return rows.with_columns(
        pl.col("dob", "entrydate").str.to_date("%Y-%b-%d %H:%M:%S"),
        pl.col("termlysessionspossible").cast(pl.Int64),
        census=pl.lit(census),
    )


def _all_year(made: Made) -> pl.DataFrame:
    """upn, possible: the sessions of the year of pupils aged 5 to 14 on 31 August, all enrolments together."""
    rolls = ("pupilonroll", "pupilnolongeronroll")
    rows = pl.concat([_pupils(made, census, roll) for census in CENSUSES for roll in rolls], how="diagonal")
    of_age = pl.col("dob").is_between(date(2009, 9, 1), date(2019, 8, 31))
    half = pl.col("summerhalfterm2sessionspossible").cast(pl.Int64).fill_null(0)
    possible = pl.col("termlysessionspossible").fill_null(0) + half
    return rows.filter(of_age).group_by("upn").agg(possible.sum().alias("possible"))


def test_a_pupils_year_has_about_380_sessions_however_often_the_school_changes(clean: Made) -> None:
    possible = _all_year(clean)["possible"].to_numpy()
    assert len(possible) > 5_000
    assert possible.max() <= 400
    assert np.mean((possible >= 360) & (possible <= 400)) > 0.96


def test_pupils_who_finish_a_school_are_listed_by_it_with_their_summer(clean: Made) -> None:
    left = _pupils(clean, "autumn", "pupilnolongeronroll")
    finished = left.filter(
        pl.col("leavingdate").str.starts_with("2025-Aug-31"), pl.col("ncyearleaving") == "6"
    )
    assert finished.height > 100
    assert finished["termlysessionspossible"].min() >= 40
    now = _pupils(clean, "autumn").filter(pl.col("upn").is_in(finished["upn"].implode()))
    assert set(now["ncyearactual"]) == {"7"}
    assert set(now["termlysessionspossible"]) == {0}
    assert now["entrydate"].min() > date(2025, 8, 31)


def test_an_enrolment_of_the_sixth_half_term_and_its_sessions_are_there_to_be_left_out(clean: Made) -> None:
    rows = _pupils(clean, "autumn").filter(
        pl.col("entrydate").is_between(date(2025, 5, 26), date(2025, 7, 31)),
        pl.col("summerhalfterm2sessionspossible").cast(pl.Int64) > 0,
    )
    assert rows.height > 5


def test_year_eleven_is_often_away_in_the_sixth_half_term(clean: Made) -> None:
    pupils, key = _pupils(clean, "autumn", "pupilnolongeronroll"), "pupilnolongeronrolltableid"
    rows = clean.school(2025, "summerhalfterm2sessiondetailsoffroll", "autumn").join(
        pupils.filter(pl.col("ncyearleaving") == "11").select("la", key), on=["la", key]
    )
    sessions = rows.with_columns(pl.col("sessions").cast(pl.Int64))
    present = sessions.filter(pl.col("attendancereason").is_in(["/", "\\"]))["sessions"].sum()
    assert 0 < present < 0.6 * sessions["sessions"].sum()


def test_tables_have_the_names_of_their_census(clean: Made) -> None:
    assert clean.files("school_census", 2025, "2025_autumn_addressesonroll.csv")
    assert clean.files("school_census", 2025, "2025_autumn_fsmperiodsonroll.csv")
    assert clean.files("school_census", 2025, "2025_summer_addresses.csv")
    only_in_spring = [
        clean.files("school_census", 2025, f"2025_{census}_senneeds.csv") for census in CENSUSES
    ]
    assert [bool(files) for files in only_in_spring] == [True, False, False]
    assert "ethnicity" not in clean.school(2025, "pupilonroll", "summer").columns


def test_as_many_of_a_kind_are_absent_as_its_shares_say() -> None:
    rng = np.random.default_rng(5)
    kinds = Kinds(np.array([[0.18, 0.46, 0.11], [0.09, 0.2, 0.06]]), np.repeat([0, 1], [10_000, 5_000]))
    age = rng.integers(5, 16, 15_000)
    absence = absence_of(rng, kinds, rng.standard_normal(15_000), age)
    possible = rng.integers(300, 400, 15_000)
    missed = absence.missed(rng, possible)
    assert missed.min() >= 0
    assert (missed <= possible).all()
    for number, (overall, persistent, severe) in enumerate(kinds.shares):
        these = kinds.of_pupil == number
        assert (missed * 10 >= possible)[these].sum() == pytest.approx(persistent * these.sum(), abs=1)
        assert (missed * 2 >= possible)[these].sum() == pytest.approx(severe * these.sum(), abs=1)
        assert missed[these].sum() / possible[these].sum() == pytest.approx(overall, rel=0.02)
    rates = missed / possible
    assert rates[age > 10].mean() > rates[age <= 10].mean() + 0.03


def test_every_authority_has_shares_even_where_they_are_not_published() -> None:
    places = read_places(0.01, None)
    for year in (2022, 2025, 2026):
        table = shares(places, year)
        assert table.shape == (len(GROUPS), places.count, 3)
        assert np.isfinite(table).all()
        overall, persistent, severe = table.transpose(2, 0, 1)
        assert (severe <= persistent).all()
        assert ((overall > 0) & (overall < 0.6)).all()
    assert np.array_equal(shares(places, 2026), shares(places, 2025))
