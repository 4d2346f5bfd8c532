"""One authority's bad files: each is named for what it is, and nobody else's figures move."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import synthetic
from assets.checking import findings_of_rules
from assets.ingest import all_findings, ledger
from assets.reports import LISTED
from assets.store import Store
from pipelines import night
from schemas.duck import connect
from schemas.marts import MARTS
from schemas.table import columns
from tests.pipelines.conftest import LAS, YEARS, copy_of, outcomes

BAD = "202"
"""Camden: it sends nearly everything wrongly, and in the folders of others."""
MISTAKE = "cin/2025/301/by_mistake"


@dataclass(frozen=True)
class Expected:
    """What must become of the files of one folder."""

    folder: str
    la: str
    status: str
    code: str


EXPECTED = {
    "a CIN census that was cut off": Expected("cin/2024/202", BAD, "quarantined", "file.xml_broken"),
    "a 903 with semicolons": Expected("ssda903/2025/202", BAD, "current", "file.wrong_delimiter"),
    "last year's 903": Expected("ssda903/2025/202/old", BAD, "held", "file.wrong_year"),
    "this year's 903 in last year's folder": Expected("ssda903/2024/202", BAD, "held", "file.wrong_year"),
    "another authority's CIN census": Expected(MISTAKE, BAD, "held", "file.authority_disagrees"),
    "an empty file": Expected("school_census/2025/202", BAD, "quarantined", "file.empty"),
    "last year's CIN census in a zip": Expected("cin/2025/202", BAD, "held", "file.wrong_year"),
    "an older CIN census": Expected("cin/2025/301/older", "301", "superseded", "submission.superseded"),
}
WAITING = {case: each for case, each in EXPECTED.items() if each.status in ("held", "quarantined")}
CHILD_LEVEL = [name for name, mart in MARTS.items() if {"la", "child"} <= {c.name for c in columns(mart)}]


@pytest.fixture(scope="module")
def camden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good files of an authority that the tiny country has not; other children than there."""
    home = tmp_path_factory.mktemp("camden") / "home"
    synthetic.make_country(home, scale=0.1, years=YEARS, seed=8, las=["201", BAD])
    return home / "landing"


@pytest.fixture(scope="module")
def bad_night(
    night_done: Store, camden: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, night.Outcome]:
    """The night after the tiny country's first one, in which all the bad files arrive."""
    store = Store(copy_of(night_done.home, tmp_path_factory.mktemp("bad") / "home"))
    _put_unreadable(store.landing, camden)
    _put_misplaced(store.landing, camden)
    _put_again(store.landing)
    return store, night.run(store)


