"""Who is who: from the identity records of every return to one id per child.

The order is always the same: put together the records that say the same of a child (`linkage.faces`); link
what is certain; let a trained model weigh the rest; refuse what is impossible; gather the groups; give every
group the id it had. Each stage is a step in `linkage/steps` and leaves a table that can be looked at
(`keep_scratch=True`).

What comes in: one row per submission and child, with the columns of `COLUMNS`; any may be absent or
empty. What comes out, in the schema `people`: `record`, `link` and `person`, which are views over the tables
`record_face`, `face`, `face_link` and `face_person`; `person_change`, `review`, `unlinked` (why a face found
no school record), `person_at` (the grouping at other strengths, where it differs), `tf_*` (how common names
are), and two tables that the caller may fill beforehand: `decision`, what reviewers decided, and
`do_not_link` (an adopted child's two identities).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage import identity
from linkage import model as models
from linkage.certain import link_certainly
from linkage.faces import FORM_COLUMNS, RECORD_COLUMNS, make_faces
from linkage.probable import decide, find_candidates
from linkage.steps import SCRATCH, has_table, number, run_step, scratch
from linkage.thresholds import LOOSE, REVIEW_FLOOR, STANDARD, STRICT, Thresholds

COLUMNS = RECORD_COLUMNS | FORM_COLUMNS
"""The columns of an identity record and their types."""

LIFE_COLUMNS = {"record_id": "text", "kind": "text", "la": "text", "begins": "date", "ends": "date"}
"""What may be told of a life: a record's `care` (with its end), `seen`, `death` or `adopted`, and the day."""


@dataclass(frozen=True)
class LinkSummary:
    """What a run did, in counts; safe to log."""

    run: str
    model: str
    thresholds: str
    records: int
    persons: int
    certain_links: int
    splink_links: int
    local_links: int
    review: int
    new: int
    merged: int
    split: int
    retired: int
    seconds: float


def link_people(
    con: duckdb.DuckDBPyConnection,
    *,
    records: str,
    run: str,
    model: Path | None = None,
    thresholds: Thresholds = STANDARD,
    previous: str = "people",
    lives: str | None = None,
    engine: str = "duckdb",
    keep_scratch: bool = False,
) -> LinkSummary:
    """Link the table or view `records` and write the tables of the schema `people` of this connection.

    `previous` is the schema (perhaps of an attached file) that holds the run before, from which ids, name
    frequencies and `do_not_link` are carried over; there may be none. `lives` is a relation with `LIFE_COLUMNS`:
    stays in care, deaths, adoptions, by which links are doubted or forbidden. `engine` says where pairs are
    weighed: duckdb or spark. Call outside a transaction.
    """
    began = time.perf_counter()
    learned = models.load(model or models.COMMITTED)
    con.execute("create schema if not exists people")
    with scratch(con, keep=keep_scratch):
        _set_run(con, run, learned.name)
        _remember(con, previous)
        make_faces(con, records)
        run_step(con, "26_decided")
        _tell_lives(con, lives)
        certain = link_certainly(con)
        run_step(con, "30_entities")
        find_candidates(con, learned, run, previous, engine)
        _group_at_all_strengths(con, thresholds)
        run_step(con, "60_links")
        identity.assign_ids(con)
        run_step(con, "77_unlinked")
        run_step(con, "78_impossible_lives")
        run_step(con, "80_views")
        _person_at(con, thresholds)
        persons = number(con, PERSONS)
    counted = {"certain_links": certain, "persons": persons}
    return _summary(con, run, learned.name, thresholds, counted, time.perf_counter() - began)


def _tell_lives(con: duckdb.DuckDBPyConnection, lives: str | None) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in LIFE_COLUMNS.items())
    con.execute(f"create or replace table {SCRATCH}.life_sent ({columns})")
    if lives:
        con.execute(f"insert into {SCRATCH}.life_sent select {', '.join(LIFE_COLUMNS)} from {lives}")
    run_step(con, "28_lives")


