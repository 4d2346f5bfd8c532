"""Lives, then files, then typed tables: every cell comes back as it was meant, for every form that was read.

Forms of other years are assumed (`seen` of each return) and no round trip is claimed for them. The group of
pre-proceedings is known from its draft alone; that it comes back is shown apart.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import polars as pl
import pytest

from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from schemas.code_sets import code_set
from schemas.returns import RETURNS
from schemas.returns.cin import PreProceedings
from schemas.table import columns
from synthetic import make_country
from synthetic.make import ALSO, LATEST, REGISTERS
from tests.ingest.meant import Cells, Meant, in_any_order

LAS = ("213", "305", "306")
"""The first two send their schools' own files, the second its 903 as XML, the last a CIN census laid out otherwise."""
YEARS = (2021, 2024, 2025, 2026)
FORMS = [
    (name, year) for name in ("cin", "ssda903", "school_census") for year in (*YEARS, LATEST)
    if year in RETURNS[name].seen
]  # fmt: skip
AS_XML = {"school_census": ("213", "305"), "ssda903": ("305",)}
NOT_IN_XML = {"nativeid", "sourceid", "census_name", "xversion", "datetime"}
"""What COLLECT adds for itself, and when the file was written, which XML says in another form."""


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    folder = tmp_path_factory.mktemp("forms")
    also = [name for name in ALSO if name != REGISTERS]
    make_country(folder, scale=0.004, years=YEARS, seed=3, las=LAS, clean=True, also=also)
    return Meant(folder)


