"""Records that say the same are looked at once.

A pupil is sent term after term in the same words: nine records, one face. Records of one source and
authority whose identifying values are all the same as sent, and that hold a key (the authority's child id, a
valid UPN, NHS number or ULN), are one face. A record without a key is a face of its own, for two children
without names can look alike; so is one that must not be linked to another. Everything after this compares
faces, and speaks of records again only at the end.
"""

from __future__ import annotations

import itertools

import duckdb

from linkage.steps import SCRATCH, number, rows, run_step

RECORD_COLUMNS = {"record_id": "text", "year": "int", "submission": "text", "school_urn": "text"}
"""What belongs to a record: where and when it was sent, and by which school."""

FORM_COLUMNS = {
    "source": "text",
    "la": "text",
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
}
"""What a record says of its child."""

DECISION = "record_a text, record_b text, decision text, why text, standing_a text, standing_b text"
"""What a reviewer decided of two records: `same` child or `apart`; and what each is known by when it is resent."""

# A year of birth that the record's own year allows; a form holds records that agree about this.
PLAUSIBLE = """coalesce(year(date_of_birth) between coalesce(year, 2000) - 30 and coalesce(year, 2100) + 1, true)
    as is_plausible"""


def make_faces(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """Make `people.record_face` and `people.face`; record ids must be there and differ.

    `records` is read several times and must hold the same rows each time.
    """
    _read_forms(con, records)
    _refuse_bad_records(con, records)
    con.execute("create table if not exists people.do_not_link (record_a text, record_b text, why text)")
    con.execute("create table if not exists people.do_not_link_standing (record_id text, standing text)")
    con.execute(f"create table if not exists people.decision ({DECISION})")
    run_step(con, "12_standardise")
    run_step(con, "13_decisions")
    run_step(con, "14_holders")
    run_step(con, "16_faces")
    _refuse_changed_records(con, records)
    con.execute("drop view link_sent")


def _read_forms(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """Table `form_sent`, each form under a name of its own: another hash is taken should two share one."""
    for salt in itertools.count():
        con.execute(f"create or replace temp view link_sent as {_sent(con, records, salt)}")
        run_step(con, "10_forms")
        if not number(con, f"select count(*) - count(distinct form_name) from {SCRATCH}.form_sent"):
            return


def _sent(con: duckdb.DuckDBPyConnection, records: str, salt: int) -> str:
    """SQL: the records in the types of our columns, with the name of their form."""
    there = {str(name).lower() for name, *_ in rows(con, f"describe select * from {records}")}
    typed = ", ".join(
        f"try_cast({name if name in there else 'null'} as {kind}) as {name}"
        for name, kind in (RECORD_COLUMNS | FORM_COLUMNS).items()
    )
    return f"select *, {form_name(salt)} as form_name from (select *, {PLAUSIBLE} from (select {typed} from {records}))"


def form_name(salt: int) -> str:
    """SQL: a number for everything that a record says of its child."""
    return f"hash({salt}, {', '.join(FORM_COLUMNS)}, is_plausible)"


def _refuse_bad_records(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """Every record has an id of its own and a source. Hashes are counted first: they can only alarm falsely."""
    ids = "select count(*) - count(record_id), count(record_id) - count(distinct {}) from link_sent"
    nameless, repeated = rows(con, ids.format("hash(record_id)"))[0]
    if repeated:
        nameless, repeated = rows(con, ids.format("record_id"))[0]
    sourceless = number(
        con, f"select sum(records) from {SCRATCH}.form_sent where coalesce(trim(source), '') = ''"
    )
    if nameless or repeated or sourceless:
        raise ValueError(
            f"Identity records must each have a record_id of their own and a source, but {nameless} have no "
            f"record_id, {repeated} repeat one, and {sourceless} have no source. Look at how `{records}` is made."
        )


def _refuse_changed_records(con: duckdb.DuckDBPyConnection, records: str) -> None:
    sent, shown = rows(
        con,
        f"select (select sum(records) from {SCRATCH}.form_sent), (select count(*) from people.record_face)",
    )[0]
    if (sent or 0) != shown:
        raise ValueError(
            f"Identity records must stay the same while they are read, but there were {sent} the first time "
            f"and {shown} the last. Make `{records}` a table."
        )
