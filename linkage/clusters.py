"""Who hangs together: connected components over any set of links, and their division by what is impossible.

Components are found a set at a time (each record takes the smallest number it can see, then jumps along
the numbers already taken). Only groups that contain an impossible pair are looked at edge by edge: links
are taken from the strongest down, and a link that would bring an impossible pair together is refused.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from linkage.steps import SCRATCH, number, rows

Pair = tuple[int, int]


def connected_components(con: duckdb.DuckDBPyConnection, edges: str, out: str) -> None:
    """From a query of edges (a, b) make table `out` (node, component); lone nodes are not in it.

    A component bears the smallest of its nodes' numbers, whatever the order of the edges.
    """
    con.execute(
        f"create or replace table {SCRATCH}.edge as select a, b from ({edges}) union select b, a from ({edges})"
    )
    con.execute(
        f"create or replace table {out} as select a as node, least(a, min(b)) as component from {SCRATCH}.edge group by a"
    )
    while _spread(con, out):
        pass
    con.execute(f"drop table {SCRATCH}.edge")


def _spread(con: duckdb.DuckDBPyConnection, out: str) -> int:
    """One round of taking the smallest number in sight; returns how many nodes changed theirs."""
    con.execute(
        f"""create or replace table {SCRATCH}.spread as
        with seen as (
          select e.a as node, min(c.component) as component
          from {SCRATCH}.edge e join {out} c on c.node = e.b group by e.a),
        taken as (
          select c.node, c.component as old, least(c.component, seen.component) as component
          from {out} c join seen using (node))
        select taken.node, taken.old, least(taken.component, coalesce(j.component, taken.component)) as component
        from taken left join {out} j on j.node = taken.component"""
    )
    changed = number(con, f"select count(*) from {SCRATCH}.spread where component <> old")
    con.execute(f"create or replace table {out} as select node, component from {SCRATCH}.spread")
    con.execute(f"drop table {SCRATCH}.spread")
    return changed


def refused_edges(con: duckdb.DuckDBPyConnection, edges: str, impossible: str) -> list[Pair]:
    """The edges that must go so that no impossible pair stays together.

    `edges` is a query (a, b, weight) in any order, of the troubled groups only; `impossible` a query
    (a, b). The strongest edges are taken first, equal ones by the numbers of their ends.
    """
    apart = _neighbours(rows(con, impossible))
    ordered = sorted(rows(con, edges), key=lambda edge: (-edge[2], edge[0], edge[1]))
    group: dict[int, int] = {}
    members: dict[int, set[int]] = {}
    refused: list[Pair] = []
    for a, b, _weight in ordered:
        left, right = group.setdefault(a, a), group.setdefault(b, b)
        if left == right:
            continue
        small, large = sorted((members.setdefault(left, {left}), members.setdefault(right, {right})), key=len)
        if any(not large.isdisjoint(apart.get(one, ())) for one in small):
            refused.append((a, b))
            continue
        _join(group, members, small, large)
    return refused


def _join(group: dict[int, int], members: dict[int, set[int]], small: set[int], large: set[int]) -> None:
    name = group[next(iter(large))]
    old = group[next(iter(small))]
    for one in small:
        group[one] = name
    large |= small
    del members[old]


def _neighbours(pairs: Iterable[tuple[int, ...]]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for a, b in pairs:
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found