def _put(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def _put_all(folder: Path, files: Iterable[Path], was: bytes = b"", becomes: bytes = b"") -> None:
    for file in files:
        content = file.read_bytes()
        _put(folder, file.name, content.replace(was, becomes) if was else content)


def _put_unreadable(landing: Path, camden: Path) -> None:
    whole = (camden / "cin/2024/202/cin.xml").read_bytes()
    _put(landing / "cin/2024/202", "cin.xml", whole[: len(whole) // 2])
    _put(landing / "school_census/2025/202", "2025_spring_pupilonroll.csv", b"")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("cin.xml", whole)
    _put(landing / "cin/2025/202", "cin.zip", archive.getvalue())


def _put_misplaced(landing: Path, camden: Path) -> None:
    this_year = sorted((camden / "ssda903/2025/202").iterdir())
    _put_all(landing / "ssda903/2025/202", this_year, b",", b";")
    _put_all(landing / "ssda903/2024/202", this_year)
    _put_all(landing / "ssda903/2025/202/old", (camden / "ssda903/2024/202").iterdir())
    _put_all(landing / MISTAKE, [camden / "cin/2025/202/cin.xml"])


def _put_again(landing: Path) -> None:
    """Barking's own CIN census again, an older one, and its 903 in another authority's folder."""
    ours = landing / "cin/2025/301/cin.xml"
    assert b"<DateTime>2025-" in ours.read_bytes()
    _put_all(landing / "cin/2025/301/again", [ours])
    _put_all(landing / "cin/2025/301/older", [ours], b"<DateTime>2025-", b"<DateTime>2020-")
    _put_all(landing / "ssda903/2025/203", (landing / "ssda903/2025/301").iterdir())


def entry(store: Store, folder: str) -> dict[str, object]:
    """The one submission that the ledger has of a folder."""
    (found,) = ledger.state(store).filter(pl.col("folder") == folder).to_dicts()
    return found


def mart(store: Store, query: str) -> pl.DataFrame:
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        found: pl.DataFrame = con.sql(query).pl()
        return found


def need(store: Store) -> list[int]:
    """Camden's children in need on 31 March 2025, where there is a figure."""
    figures = mart(
        store,
        f"""select numerator from outcomes.indicator where indicator_id = 'cin_rate' and year = 2025
        and la_code = '{BAD}' and geographic_level = 'Local authority' and category = 'Total'""",
    )
    return figures["numerator"].drop_nulls().to_list()


@pytest.mark.parametrize("case", EXPECTED)
def test_each_bad_file_has_its_status_and_its_finding(
    case: str, bad_night: tuple[Store, night.Outcome]
) -> None:
    store, expected = bad_night[0], EXPECTED[case]
    got = entry(store, expected.folder)
    assert (got["la"], got["status"]) == (expected.la, expected.status)
    assert got["reason"] == (expected.code if case in WAITING else "")
    found = all_findings(store).filter(pl.col("submission") == got["submission"])
    assert expected.code in set(found["rule"])
    assert set(found["la"]) == {expected.la}


def test_a_903_with_semicolons_is_read_whole(bad_night: tuple[Store, night.Outcome], camden: Path) -> None:
    files = (camden / "ssda903/2025/202").iterdir()
    rows = sum(len(file.read_text().splitlines()) - 1 for file in files)
    assert rows > 20
    assert entry(bad_night[0], "ssda903/2025/202")["rows_typed"] == rows


def test_the_same_content_again_is_noted_and_counts_once(
    night_done: Store, bad_night: tuple[Store, night.Outcome]
) -> None:
    store = bad_night[0]
    again = all_findings(store).filter(pl.col("rule") == "submission.duplicate")
    told = {(r["return"], r["la"], r["submission"], r["detail"]) for r in again.iter_rows(named=True)}
    cin, care = (str(entry(night_done, f"{ret}/2025/301")["submission"]) for ret in ("cin", "ssda903"))
    assert told == {("cin", "301", cin, ""), ("ssda903", "301", care, "came again as 203's of 2025")}
    assert ledger.state(store).filter(pl.col("la") == "203").is_empty()


def test_the_first_night_tells_of_trouble_and_the_second_has_nothing_new(
    bad_night: tuple[Store, night.Outcome],
) -> None:
    store, first = bad_night
    assert (first.is_new, first.new_trouble, first.exit_code) == (True, len(WAITING), 1)
    second = night.run(store)
    assert (second.is_new, second.new_trouble, second.exit_code) == (False, 0, 0)
    assert second.release == first.release


@pytest.mark.parametrize("name", CHILD_LEVEL)
def test_no_child_of_another_authority_is_touched(
    name: str, night_done: Store, bad_night: tuple[Store, night.Outcome]
) -> None:
    query = f"from {name} where la in {tuple(LAS)} order by all"
    before, after = mart(night_done, query), mart(bad_night[0], query)
    assert before.height > 20
    assert_frame_equal(before, after)


def test_no_figure_of_another_authority_is_touched(
    night_done: Store, bad_night: tuple[Store, night.Outcome]
) -> None:
    query = f"""from outcomes.indicator where geographic_level = 'Local authority' and la_code in {tuple(LAS)}
        order by all"""
    before, after = mart(night_done, query), mart(bad_night[0], query)
    assert before["value"].count() > 100
    assert_frame_equal(before, after)


@pytest.mark.parametrize("la", LAS)
def test_no_finding_of_another_authority_is_touched(
    la: str, night_done: Store, bad_night: tuple[Store, night.Outcome]
) -> None:
    def rules(store: Store) -> pl.DataFrame:
        found = findings_of_rules(store, la)
        return found.sort(found.columns)

    def told(store: Store) -> pl.DataFrame:
        found = pl.read_parquet(store.current / "restricted" / "quality" / la / LISTED)
        about_rows = found.filter(~pl.col("rule").str.starts_with("submission."))
        in_force = pl.col("submission") != str(entry(bad_night[0], "cin/2025/301/older")["submission"])
        return about_rows.filter(in_force).sort(found.columns)

    assert rules(night_done).height > 0
    assert_frame_equal(rules(night_done), rules(bad_night[0]))
    assert_frame_equal(told(night_done), told(bad_night[0]))


def test_status_lists_what_waits_for_somebody(bad_night: tuple[Store, night.Outcome]) -> None:
    store = bad_night[0]
    told = json.loads(outcomes("status", "--home", str(store.home), "--json").stdout)
    waiting = {(w["submission"], w["la"], w["status"], w["reason"]) for w in told["attention"]}
    assert waiting == {
        (entry(store, each.folder)["submission"], each.la, each.status, each.code)
        for each in WAITING.values()
    }
    statuses = ("in_force", "held", "quarantined", "superseded")
    cin = {
        row["year"]: [row[status] for status in statuses] for row in told["returns"] if row["return"] == "cin"
    }
    assert cin == {2024: [3, 1, 1, 0], 2025: [3, 1, 0, 1]}


def test_a_held_file_counts_once_it_is_accepted(
    bad_night: tuple[Store, night.Outcome], tmp_path: Path
) -> None:
    store = Store(copy_of(bad_night[0].home, tmp_path / "home"))
    assert need(store) == []
    held = str(entry(store, MISTAKE)["submission"])
    ledger.accept(store, held, la=BAD, year=2025, now=datetime.now(UTC))
    outcome = night.run(store)
    assert (outcome.is_new, outcome.exit_code) == (True, 0)
    assert entry(store, MISTAKE)["status"] == "current"
    assert mart(store, f"from outcomes.episode_of_need where la = '{BAD}'").height > 0
    assert [count > 0 for count in need(store)] == [True]
    kept = "select * exclude (child) from outcomes.episode_of_need where la in ('201', '301', '888') order by all"
    assert_frame_equal(mart(store, kept), mart(bad_night[0], kept))
