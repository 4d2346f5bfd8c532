"""After a night on a made-up country, the release's figures are those of the second counting.

The storm of `tests/second` is drawn; these returns came as files, through reading, linkage and release.
"""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from assets.store import Store
from schemas.duck import connect
from tests.second.care_units import Grid
from tests.second.compare import differences, distrust, product_cells, product_trust
from tests.second.counting import People
from tests.second.indicators import everything
from tests.second.linked import trust
from tests.second.tables import read_returns, view_home

LINKED = (
    "absence_",
    "suspended_",
    "school_moves",
    "need_to_",
    "plan_to_",
    "care_to_",
    "care_after_",
    "under_one_",
)


def directory(home: Path) -> Grid:
    """The home's postcodes and their place on the grid."""
    with (home / "reference" / "onspd.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["pcds"].replace(" ", ""): (int(row["oseast1m"]), int(row["osnrth1m"]))
        for row in rows
        if row["oseast1m"]
    }


def populations(con: duckdb.DuckDBPyConnection) -> People:
    people: dict[int, dict[str, int]] = {}
    for year, la, number in con.execute(
        "select year, la_code, population from reference.populations"
    ).fetchall():
        people.setdefault(year, {})[la] = number
    return people


def test_the_night_and_the_second_counting_agree_in_every_cell(night_done: Store) -> None:
    with connect(night_done.current / "restricted" / "marts.duckdb", read_only=True) as con:
        theirs, trusted = product_cells(con, "outcomes.indicator"), product_trust(con, "outcomes.indicator")
        people = populations(con)
    with connect() as con:
        view_home(con, night_done.home)
        returns = read_returns(con)
    ours = everything(returns, sorted({cell[1] for cell in theirs}), directory(night_done.home), people)
    found = differences(theirs, ours)
    assert found == [], f"{len(found)} of {len(ours)} cells differ, the first ones: {found[:5]}"
    doubted = distrust(trusted, trust(returns, sorted({cell[1] for cell in theirs})))
    assert doubted == [], f"{len(doubted)} link rates or bounds differ, the first ones: {doubted[:5]}"
    counted = {cell[0] for cell, one in ours.items() if one.denominator and one.numerator}
    assert any(name.startswith(LINKED) for name in counted)
