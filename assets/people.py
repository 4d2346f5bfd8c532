"""Who is who: identity records from the returns in force, linked into persons on a new spine.

The spine is built whole in a new file and swapped in. The persons of the previous spine are handed to
the linkage, so that a child keeps the id it had.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

import linkage
from assets import records, reviewing
from assets.fingerprint import code_version, fingerprint, is_unchanged, write_note
from assets.gathered import InForce, view_returns
from assets.store import Store
from schemas.duck import connect, memory, new_file, sql_text

HOLDS = "3500MiB"
"""What linking holds in memory before it spills; a year of England takes no longer by it."""


def link_children(
    store: Store, in_force: InForce, run: str, *, full: bool = False, engine: str = "duckdb"
) -> dict[str, int]:
    """Link the children of all submissions in force; returns counts of records, links and persons.

    Does nothing when neither the submissions, nor what reviewers decided, nor the code have changed since.
    """
    note = store.spine.with_name(".made_from")
    reviewing.forget_withdrawn(store)
    inputs = fingerprint(in_force, code_version(), reviewing.fingerprint_of(store))
    if full or not is_unchanged(note, inputs):
        build_spine(store, in_force, run, engine)
        write_note(note, inputs)
    return count_people(store.spine)


def build_spine(store: Store, in_force: InForce, run: str, engine: str = "duckdb") -> None:
    """Make the new spine beside the old one and put it in its place."""
    with identity_records(store, in_force) as (held, lives), new_file(store.spine, scratch=store.tmp) as con:
        con.execute("set preserve_insertion_order = false")
        con.execute(f"set memory_limit = '{memory(HOLDS)}'")
        previous = _attach_previous(con, store.kept_spine)
        reviewing.load(con, store)
        if previous != "people":
            reviewing.load_bars(con, store, previous)
        linkage.link_people(
            con, records=_read(held), run=run, previous=previous, lives=_read(lives), engine=engine
        )
        if previous != "people":
            con.execute("detach before")


@contextlib.contextmanager
def identity_records(store: Store, in_force: InForce) -> Iterator[tuple[Path, Path]]:
    """Files of all identity records of the submissions in force and of what is told of their lives, gone after."""
    held, lives = store.tmp / "identity_records.parquet", store.tmp / "lives.parquet"
    held.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with connect(scratch=store.tmp) as con:
            view_returns(con, store, in_force)
            records.write(con, held)
            records.write_lives(con, lives)
        for path in (held, lives):
            path.chmod(0o600)
        yield held, lives
    finally:
        for path in (held, lives):
            path.unlink(missing_ok=True)


def _read(path: Path) -> str:
    return f"read_parquet({sql_text(path)})"


def _attach_previous(con: duckdb.DuckDBPyConnection, spine: Path) -> str:
    """The schema that holds the run before; the new file's own empty one when there was none."""
    if not spine.exists():
        return "people"
    con.execute(f"attach {sql_text(spine)} as before (read_only)")
    return "before.people"


def count_people(spine: Path) -> dict[str, int]:
    """Records, links by stage and persons of a spine."""
    with connect(spine, read_only=True) as con:
        stages = con.execute(STAGES).fetchall()
        records_, persons = con.execute(
            "select sum(records)::bigint, count(distinct person_id) from people.face join people.face_person using (face_no)"
        ).fetchall()[0]
    return {"records": records_ or 0, "persons": persons, **{f"links: {stage}": n for stage, n in stages}}


STAGES = """
select stage, sum(links)::bigint from (
  select stage, count(*) as links from people.face_link group by stage
  union all
  select stage, sum(records - 1) from people.face where records > 1 group by stage)
group by stage order by stage
"""
"""Links as `people.link` holds them: between faces, and from the records of a face to its earliest."""
