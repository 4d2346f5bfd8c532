"""A person's id: random, the same night after night, and never made from anything about the person.

A run finds groups of records. A group takes over the id that most of its records had; when two persons
turn out to be one the other id is retired with a pointer, and when one turns out to be two the part with
the earliest record keeps it. Every such event is a row of `people.person_change`.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator

import duckdb
import pyarrow as pa

from linkage.steps import SCRATCH, number, run_step

KINDS = ("new", "merged", "split", "retired")


def assign_ids(con: duckdb.DuckDBPyConnection) -> None:
    """From `grouped` and the previous run make `people.face_person`; append `people.person_change`."""
    run_step(con, "70_kin")
    kept = -1
    while kept != (kept := number(con, f"select count(*) from {SCRATCH}.kept")):
        run_step(con, "72_keep")
    with _fresh_ids(con):
        run_step(con, "75_people")


@contextlib.contextmanager
def _fresh_ids(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """View `link_fresh_id` (group_no, person_id): sixteen random bytes for every group without an id."""
    groups = con.sql(UNNAMED).to_arrow_table()
    drawn = pa.py_buffer(secrets.token_bytes(16 * len(groups)))
    chance = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(groups), [None, drawn])
    con.register("link_chance", pa.table({"group_no": groups["group_no"], "chance": chance}))
    con.execute(
        "create or replace temp view link_fresh_id as "
        "select group_no, lower(hex(chance)) as person_id from link_chance"
    )
    yield
    con.execute("drop view link_fresh_id")
    con.unregister("link_chance")


UNNAMED = f"""select face_no as group_no from people.face
anti join (from {SCRATCH}.grouped_face where face_no <> group_no) using (face_no)
anti join {SCRATCH}.kept on group_no = face_no"""
"""Every face that is not in the group of an earlier one names a group."""


def changes(con: duckdb.DuckDBPyConnection, run: str) -> dict[str, int]:
    """How many ids were new, merged, split and retired in a run."""
    counted = con.execute(
        "select kind, count(*) from people.person_change where run = ? group by kind", [run]
    )
    return dict.fromkeys(KINDS, 0) | dict(counted.fetchall())
