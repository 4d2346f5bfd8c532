"""From a seed to a country on disk: lives, then returns, then the truth about both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from synthetic import forms, persons, school_census, sending, ssda903, truth
from synthetic.attainment import COLUMNS as RESULT
from synthetic.attainment import results
from synthetic.blocks import MOST_CHILDREN, Start, blocks
from synthetic.cin import CinReturn, cin_return, wrong_reference_date
from synthetic.country import Country, make_lives
from synthetic.csv_files import write_by_la
from synthetic.daily import COLUMNS as REGISTER
from synthetic.daily import registers, write_registers
from synthetic.days import year_end, year_start
from synthetic.enrolments import SchoolYear, school_year
from synthetic.faults import CIN_FAULTS, SCHOOL_FAULTS, SSDA903_FAULTS, Planter
from synthetic.hashes import expect_empty_landing, write_hashes
from synthetic.notes import Notes, Returned
from synthetic.places import Places, read_places
from synthetic.postcode_directory import write_postcode_directory
from synthetic.providers import premises, sheets, write_providers, write_workbook
from synthetic.rates import Rates
from synthetic.tables import cin_tables
from synthetic.terms import Census, censuses
from synthetic.write_cin import write_cin
from synthetic.write_school_census import write_school_census
from synthetic.write_ssda903 import write_ssda903

VERSION = 2
EARLIEST, LATEST = 2021, 2027
WITH_FAULTS = ("pupilonroll", "termlysessiondetailsonroll")
CENSUS_XML, REGISTERS, RESULTS, PROVIDERS, TABLES = ALSO = (
    "school_census_xml", "daily_attendance", "attainment", "provider_list", "tables",
)  # fmt: skip
"""What is made only when asked for: schools' own files from some authorities, a mark for every half day (large),
results, the list of providers as a workbook, and beside the truth what was sent, cell by cell."""


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


@dataclass(frozen=True)
class Outbox:
    """Where the returns go, what is noted of them, and what is made beside them."""

    landing: Path
    notes: Notes
    also: frozenset[str]

    def folder(self, return_: str, year: int) -> Path:
        """Where a return of a year lands, authority by authority."""
        return self.landing / return_ / str(year)

    def keep(self, return_: str, year: int, tables: Mapping[str, pl.DataFrame]) -> None:
        """What was sent, table by table, if that is asked for."""
        for name, rows in tables.items() if TABLES in self.also else ():
            self.notes.add(f"tables/{return_}/{year}/{name}", rows)


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
    also: Sequence[str] = (),
) -> Summary:
    """Write landing files in the real formats and the truth beside them.

    `scale` is the share of England's children, `years` are collection years (2025 is 2024-25), `las`
    restricts the authorities by three-digit code, `full_size` names those that are made with all their
    children while the others follow `scale`, `errors` multiplies the rates of identifier errors and of
    planted faults, `clean` leaves them all out, `also` names what is made only when asked for (`ALSO`). The
    same arguments give the same bytes.
    """
    wanted = _checked(scale, years, errors, also)
    expect_empty_landing(out)
    rates = Rates(0.0 if clean else float(errors))
    whole = read_places(scale, las, full_size)
    write_postcode_directory(whole, seed, out / "reference")
    outbox, start = Outbox(out / "landing", Notes(out / "truth"), frozenset(also)), Start()
    for block in blocks(whole, MOST_CHILDREN):
        start = _one_block(make_lives(block, start, wanted, scale, seed, rates), outbox)
    notes = outbox.notes
    notes.close()
    _write_providers(outbox, wanted[-1], seed, out / "reference")
    truth.outcomes(whole, notes.counted).write_parquet(out / "truth" / "outcomes.parquet")
    summary = Summary(_together(notes.returned))
    asked = {"seed": seed, "scale": scale, "full_size": sorted(full_size), "years": list(wanted)}
    asked |= {"also": sorted(also)} if also else {}
    _write_marker(out, asked | {"clean": rates.times == 0, "errors": rates.times}, whole, summary)
    write_hashes(out)
    return summary


def _checked(scale: float, years: Sequence[int], errors: float, also: Sequence[str]) -> tuple[int, ...]:
    """Years in order; ValueError where the maker knows no layout for them."""
    wanted = tuple(sorted(set(years)))
    if not wanted or wanted[0] < EARLIEST or wanted[-1] > LATEST:
        raise ValueError(f"expected collection years from {EARLIEST} to {LATEST}, got {list(years)}")
    if not 0 < scale <= 1:
        raise ValueError(f"expected a scale above 0 and at most 1, got {scale}")
    if errors < 0:
        raise ValueError(f"expected errors of 0 or more times the usual, got {errors}")
    if unknown := sorted(set(also) - set(ALSO)):
        raise ValueError(f"expected some of {', '.join(ALSO)} beside the returns, got {', '.join(unknown)}")
    return wanted


def _together(returned: list[Returned]) -> tuple[Returned, ...]:
    """The counts of all blocks and censuses, by year and return."""
    rows = pl.DataFrame([asdict(part) for part in returned])
    totals = rows.group_by("return_", "year", maintain_order=True).sum().sort("year", maintain_order=True)
    return tuple(Returned(**row) for row in totals.iter_rows(named=True))


def _one_block(country: Country, outbox: Outbox) -> Start:
    """All returns of a block's authorities; where the numbers of the next block begin."""
    for year in country.years:
        _one_year(country, year, outbox)
    outbox.notes.block(country)
    outbox.notes.providers.append(premises(country))
    return country.next


