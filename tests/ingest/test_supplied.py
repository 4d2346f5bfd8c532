"""What may be sent besides the returns with rules: registers day by day, results, the list of homes."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from assets.gathered import view_returns
from assets.ingest import all_findings, ingest, ledger
from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.store import Store
from schemas.duck import connect
from tests.ingest.written import NOW, land

REGISTER = "academic_year,la_code,school_urn,upn,date,session,code\n"
MARKS = "2024/25,202,100001,A999000178301,2024-09-05,AM,/\n2024/25,202,100001,A999000178301,2024-09-05,PM,I\n"
LATER = "2024/25,202,100001,A999000178301,2024-10-07,AM,C2\n"
RESULTS = (
    "academic_year,upn,key_stage,measure,value\n"
    "2024/25,A999000178301,KS2,rwm_expected,1\n2024/25,A999000178302,KS4,attainment_8,43.5\n"
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home", tmp_path / "landing")


def read(store: Store, *queries: str) -> list[list[tuple[object, ...]]]:
    """Read what landed, and what each query then finds."""
    ingest(store, now=NOW, limits=Limits(workers=1))
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        return [con.execute(query).fetchall() for query in queries]


def test_a_register_says_itself_whose_it_is_and_of_which_school_year(store: Store) -> None:
    land(store.landing, "anywhere/register.csv", REGISTER + MARKS)
    (rows,) = read(
        store, 'select "date", session, code from returns.daily_attendance_sessions order by session'
    )
    assert ledger.state(store).select("return", "year", "la", "status").rows() == [
        ("daily_attendance", 2025, "202", "current")
    ]
    assert rows == [(date(2024, 9, 5), "AM", "/"), (date(2024, 9, 5), "PM", "I")]
    assert all_findings(store).is_empty()


def test_a_year_of_registers_may_come_in_many_files(store: Store) -> None:
    land(store.landing, "daily_attendance/2025/202/september.csv", REGISTER + MARKS)
    land(store.landing, "daily_attendance/2025/202/october.csv", REGISTER + LATER)
    assert read(store, "select count(*) from returns.daily_attendance_sessions") == [[(3,)]]
    assert ledger.state(store)["files"].to_list() == [2]
    assert "file.two_tables_alike" not in set(all_findings(store)["rule"])


def test_a_register_of_another_school_year_than_its_folder_is_held(store: Store) -> None:
    land(store.landing, "daily_attendance/2024/202/september.csv", REGISTER + MARKS)
    read(store)
    assert ledger.state(store).select("status", "reason").rows() == [("held", "file.wrong_year")]


def test_results_are_numbers_of_a_school_year_and_the_folder_says_whose_they_are(store: Store) -> None:
    land(store.landing, "attainment/2025/202/results.csv", RESULTS)
    (rows,) = read(store, "select year, la, measure, value from returns.attainment_results order by measure")
    assert rows == [(2025, "202", "attainment_8", 43.5), (2025, "202", "rwm_expected", 1.0)]
    assert all_findings(store).is_empty()


def test_a_file_that_shares_one_heading_with_a_table_is_not_taken_for_it() -> None:
    for text in ("kind,value\na,1\n", "code,label\nx,y\n", "upn,shoe size\n1,38\n"):
        assert read_bytes(text.encode(), "0" * 64, Limits()).ret == ""


def homes() -> bytes:
    """The list as it is handed out: a sheet of homes and one of supported accommodation."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Providers")
        sheet.write_row(
            0,
            0,
            ["Local authority", "URN", "Provider type", "Registration date", "Number of registered places"],
        )
        sheet.write_row(1, 0, ["Made-up", "SC000001", "Children's home"])
        sheet.write_datetime(1, 3, date(2024, 5, 1), day)
        sheet.write_number(1, 4, 6)
        sheet = book.add_worksheet("SA Providers")
        sheet.write_row(
            0, 0, ["Provider local authority", "Setting Local Authority", "URN", "Setting status", "Capacity"]
        )
        sheet.write_row(1, 0, ["Made-up", "Made-up", 2500001, "Open", 4])
    return kept.getvalue()


def test_the_list_of_homes_is_read_sheet_by_sheet(store: Store) -> None:
    land(store.landing, "provider_list/2025/england/list.xlsx", homes())
    at_home, settings = read(
        store,
        "select urn, registration_date, number_of_registered_places, year from returns.provider_list_childrens_homes",
        "select urn, capacity from returns.provider_list_supported_accommodation",
    )
    assert at_home == [("SC000001", date(2024, 5, 1), 6, 2025)]
    assert settings == [("2500001", 4)]
    assert all_findings(store).filter(pl.col("rule").str.starts_with("cell.")).is_empty()
