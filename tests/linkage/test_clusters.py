"""Groups over links: found whatever the order, and divided where they hold an impossible pair."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.clusters import connected_components, refused_edges
from linkage.steps import SCRATCH, scratch

CON = duckdb.connect(config={"threads": 1})
PAIRS = st.lists(
    st.tuples(st.integers(1, 30), st.integers(1, 30)).filter(lambda p: p[0] != p[1]), max_size=40
)


def values(pairs: list[tuple[int, ...]], *names: str) -> str:
    if not pairs:
        return f"select {', '.join(f'0 as {name}' for name in names)} limit 0"
    return f"select * from (values {', '.join(str(tuple(pair)) for pair in pairs)}) t({', '.join(names)})"


def groups_in_python(pairs: list[tuple[int, int]]) -> dict[int, int]:
    label = {node: node for pair in pairs for node in pair}
    for _ in label:
        for a, b in pairs:
            label[a] = label[b] = min(label[a], label[b])
    return label


@pytest.fixture(scope="module")
def in_scratch() -> Iterator[None]:
    with scratch(CON):
        yield


@pytest.mark.usefixtures("in_scratch")
@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_a_group_bears_the_smallest_number_that_can_be_reached(pairs: list[tuple[int, int]]) -> None:
    connected_components(CON, values(list(pairs), "a", "b"), f"{SCRATCH}.found")
    found = dict(CON.execute(f"from {SCRATCH}.found").fetchall())
    assert found == groups_in_python(pairs)


@settings(max_examples=60, deadline=None)
@given(PAIRS, PAIRS)
def test_no_impossible_pair_stays_together_and_no_link_goes_without_need(
    pairs: list[tuple[int, int]], apart: list[tuple[int, int]]
) -> None:
    weighted = [(a, b, place) for place, (a, b) in enumerate(dict.fromkeys(pairs))]
    refused = set(
        refused_edges(CON, values(list(weighted), "a", "b", "weight"), values(list(apart), "a", "b"))
    )
    kept = [(a, b) for a, b, _ in weighted if (a, b) not in refused]
    label = groups_in_python(kept)
    assert not any(a in label and label.get(a) == label.get(b) for a, b in apart)
    for a, b in refused:
        again = groups_in_python([*kept, (a, b)])
        assert any(x in again and again.get(x) == again.get(y) for x, y in apart)


def test_a_long_chain_is_found_in_few_rounds(con: duckdb.DuckDBPyConnection) -> None:
    with scratch(con):
        connected_components(con, "select i as a, i + 1 as b from range(1, 20001) t(i)", f"{SCRATCH}.found")
        found = con.execute(
            f"select count(*), count(distinct component), min(component) from {SCRATCH}.found"
        ).fetchall()
    assert found == [(20001, 1, 1)]


@pytest.mark.parametrize("order", ["weight", "-weight", "a"])
def test_the_weakest_link_goes_whatever_the_order(con: duckdb.DuckDBPyConnection, order: str) -> None:
    edges = "select * from (values (1, 2, 9.0), (2, 3, 5.0), (3, 4, 7.0)) t(a, b, weight)"
    assert refused_edges(con, f"{edges} order by {order}", "select 1 as a, 4 as b") == [(2, 3)]
