"""Certain links first: the same child id in one authority, the same valid UPN, NHS number or ULN, each
with a birth date that agrees.

Every link says why it was made. A key that was given to another child later (birth dates far apart), a
UPN that belongs to somebody else, and one UPN sent for two children do not link; they are listed for
review. Nobody is brought together through a third record when birth dates contradict each other.
"""

from __future__ import annotations

import duckdb

from linkage.clusters import connected_components, refused_edges
from linkage.steps import SCRATCH, number, run_step

DECIDED = "a reviewer decided that they are one child"
EDGES = f"select a, b from {SCRATCH}.certain_link"


def link_certainly(con: duckdb.DuckDBPyConnection) -> int:
    """Make `certain_link`, `component` (face_no, component) and `set_aside`; returns the number of
    links, those between the records of one face included."""
    run_step(con, "20_keys")
    connected_components(con, EDGES, f"{SCRATCH}.node_component")
    run_step(con, "25_contradictions")
    _divide(con)
    _join_decided(con)
    con.execute(
        f"create or replace table {SCRATCH}.component as "
        f"select node as face_no, component from {SCRATCH}.node_component"
    )
    con.execute(f"drop table {SCRATCH}.key_holder")
    con.execute(f"drop table {SCRATCH}.profile_pair")
    between = number(con, f"select count(*) from {SCRATCH}.certain_link")
    return between + number(con, "select sum(records - 1) from people.face")


def _divide(con: duckdb.DuckDBPyConnection) -> None:
    """Take out the weakest links of the groups that hold a contradiction, and find the groups anew."""
    if not number(con, f"select count(*) from {SCRATCH}.contradiction"):
        return
    troubled = f"""select l.a, l.b, l.strength + 0.1 * (l.evidence like '%same birth date%')::int as weight
        from {SCRATCH}.certain_link l join {SCRATCH}.node_component c on c.node = l.a
        where c.component in (select component from {SCRATCH}.contradiction)"""
    refused = refused_edges(con, troubled, f"select a, b from {SCRATCH}.contradiction")
    take_out(con, f"{SCRATCH}.certain_link", refused)
    connected_components(con, EDGES, f"{SCRATCH}.node_component")


def _join_decided(con: duckdb.DuckDBPyConnection) -> None:
    """Join the groups that a reviewer said are one child, whatever their records say of each other."""
    if not number(con, f"select count(*) from {SCRATCH}.decided_face where decision = 'same'"):
        return
    run_step(con, "27_together")
    group = f"{SCRATCH}.decided_group"
    wanted = f"select distinct a, b, 1 as weight from {group} where decision = 'same'"
    refused = refused_edges(con, wanted, f"select distinct a, b from {group} where decision = 'apart'")
    take_out(con, group, refused)
    con.execute(
        f"insert into {SCRATCH}.certain_link select distinct face_a, face_b, 'review', '{DECIDED}', 9 "
        f"from {group} where decision = 'same'"
    )
    connected_components(con, EDGES, f"{SCRATCH}.node_component")


def take_out(con: duckdb.DuckDBPyConnection, table: str, pairs: list[tuple[int, int]]) -> None:
    """Delete these (a, b) from a table of links."""
    con.execute(f"create or replace table {SCRATCH}.taken_out (a bigint, b bigint)")
    if pairs:
        left, right = zip(*pairs, strict=True)
        con.execute(
            f"insert into {SCRATCH}.taken_out select unnest(?::bigint[]), unnest(?::bigint[])",
            [list(left), list(right)],
        )
    con.execute(f"delete from {table} t using {SCRATCH}.taken_out o where t.a = o.a and t.b = o.b")
