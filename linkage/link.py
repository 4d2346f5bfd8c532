"""Who is who: from the identity records of every return to one id per child.

The order is always the same: make values comparable; link what is certain; let a trained model weigh the
rest; refuse what is impossible; gather the groups; give every group the id it had. Each stage is a step
in `linkage/steps` and leaves a table that can be looked at (`keep_scratch=True`).

What comes in: one row per submission and child, with the columns of `COLUMNS`; any may be absent or
empty. What comes out, in the schema `people`: `record`, `link`, `person`, `person_change`, `review`,
`person_at` (the grouping at other strengths, where it differs), `tf_*` (how common names are) and
`do_not_link`, which the caller may fill beforehand (an adopted child's two identities).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage import identity
from linkage import model as models
from linkage.certain import link_certainly
from linkage.probable import decide, find_candidates
from linkage.steps import SCRATCH, has_table, number, rows, run_step, scratch
from linkage.thresholds import LOOSE, REVIEW_FLOOR, STANDARD, STRICT, Thresholds

COLUMNS = {
    "record_id": "text",
    "source": "text",
    "year": "int",
    "la": "text",
    "submission": "text",
    "la_child_id": "text",
    "upn": "text",
    "former_upn": "text",
    "uln": "text",
    "nhs_number": "text",
    "forename": "text",
    "surname": "text",
    "former_surname": "text",
    "date_of_birth": "date",
    "expected_date_of_birth": "date",
    "sex": "text",
    "ethnicity": "text",
    "postcode": "text",
    "school_urn": "text",
}
"""The columns of an identity record and their types."""


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
    keep_scratch: bool = False,
) -> LinkSummary:
    """Link the table or view `records` and write the tables of the schema `people` of this connection.

    `previous` is the schema (perhaps of an attached file) that holds the run before, from which ids, name
    frequencies and `do_not_link` are carried over; there may be none. Call outside a transaction.
    """
    began = time.perf_counter()
    learned = models.load(model or models.COMMITTED)
    con.execute("create schema if not exists people")
    with scratch(con, keep=keep_scratch):
        _remember(con, previous)
        standardise(con, records)
        _set_run(con, run, learned.name)
        _bar(con)
        certain = link_certainly(con)
        run_step(con, "30_entities")
        find_candidates(con, learned, run)
        _group_at_all_strengths(con, thresholds)
        run_step(con, "60_links")
        identity.assign_ids(con)
        _person_at(con, thresholds)
    return _summary(con, run, learned.name, thresholds, certain, time.perf_counter() - began)


def standardise(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """Make `people.record` from the records as sent; record ids must be there and differ."""
    there = {str(name).lower() for name, *_ in rows(con, f"describe select * from {records}")}
    cast = ", ".join(f"{_as_type(name, kind, there)} as {name}" for name, kind in COLUMNS.items())
    con.execute(f"create or replace table {SCRATCH}.sent as select {cast} from {records}")
    bad = rows(
        con,
        f"select count(*) - count(record_id), count(record_id) - count(distinct record_id), "
        f"count(*) - count(source) from {SCRATCH}.sent",
    )[0]
    if any(bad):
        raise ValueError(
            f"Identity records must each have a record_id of their own and a source, but {bad[0]} have no "
            f"record_id, {bad[1]} repeat one, and {bad[2]} have no source. Look at how `{records}` is made."
        )
    run_step(con, "10_standardise")
    con.execute(f"drop table {SCRATCH}.sent")


def _as_type(name: str, kind: str, there: set[str]) -> str:
    value = name if name in there else "null"
    return f"try_cast({value} as {kind})" if kind != "text" else f"nullif(trim(cast({value} as text)), '')"


def _remember(con: duckdb.DuckDBPyConnection, previous: str) -> None:
    """Keep aside who was who in the run before, and bring along what is carried over."""
    known = has_table(con, f"{previous}.person") and has_table(con, f"{previous}.record")
    people = (
        f"select record_id, person_id from {previous}.person"
        if known
        else "select ''::text as record_id, ''::text as person_id limit 0"
    )
    were = (
        f"select record_id, record_no, standing_key from {previous}.record"
        if known
        else "select ''::text as record_id, 0::bigint as record_no, ''::text as standing_key limit 0"
    )
    con.execute(f"create table {SCRATCH}.previous_person as {people}")
    con.execute(f"create table {SCRATCH}.previous_record as {were}")
    run_step(con, "05_previous")
    if previous != "people":
        _carry_over(con, previous)
    con.execute("create table if not exists people.do_not_link (record_a text, record_b text, why text)")


def _carry_over(con: duckdb.DuckDBPyConnection, previous: str) -> None:
    found = rows(con, f"select name from (show tables from {previous})")
    kept = [
        name for (name,) in found if name in ("person_change", "do_not_link") or str(name).startswith("tf_")
    ]
    for name in kept:
        con.execute(f"create table if not exists people.{name} as from {previous}.{name}")


def _set_run(con: duckdb.DuckDBPyConnection, run: str, model: str) -> None:
    con.execute("set variable link_run = ?", [run])
    con.execute("set variable link_model = ?", [model])
    con.execute(f"set variable link_floor = {REVIEW_FLOOR}")


def _bar(con: duckdb.DuckDBPyConnection) -> None:
    """Pairs that must never be linked, by record number."""
    con.execute(
        f"""create or replace table {SCRATCH}.barred as
        select distinct least(x.record_no, y.record_no) as a, greatest(x.record_no, y.record_no) as b
        from people.do_not_link d join people.record x on x.record_id = d.record_a
        join people.record y on y.record_id = d.record_b where x.record_no <> y.record_no"""
    )


def _group_at_all_strengths(con: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> None:
    """Tables `grouped_<name>` for the strict and the loose decision; the one asked for is left in place."""
    for other in (STRICT, LOOSE):
        decide(con, other)
        run_step(con, "65_groups")
        con.execute(f"create or replace table {SCRATCH}.grouped_{other.name} as from {SCRATCH}.grouped")
    decide(con, thresholds)
    run_step(con, "65_groups")


def _person_at(con: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> None:
    """`people.person_at` (record_id, level, person_id): only records whose person differs at that strength.

    A group is known by the person of its earliest record; where one person falls apart, all parts but
    the earliest get the person's id with a number.
    """
    con.execute("create or replace table people.person_at (record_id text, level text, person_id text)")
    for other in (STRICT, LOOSE):
        if other == thresholds:
            continue
        con.execute(
            f"""insert into people.person_at
            with named as (
              select g.record_no, g.group_no, r.record_id, p.person_id
              from {SCRATCH}.grouped_{other.name} g join people.record r using (record_no)
              join people.person p using (record_id)),
            first as (select group_no, arg_min(person_id, record_no) as person_id from named group by group_no),
            numbered as (
              select *, row_number() over (partition by person_id order by group_no) as part from first)
            select n.record_id, '{other.name}',
              numbered.person_id || case when part > 1 then '.' || part else '' end as at_level
            from named n join numbered using (group_no) where at_level <> n.person_id order by n.record_no"""
        )


def _summary(
    con: duckdb.DuckDBPyConnection, run: str, model: str, thresholds: Thresholds, certain: int, seconds: float
) -> LinkSummary:
    return LinkSummary(
        run=run,
        model=model,
        thresholds=thresholds.name,
        records=number(con, "select count(*) from people.person"),
        persons=number(con, "select count(distinct person_id) from people.person"),
        certain_links=certain,
        splink_links=number(con, "select count(*) from people.link where stage = 'splink'"),
        local_links=number(con, "select count(*) from people.link where stage = 'local_unique'"),
        review=number(con, "select count(*) from people.review"),
        **identity.changes(con, run),
        seconds=round(seconds, 1),
    )