def _remember(con: duckdb.DuckDBPyConnection, previous: str) -> None:
    """`previous_record` and `previous_face`: who was who in the run before; and bring along what is carried
    over. What stands in this database, and is about to be overwritten, is copied.
    """
    faces, records = _before(con, previous)
    kind = "view" if "." in previous else "table"
    con.execute(f"create {kind} {SCRATCH}.previous_record as {records}")
    con.execute(f"create {kind} {SCRATCH}.previous_face as {faces}")
    if previous != "people":
        _carry_over(con, previous)


FACE_BEFORE = "person_id, source, la, la_child_id, upn, forename, surname, date_of_birth, postcode"


def _before(con: duckdb.DuckDBPyConnection, previous: str) -> tuple[str, str]:
    """SQL: the faces and the records of the run before, be there none, or from a spine without faces."""
    if has_table(con, f"{previous}.face_person"):
        return (
            f"select face_no, {FACE_BEFORE} from {previous}.face join {previous}.face_person using (face_no)",
            f"select record_id, year, face_no from {previous}.record_face",
        )
    if has_table(con, f"{previous}.person") and has_table(con, f"{previous}.record"):
        return (
            f"select record_no as face_no, {FACE_BEFORE} "
            f"from {previous}.record join {previous}.person using (record_id)",
            f"select record_id, year, record_no as face_no from {previous}.record",
        )
    nothing = ", ".join(f"null::text as {name}" for name in FACE_BEFORE.split(", "))
    return (
        f"select 0::bigint as face_no, {nothing} limit 0",
        "select ''::text as record_id, 0 as year, 0::bigint as face_no limit 0",
    )


CARRIED = ("person_change", "do_not_link", "do_not_link_standing", "tf_basis")
"""Tables of the run before that go on; one that the caller has made already stays as it is."""


def _carry_over(con: duckdb.DuckDBPyConnection, previous: str) -> None:
    for name in CARRIED:
        if has_table(con, f"{previous}.{name}"):
            con.execute(f"create table if not exists people.{name} as from {previous}.{name}")


def _set_run(con: duckdb.DuckDBPyConnection, run: str, model: str) -> None:
    con.execute("set variable link_run = ?", [run])
    con.execute("set variable link_model = ?", [model])
    con.execute(f"set variable link_floor = {REVIEW_FLOOR}")
    con.execute(f"set variable link_strict = {STRICT.accept}")


def _group_at_all_strengths(con: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> None:
    """Tables `grouped_<name>` for the strict and the loose decision; the one asked for is left in place."""
    for other in (STRICT, LOOSE):
        decide(con, other)
        run_step(con, "65_groups")
        con.execute(f"create or replace table {SCRATCH}.grouped_{other.name} as from {SCRATCH}.grouped")
    decide(con, thresholds)
    run_step(con, "65_groups")


def _person_at(con: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> None:
    """`people.person_at` (record_id, level, person_id): only records whose person differs at that strength."""
    con.execute("create or replace table people.person_at (record_id text, level text, person_id text)")
    for other in (STRICT, LOOSE):
        if other == thresholds:
            continue
        con.execute("set variable link_other = ?", [other.name])
        con.execute(f"create or replace view {SCRATCH}.grouped_other as from {SCRATCH}.grouped_{other.name}")
        run_step(con, "85_other_strength")


PERSONS = f"""select (select count(*) from people.face)
    - (select count(*) from {SCRATCH}.grouped_face where face_no <> group_no)"""


def _summary(
    con: duckdb.DuckDBPyConnection,
    run: str,
    model: str,
    thresholds: Thresholds,
    counted: dict[str, int],
    seconds: float,
) -> LinkSummary:
    return LinkSummary(
        run=run,
        model=model,
        thresholds=thresholds.name,
        records=number(con, "select sum(records) from people.face"),
        **counted,
        splink_links=number(con, "select count(*) from people.face_link where stage = 'splink'"),
        local_links=number(con, "select count(*) from people.face_link where stage = 'local_unique'"),
        review=number(con, "select count(*) from people.review"),
        **identity.changes(con, run),
        seconds=round(seconds, 1),
    )
