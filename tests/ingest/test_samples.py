"""Real-format files that others published: what the readers must find in them is known."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from assets.gathered import view_returns
from assets.ingest import all_findings, ingest, ledger, read_paths
from assets.ingest.limits import Limits
from assets.store import Store
from schemas.duck import connect
from tests.ingest.written import NOW

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("NATIONAL_OUTCOMES_SAMPLES") or DEFAULT)
FOLDERS = ("ssda903_csv", "ssda903_xml", "cin", "school_census_spring_2025")

pytestmark = [
    pytest.mark.skipif(
        not SAMPLES.is_dir(), reason="no samples; set NATIONAL_OUTCOMES_SAMPLES to their folder"
    ),
    pytest.mark.xdist_group("samples"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store in which all samples have been read, as if an authority had sent each folder."""
    landing = tmp_path_factory.mktemp("landing")
    for folder in FOLDERS:
        (landing / folder).mkdir()
        for path in (SAMPLES / folder).iterdir():
            (landing / folder / path.name).write_bytes(path.read_bytes())
    store = Store(tmp_path_factory.mktemp("home"), landing)
    ingest(store, now=NOW, limits=Limits(workers=1))
    return store


def rows(store: Store, name: str, la: str) -> int:
    (path,) = (store.returns / name).rglob(f"la={la}/*.parquet")
    return pl.scan_parquet(path).select(pl.len()).collect().item()


@pytest.mark.parametrize(
    ("name", "la", "expected"),
    [
        ("ssda903_episodes", "unknown:ssda903_csv", 5_050),
        ("ssda903_reviews", "unknown:ssda903_csv", 12_582),
        ("ssda903_header", "unknown:ssda903_csv", 2_675),
        ("ssda903_dolo", "unknown:ssda903_csv", None),
        ("provider_list_childrens_homes", "unknown:ssda903_csv", 1),
        ("provider_list_supported_accommodation", "unknown:ssda903_csv", 1),
        ("ssda903_header", "unknown:ssda903_xml", 253),
        ("ssda903_episodes", "unknown:ssda903_xml", 459),
        ("ssda903_missing", "unknown:ssda903_xml", 6),
        ("ssda903_uasc", "unknown:ssda903_xml", 12),
        ("cin_cin_details", "unknown:cin", 402),
        ("cin_child_identifiers", "unknown:cin", 332),
        ("school_census_pupilonroll", "unknown:school_census_spring_2025", 9_498),
        ("school_census_termlysessiondetailsonroll", "unknown:school_census_spring_2025", 41_251),
    ],
)
def test_the_samples_hold_the_rows_that_they_hold(
    store: Store, name: str, la: str, expected: int | None
) -> None:
    assert rows(store, name, la) == (expected or 1)


def test_no_cell_of_the_samples_is_lost_in_typing(store: Store) -> None:
    understood = pl.col("rule").is_in(["cell.date_form", "cell.serial_date", "cell.decimal_number"])
    lost = all_findings(store).filter(pl.col("rule").str.starts_with("cell."), ~understood)
    dates = lost.filter(pl.col("rule") == "cell.not_a_date")
    assert dates.filter(pl.col("return") == "school_census").is_empty()
    assert lost["n"].sum() < 50


def test_two_censuses_of_one_moment_are_both_held(store: Store) -> None:
    state = ledger.state(store).filter(pl.col("return") == "cin", pl.col("la") == "201")
    assert state["status"].to_list() == ["held", "held"]
    assert set(state["reason"]) == {"submission.conflict"}
    assert state["year"].to_list() == [2024, 2024]
    found = all_findings(store).filter(pl.col("la") == "201")["rule"].to_list()
    assert {"file.stray_text", "file.year_disagrees", "submission.conflict"} <= set(found)


def test_files_that_name_nobody_are_dated_by_their_episodes(store: Store) -> None:
    state = ledger.state(store).filter(pl.col("return") == "ssda903")
    assert set(state["year"]) == {2018}
    assert set(state["status"]) == {"current"}


def test_the_census_carries_the_term_before_it(store: Store) -> None:
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        found = con.execute(
            "select distinct year, term, collected_in from returns.school_census_pupilonroll"
        ).fetchall()
    assert found == [(2025, "autumn", "spring")]


def test_a_list_of_homes_in_the_folder_is_a_submission_of_its_own(store: Store) -> None:
    state = ledger.state(store).filter(pl.col("la") == "unknown:ssda903_csv")
    assert state.select("return", "status").rows() == [("provider_list", "current"), ("ssda903", "current")]
    found = all_findings(store).filter(pl.col("return") == "provider_list")
    assert "file.workbook" in set(found["rule"])
    assert not {"file.unknown_columns", "file.missing_columns", "file.sheets_ignored"} & set(found["rule"])
    assert "file.byte_order_mark" in set(all_findings(store).filter(pl.col("return") == "ssda903")["rule"])


def test_the_same_files_read_without_a_store() -> None:
    read = read_paths([SAMPLES / "ssda903_csv"], "ssda903", 2018, la="202")
    assert {view: frame.height for view, frame in read.tables.items()}["episodes"] == 5_050
    assert set(read.tables["episodes"]["la"]) == {"202"}
    assert sum(row.rows_in for row in read.rows) == sum(frame.height for frame in read.tables.values())
    census = read_paths([SAMPLES / "school_census_spring_2025"], "school_census", 2025)
    assert set(census.tables["pupilonroll"]["term"]) == {"autumn"}