@pytest.fixture(scope="module")
def next_year(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    """The latest form alone, of enough children that everything in it happens."""
    folder = tmp_path_factory.mktemp("next")
    make_country(folder, scale=0.03, years=[LATEST], seed=3, las=("305", "306"), clean=True, also=["tables"])
    return Meant(folder)


@pytest.fixture(scope="module")
def untidy(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    """An authority whose tables went through a spreadsheet, with faults and a date that cannot be."""
    folder = tmp_path_factory.mktemp("untidy")
    make_country(folder, scale=0.01, years=[2025], seed=3, las=LAS[-1:], errors=4, also=["tables"])
    return Meant(folder, is_clean=False)


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    """One authority, one year, every half day."""
    folder = tmp_path_factory.mktemp("registers")
    make_country(
        folder, scale=0.001, years=[2025], seed=3, las=LAS[:1], clean=True, also=(REGISTERS, "tables")
    )
    return Meant(folder)


def of_year(country: Meant, next_year: Meant, year: int) -> Meant:
    return next_year if year == LATEST else country


def same(meant: Cells, found: Cells, in_order: bool = True) -> None:
    """Equal table by table: no table and no row more or less, and every cell the same."""
    assert set(found) == set(meant)
    for key in sorted(meant):
        ours, theirs = found[key], meant[key]
        if not in_order:
            ours, theirs = in_any_order(ours), in_any_order(theirs)
        assert ours.schema == theirs.schema, key
        assert ours.height == theirs.height, key
        assert not differing(ours, theirs), key


def differing(ours: pl.DataFrame, theirs: pl.DataFrame) -> dict[str, int]:
    """By column, how many cells are not the same."""
    counts = {name: int(ours[name].ne_missing(theirs[name]).sum()) for name in ours.columns}
    return {name: count for name, count in counts.items() if count}


def of(cells: Cells, las: tuple[str, ...], *, without: bool = False) -> Cells:
    return {key: rows for key, rows in cells.items() if (key[0] in las) is not without}


@pytest.mark.parametrize(("name", "year"), FORMS)
def test_every_cell_comes_back_from_the_file_in_which_it_was_sent(
    name: str, year: int, country: Meant, next_year: Meant
) -> None:
    made = of_year(country, next_year, year)
    meant, found = made.tables(name, year), made.read(name, year)
    assert len(meant) >= 15
    as_xml = AS_XML.get(name, ()) if not (name == "school_census" and made is next_year) else ()
    same(of(meant, as_xml, without=True), of(found, as_xml, without=True))
    if name == "ssda903":
        same(of(meant, as_xml), of(found, as_xml), in_order=False)


@pytest.mark.parametrize("name", ["cin", "ssda903", "school_census"])
def test_mistakes_come_back_as_the_mistakes_that_they_are(name: str, untidy: Meant) -> None:
    meant, found = untidy.tables(name, 2025), untidy.read(name, 2025)
    assert len(meant) >= 8
    same(meant, found)


@pytest.mark.parametrize("year", [*YEARS, LATEST])
def test_only_codes_of_the_form_of_the_year_are_sent(year: int, country: Meant, next_year: Meant) -> None:
    """Also in years whose form is assumed: a code is not sent before there was one."""
    made = of_year(country, next_year, year)
    for name in ("cin", "ssda903"):
        for (_, _, view), rows in made.tables(name, year).items():
            for column in columns(RETURNS[name].table(view)):
                if column.codes:
                    known = code_set(column.codes).filter(pl.col("since") <= year, pl.col("until") >= year)
                    sent = set(rows[column.name].drop_nulls())
                    assert sent <= set(known["code"]), (view, column.name, sent - set(known["code"]))


def without_keys(cells: Cells) -> Cells:
    """Only what XML has a place for, and beside each row of detail which pupil it is of, counted from 1.

    The keys of COLLECT are not in XML, where a detail stands inside its pupil; ours are of our own making.
    """
    return {key: _plain(cells, key) for key in cells}


def _plain(cells: Cells, key: tuple[str, str, str]) -> pl.DataFrame:
    rows = cells[key]
    for name, owner in (
        ("pupilonrolltableid", "pupilonroll"), ("pupilnolongeronrolltableid", "pupilnolongeronroll"),
        ("schoolcensustableid", "schoolcensus"),
    ):  # fmt: skip
        if name in rows.columns:
            keys = cells[key[0], key[1], owner][name].to_list()
            numbers = {one: number for number, one in enumerate(keys, 1)}
            assert len(numbers) == len(keys)
            rows = rows.with_columns(pl.col(name).replace_strict(numbers, return_dtype=pl.Int64))
    own = {f"{key[2]}tableid"} if rows.schema.get(f"{key[2]}tableid") != pl.Int64 else set[str]()
    left_out = NOT_IN_XML | own | {n for n in rows.columns if n.endswith("orderseqcolumn")}
    return rows.select(name for name in rows.columns if name.lower() not in left_out)


@pytest.mark.parametrize("year", [year for name, year in FORMS if name == "school_census" and year != LATEST])
def test_a_census_sent_by_its_schools_comes_back_without_the_keys_that_xml_has_not(
    year: int, country: Meant
) -> None:
    las = AS_XML["school_census"]
    meant, found = (
        of(cells, las)
        for cells in (country.tables("school_census", year), country.read("school_census", year))
    )
    assert {path.suffix for la in las for path in country.paths("school_census", year, f"{la}/*")} <= {".xml"}
    assert {census for _, census, _ in meant} == {"autumn", "spring", "summer"}
    same(without_keys(meant), without_keys(found))


def test_the_headers_of_schools_say_when_they_were_written(country: Meant) -> None:
    found = country.read("school_census", 2025)["213", "spring", "schoolcensus"]
    (written,) = set(found["datetime"])
    meant = country.tables("school_census", 2025)["213", "spring", "schoolcensus"]["datetime"][0]
    assert written == str(pl.Series([meant]).str.to_datetime("%Y-%b-%d %H:%M:%S")[0]).replace(" ", "T")


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("name", ["person_identifiers", "attainment"])
def test_files_of_our_own_layout_come_back_in_every_year(name: str, year: int, country: Meant) -> None:
    meant = country.tables(name, year)
    assert meant
    same(meant, country.read(name, year))


def test_the_marks_of_every_half_day_come_back(registers: Meant) -> None:
    meant, found = registers.tables("daily_attendance", 2025), registers.read("daily_attendance", 2025)
    assert meant["213", "", "sessions"].height > 20_000
    same(meant, found)


def test_marks_add_up_to_what_the_three_censuses_say(registers: Meant) -> None:
    """Per pupil and code over the school year, codes of sessions that count."""
    censuses = registers.tables("school_census", 2025)
    parts = []
    for (la, census, view), rows in censuses.items():
        if "sessiondetails" in view:
            roll = "pupilonroll" if view.endswith("onroll") else "pupilnolongeronroll"
            pupils = censuses[la, census, roll].select(f"{roll}tableid", "upn")
            parts.append(rows.join(pupils, on=f"{roll}tableid").select("upn", "attendancereason", "sessions"))
    uncounted = ["#", "Y4", "X", "Q"]
    of_census = pl.concat(parts).filter(~pl.col("attendancereason").is_in(uncounted))
    told = of_census.group_by("upn", code="attendancereason").agg(pl.col("sessions").sum())
    marks = registers.tables("daily_attendance", 2025)["213", "", "sessions"]
    counted = marks.filter(~pl.col("code").is_in(uncounted)).group_by("upn", "code").len("sessions")
    as_numbers = counted.cast({"sessions": pl.Int64})
    assert in_any_order(as_numbers).equals(in_any_order(told.filter(pl.col("sessions") > 0)))
    assert marks.select("upn", "school_urn", "date", "session").is_duplicated().sum() == 0
    assert set(marks.filter(pl.col("code") == "/")["session"]) == {"AM"}
    assert set(marks.filter(pl.col("code") == "\\")["session"]) == {"PM"}
    assert marks.filter(pl.col("date").dt.weekday() > 5).is_empty()


def test_the_workbook_of_providers_comes_back_sheet_by_sheet(country: Meant) -> None:
    """Ofsted's number, place and postcode against the list that rules read; an agency has no postcode."""
    (path,) = country.paths("provider_list", max(YEARS))
    content = path.read_bytes()
    reading = read_bytes(content, hashlib.sha256(content).hexdigest(), Limits())
    assert {finding.rule for finding in reading.findings} == {"file.workbook", "file.heading_form"}
    homes, supported = (one.frame for one in reading.tables)
    names = {"urn": "urn", "placement_code": "places", "provider_postcode": "postcode"}
    in_homes = homes.select(pl.col(old).alias(new) for old, new in names.items())
    names["setting_address_postcode"] = names.pop("provider_postcode")
    in_supported = supported.select(pl.col(old).alias(new) for old, new in names.items())
    listed = pl.read_csv(country.root / "reference" / "providers.csv", infer_schema=False)
    places = listed.select(urn="URN", places=pl.col("Placement code").str.split(","), postcode="Postcode")
    assert supported.height > 0
    both = pl.concat([in_homes, in_supported]).unique()
    assert both["postcode"].null_count() > 0
    assert in_any_order(both).equals(in_any_order(places.explode("places").unique()))


def test_the_same_workbook_has_the_same_bytes(country: Meant, tmp_path: Path) -> None:
    from synthetic.providers import HOME_SHEET, SUPPORTED_SHEET, write_workbook

    rows = pl.DataFrame({"URN": ["SC900001"], "Registration date": pl.Series(["2024-05-01"]).str.to_date()})
    sizes = [
        write_workbook({HOME_SHEET: rows, SUPPORTED_SHEET: rows.drop("Registration date")}, tmp_path / n)
        for n in "ab"
    ]
    assert sizes[0] == sizes[1] == len(io.BytesIO((tmp_path / "a").read_bytes()).getvalue())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# --- the form of 2026-27, as far as it is known ---------------------------------------------------------


def test_pre_proceedings_come_back_as_they_were_meant(next_year: Meant) -> None:
    meant, found = next_year.tables("cin", LATEST), next_year.read("cin", LATEST)
    rows = pl.concat([frame for (_, _, view), frame in meant.items() if view == PreProceedings.VIEW])
    assert all(rows[column.name].null_count() < rows.height for column in columns(PreProceedings))
    same(meant, found)


def test_orders_that_deprive_of_liberty_are_sent_by_everyone_as_a_table(next_year: Meant) -> None:
    orders = pl.concat(
        [frame for (_, _, view), frame in next_year.read("ssda903", LATEST).items() if view == "dolo"]
    )
    assert orders.height > 0
    assert (orders["DOLO_END"] > orders["DOLO_START"]).all()
    assert len(next_year.paths("ssda903", LATEST, "dolo.csv")) == 2
