"""From a seed to a country on disk: lives, then returns, then the truth about both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from synthetic import persons, school_census, ssda903, truth
from synthetic.cin import CinReturn, cin_return, wrong_reference_date
from synthetic.country import Country, make_lives
from synthetic.csv_files import write_by_la
from synthetic.days import year_end, year_start
from synthetic.faults import CIN_FAULTS, SCHOOL_FAULTS, SSDA903_FAULTS, Planter
from synthetic.places import read_places
from synthetic.postcode_directory import write_postcode_directory
from synthetic.write_cin import write_cin

VERSION = 1
EARLIEST, LATEST = 2022, 2026
PUPIL_KEYS = {"pupilonroll": "pupilonrolltableid", "pupilnolongeronroll": "pupilnolongeronrolltableid"}


@dataclass(frozen=True)
class Returned:
    """How much one return of one year came to."""

    return_: str
    year: int
    children: int
    files: int
    bytes: int


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


class _Notes:
    """What the truth needs to know of the returns as they were sent."""

    def __init__(self) -> None:
        self.records: list[pl.DataFrame] = []
        self.faults: list[pl.DataFrame] = []
        self.returned: list[Returned] = []

    def record(self, return_: str, year: int, table: str, rows: pl.DataFrame, key: str) -> None:
        self.records.append(
            rows.select(
                pl.lit(return_).alias("return"),
                pl.lit(year, dtype=pl.Int64).alias("year"),
                "la",
                pl.lit(table).alias("table"),
                pl.col(key).alias("key"),
                pl.col("person").cast(pl.Int64),
            )
        )


def make_country(
    out: Path,
    *,
    scale: float,
    years: Sequence[int],
    seed: int,
    las: Sequence[str] | None = None,
    clean: bool = False,
) -> Summary:
    """Write landing files in the real formats and the truth beside them.

    `scale` is the share of England's children, `years` are collection years (2025 is 2024-25), `las`
    restricts the authorities by three-digit code, `clean` leaves out every identifier error and planted
    fault. The same arguments give the same bytes.
    """
    wanted = _checked(scale, years)
    country = make_lives(read_places(scale, las), wanted, scale, seed, clean)
    notes = _Notes()
    enrolments = {year: _one_year(country, year, out / "landing", notes) for year in wanted}
    write_postcode_directory(country.places, seed, out / "reference")
    _write_truth(country, notes, enrolments, out / "truth")
    summary = Summary(tuple(notes.returned))
    _write_marker(out, scale, wanted, seed, country, clean, summary)
    return summary


def _checked(scale: float, years: Sequence[int]) -> tuple[int, ...]:
    """Years in order; ValueError where the maker knows no layout for them."""
    wanted = tuple(sorted(set(years)))
    if not wanted or wanted[0] < EARLIEST or wanted[-1] > LATEST:
        raise ValueError(f"expected collection years from {EARLIEST} to {LATEST}, got {list(years)}")
    if not 0 < scale <= 1:
        raise ValueError(f"expected a scale above 0 and at most 1, got {scale}")
    return wanted


def _one_year(country: Country, year: int, landing: Path, notes: _Notes) -> pl.DataFrame:
    """All returns of a year; the enrolments are handed back, for the truth."""
    children = _cin(country, year, landing, notes)
    header = _ssda903(country, year, landing, notes)
    _persons(country, year, landing, notes, children, header)
    return _schools(country, year, landing, notes)


def _planter(country: Country, return_: str, year: int) -> Planter:
    spared = [canary.person for canary in country.canaries]
    return Planter(country.seed, country.rates, return_, year, spared)


def _cin(country: Country, year: int, landing: Path, notes: _Notes) -> pl.DataFrame:
    """The CIN census: (person, la) of its children."""
    pairs = _pairs(country.episodes, "referral", "closure", year)
    planter = _planter(country, "cin", year)
    sent, wrong = wrong_reference_date(country, _with_faults(cin_return(country, year), planter))
    planter.note_file("reference_date_wrong", "100", "Header", wrong)
    size = write_cin(sent, landing / "cin" / str(year))
    notes.record("cin", year, "ChildIdentifiers", sent.children, "LAchildID")
    notes.faults.append(planter.frame())
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


def _ssda903(country: Country, year: int, landing: Path, notes: _Notes) -> pl.DataFrame:
    """The SSDA903: (person, la) of its children."""
    planter = _planter(country, "ssda903", year)
    las = sorted(set(country.places.codes(year)))
    size, header = 0, pl.DataFrame()
    for name, frame in ssda903.tables(country, year).items():
        sent = planter.plant(frame, SSDA903_FAULTS, name, "CHILD")
        header = sent if name == "header" else header
        size += write_by_la(
            sent, ssda903.table_columns(name), landing / "ssda903" / str(year), f"{name}.csv", las
        )
    notes.record("ssda903", year, "header", header, "CHILD")
    notes.faults.append(planter.frame())
    notes.returned.append(Returned("ssda903", year, len(header), len(las) * len(ssda903.COLUMNS), size))
    return _pairs(country.care_episodes, "decom", "dec", year)


def _persons(
    country: Country, year: int, landing: Path, notes: _Notes, children: pl.DataFrame, cared_for: pl.DataFrame
) -> None:
    rows = persons.person_rows(country, pl.concat([children, cared_for]), year)
    codes = country.places.codes(year)
    las = sorted({codes[la] for la in country.with_person_files})
    folder = landing / "person_identifiers" / str(year)
    size = write_by_la(rows, persons.COLUMNS, folder, "person_identifiers.csv", las)
    notes.record("person_identifiers", year, "person_identifiers", rows, "la_child_id")
    notes.returned.append(Returned("person_identifiers", year, len(rows), len(las), size))


def _schools(country: Country, year: int, landing: Path, notes: _Notes) -> pl.DataFrame:
    planter = _planter(country, "school_census", year)
    las = sorted(set(country.places.codes(year)))
    rows = school_census.enrolments(country, year)
    size = 0
    for name, frame in school_census.tables(country, year, rows).items():
        planted = name in ("pupilonroll", "termlysessiondetailsonroll")
        sent = planter.plant(frame, SCHOOL_FAULTS, name, "pupilonrolltableid") if planted else frame
        file = f"{year}_spring_{name}.csv"
        size += write_by_la(
            sent, school_census.columns(name, year), landing / "school_census" / str(year), file, las
        )
        if name in PUPIL_KEYS:
            notes.record("school_census", year, name, sent, PUPIL_KEYS[name])
    notes.faults.append(planter.frame())
    files = len(las) * len(school_census.TABLES)
    notes.returned.append(Returned("school_census", year, len(rows), files, size))
    return rows


def _write_truth(country: Country, notes: _Notes, enrolments: dict[int, pl.DataFrame], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    truth.people_frame(country).write_parquet(folder / "people.parquet")
    pl.concat(notes.records).write_parquet(folder / "records.parquet")
    pl.concat(notes.faults).write_parquet(folder / "faults.parquet")
    pl.concat([country.cases.errors, country.pupils.errors], how="diagonal").write_parquet(
        folder / "errors.parquet"
    )
    truth.outcomes(country, enrolments).write_parquet(folder / "outcomes.parquet")
    values = [pair for canary in country.canaries for pair in canary.values()]
    pl.DataFrame(values, schema=["kind", "value"], orient="row").write_csv(folder / "canaries.csv")


def _write_marker(
    out: Path,
    scale: float,
    years: tuple[int, ...],
    seed: int,
    country: Country,
    clean: bool,
    summary: Summary,
) -> None:
    """By this file the product knows a synthetic home."""
    marker = {
        "synthetic": True,
        "version": VERSION,
        "seed": seed,
        "scale": scale,
        "years": list(years),
        "authorities": country.places.frame["la_code"].to_list(),
        "clean": clean,
        "returns": [asdict(part) for part in summary.returns],
    }
    (out / "synthetic.json").write_text(json.dumps(marker, indent=2) + "\n", encoding="utf-8")
