"""Who is who: identity records from the returns in force, linked into persons on a new spine.

The spine is built whole in a new file and swapped in. The persons of the previous spine are handed to
the linkage, so that a child keeps the id it had.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

import linkage
from assets import records
from assets.fingerprint import code_version, fingerprint, is_unchanged, write_note
from assets.night import InForce
from assets.store import Store, view_returns
from schemas.duck import connect, new_file, sql_text


def link_children(store: Store, in_force: InForce, run: str, *, full: bool = False) -> dict[str, int]:
    """Link the children of all submissions in force; returns counts of records, links and persons.

    Does nothing when neither the submissions nor the code have changed since the last time.
    """
    note = store.people / ".made_from"
    inputs = fingerprint(in_force, code_version())
    if full or not is_unchanged(note, inputs):
        build_spine(store, in_force, run)
        write_note(note, inputs)
    return count_people(store.spine)


def build_spine(store: Store, in_force: InForce, run: str) -> None:
    """Make the new spine beside the old one and put it in its place."""
    with new_file(store.spine, scratch=store.tmp) as con:
        previous = _attach_previous(con, store.spine)
        con.execute("use memory")
        view_returns(con, store, in_force)
        records.build(con)
        con.execute("use built")
        linkage.link_people(con, records="memory.people_in.record", run=run, previous=previous)
        if previous != "people":
            con.execute("detach before")


def _attach_previous(con: duckdb.DuckDBPyConnection, spine: Path) -> str:
    """The schema that holds the run before; the new file's own empty one when there was none."""
    if not spine.exists():
        return "people"
    con.execute(f"attach {sql_text(spine)} as before (read_only)")
    return "before.people"


def count_people(spine: Path) -> dict[str, int]:
    """Records, links by stage and persons of a spine."""
    with connect(spine, read_only=True) as con:
        stages = con.execute("select stage, count(*) from people.link group by all order by all").fetchall()
        totals = con.execute("select count(*), count(distinct person_id) from people.person").fetchall()[0]
    return {"records": totals[0], "persons": totals[1], **{f"links: {stage}": n for stage, n in stages}}
