"""Lists that the operator puts into the home: read as far as rules need them, and noticed when they change."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import checking
from assets.store import Store
from quality.lists import read_list
from schemas.returns import named


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Store:
    reference = tmp_path / "reference"
    reference.mkdir()
    (reference / "onspd.csv").write_text("doterm,PCDS,lad25cd,cty25cd,east1m,north1m\n,ZZ99 3WZ,E06,,1,2\n")
    (reference / "providers.csv").write_text("Overall rating,URN,Closed Date\nGood,0012345,\n")
    return Store(tmp_path)


def test_only_the_columns_that_rules_read_are_taken_from_a_list(store: Store) -> None:
    found = {n: read_list(n, p) for n, p in checking._lists(store, named("ssda903")).items()}
    assert found["providers"].rows() == [("0012345", None)]
    assert found["postcodes"].row(0, named=True) == {
        "pcds": "ZZ99 3WZ", "easting": "1", "northing": "2", "authority": "E06", "county": None,
    }  # fmt: skip


def test_a_return_that_needs_no_list_waits_for_none(store: Store) -> None:
    assert checking._lists(store, named("cin")) == {}
    assert set(checking._lists(store, named("ssda903"))) == {"postcodes", "providers"}
    store.providers.unlink()
    assert set(checking._lists(store, named("ssda903"))) == {"postcodes"}
