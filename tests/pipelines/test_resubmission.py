"""One authority sends a return again: its part is done anew, and the result is that of doing everything."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.checking import coverage_of_rules, findings_of_rules
from assets.ingest import ledger
from assets.store import Store
from pipelines import night
from tests.pipelines.conftest import LAS, copy_of
from tests.pipelines.test_night import contents, manifest

LA = LAS[1]
AGAIN = "2099-06-10"
"""Later than the day on which the tests first see the return, which says nothing of when it was sent."""


def send_again(landing: Path) -> None:
    """The authority's 903 of 2025 once more, with fewer episodes and a placement that was corrected."""
    before = landing / "ssda903" / "2025" / LA
    files = [path for path in before.iterdir() if path.is_file()]
    (before / AGAIN).mkdir()
    for file in files:
        shutil.copy(file, before / AGAIN / file.name)
    file = next(path for path in (before / AGAIN).iterdir() if "episodes" in path.name.lower())
    rows = pl.read_csv(file, infer_schema=False)
    assert rows.height > 5
    rows.head(rows.height - 3).with_columns(PLACE=pl.lit("U4")).write_csv(file)


def times(folder: Path) -> dict[str, int]:
    """When each file was written, by its place."""
    return {
        str(p.relative_to(folder)): p.stat().st_mtime_ns for p in sorted(folder.rglob("*")) if p.is_file()
    }


def rewritten(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Files that are new or were written again."""
    return {name for name, when in after.items() if before.get(name) != when}


@pytest.fixture(scope="module")
def after(night_done: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The night after the authority sent it again."""
    store = Store(tmp_path_factory.mktemp("after") / "home")
    shutil.copytree(night_done.home, store.home, symlinks=True, copy_function=shutil.copy2)
    send_again(store.landing)
    night.run(store)
    return store


@pytest.fixture(scope="module")
def at_once(country: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A home where both were there from the beginning."""
    store = Store(copy_of(country, tmp_path_factory.mktemp("at_once") / "home"))
    send_again(store.landing)
    night.run(store)
    return store


def test_the_later_return_counts_and_the_earlier_one_is_kept(after: Store) -> None:
    sent = ledger.state(after).filter(
        (pl.col("la") == LA) & (pl.col("return") == "ssda903") & (pl.col("year") == 2025)
    )
    assert sent.sort("folder")["status"].to_list() == ["superseded", "current"]


def test_a_night_with_one_return_sent_again_gives_what_doing_everything_gives(
    night_done: Store, after: Store, at_once: Store
) -> None:
    assert contents(manifest(after)) == contents(manifest(at_once))
    assert contents(manifest(after))["tables"] != contents(manifest(night_done))["tables"]
    for stored in (findings_of_rules, coverage_of_rules):
        ours, theirs = stored(after), stored(at_once)
        assert_frame_equal(ours.sort(ours.columns), theirs.sort(ours.columns))


def test_only_the_authority_that_sent_again_is_read_and_typed(night_done: Store, after: Store) -> None:
    for folder in ("raw", "returns"):
        redone = rewritten(times(night_done.home / folder), times(after.home / folder))
        redone = {name for name in redone if not name.startswith("gathered")}
        assert redone
        assert {Path(name).parts[-2] for name in redone} == {f"la={LA}"}
        assert {Path(name).parts[-3] for name in redone} == {"year=2025"}
        assert all(name.startswith("ssda903_") for name in redone)


def test_only_the_year_that_it_belongs_to_is_gathered_and_checked_anew(
    night_done: Store, after: Store
) -> None:
    gathered = rewritten(times(night_done.returns / "gathered"), times(after.returns / "gathered"))
    assert {tuple(Path(name).parts[:2]) for name in gathered} == {("ssda903", "year=2025")}
    rules = rewritten(times(night_done.findings / "rules"), times(after.findings / "rules"))
    assert {Path(name).parts[0] for name in rules} >= {"ssda903", "cin"}
    assert all("year=2025" in name for name in rules)
