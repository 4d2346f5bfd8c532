"""The same returns give the same figures, whoever runs the night, on whatever machine, in whatever order.

An authority exports its return again from another system: the same children, but rows, columns and
groups stand in another order. A night is run by another person, on one core, in the Pacific, with another
language set. No figure may move, and whoever asks why a number changed must never be told "because".
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.checking import check, coverage_of_rules, findings_of_rules
from assets.ingest import all_findings, ingest, ledger
from assets.publish import PUBLISHED, publish
from assets.stages import CHECKED
from assets.store import Store
from pipelines.definitions import WHOLE_RANGE
from quality.engine import find
from quality.registry import rules
from schemas.duck import connect
from schemas.marts import MARTS
from schemas.returns import RETURNS, Return
from schemas.table import Table, columns
from tests.pipelines.conftest import ROOT, copy_of
from tests.pipelines.reordered import COLUMNS, ROWS, written_otherwise

NOW = datetime(2025, 9, 1, 12, tzinfo=UTC)
PUBLISH = (
    "import sys; from pathlib import Path; from assets.publish import publish\n"
    "from pipelines import night; from pipelines.settings import open_store\n"
    "store = open_store(Path(sys.argv[1])); publish(store, {release})"
)
NIGHT_AND_PUBLISH = PUBLISH.format(release="night.run(store).release")
PUBLISH_TONIGHTS = PUBLISH.format(release="store.current.resolve().name")
NIGHT_BY_DAGSTER = (
    *("-m", "dagster", "job", "execute", "-m", "pipelines.definitions", "-j", "nightly"),
    *("--tags", json.dumps(WHOLE_RANGE)),
)
ALONE_IN_THE_PACIFIC = {
    "NATIONAL_OUTCOMES_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONHASHSEED": "1",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}
"""One thread, the earliest time zone there is, and a locale that knows no letter beyond ASCII."""
OTHER_ORDER = "file.reordered_elements"
"""The finding about the order of groups itself, which is what these exports have."""
FOUR_IN_TURKEY = {
    "NATIONAL_OUTCOMES_THREADS": "4",
    "POLARS_MAX_THREADS": "4",
    "PYTHONHASHSEED": "2",
    "TZ": "Pacific/Marquesas",
    "LC_ALL": "tr_TR.UTF-8",
}
"""Four threads, half an hour off the hour, a decimal comma, and an i that is not the small letter of I."""


# --- nights and readings ------------------------------------------------------------------------------


def night_elsewhere(home: Path, environment: dict[str, str]) -> Store:
    """A whole night and its publishing in a process that was started otherwise."""
    run(environment, "-c", NIGHT_AND_PUBLISH, str(home))
    return Store(home)


def night_by_dagster(home: Path, environment: dict[str, str]) -> Store:
    """The same by Dagster's own command, as a schedule starts it, and the publishing after it."""
    here = {
        "DAGSTER_HOME": str(ROOT),
        "NATIONAL_OUTCOMES_HOME": str(home),
        "NATIONAL_OUTCOMES_DAGSTER": str(home / "dagster"),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    run({**environment, **here}, *NIGHT_BY_DAGSTER)
    run(environment, "-c", PUBLISH_TONIGHTS, str(home))
    return Store(home)


def run(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def plain(night_done: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The tiny country after an ordinary night, published."""
    store = Store(copy_of(night_done.home, tmp_path_factory.mktemp("plain") / "home"))
    publish(store, manifest(store)["release"])
    return store


@pytest.fixture(scope="module")
def elsewhere(country: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same files on another machine, where Dagster's own command runs the night."""
    home = copy_of(country, tmp_path_factory.mktemp("elsewhere") / "home")
    return night_by_dagster(home, ALONE_IN_THE_PACIFIC)


@pytest.fixture(scope="module")
def reordered(country: Path, turkish: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The country whose authorities export rows, columns and groups in another order, abroad."""
    home = written_otherwise(country, tmp_path_factory.mktemp("reordered") / "home", ROWS, COLUMNS)
    return night_elsewhere(home, turkish)


@pytest.fixture(scope="module")
def turkish(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment with its locale made for this test, where the machine can make one."""
    if not shutil.which("localedef"):
        return FOUR_IN_TURKEY
    places = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(places / "tr_TR.UTF-8")]
    subprocess.run(command, capture_output=True, check=False)
    return {**FOUR_IN_TURKEY, "LOCPATH": str(places)}


def read_and_checked(home: Path) -> Store:
    """A home whose files were read and held against the rules."""
    store = Store(home)
    store.prepare()
    ingest(store, now=NOW)
    check_all(store)
    return store


def check_all(store: Store, *, full: bool = False) -> None:
    in_force = ledger.in_force(store)
    for ret in CHECKED:
        check(store, in_force, ret, {year for year, _, _ in in_force.get(ret.name, [])}, full=full)


# --- what is compared ---------------------------------------------------------------------------------


def manifest(store: Store) -> dict[str, Any]:
    return dict(json.loads((store.current / "manifest.json").read_text(encoding="utf-8")))


def day_of(store: Store) -> str:
    """The day on which the files came in."""
    return str(ledger.state(store)["first_seen"].dt.date().max())


def bytes_below(folder: Path, *folders: str) -> dict[str, str]:
    """The hash of every file below some folders of a folder, by its path; gathered rows are only copies."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in folders or (".",)
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and "gathered" not in path.parts
    }


def stored(path: Path, name: str) -> pl.DataFrame:
    """A table in the order in which it stands in its file."""
    with connect(path, read_only=True) as con:
        frame: pl.DataFrame = con.sql(f"from {name}").pl()
        return frame


def published(store: Store) -> dict[str, str]:
    """Every file for the public by its hash; a page's own release is called by one name."""
    public, name = store.current / "public", manifest(store)["release"].encode()
    return {
        str(path.relative_to(public)): hashlib.sha256(path.read_bytes().replace(name, b"r")).hexdigest()
        for path in sorted(public.rglob("*"))
        if path.is_file() and path.suffix != ".duckdb" and path.name != "manifest.json"
    }


def found_at_places(store: Store) -> pl.DataFrame:
    """Every finding with its row, and in a CSV its line; of which file does not count: its hash is another."""
    found = pl.concat([all_findings(store), findings_of_rules(store)]).drop("submission", "file")
    in_csv = pl.when(pl.col("return") != "cin").then("line")
    return found.with_columns(line=in_csv).sort(found.columns, nulls_last=True)


def found_by_content(store: Store) -> pl.DataFrame:
    """Every finding with a hash of the row that it is about, instead of the row's place in a file."""
    found = pl.concat([all_findings(store), findings_of_rules(store)])
    of_any_year = found.with_columns(own_table=pl.col("table").str.split(".").list.last())
    place = ["submission", "file", "own_table", "row"]
    known = of_any_year.join(rows_sent(store), on=place, how="left")
    assert known.filter(pl.col("line").is_not_null() & pl.col("content").is_null()).is_empty()
    told = known.select(*found.columns, "content").drop("submission", "file", "row", "line")
    return told.sort(told.columns, nulls_last=True)


def rows_sent(store: Store) -> pl.DataFrame:
    """Every typed row, also of what is held: where it stands, and a hash of all that it says."""
    tables = [(ret, table) for ret in RETURNS.values() for table in ret.tables]
    with connect(scratch=store.tmp) as con:
        rows: list[pl.DataFrame] = [
            con.sql(_rows_of(ret, table, store.returns / ret.stored_as(table))).pl()
            for ret, table in tables
            if (store.returns / ret.stored_as(table)).exists()
        ]
    return pl.concat(rows)


def _rows_of(ret: Return, table: type[Table], folder: Path) -> str:
    said = ", ".join(f'"{c.name}" := "{c.name}"' for c in columns(table))
    return f"""select '{ret.name}' as own_return, '{table.DFE}' as own_table, year as own_year, la as own_la, submission,
        source_file as file, source_row as row, md5(to_json(struct_pack({said}))::text) as content
      from read_parquet('{folder}/*/*/*.parquet', hive_partitioning = false)"""


def rows_by_content(store: Store) -> pl.DataFrame:
    """Which rows each authority sent, wherever they stood."""
    rows = rows_sent(store).drop("submission", "file", "row")
    return rows.sort(rows.columns)


def coverage(store: Store) -> pl.DataFrame:
    return coverage_of_rules(store).sort(pl.all())


def arrivals(store: Store) -> pl.DataFrame:
    told = ["return", "year", "term", "la", "status", "reason", "files", "rows_typed", "rows_quarantined"]
    return ledger.state(store).select(told).sort(told)


# --- one thing at a time: reading and rules -----------------------------------------------------------


def test_files_that_arrived_in_another_order_are_read_and_found_the_same_to_the_byte(
    country: Path, night_done: Store, tmp_path: Path
) -> None:
    store = read_and_checked(written_otherwise(country, tmp_path / "home"))
    assert len(bytes_below(store.home, "raw", "returns", "findings")) > 100
    for folder in ("raw", "returns", "findings"):
        assert bytes_below(store.home, folder) == without_the_release(bytes_below(night_done.home, folder))


def without_the_release(files: dict[str, str]) -> dict[str, str]:
    """What reading and checking wrote: the counts that the reports keep come with the release, and name days."""
    return {name: content for name, content in files.items() if name != "findings/reported.parquet"}


def test_a_second_full_reading_finds_the_same_to_the_byte(night_done: Store, tmp_path: Path) -> None:
    store = Store(copy_of(night_done.home, tmp_path / "home"))
    ingest(store, now=NOW, full=True)
    for folder in ("raw", "returns", "findings/ingest"):
        assert bytes_below(store.home, folder) == bytes_below(night_done.home, folder)


def test_columns_and_groups_in_another_order_have_the_same_findings_at_the_same_rows(
    country: Path, night_done: Store, tmp_path: Path
) -> None:
    store = read_and_checked(written_otherwise(country, tmp_path / "home", COLUMNS))
    assert_frame_equal(rows_by_content(store), rows_by_content(night_done))
    places = [found_at_places(s).filter(pl.col("rule") != OTHER_ORDER) for s in (store, night_done)]
    assert_frame_equal(*places)
    assert OTHER_ORDER in found_at_places(store)["rule"].to_list(), "the other order itself is told of"
    assert_frame_equal(coverage(store), coverage(night_done))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_rules_on_any_number_of_threads_find_the_same_to_the_byte(
    threads: int, night_done: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(copy_of(night_done.home, tmp_path / "home"))
    shutil.rmtree(store.findings / "rules")
    monkeypatch.setenv("NATIONAL_OUTCOMES_THREADS", str(threads))
    check_all(store, full=True)
    assert bytes_below(store.home, "findings") == bytes_below(night_done.home, "findings")


TWICE_TOLD = """create table episodes as select 2025::smallint as year, '202' as la, 's' as submission,
  'f' as source_file, (child * 2 + n + 1)::int as source_row, source_row + 1 as source_line,
  {columns} from range(150000) c (child), range(2) r (n)"""
SAID = {
    "CHILD": "(child * 7919 % 150000)::text",
    "DECOM": "date '2024-05-01'",
    "DEC": "case when child % 2 = 0 then date '2024-06-02' end",
    "RNE": "case when (child // 2 + n) % 2 = 0 then 'S' else 'P' end",
}


def test_which_of_two_episodes_of_the_same_days_is_named_depends_on_no_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many children, each with two episodes that begin and end together: rules look from one to the next."""
    ordered = [rule for rule in rules("ssda903", 2025) if rule.code in ("142", "388", "431", "433", "501")]
    episodes = columns(RETURNS["ssda903"].table("episodes"))
    said = ", ".join(f'{SAID.get(c.name, "null")}::{c.sql_type} as "{c.name}"' for c in episodes)
    named = []
    for threads in (1, 2, 4):
        monkeypatch.setenv("NATIONAL_OUTCOMES_THREADS", str(threads))
        with connect() as con:
            con.execute(TWICE_TOLD.format(columns=said))
            found = find(con, "ssda903", 2025, {"episodes": "episodes"}, only=ordered)
        named.append(found.findings.select("rule", "row"))
    assert named[0]["rule"].n_unique() >= 4
    for other in named[1:]:
        assert_frame_equal(other, named[0])


# --- another machine ----------------------------------------------------------------------------------


def test_dagster_on_another_machine_makes_the_same_release(plain: Store, elsewhere: Store) -> None:
    here, there = ({k: v for k, v in manifest(s).items() if k != "files"} for s in (plain, elsewhere))
    assert there == here


def test_another_machine_writes_the_same_reports_and_boards_to_the_byte(
    plain: Store, elsewhere: Store
) -> None:
    """DuckDB writes no file twice alike, and pseudonyms are random: those files are looked into elsewhere."""
    if day_of(plain) != day_of(elsewhere):
        pytest.skip("midnight came between the two nights, and reports name the day of arrival")
    here, there = (dict(manifest(s)["files"]) for s in (plain, elsewhere))
    for name in ("restricted/marts.duckdb", "restricted/quality.duckdb"):
        assert here.pop(name)
        there.pop(name)
    assert len(here) > 10
    assert there == here


@pytest.mark.parametrize("table", ["findings.finding", "findings.coverage", "gate.expectation"])
def test_another_machine_finds_and_checks_the_same(table: str, plain: Store, elsewhere: Store) -> None:
    rows = []
    for store in (plain, elsewhere):
        with connect(store.current / "restricted" / "quality.duckdb", read_only=True) as con:
            rows.append(con.execute(f"from {table}").fetchall())
    assert len(rows[0]) > 10
    assert rows[0] == rows[1]


@pytest.mark.parametrize("folder", ["raw", "returns", "findings"])
def test_another_machine_reads_and_finds_the_same_to_the_byte(
    folder: str, plain: Store, elsewhere: Store
) -> None:
    here, there = (without_the_release(bytes_below(s.home, folder)) for s in (plain, elsewhere))
    assert there == here


def test_another_machine_remembers_the_same_counts_for_its_reports(plain: Store, elsewhere: Store) -> None:
    """But for the day of arrival, which is another when midnight comes between the two nights."""
    here, there = (pl.read_parquet(s.reported).drop("received") for s in (plain, elsewhere))
    assert here.height > 10
    assert_frame_equal(there.sort(there.columns), here.sort(here.columns))


def test_another_machine_publishes_the_same_to_the_byte(plain: Store, elsewhere: Store) -> None:
    assert sum(name.startswith("ees/") for name in published(plain)) > 4
    assert published(elsewhere) == published(plain)


# --- another export, on another machine ---------------------------------------------------------------


def test_the_reordered_exports_share_no_file_with_the_plain_ones(plain: Store, reordered: Store) -> None:
    """What the tests below compare are different files, all of them in force."""
    ours, theirs = (set(ledger.state(s)["submission"]) for s in (plain, reordered))
    assert len(ours) == len(theirs) > 15
    assert not ours & theirs
    assert_frame_equal(arrivals(reordered), arrivals(plain))


@pytest.mark.parametrize("mart", MARTS)
def test_reordered_exports_give_the_same_mart_but_for_pseudonyms(
    mart: str, plain: Store, reordered: Store
) -> None:
    assert manifest(reordered)["tables"][mart] == manifest(plain)["tables"][mart]


@pytest.mark.parametrize(
    "name", [name for name in MARTS if name in ("outcomes.indicator", "outcomes.coverage")]
)
def test_reordered_exports_give_the_same_figures_in_the_same_order(
    name: str, plain: Store, reordered: Store
) -> None:
    ours, theirs = (stored(s.current / "restricted" / "marts.duckdb", name) for s in (plain, reordered))
    assert ours.height > 100
    assert_frame_equal(theirs, ours, check_exact=True)


def test_reordered_exports_publish_the_same_to_the_byte(plain: Store, reordered: Store) -> None:
    assert published(reordered) == published(plain)


@pytest.mark.parametrize("of", ["elsewhere", "reordered"])
def test_the_published_database_holds_the_same_in_the_same_order(
    of: str, plain: Store, request: pytest.FixtureRequest
) -> None:
    other: Store = request.getfixturevalue(of)
    ours, theirs = (s.current / "public" / "published.duckdb" for s in (plain, other))
    for name in PUBLISHED:
        assert_frame_equal(stored(theirs, name), stored(ours, name), check_exact=True)


def test_reordered_exports_have_the_same_findings_about_the_same_rows(plain: Store, reordered: Store) -> None:
    assert_frame_equal(rows_by_content(reordered), rows_by_content(plain))
    ours, theirs = (found_by_content(s).filter(pl.col("rule") != OTHER_ORDER) for s in (plain, reordered))
    assert ours["content"].count() > 50
    assert_frame_equal(theirs, ours)
    assert_frame_equal(coverage(reordered), coverage(plain))


def test_reordered_exports_are_linked_the_same(plain: Store, reordered: Store) -> None:
    ours, theirs = (bytes_below(s.current / "restricted" / "linkage") for s in (plain, reordered))
    assert ours == theirs
