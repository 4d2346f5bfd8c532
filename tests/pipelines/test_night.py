"""From landing files to a release: the whole night on a tiny country."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from assets.store import Store
from pipelines import night
from schemas.duck import connect
from tests.pipelines.conftest import LAS, ROOT, YEARS, copy_of, outcomes


def indicators(store: Store) -> pl.DataFrame:
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        frame: pl.DataFrame = con.sql("from outcomes.indicator order by all").pl()
        return frame


def manifest(store: Store) -> dict:
    return json.loads((store.current / "manifest.json").read_text())


def contents(manifest_: dict) -> dict:
    """What a manifest says of the content: everything but times and where it was made."""
    return {name: manifest_[name] for name in ("inputs", "tables")}


def bytes_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_night_makes_a_release_that_readers_can_open(night_done: Store) -> None:
    frame = indicators(night_done)
    assert set(frame["year"]) == set(YEARS)
    assert {"National", "Regional", "Local authority"} <= set(frame["geographic_level"])
    told = frame.filter(pl.col("geographic_level") == "Local authority", pl.col("value").is_not_null())
    assert set(told["la_code"]) == set(LAS)


def test_a_second_night_with_nothing_new_changes_nothing(night_done: Store) -> None:
    before = bytes_below(night_done.releases)
    outcome = night.run(night_done)
    assert not outcome.is_new
    assert outcome.new_trouble == 0
    assert bytes_below(night_done.releases) == before


def test_everything_written_is_private_to_its_owner(night_done: Store) -> None:
    open_files = [
        path
        for path in night_done.home.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not {"landing", "truth"} & set(path.relative_to(night_done.home).parts)
        and path.stem != "synthetic"
        and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_files == []


def test_dagsters_instance_is_silent_and_keeps_its_storage_in_the_store(night_done: Store) -> None:
    code = (
        "import pipelines.definitions, dagster as dg\n"
        "i = dg.DagsterInstance.get()\n"
        "print(i.get_settings('telemetry'), i.storage_directory())"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER", "NATIONAL"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment, "NATIONAL_OUTCOMES_HOME": str(night_done.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "{'enabled': False}" in done.stdout
    assert str(night_done.dagster) in done.stdout


def test_status_and_doctor_tell_what_is_there(night_done: Store) -> None:
    told = json.loads(outcomes("status", "--home", str(night_done.home), "--json").stdout)
    assert told["release"] == manifest(night_done)["release"]
    cin = next(row for row in told["returns"] if row["return"] == "cin" and row["year"] == 2025)
    assert cin["in_force"] == len(LAS)
    assert cin["missing"] == 153 - len(LAS)
    examined = outcomes("doctor", "--home", str(night_done.home), "--json")
    checks = {c["what"]: c["ok"] for c in json.loads(examined.stdout)["checks"]}
    assert checks["Dagster"]
    assert checks["telemetry"]
    assert checks["file modes"]


def test_verify_notices_a_changed_file(night_done: Store, tmp_path: Path) -> None:
    home = copy_of(night_done.home, tmp_path / "home")
    release = manifest(Store(home))["release"]
    assert outcomes("verify", release, "--home", str(home)).returncode == 0
    marts = home / "releases" / release / "restricted" / "marts.duckdb"
    marts.chmod(0o600)
    marts.write_bytes(marts.read_bytes() + b"x")
    assert outcomes("verify", release, "--home", str(home)).returncode == 3


def test_a_key_is_needed_for_marts(country: Path, tmp_path: Path) -> None:
    home, sent = tmp_path / "home", Path("landing") / "ssda903" / "2025" / "301"
    shutil.copytree(country / sent, home / sent)
    done = outcomes("run", "--home", str(home), NATIONAL_OUTCOMES_KEYS=str(tmp_path / "nokeys"))
    assert done.returncode == 2
    assert "outcomes keys new" in done.stderr
    assert not (home / "current").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--nonsense"],
        ["validate", "x.csv", "--return", "sen2", "--year", "2025", "--out", "o.csv"],
        ["explain", "no such thing"],
        ["synth", "d", "--years", "last"],
        ["accept", "abc", "--as", "nowhere"],
    ],
)
def test_wrong_usage_is_exit_code_2_with_words(arguments: list[str], tmp_path: Path) -> None:
    done = outcomes(*arguments, NATIONAL_OUTCOMES_HOME=str(tmp_path / "home"))
    assert done.returncode == 2, done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("what", ["142", "cin_rate", "file.empty", "Episodes", "DECOM", "ssda903_place"])
def test_explain_knows_rules_indicators_findings_tables_fields_and_codes(what: str) -> None:
    from pipelines.explain import explanations

    assert all(len(text) > 20 for text in explanations(what))


def test_the_pages_in_docs_are_what_the_declarations_say() -> None:
    from pipelines.pages import write_pages

    assert write_pages(check=True) == [], "run `make docs`"