def _one_year(country: Country, year: int, outbox: Outbox) -> None:
    """All returns of a year, and the figures that are true of it."""
    children = _cin(country, year, outbox)
    header = _ssda903(country, year, outbox)
    _persons(country, year, outbox, pl.concat([children, header]))
    whole = school_year(country, year)
    enrolments = _schools(country, whole, outbox)
    learnt = _results(country, whole, outbox) if RESULTS in outbox.also else None
    outbox.notes.counted.append(truth.counted(country, year, enrolments, learnt))


def _planter(country: Country, return_: str, year: int) -> Planter:
    spared = [canary.person for canary in country.canaries]
    return Planter(country.seed, country.rates, return_, year, spared)


def _cin(country: Country, year: int, outbox: Outbox) -> pl.DataFrame:
    """The CIN census: (person, la) of its children."""
    pairs = _pairs(country.episodes, "referral", "closure", year)
    planter, notes = _planter(country, "cin", year), outbox.notes
    sent, wrong = wrong_reference_date(country, _with_faults(cin_return(country, year), planter))
    planter.note_file("reference_date_wrong", "100", "Header", wrong)
    size = write_cin(sent, outbox.folder("cin", year))
    outbox.keep("cin", year, cin_tables(sent))
    notes.record(country, "cin", year, "ChildIdentifiers", sent.children, "LAchildID")
    notes.add("faults", planter.frame())
    notes.returned.append(Returned("cin", year, len(sent.children), len(sent.reference_dates), size))
    return pairs


