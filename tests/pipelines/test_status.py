"""What the operator is told: every file that was set aside, also of returns that are in force without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.alone import LOCK, take
from assets.ingest import Limits, ingest, ledger
from assets.store import Store
from pipelines.status import status_of
from schemas.failures import WrongUse
from tests.ingest.written import HEADER, NOW, land, land_903
from tests.pipelines.conftest import copy_of, outcomes


def test_a_file_set_aside_from_a_return_in_force_is_told_without_its_name(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    land_903(landing, "ssda903/2025/202", "A1")
    land(landing, "ssda903/2025/202/Jane Doe.csv", b"Name,Colour,Shape\n1,2,3\n")
    land(landing, "ssda903/2025/203/h.csv", HEADER.format(child="B1"))
    store = Store(tmp_path / "home", landing)
    store.prepare()
    new_trouble = ingest(store, now=NOW, limits=Limits(workers=1)).new_trouble
    told = status_of(store)
    assert [(f["la"], f["reason"]) for f in told.set_aside] == [("202", "file.unknown_form")]
    assert len(told.set_aside) + len(told.attention) == new_trouble == 1
    assert any(line.endswith(": file.unknown_form") for line in told.lines())
    assert "Jane" not in str((told.lines(), told.as_dict()))


def test_every_line_of_the_files_begins_with_the_id_that_withdraws_them(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    for la in ("202", "203"):
        land_903(landing, f"ssda903/2025/{la}", f"A{la}")
    store = Store(tmp_path / "home", landing)
    store.prepare()
    ingest(store, now=NOW, limits=Limits(workers=1))
    lines = [line.split() for line in status_of(store).file_lines()]
    assert {(ledger.find(store, line[0]).la, line[1], line[5]) for line in lines} == {
        ("202", "current", "202"),
        ("203", "current", "203"),
    }
    with pytest.raises(WrongUse, match="`outcomes status --files`"):
        ledger.find(store, "none")


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["verify", "r-1"],
        ["diff", "r-1", "r-2"],
        ["publish", "r-1"],
        ["accept", "abc", "--as", "202/2025"],
        ["withdraw", "abc"],
    ],
    ids=" ".join,
)
def test_a_misspelt_home_is_wrong_use_and_is_not_made(arguments: list[str], tmp_path: Path) -> None:
    done = outcomes(*arguments, "--home", str(tmp_path / "hmoe"))
    assert done.returncode == 2, done.stderr
    assert "there is no store in" in done.stderr
    assert not (tmp_path / "hmoe").exists()


def test_a_first_night_to_which_nothing_came_says_what_was_expected(tmp_path: Path) -> None:
    done = outcomes("run", "--home", str(tmp_path / "home"))
    assert done.returncode == 2, done.stderr
    assert "no submission is in force" in done.stderr
    assert not (tmp_path / "home" / "current").exists()


def test_a_key_that_cannot_be_used_is_told_before_anything_is_read(country: Path, tmp_path: Path) -> None:
    home, key = copy_of(country, tmp_path / "home"), tmp_path / "marts.key"
    key.write_bytes(b"short")
    key.chmod(0o600)
    done = outcomes("run", "--home", str(home), NATIONAL_OUTCOMES_KEYS=str(key))
    assert done.returncode == 2, done.stderr
    assert not (home / "submissions").exists()


def test_a_home_that_cannot_be_written_is_wrong_use(tmp_path: Path) -> None:
    store = Store(tmp_path / "home")
    (store.home / LOCK).mkdir(parents=True)
    with pytest.raises(WrongUse, match="cannot be written to"):
        take(store)
