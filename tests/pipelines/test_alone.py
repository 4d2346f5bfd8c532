"""One night at a time: a second one is refused in words, and takes nothing away from the first."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.errors import DagsterResourceFunctionError

from assets.alone import alone
from assets.ingest import ledger
from assets.night import Night
from assets.store import Store
from schemas.failures import Trouble
from tests.pipelines.conftest import ROOT, copy_of, outcomes

OTHER = """
import sys
from collections.abc import Iterator
from pathlib import Path
from assets.alone import alone
from assets.store import Store
with alone(Store(Path(sys.argv[1]))):
    print("mine", flush=True)
    sys.stdin.read()
"""


def _until_it_has_the_store(other: subprocess.Popen[bytes]) -> None:
    assert other.stdout
    assert other.stdout.readline() == b"mine\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "home")
    store.prepare()
    return store


@pytest.fixture
def busy(store: Store) -> Iterator[Store]:
    """A store on which another process works until the test is over."""
    command = [sys.executable, "-c", OTHER, str(store.home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        _until_it_has_the_store(other)
        yield store
        other.kill()


def test_a_second_run_is_refused_and_leaves_the_firsts_files_alone(busy: Store) -> None:
    half_made = [busy.tmp / "ingest-1" / "rows", busy.releases / ".r-1.building" / "marts.duckdb"]
    for path in half_made:
        path.parent.mkdir(parents=True)
        path.touch()
    done = outcomes("run", "--home", str(busy.home))
    assert done.returncode == 3
    assert "another run (process " in done.stderr
    assert all(path.exists() for path in half_made)


def test_nothing_is_withdrawn_under_a_run(busy: Store) -> None:
    with pytest.raises(Trouble, match="Wait for it to end"), alone(busy):
        pytest.fail("two have the store")


def test_dagster_asks_for_the_store_whatever_part_it_runs(busy: Store) -> None:
    @dg.asset
    def part(night: Night) -> None:
        pytest.fail("it ran beside another night")

    with pytest.raises(DagsterResourceFunctionError) as told:
        dg.materialize([part], resources={"night": Night(home=str(busy.home))})
    assert isinstance(told.value.user_exception, Trouble)


def test_the_store_is_free_again_after_a_run_and_after_one_that_was_killed(store: Store) -> None:
    for _ in range(2):
        with alone(store), alone(store):
            pass
    command = [sys.executable, "-c", OTHER, str(store.home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        _until_it_has_the_store(other)
        other.kill()
    with alone(store):
        assert (store.home / ".night").stat().st_size > 0


def test_who_interrupts_a_run_is_told_so_and_no_file_is_blamed(country: Path, tmp_path: Path) -> None:
    """A terminal tells every process of the run at once."""
    home = copy_of(country, tmp_path / "home")
    command = [sys.executable, "-m", "pipelines", "run", "--home", str(home)]
    run = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=_listens
    )
    until = time.monotonic() + 120
    while not list((home / "tmp").glob("ingest-*/*")) and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=120)
    assert run.returncode == 130
    assert "interrupted" in said
    assert ledger.state(Store(home)).filter(pl.col("status") == "quarantined").is_empty()


def _listens() -> None:
    """A shell that starts something in the background lets it ignore interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
