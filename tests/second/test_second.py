"""Two countings of the same children agree in every cell.

The second one was written from the words of the definitions before the product's queries were read;
`docs/second_implementation.md` tells where they differed, and who was right.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.indicators import counted
from tests.second.compare import Cells, Trusts, both_of, differences, distrust
from tests.second.draws import POSTCODES, YEARS
from tests.second.indicators import asked, everything
from tests.second.linked import trust
from tests.second.storm import Storm, standing
from tests.second.tables import Returns

SEED, CHILDREN = 4, 2200
HERE = Path(__file__).parent
PRODUCT = {"assets", "schemas", "linkage", "quality", "synthetic", "pipelines"}
SIDE_BY_SIDE = {"compare.py", "test_second.py"}
"""The files that look at both countings; the others know nothing of the product."""


@pytest.fixture(scope="module")
def counted_twice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cells, Trusts, Returns]]:
    """The product's cells and trust, and the returns, of one storm over every sixth authority."""
    storm = Storm(SEED, CHILDREN, standing()[::6])
    with both_of(storm.rows, tmp_path_factory.mktemp("storm")) as found:
        yield found


@pytest.fixture(scope="module")
def both(counted_twice: tuple[Cells, Trusts, Returns]) -> tuple[Cells, Cells]:
    """The product's cells and ours."""
    grid = {code.replace(" ", ""): place for code, place in POSTCODES.items()}
    theirs, _, returns = counted_twice
    return theirs, everything(returns, list(YEARS), grid)


def test_every_cell_of_every_counted_indicator_is_the_same(both: tuple[Cells, Cells]) -> None:
    theirs, ours = both
    found = differences(theirs, ours)
    assert found == [], f"{len(found)} of {len(ours)} cells differ, the first ones: {found[:5]}"


def test_the_storm_leaves_no_indicator_empty(both: tuple[Cells, Cells]) -> None:
    """Nought out of nought is the same in any counting: each indicator counts somebody, and leaves out somebody."""
    _, ours = both
    totals = [(cell[0], one) for cell, one in ours.items() if cell[2][0] == "National" and cell[3] == "Total"]
    counting = {name for name, one in totals if one.numerator}
    assert counting == set(asked()) == {one.indicator_id for one in counted()}
    assert {name for name, one in totals if one.numerator != one.denominator} == counting


def test_link_rates_and_bounds_of_linked_figures_are_the_same(
    counted_twice: tuple[Cells, Trusts, Returns],
) -> None:
    _, theirs, returns = counted_twice
    ours = trust(returns, list(YEARS))
    found = distrust(theirs, ours)
    assert found == [], f"{len(found)} of {len(ours)} cells differ, the first ones: {found[:5]}"
    assert {True, False} == {one.strict == one.loose for one in ours.values() if one.strict and one.loose}


def test_of_these_places_the_product_shows_nothing_that_is_not_counted_again(
    both: tuple[Cells, Cells],
) -> None:
    theirs, ours = both
    places = {(cell[1], cell[2]) for cell in ours}
    assert {cell for cell in theirs.keys() - ours.keys() if (cell[1], cell[2]) in places} == set()


@pytest.mark.parametrize("file", sorted(HERE.glob("*.py")), ids=lambda path: path.name)
def test_the_second_counting_imports_nothing_of_the_product(file: Path) -> None:
    if file.name in SIDE_BY_SIDE:
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not PRODUCT & {name.split(".")[0] for name in named}
    assert not {"tests.second.compare", "tests.outcomes.drawn"} & set(named)
