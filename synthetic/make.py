"""From a seed to a country on disk: lives, then returns, then the truth about both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from synthetic import forms, persons, school_census, sending, ssda903, truth
from synthetic.blocks import MOST_CHILDREN, Start, blocks
from synthetic.cin import CinReturn, cin_return, wrong_reference_date
from synthetic.country import Country, make_lives
from synthetic.csv_files import write_by_la
from synthetic.days import year_end, year_start
from synthetic.enrolments import school_year
from synthetic.faults import CIN_FAULTS, SCHOOL_FAULTS, SSDA903_FAULTS, Planter
from synthetic.hashes import expect_empty_landing, write_hashes
from synthetic.notes import Notes, Returned
from synthetic.places import Places, read_places
from synthetic.postcode_directory import write_postcode_directory
from synthetic.rates import Rates
from synthetic.terms import Census, censuses
from synthetic.write_cin import write_cin
from synthetic.write_ssda903 import write_ssda903

VERSION = 2
EARLIEST, LATEST = 2022, 2026
WITH_FAULTS = ("pupilonroll", "termlysessiondetailsonroll")


@dataclass(frozen=True)
class Summary:
    """Counts by return and year, and the totals."""

    returns: tuple[Returned, ...]

    @property
    def files(self) -> int:
        """Files in all returns."""
        return sum(part.files for part in self.returns)

    @property
    def bytes(self) -> int:
        """Bytes in all returns."""
        return sum(part.bytes for part in self.returns)


def make_country(
    out: Path,
    *,
    scale: float,
    years: Sequence[int],
    seed: int,
    las: Sequence[str] | None = None,
    clean: bool = False,
    full_size: Sequence[str] = (),
    errors: float = 1.0,
) -> Summary:
    """Write landing files in the real formats and the truth beside them.

    `scale` is the share of England's children, `years` are collection years (2025 is 2024-25), `las`
    restricts the authorities by three-digit code, `full_size` names those that are made with all their
    children while the others follow `scale`, `errors` multiplies the rates of identifier errors and of
    planted faults, `clean` leaves them all out. The same arguments give the same bytes.
    """
    wanted = _checked(scale, years, errors)
    expect_empty_landing(out)
    rates = Rates(0.0 if clean else float(errors))
    whole = read_places(scale, las, full_size)
    write_postcode_directory(whole, seed, out / "reference")
    notes, start = Notes(out / "truth"), Start()
    for block in blocks(whole, MOST_CHILDREN):
        start = _one_block(make_lives(block, start, wanted, scale, seed, rates), out / "landing", notes)
    notes.close()
    truth.outcomes(whole, notes.counted).write_parquet(out / "truth" / "outcomes.parquet")
    summary = Summary(_together(notes.returned))
    asked = {"seed": seed, "scale": scale, "full_size": sorted(full_size), "years": list(wanted)}
    _write_marker(out, asked | {"clean": rates.times == 0, "errors": rates.times}, whole, summary)
    write_hashes(out)
    return summary


def _checked(scale: float, years: Sequence[int], errors: float) -> tuple[int, ...]:
    """Years in order; ValueError where the maker knows no layout for them."""
    wanted = tuple(sorted(set(years)))
    if not wanted or wanted[0] < EARLIEST or wanted[-1] > LATEST:
        raise ValueError(f"expected collection years from {EARLIEST} to {LATEST}, got {list(years)}")
    if not 0 < scale <= 1:
        raise ValueError(f"expected a scale above 0 and at most 1, got {scale}")
    if errors < 0:
        raise ValueError(f"expected errors of 0 or more times the usual, got {errors}")
    return wanted


def _together(returned: list[Returned]) -> tuple[Returned, ...]:
    """The counts of all blocks and censuses, by year and return."""
    rows = pl.DataFrame([asdict(part) for part in returned])
    totals = rows.group_by("return_", "year", maintain_order=True).sum().sort("year", maintain_order=True)
    return tuple(Returned(**row) for row in totals.iter_rows(named=True))


def _one_block(country: Country, landing: Path, notes: Notes) -> Start:
    """All returns of a block's authorities; where the numbers of the next block begin."""
    for year in country.years:
        _one_year(country, year, landing, notes)
    notes.block(country)
    return country.next


def _one_year(country: Country, year: int, landing: Path, notes: Notes) -> None:
    """All returns of a year, and the figures that are true of it."""
    children = _cin(country, year, landing, notes)
    header = _ssda903(country, year, landing, notes)
    _persons(country, year, landing, notes, children, header)
    enrolments = _schools(country, year, landing, notes)
    notes.counted.append(truth.counted(country, year, enrolments))


def _planter(country: Country, return_: str, year: int) -> Planter:
    spared = [canary.person for canary in country.canaries]
    return Planter(country.seed, country.rates, return_, year, spared)


def _cin(country: Country, year: int, landing: Path, notes: Notes) -> pl.DataFrame:
    """The CIN census: (person, la) of its children."""
    pairs = _pairs(country.episodes, "referral", "closure", year)
    planter = _planter(country, "cin", year)
    sent, wrong = wrong_reference_date(country, _with_faults(cin_return(country, year), planter))
    planter.note_file("reference_date_wrong", "100", "Header", wrong)
    size = write_cin(sent, landing / "cin" / str(year))
    notes.record(country, "cin", year, "ChildIdentifiers", sent.children, "LAchildID")
    notes.add("faults", planter.frame())
    notes.returned.append(Returned("cin", year, len(sent.children), len(sent.reference_dates), size))
    return pairs