def _with_faults(sent: CinReturn, planter: Planter) -> CinReturn:
    names = sent.children.select("la", "person", "LAchildID")

    def named(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.join(names, on=["la", "person"], how="left", maintain_order="left")

    return replace(
        sent,
        children=planter.plant(sent.children, CIN_FAULTS, "ChildIdentifiers", "LAchildID"),
        episodes=planter.plant(named(sent.episodes), CIN_FAULTS, "CINdetails", "LAchildID"),
        assessments=planter.plant(named(sent.assessments), CIN_FAULTS, "Assessments", "LAchildID"),
        reviews=planter.plant(named(sent.reviews), CIN_FAULTS, "Reviews", "LAchildID"),
    )


def _pairs(rows: pl.DataFrame, start: str, end: str, year: int) -> pl.DataFrame:
    touching = (pl.col(start) <= year_end(year)) & (pl.col(end) >= year_start(year))
    return rows.filter(touching).select("person", "la")


def _ssda903(country: Country, year: int, outbox: Outbox) -> pl.DataFrame:
    """The SSDA903: (person, la) of its children."""
    planter, notes = _planter(country, "ssda903", year), outbox.notes
    las = sorted(set(country.places.codes(year)))
    sent = {
        name: planter.plant(frame, SSDA903_FAULTS, name, "CHILD")
        for name, frame in ssda903.tables(country, year).items()
    }
    clean = country.rates.times == 0
    folder, last = outbox.folder("ssda903", year), sending.last_day("ssda903", year)
    files, size = write_ssda903(sent, folder, las, clean=clean)
    sending.note_return(folder, las, "ssda903", last)
    if not clean:
        again = sending.send_twice(folder, las, "ssda903", last)
        files, size = files + again[0], size + again[1]
    outbox.keep("ssda903", year, _columns_of(sent, {name: ssda903.table_columns(name) for name in sent}))
    notes.record(country, "ssda903", year, "header", sent["header"], "CHILD")
    notes.add("faults", planter.frame())
    notes.returned.append(Returned("ssda903", year, len(sent["header"]), files, size))
    return _pairs(country.care_episodes, "decom", "dec", year)


def _columns_of(
    tables: Mapping[str, pl.DataFrame], columns: Mapping[str, Sequence[str]]
) -> dict[str, pl.DataFrame]:
    """Tables as they are sent, with the authority beside each row."""
    return {name: rows.select("la", *columns[name]) for name, rows in tables.items()}


def _persons(country: Country, year: int, outbox: Outbox, children: pl.DataFrame) -> None:
    rows = persons.person_rows(country, children, year)
    codes = country.places.codes(year)
    las = sorted({codes[la] for la in country.block.with_person_files})
    folder = outbox.folder("person_identifiers", year)
    size = write_by_la(rows, persons.COLUMNS, folder, "person_identifiers.csv", las)
    outbox.keep("person_identifiers", year, {"persons": rows.select("la", *persons.COLUMNS)})
    outbox.notes.record(country, "person_identifiers", year, "person_identifiers", rows, "la_child_id")
    outbox.notes.returned.append(Returned("person_identifiers", year, len(rows), len(las), size))


def _schools(country: Country, whole: SchoolYear, outbox: Outbox) -> pl.DataFrame:
    """The three censuses that carry the school year's attendance; their enrolments, for the truth."""
    year = whole.year
    planter = _planter(country, "school_census", year)
    folder, las = outbox.folder("school_census", year), sorted(set(country.places.codes(year)))
    last_days = {census.name: sending.last_day_of_census(census.day) for census in censuses(year)}
    sending.note_censuses(folder, las, last_days)
    parts = []
    for census in censuses(year):
        rows = school_census.enrolments(country, whole, census)
        _census(country, year, census, rows, planter, outbox)
        counted = rows.select("person", "age", "is_late", "possible", "absent", "possible_2", "absent_2")
        parts.append(counted.with_columns(told_on=pl.lit(census.day)))
    outbox.notes.add("faults", planter.frame())
    return pl.concat(parts)


def _census(
    country: Country, year: int, census: Census, rows: pl.DataFrame, planter: Planter, outbox: Outbox
) -> None:
    las = sorted(set(country.places.codes(year)))
    made = school_census.tables(country, year, census, rows)
    sent = {
        name: planter.plant(frame, SCHOOL_FAULTS, name, "pupilonrolltableid", census.name)
        if name in WITH_FAULTS else frame
        for name, frame in made.items()
    }  # fmt: skip
    if CENSUS_XML in outbox.also:
        sent["schoolcensus"] = forms.schools_own(sent["schoolcensus"])
    files, size = write_school_census(
        sent, year, census.name, outbox.folder("school_census", year), las, xml=CENSUS_XML in outbox.also
    )
    headings = {name: school_census.columns(name, year, census.name) for name in sent}
    kept = _columns_of(sent, headings)
    outbox.keep("school_census", year, {f"{census.name}_{name}": rows for name, rows in kept.items()})
    for name, key in school_census.PUPILS.items():
        outbox.notes.record(country, "school_census", year, name, sent[name], key)
    outbox.notes.returned.append(Returned("school_census", year, len(rows), files, size))
    if REGISTERS in outbox.also:
        _registers(year, census, registers(country, year, census, made), outbox)


def _registers(year: int, census: Census, rows: pl.DataFrame, outbox: Outbox) -> None:
    files, size = write_registers(rows, census, outbox.folder("daily_attendance", year))
    outbox.keep("daily_attendance", year, {"sessions": rows.select("la", *REGISTER)})
    pupils = rows["person"].n_unique()
    outbox.notes.returned.append(Returned("daily_attendance", year, pupils, files, size))


def _results(country: Country, whole: SchoolYear, outbox: Outbox) -> pl.DataFrame:
    """The results of the school year, by person, for the truth."""
    rows, year = results(country, whole), whole.year
    las = sorted(set(country.places.codes(year)))
    folder = outbox.folder("attainment", year)
    size = write_by_la(rows, RESULT, folder, "attainment.csv", las)
    outbox.keep("attainment", year, {"results": rows.select("la", *RESULT)})
    outbox.notes.returned.append(Returned("attainment", year, rows["person"].n_unique(), len(las), size))
    return rows


def _write_providers(outbox: Outbox, year: int, seed: int, reference: Path) -> None:
    """The list for the nightly run; when asked for, also the workbook that is handed out in the last year."""
    rows = pl.concat(outbox.notes.providers)
    write_providers(rows, reference)
    if PROVIDERS in outbox.also:
        found = sheets(rows, seed)
        size = write_workbook(found, outbox.folder("provider_list", year) / "england" / "providers.xlsx")
        outbox.notes.returned.append(Returned("provider_list", year, 0, 1, size))


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
