"""An authority's list shows what it sent: the file's own name, and the text that was no date."""

from __future__ import annotations

import polars as pl
import pytest

from assets import reports
from assets.as_sent import file_names
from assets.gathered import view_returns
from assets.ingest import Limits, all_findings, ingest, ledger
from assets.store import Store
from schemas.duck import connect
from tests.ingest.written import EPISODES, HEADER, NOW, land

NAME = "epi sodes Zoë.csv"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """What two authorities are told: one has a date that is none, the other the same child and row without it."""
    landing = tmp_path_factory.mktemp("landing")
    bad = EPISODES.format(child="A1").replace("01/05/2024", "=1st of May", 1)
    land(landing, f"ssda903/2025/202/{NAME}", bad)
    land(landing, "ssda903/2025/202/h.csv", HEADER.format(child="A1"))
    land(landing, "ssda903/2025/202/notes.csv", b"Name,Colour,Shape\n1,2,3\n")
    land(landing, "ssda903/2025/203/e.csv", EPISODES.format(child="A1"))
    store = Store(tmp_path_factory.mktemp("home"), landing)
    store.prepare()
    ingest(store, now=NOW, limits=Limits(workers=1))
    with connect(scratch=store.tmp) as con:
        view_returns(con, store, ledger.in_force(store))
        found = reports._listed(con, store, all_findings(store))
    return found.join(file_names(store), on=["submission", "file"], how="left")


def test_a_cell_that_could_not_be_read_is_shown_as_it_was_sent(listed: pl.DataFrame) -> None:
    (row,) = listed.filter(pl.col("rule") == "cell.not_a_date").to_dicts()
    assert (row["la"], row["child"], row["values"], row["file_name"]) == (
        "202",
        "A1",
        "DECOM==1st of May",
        NAME,
    )


def test_a_file_that_is_set_aside_is_named(listed: pl.DataFrame) -> None:
    (row,) = listed.filter(pl.col("rule") == "file.unknown_form").to_dicts()
    assert row["file_name"] == "notes.csv"


def test_nobody_elses_list_shows_it(listed: pl.DataFrame) -> None:
    others = listed.filter(pl.col("la") != "202")
    assert "May" not in str(others.to_dicts())
    assert NAME not in str(others.to_dicts())
