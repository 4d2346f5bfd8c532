"""Ofsted's list of providers is one file for England: received once, it counts for every authority."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from assets import checking, gathered
from assets.completeness import completeness
from assets.ingest import all_findings, ingest, ledger
from assets.ingest.limits import Limits
from assets.reports import _receipts
from assets.store import Store
from schemas.authorities import ENGLAND
from schemas.duck import connect
from schemas.failures import WrongUse
from schemas.returns import named
from tests.ingest.written import EPISODES, NOW, land

HOME, OTHER = "SC000001", "SC000002"
HEADINGS = [
    "Local authority",
    "URN",
    "Provider type",
    "Registration date",
    "Placement code",
    "Placement provider code",
]
SETTING = [
    "Provider local authority",
    "Setting Local Authority",
    "URN",
    "Setting status",
    "Capacity",
    "Closed date",
]
FOR_ALL = "provider_list/2025/england/list.xlsx"

pytestmark = pytest.mark.usefixtures("here")


def workbook(*urns: str, settings: tuple[str, ...] = (), place: str = "U1", provider: str = "PR1") -> bytes:
    """The list as it is handed out, with these homes and agencies and these settings."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet, second = book.add_worksheet("Providers"), book.add_worksheet("SA Providers")
        sheet.write_row(0, 0, HEADINGS)
        for n, urn in enumerate(urns, start=1):
            sheet.write_row(n, 0, ["Camden", urn, "Fostering agency", "01/05/2020", place, provider])
        second.write_row(0, 0, SETTING)
        for n, urn in enumerate(settings, start=1):
            second.write_row(n, 0, ["Camden", "Camden", urn, "Open", 4])
    return kept.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two authorities, each with a child who is placed with the home of the number SC000001."""
    store = Store(tmp_path / "home", tmp_path / "landing")
    for la in ("202", "203"):
        land(store.landing, f"ssda903/2025/{la}/episodes.csv", EPISODES.format(child=f"C{la}"))
    return store


def night(store: Store, days: int = 0) -> None:
    """What a night does with what landed, up to the rules."""
    ingest(store, now=NOW + timedelta(days=days), limits=Limits(workers=1))
    look(store)


def look(store: Store) -> None:
    in_force = ledger.in_force(store)
    for name in ("ssda903", "provider_list"):
        gathered.gather(store, in_force, named(name), [2025])
    checking.check(store, in_force, named("ssda903"), [2025])


def spoke(store: Store, rule: str = "1008") -> set[str]:
    """The authorities of whose episodes a rule speaks; it must have been checked for both."""
    coverage = checking.coverage_of_rules(store).filter(pl.col("rule") == rule)
    assert dict(coverage.select("la", "checked").iter_rows()) == {"202": True, "203": True}
    return set(checking.findings_of_rules(store).filter(pl.col("rule") == rule)["la"])


def why_not(store: Store) -> set[str]:
    coverage = checking.coverage_of_rules(store).filter(pl.col("rule") == "1008", ~pl.col("checked"))
    return set(coverage["reason"])


def lists(store: Store) -> list[tuple[str, str]]:
    state = ledger.state(store).filter(pl.col("return") == "provider_list").sort("first_seen", "folder")
    return state.select("la", "status").rows()


def test_one_list_is_held_against_the_episodes_of_every_authority(store: Store) -> None:
    night(store)
    assert why_not(store) == {"the list of registered providers was not given"}
    land(store.landing, FOR_ALL, workbook(OTHER))
    night(store, 1)
    assert spoke(store) == {"202", "203"}
    assert lists(store) == [(ENGLAND, "current")]
    assert "file.authority_unknown" not in set(all_findings(store)["rule"])


@pytest.mark.parametrize(
    "folder",
    ["", "/2025", "/2025/england", "/2025/England", "/2025/All England", "/2025/national/2025-07-01", "/2025/2025-07-01",
     "/2025/E92000001"],
)  # fmt: skip
def test_the_folder_of_the_country_may_have_any_name_that_says_so(store: Store, folder: str) -> None:
    land(store.landing, f"provider_list{folder}/list.xlsx", workbook(HOME))
    ingest(store, now=NOW, limits=Limits(workers=1))
    state = ledger.state(store).filter(pl.col("return") == "provider_list")
    assert state.select("la", "year", "status").rows() == [(ENGLAND, 2025, "current")]
    assert ("file.year_unknown" in set(all_findings(store)["rule"])) is ("2025" not in folder)
    days = state["sent"].drop_nulls().to_list()
    assert days == ([datetime(2025, 7, 1, tzinfo=UTC)] if "07-01" in folder else [])


def test_a_note_may_say_it(store: Store) -> None:
    land(store.landing, "post/list.xlsx", workbook(HOME))
    land(store.landing, "post/submission.toml", 'return = "provider_list"\nyear = 2025\n')
    night(store)
    assert lists(store) == [(ENGLAND, "current")]


@pytest.mark.parametrize("folder", ["ssda903/2025/Barnet", "upload", "provider_list/2025/Barnet"])
def test_a_list_in_a_folder_that_may_be_somebody_s_counts_for_nobody_else(store: Store, folder: str) -> None:
    land(store.landing, f"{folder}/list.xlsx", workbook(OTHER))
    night(store)
    assert why_not(store) == {"the list of registered providers was not given"}
    (unknown,) = all_findings(store).filter(pl.col("rule") == "file.authority_unknown").to_dicts()
    assert f"accept it as england/{unknown['year']}" in unknown["detail"]


def test_such_a_list_can_be_accepted_for_all(store: Store) -> None:
    land(store.landing, "provider_list/2025/from Ofsted in May/list.xlsx", workbook(OTHER))
    night(store)
    (submission,) = ledger.state(store).filter(pl.col("return") == "provider_list")["submission"]
    ledger.accept(store, submission, la=ENGLAND, year=2025, now=NOW + timedelta(days=1))
    look(store)
    assert spoke(store) == {"202", "203"}
    (own,) = ledger.state(store).filter(pl.col("la") == "203")["submission"]
    with pytest.raises(WrongUse, match="england was not an authority"):
        ledger.accept(store, own, la=ENGLAND, year=2025, now=NOW)


def test_an_authority_s_own_list_comes_first_for_that_authority_alone(store: Store) -> None:
    land(store.landing, FOR_ALL, workbook(OTHER))
    land(store.landing, "provider_list/2025/203/list.xlsx", workbook(HOME))
    night(store)
    assert spoke(store) == {"202"}
    others = checking.findings_of_rules(store).filter(~pl.col("rule").is_in(["1008", "219", "224"]))
    assert len(set(others["la"])) == 2, "the rules that read no list go on speaking of both"
    found = checking.findings_of_rules(store)
    assert found.is_duplicated().sum() == 0


def test_the_same_list_may_be_an_authority_s_and_the_country_s(store: Store) -> None:
    land(store.landing, "ssda903/2025/202/list.xlsx", workbook(HOME))
    night(store)
    land(store.landing, FOR_ALL, workbook(HOME))
    night(store, 1)
    assert lists(store) == [("202", "current"), (ENGLAND, "current")]
    assert spoke(store) == set()


def test_the_later_list_counts_and_the_earlier_one_does_again_without_it(store: Store) -> None:
    land(store.landing, "provider_list/2025/england/2025-05-01/list.xlsx", workbook(HOME))
    night(store)
    between = NOW + timedelta(hours=1)
    land(store.landing, "provider_list/2025/england/2025-08-01/list.xlsx", workbook(OTHER))
    night(store, 1)
    assert lists(store) == [(ENGLAND, "superseded"), (ENGLAND, "current")]
    assert spoke(store) == {"202", "203"}
    then = store.looking_back(between)
    look(then)
    assert spoke(then) == set()
    later = ledger.state(store).filter(pl.col("return") == "provider_list", pl.col("status") == "current")
    ledger.withdraw(store, later["submission"].item(), now=NOW + timedelta(days=2))
    look(store)
    assert lists(store) == [(ENGLAND, "current"), (ENGLAND, "withdrawn")]
    assert spoke(store) == set()


def test_a_broken_list_is_one_finding_and_stops_nothing(store: Store) -> None:
    land(store.landing, FOR_ALL, workbook(OTHER))
    night(store)
    land(store.landing, "provider_list/2025/england/2025-12-01/list.xlsx", workbook(HOME)[:700])
    night(store, 1)
    assert lists(store) == [(ENGLAND, "current"), (ENGLAND, "quarantined")]
    broken = all_findings(store).filter(
        pl.col("la") == ENGLAND, ~pl.col("rule").is_in(["file.workbook", "file.heading_form"])
    )
    assert broken.filter(pl.col("severity") == "error").filter(pl.col("file") != "").height == 1
    assert spoke(store) == {"202", "203"}


def test_headings_alone_are_no_list(store: Store) -> None:
    """Else every provider in England would be missing from it."""
    land(store.landing, FOR_ALL, workbook())
    night(store)
    assert lists(store) == [(ENGLAND, "current")]
    assert why_not(store) == {"the list of registered providers was not given"}


def test_what_a_row_does_not_say_of_a_provider_speaks_against_nobody(store: Store) -> None:
    """Of supported accommodation the list tells no kind of provider, and here of no home what it offers."""
    land(store.landing, FOR_ALL, workbook(HOME, place="", provider=""))
    night(store)
    assert spoke(store, "219") == spoke(store, "224") == set()
    land(
        store.landing,
        "provider_list/2025/england/2025-12-01/list.xlsx",
        workbook(HOME, place="K1", provider="PR4"),
    )
    night(store, 1)
    assert spoke(store, "219") == spoke(store, "224") == {"202", "203"}
    land(store.landing, "provider_list/2025/england/2026-01-01/list.xlsx", workbook(settings=(HOME,)))
    night(store, 2)
    assert spoke(store, "219") == spoke(store, "224") == spoke(store) == set()


def test_the_operator_s_own_file_counts_where_none_was_received(store: Store) -> None:
    store.providers.parent.mkdir(parents=True)
    store.providers.write_text(f"URN\n{OTHER}\n")
    night(store)
    assert spoke(store) == {"202", "203"}
    land(store.landing, FOR_ALL, workbook(HOME))
    night(store, 1)
    assert spoke(store) == set()


def test_the_list_is_no_authority_s_return(store: Store) -> None:
    land(store.landing, FOR_ALL, workbook(HOME))
    night(store)
    in_force = ledger.in_force(store)
    counts = gathered.gather(store, in_force, named("provider_list"), [2025])[2025]
    assert (counts["authorities"], counts["submissions"], counts["rows: Providers"]) == (0, 1, 1)
    nobody = pl.DataFrame(schema={"submission": pl.String, "children": pl.Int64})
    no_feed = pl.DataFrame(schema={"la": pl.String, "return": pl.String, "year": pl.Int64, "rule": pl.String})
    receipts = _receipts(store, nobody, no_feed)
    assert ENGLAND not in set(receipts["la"])
    assert "provider_list" not in set(receipts["return"])
    with connect() as con:
        gathered.view_returns(con, store, in_force)
        assert set(completeness(con)["return"]) == {"ssda903"}
