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
    _refuse_bad_records(con, records)
    con.execute("create table if not exists people.do_not_link (record_a text, record_b text, why text)")
    con.execute("create table if not exists people.do_not_link_standing (record_id text, standing text)")
    con.execute(f"create table if not exists people.decision ({DECISION})")
    # Another hash is taken should two forms, or two faces, share a number.
    for salt in itertools.count():
        con.execute(f"create or replace temp view link_sent as {_sent(con, records, salt)}")
        run_step(con, "10_forms")
        if number(con, f"select count(*) from {SCRATCH}.repeated where is_two"):
            continue
        for step in ("12_standardise", "13_decisions", "14_holders", "16_faces"):
            run_step(con, step)
        if not _share_numbers(con):
            break
    _refuse_changed_records(con, records)
    con.execute("drop view link_sent")


def _share_numbers(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether two faces share a number. Names of forms differ; only those of lone records have to be searched."""
    if not number(con, f"select count(*) from {SCRATCH}.apart_face"):
        return False
    return bool(number(con, "select count(*) - count(distinct link_form_name(face_no)) from people.face"))


def _sent(con: duckdb.DuckDBPyConnection, records: str, salt: int) -> str:
    """SQL: the records in the types of our columns, with the name of their form and another to prove it by."""
    other = f"hash({salt + 1}, is_plausible, {', '.join(reversed(FORM_COLUMNS))})"
    return (
        f"select *, ({form_name(salt)}) >> 11 as form_name, {other} as other_name, "
        f"{_source_no(con, records)} as source_no from (select *, {PLAUSIBLE} from ({_typed(con, records)}))"
    )


def _typed(con: duckdb.DuckDBPyConnection, records: str) -> str:
    there = {str(name).lower() for name, *_ in rows(con, f"describe select * from {records}")}
    typed = ", ".join(
        f"try_cast({name if name in there else 'null'} as {kind}) as {name}"
        for name, kind in (RECORD_COLUMNS | FORM_COLUMNS).items()
    )
    return f"select {typed} from {records}"


def _source_no(con: duckdb.DuckDBPyConnection, records: str) -> str:
    """SQL: the place of a record's source among tonight's, in the order of the alphabet; 15 for all further ones."""
    sources = rows(
        con, f"select distinct trim(source) as source from ({_typed(con, records)}) order by source"
    )
    places = " ".join(f"when {_quoted(source)} then {place}" for place, (source,) in enumerate(sources[:15]))
    return f"case trim(source) {places} else 15 end" if places else "15"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def form_name(salt: int) -> str:
    """SQL: a number for everything that a record says of its child."""
    return f"hash({salt}, {', '.join(FORM_COLUMNS)}, is_plausible)"


def _refuse_bad_records(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """Every record has an id of its own and a source. Hashes are counted first: they can only alarm falsely."""
    ids = """select count(*) - count(record_id), count(record_id) - count(distinct {}),
        count(*) filter (where coalesce(trim(source), '') = '') from ({})"""
    typed = _typed(con, records)
    nameless, repeated, sourceless = rows(con, ids.format("hash(record_id)", typed))[0]
    if repeated:
        nameless, repeated, sourceless = rows(con, ids.format("record_id", typed))[0]
    if nameless or repeated or sourceless:
        raise ValueError(
            f"Identity records must each have a record_id of their own and a source, but {nameless} have no "
            f"record_id, {repeated} repeat one, and {sourceless} have no source. Look at how `{records}` is made."
        )


def _refuse_changed_records(con: duckdb.DuckDBPyConnection, records: str) -> None:
    """The numbers of the faces, each as often as it was counted, must add up to those that the records show."""
    told, shown, strange = rows(
        con,
        """with told as (select sum(records) as n, sum(records * face_no::hugeint) as total from people.face),
        shown as (select count(*) as n, sum(face_no::hugeint) as total from people.record_face)
        select coalesce(told.n, 0), shown.n, told.total is distinct from shown.total from told, shown""",
    )[0]
    if strange:
        raise ValueError(
            f"Identity records must stay the same while they are read, but of {told} records the first time and "
            f"{shown} the last some had changed. Make `{records}` a table."
        )
