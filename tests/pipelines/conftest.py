"""A tiny synthetic country and one night on it, made once per test process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import synthetic
from assets import keys
from assets.store import Store
from pipelines import night

ROOT = Path(__file__).resolve().parents[2]
LAS = ["201", "301", "888"]
"""The smallest authority, a middle one and a large one."""
YEARS = (2024, 2025)


@pytest.fixture(scope="session", autouse=True)
def private_umask() -> Iterator[None]:
    """As every verb of the program has it."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(scope="session", autouse=True)
def own_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys of the tests' own; nobody's real ones are read or written."""
    before = os.environ.get("NATIONAL_OUTCOMES_KEYS")
    folder = tmp_path_factory.mktemp("keys")
    os.environ["NATIONAL_OUTCOMES_KEYS"] = str(folder)
    keys.ensure()
    yield folder
    os.environ.pop("NATIONAL_OUTCOMES_KEYS")
    if before is not None:
        os.environ["NATIONAL_OUTCOMES_KEYS"] = before


@pytest.fixture(scope="session")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with landing files and truth, on which nothing has run; so small that it has more faults than usual."""
    home = tmp_path_factory.mktemp("country") / "home"
    synthetic.make_country(home, scale=0.01, years=YEARS, seed=7, las=LAS, errors=4)
    return home


@pytest.fixture(scope="session")
def clean_country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without identifier errors and planted faults, and with results."""
    home = tmp_path_factory.mktemp("clean") / "home"
    synthetic.make_country(home, scale=0.01, years=YEARS, seed=7, las=LAS, clean=True, also=["attainment"])
    return home


@pytest.fixture(scope="session")
def night_done(country: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The tiny country after one night. Tests must not change it; `copy_of` gives them their own."""
    store = Store(copy_of(country, tmp_path_factory.mktemp("night") / "home"))
    night.run(store)
    return store


def copy_of(home: Path, place: Path) -> Path:
    """A copy of a home for a test to change; symlinks stay symlinks."""
    shutil.copytree(home, place, symlinks=True)
    return place


def outcomes(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as someone types it, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
