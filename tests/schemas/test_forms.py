"""The declared forms are those that the department and others printed, in every year that we have read."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from schemas import authorities, calendar
from schemas.code_sets import code_set
from schemas.returns import RETURNS
from schemas.table import FIRST_YEAR, LAST_YEAR, column_of, columns

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("NATIONAL_OUTCOMES_SAMPLES") or DEFAULT)
PRINTED = SAMPLES.parent / "reference" / "codes"
CIN, SSDA903, CENSUS = (RETURNS[name] for name in ("cin", "ssda903", "school_census"))
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
printed = pytest.mark.skipif(
    not PRINTED.is_dir(),
    reason="no printed forms; set NATIONAL_OUTCOMES_SAMPLES to the folder of the samples",
)
ONLY_IN_A_FILE = {"preferredsurname"}
"""A column of pupils who left that the published spring files have and the printed headings have not."""
AUTUMN_NAMES = {"addresses": "addressesonroll", "fsmperiod": "fsmperiodsonroll"}
"""Tables that the autumn census calls otherwise."""


def census_forms() -> dict[tuple[int, str], dict[str, set[str]]]:
    found: dict[tuple[int, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    with (PRINTED / "school_census_columns.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[int(row["schema_year"]), row["term"]][row["table"]].add(row["column"].lower())
    return found


@printed
def test_the_school_census_has_the_tables_and_columns_of_every_census_that_was_printed() -> None:
    forms = census_forms()
    assert sorted({year for year, _ in forms}) == list(CENSUS.seen)
    for (year, census), tables in forms.items():
        ours = {AUTUMN_NAMES.get(t.DFE, t.DFE) if census == "autumn" else t.DFE: t for t in CENSUS.tables}
        assert set(tables) == {name for name, t in ours.items() if t.is_in_form(year, census)}
        for name, names in tables.items():
            expected = {c.name for c in columns(ours[name]) if c.is_expected(year, census)}
            by_heading = {heading: c.name for c in columns(ours[name]) for heading in c.headings}
            assert expected - {by_heading.get(heading) for heading in names} <= ONLY_IN_A_FILE, (year, census)
            assert {by_heading.get(heading) for heading in names} <= expected, (year, census, name)


@printed
def test_a_renamed_heading_of_the_school_census_is_the_one_that_was_printed() -> None:
    for (year, census), tables in census_forms().items():
        for table in (t for t in CENSUS.tables if t.DFE in tables):
            renamed = [c for c in columns(table) if c.formerly and c.is_expected(year, census)]
            assert {c.heading_in(year, census) for c in renamed} <= tables[table.DFE], (year, census)


@printed
def test_the_903_has_the_tables_headings_and_order_that_were_printed() -> None:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with (PRINTED / "ssda903_columns.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["table"]].append((row["column"], row["valid_from"][:4]))
    assert set(found) == {t.DFE for t in SSDA903.tables}
    for table in SSDA903.tables:
        assert [c.name for c in columns(table)] == [name for name, _ in found[table.DFE]]
        since = {int(first) + 1 if first else FIRST_YEAR for _, first in found[table.DFE]}
        assert since == {table.SINCE}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples")
@pytest.mark.parametrize("year", CIN.seen)
def test_the_children_in_need_census_has_every_element_of_the_printed_schema(year: int) -> None:
    path = SAMPLES / "schemas" / f"CIN_schema_{year}.xsd"
    elements = {e.get("name", "") for e in ElementTree.parse(path).iter() if e.tag.endswith("}element")}
    ours = {c.name for t in CIN.tables_in(year) for c in columns(t) if c.applies(year)} | {"Year"}
    groups = {t.ELEMENT for t in CIN.tables_in(year)} | {t.DFE for t in CIN.tables_in(year)}
    own = {"LAchildID", "CINdetailsID", "AssessmentID", "CPPID", "CollectionYear"}
    holders = {"Message", "Children", "Child", "CollectionDetails", "Source"}
    assert elements - ours - groups - holders == set()
    assert ours - own - elements == set()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples")
def test_the_903_has_every_element_of_the_printed_schema_of_2021() -> None:
    path = SAMPLES / "schemas" / "CLA.xsd"
    elements = {e.get("name", "") for e in ElementTree.parse(path).iter() if e.tag.endswith("}element")}
    ours = {h.upper() for t in SSDA903.tables_in(2021) for c in columns(t) for h in c.headings}
    groups = {t.ELEMENT for t in SSDA903.tables} | {"EXPSSDA903", "CHILD", "UASC"}
    assert elements - ours - groups == set()


def test_what_no_form_that_was_read_holds_is_marked_as_assumed() -> None:
    for ret in RETURNS.values():
        for table in ret.tables:
            unseen = not any(table.SINCE <= year <= table.UNTIL for year in ret.seen)
            assert unseen == table.ASSUMED, table.DFE
            for c in columns(table):
                assert c.assumed == (not unseen and not any(c.applies(year) for year in ret.seen)), c.name


@pytest.mark.parametrize("year", YEARS)
def test_every_year_has_a_form_of_every_return_and_no_heading_twice(year: int) -> None:
    for ret in RETURNS.values():
        for census in calendar.TERMS if ret.has_terms else ("",):
            for table in ret.tables:
                sent = [c.heading_in(year, census) for c in columns(table) if c.is_expected(year, census)]
                assert len(sent) == len({name.lower() for name in sent})
            assert any(table.is_in_form(year, census) for table in ret.tables)
    assert CIN.is_assumed(2019)
    assert not CIN.is_assumed(2026)


@pytest.mark.parametrize(
    ("ret", "table", "column", "census", "headings"),
    [
        ("school_census", "pupilonroll", "sex", "spring", {2023: "gender", 2024: "sex"}),
        ("school_census", "pupilonroll", "sex", "autumn", {2022: "gender", 2023: "sex"}),
        ("school_census", "termlysessiondetailsonroll", "sessions", "summer", {2020: "absencesessions", 2021: "sessions"}),
        ("school_census", "pupilonroll", "eligibilitycode", "spring", {2024: "thirtyhourcode", 2025: "eligibilitycode"}),
        ("school_census", "pupilonroll", "eligibilitycode", "autumn", {2024: "eligibilitycode"}),
    ],
)  # fmt: skip
def test_a_column_that_was_renamed_has_the_heading_of_its_year(
    ret: str, table: str, column: str, census: str, headings: dict[int, str]
) -> None:
    found = column_of(RETURNS[ret].table(table), column)
    assert {year: found.heading_in(year, census) for year in headings} == headings


@pytest.mark.parametrize(
    ("name", "code", "last_without", "first_with"),
    [
        ("cin_assessment_factors", "18B", 2020, 2021),
        ("cin_assessment_factors", "24A", 2021, 2022),
        ("cin_referral_source", "5D", 2022, 2023),
        ("cin_reason_for_closure", "RC9", 2022, 2023),
        ("cin_sex", "U", 2024, 2025),
        ("ssda903_rec", "E45", 2018, 2019),
        ("ssda903_reason_place_change", "CUSTOD", 2018, 2019),
        ("ssda903_place", "K3", 2023, 2024),
        ("ssda903_place", "Z11", 2025, 2026),
        ("ssda903_sex", "F", 2024, 2025),
        ("attendance", "Y3", 2024, 2025),
        ("exclusion_category", "SUSP", 2020, 2021),
    ],
)
def test_a_code_begins_in_the_year_in_which_it_began(
    name: str, code: str, last_without: int, first_with: int
) -> None:
    (row,) = code_set(name).filter(code=code).to_dicts()
    assert not row["since"] <= last_without <= row["until"]
    assert row["since"] <= first_with <= row["until"]


@pytest.mark.parametrize(
    ("name", "code", "last"),
    [
        ("cin_assessment_factors", "18A", 2020),
        ("cin_gender_current", "1", 2024),
        ("ssda903_rec", "E43", 2018),
        ("ssda903_place", "H5", 2024),
        ("ssda903_place", "Z1", 2025),
        ("ssda903_activity", "F3", 2021),
        ("attendance", "Y", 2024),
    ],
)
def test_a_code_ends_in_the_year_in_which_it_ended(name: str, code: str, last: int) -> None:
    assert code_set(name).filter(code=code)["until"].to_list() == [last]


def test_the_authorities_and_their_deadlines_are_known_in_every_year() -> None:
    counts = {year: authorities.in_year(year).height for year in YEARS}
    expected = {2020: 151, 2021: 151} | dict.fromkeys((2017, 2018, 2019, 2022, 2023), 152)
    assert counts == expected | dict.fromkeys((2024, 2025, 2026, 2027), 153)
    assert all(calendar.deadline(ret, year) for ret in ("cin", "ssda903") for year in YEARS)
    assert all(calendar.deadline("school_census", year, term) for year in YEARS for term in calendar.TERMS)


@pytest.mark.parametrize(
    ("text", "year"),
    [("2025", 2025), ("2024/25", 2025), ("2024-25", 2025), ("202425", 2025), ("2024/2025", 2025), ("1999/00", None),
     ("2024/26", None), ("last year", None)],
)  # fmt: skip
def test_a_school_year_is_named_by_its_end(text: str, year: int | None) -> None:
    assert calendar.year_named(text) == year
