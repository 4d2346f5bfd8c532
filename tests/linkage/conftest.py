"""What the linkage tests share: a made-up country, and a linked one."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

HERE = Path(__file__).parent


def _made_up_country() -> ModuleType:
    name = "linkage_made_up_country"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE / "made_up_country.py")
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="session")
def country() -> Callable[..., Any]:
    """Make a country: `country(children, seed)` has `records`, `truth` and `into(con)`."""
    made: Callable[..., Any] = _made_up_country().Country
    return made


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own, on two threads."""
    with duckdb.connect(config={"threads": 2}) as connection:
        yield connection