def _with_faults(sent: CinReturn, planter: Planter) -> CinReturn:
    names = sent.children.select("la", "person", "LAchildID")

    def named(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(names, on=["la", "person"], how="left", maintain_order="left")

    return CinReturn(
        sent.year,
        planter.plant(sent.children, CIN_FAULTS, "ChildIdentifiers", "LAchildID"),
        planter.plant(named(sent.episodes), CIN_FAULTS, "CINdetails", "LAchildID"),
        planter.plant(named(sent.assessments), CIN_FAULTS, "Assessments", "LAchildID"),
        sent.plans,
        sent.enquiries,
        sent.protection,
        planter.plant(named(sent.reviews), CIN_FAULTS, "Reviews", "LAchildID"),
        sent.reference_dates,
    )


def _pairs(rows: pl.DataFrame, start: str, end: str, year: int) -> pl.DataFrame:
    touching = (pl.col(start) <= year_end(year)) & (pl.col(end) >= year_start(year))
    return rows.filter(touching).select("person", "la")


def _ssda903(country: Country, year: int, landing: Path, notes: Notes) -> pl.DataFrame:
    """The SSDA903: (person, la) of its children."""
    planter = _planter(country, "ssda903", year)
    las = sorted(set(country.places.codes(year)))
    sent = {
        name: planter.plant(frame, SSDA903_FAULTS, name, "CHILD")
        for name, frame in ssda903.tables(country, year).items()
    }
    clean = country.rates.times == 0
    folder, last = landing / "ssda903" / str(year), sending.last_day("ssda903", year)
    files, size = write_ssda903(sent, folder, las, clean=clean)
    sending.note_return(folder, las, "ssda903", last)
    if not clean:
        again = sending.send_twice(folder, las, "ssda903", last)
        files, size = files + again[0], size + again[1]
    notes.record(country, "ssda903", year, "header", sent["header"], "CHILD")
    notes.add("faults", planter.frame())
    notes.returned.append(Returned("ssda903", year, len(sent["header"]), files, size))
    return _pairs(country.care_episodes, "decom", "dec", year)


def _persons(
    country: Country, year: int, landing: Path, notes: Notes, children: pl.DataFrame, cared_for: pl.DataFrame
) -> None:
    rows = persons.person_rows(country, pl.concat([children, cared_for]), year)
    codes = country.places.codes(year)
    las = sorted({codes[la] for la in country.block.with_person_files})
    folder = landing / "person_identifiers" / str(year)
    size = write_by_la(rows, persons.COLUMNS, folder, "person_identifiers.csv", las)
    notes.record(country, "person_identifiers", year, "person_identifiers", rows, "la_child_id")
    notes.returned.append(Returned("person_identifiers", year, len(rows), len(las), size))


def _schools(country: Country, year: int, landing: Path, notes: Notes) -> pl.DataFrame:
    """The three censuses that carry the school year's attendance; their enrolments, for the truth."""
    planter = _planter(country, "school_census", year)
    whole = school_year(country, year)
    folder, las = landing / "school_census" / str(year), sorted(set(country.places.codes(year)))
    last_days = {census.name: sending.last_day_of_census(census.day) for census in censuses(year)}
    sending.note_censuses(folder, las, last_days)
    parts = []
    for census in censuses(year):
        rows = school_census.enrolments(country, whole, census)
        _census(country, year, census, rows, planter, landing, notes)
        parts.append(rows.select("person", "age", "is_late", "possible", "absent", "possible_2", "absent_2"))
    notes.add("faults", planter.frame())
    return pl.concat(parts)


def _census(
    country: Country,
    year: int,
    census: Census,
    rows: pl.DataFrame,
    planter: Planter,
    landing: Path,
    notes: Notes,
) -> None:
    las = sorted(set(country.places.codes(year)))
    folder = landing / "school_census" / str(year)
    size = files = 0
    for name, frame in school_census.tables(country, year, census, rows).items():
        sent = frame
        if name in WITH_FAULTS:
            sent = planter.plant(frame, SCHOOL_FAULTS, name, "pupilonrolltableid", census.name)
        columns = school_census.columns(name, year, census.name)
        size += write_by_la(
            forms.census_table(sent), columns, folder, f"{year}_{census.name}_{name}.csv", las
        )
        files += len(las)
        if name in school_census.PUPILS:
            notes.record(country, "school_census", year, name, sent, school_census.PUPILS[name])
    notes.returned.append(Returned("school_census", year, len(rows), files, size))


def _write_marker(out: Path, asked: dict[str, Any], whole: Places, summary: Summary) -> None:
    """By this file the product knows a synthetic home."""
    marker = {
        "synthetic": True,
        "version": VERSION,
        **asked,
        "authorities": whole.frame["la_code"].to_list(),
        "returns": [asdict(part) for part in summary.returns],
    }
    (out / "synthetic.json").write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
