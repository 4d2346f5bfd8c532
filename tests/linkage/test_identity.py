"""Person ids: the same every night, whatever the order; and an account of every change."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from linkage import LinkSummary, link_people

Con = duckdb.DuckDBPyConnection


def people(con: Con) -> dict[str, str]:
    return dict(con.execute("select record_id, person_id from people.person").fetchall())


def partition(con: Con) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for record, person in people(con).items():
        groups.setdefault(person, set()).add(record)
    return {frozenset(group) for group in groups.values()}


def changes(con: Con, run: str) -> list[tuple[Any, ...]]:
    told = con.execute("select kind, old, new from people.person_change where run = ? order by all", [run])
    return list(told.fetchall())


def count_changes(summary: LinkSummary) -> tuple[int, int, int, int]:
    return summary.new, summary.merged, summary.split, summary.retired


@pytest.fixture(scope="module")
def linked(country: Callable[..., Any]) -> Iterator[Con]:
    with duckdb.connect(config={"threads": 2}) as con:
        country(2500, 21).into(con)
        link_people(con, records="records", run="first")
        yield con


@pytest.mark.parametrize(("order", "threads"), [("record_id desc", 1), ("hash(record_id)", 2)])
def test_the_same_records_in_another_order_and_on_other_threads_change_nothing(
    linked: Con, order: str, threads: int
) -> None:
    before, links = people(linked), linked.execute("from people.link order by all").fetchall()
    linked.execute(f"set threads = {threads}")
    summary = link_people(linked, records=f"(select * from records order by {order})", run=order)
    assert count_changes(summary) == (0, 0, 0, 0)
    assert people(linked) == before
    after = linked.execute("from people.link order by all").fetchall()
    assert [row[:-1] for row in after] == [row[:-1] for row in links]


def test_a_store_begun_in_another_order_makes_the_same_groups(linked: Con, con: Con) -> None:
    con.register("sent", linked.sql("select * from records order by hash(upn, record_id)").to_arrow_table())
    link_people(con, records="sent", run="first")
    assert partition(con) == partition(linked)


def test_ids_are_random_and_made_of_nothing(linked: Con, con: Con) -> None:
    con.register("sent", linked.sql("from records").to_arrow_table())
    link_people(con, records="sent", run="first")
    ours, theirs = set(people(con).values()), set(people(linked).values())
    assert len(ours) == len(theirs)
    assert not ours & theirs
    assert all(len(one) == 32 and set(one) <= set(string.hexdigits.lower()) for one in ours)


def test_more_records_lose_no_id(linked: Con, con: Con) -> None:
    con.register("everything", linked.sql("from records").to_arrow_table())
    link_people(con, records="(from everything where year = 2024)", run="2024")
    before = people(con)
    summary = link_people(con, records="everything", run="2025")
    after = people(con)
    ended = {row[1] for row in changes(con, "2025") if row[0] == "merged"}
    assert set(before) < set(after)
    assert set(before.values()) - set(after.values()) == ended
    assert summary.new > 0
    assert summary.retired == 0
    moved = [record for record, person in before.items() if after[record] != person]
    told = {row[1] for row in changes(con, "2025") if row[0] in ("merged", "split")}
    assert {before[record] for record in moved} == told


SENT = """create or replace table sent as select * from (values {}) t(record_id, source, year, la, submission,
    la_child_id, upn, forename, surname, date_of_birth, sex, postcode)"""
PUPIL = (
    "('{0}', 'school_census', {1}, '201', 'sc{1}', null, {2}, 'Rosalind', 'Quartermaine', date '2013-02-05', "
    "'F', 'AB1 2CD')"
)
CARE = "('{0}', 'cin', {1}, '201', 'cin{1}{3}', '77', {2}, null, null, date '2013-02-05', 'F', null)"


def send(con: Con, *rows: str) -> None:
    con.execute(SENT.format(", ".join(rows)))


def test_two_persons_found_to_be_one_keep_the_older_id(con: Con) -> None:
    pupil, care = PUPIL.format("p", 2024, "'L999000100001'"), CARE.format("c", 2025, "null", "")
    send(con, pupil, care)
    link_people(con, records="sent", run="1")
    old = people(con)
    assert old["p"] != old["c"]
    send(con, pupil, care, CARE.format("d", 2026, "'L999000100001'", ""))
    summary = link_people(con, records="sent", run="2")
    assert set(people(con).values()) == {old["p"]}
    assert changes(con, "2") == [("merged", old["c"], old["p"])]
    assert count_changes(summary) == (0, 1, 0, 0)
    send(con, pupil, care)
    link_people(con, records="sent", run="3")
    new = people(con)
    assert new["p"] == old["p"]
    assert changes(con, "3") == [("split", old["p"], new["c"])]


def test_a_submission_sent_anew_keeps_its_children(con: Con) -> None:
    send(con, CARE.format("old-hash", 2024, "null", "first"))
    link_people(con, records="sent", run="1")
    before = people(con)
    send(con, CARE.format("new-hash", 2024, "null", "second"))
    summary = link_people(con, records="sent", run="2")
    assert people(con) == {"new-hash": before["old-hash"]}
    assert count_changes(summary) == (0, 0, 0, 0)


def test_a_person_without_records_is_retired(con: Con) -> None:
    send(
        con,
        CARE.format("c", 2024, "null", ""),
        PUPIL.format("p", 2024, "'L999000100001'").replace("2013-02", "2009-11"),
    )
    link_people(con, records="sent", run="1")
    gone = people(con)["c"]
    con.execute("delete from sent where record_id = 'c'")
    link_people(con, records="sent", run="2")
    assert changes(con, "2") == [("retired", gone, None)]


def test_ids_frequencies_and_bars_come_along_from_an_attached_spine(con: Con, linked: Con) -> None:
    con.register("kept", linked.sql("from records where year = 2024").to_arrow_table())
    con.execute("create table sent as from kept; attach ':memory:' as yesterday; use yesterday")
    link_people(con, records="memory.sent", run="1")
    con.execute("insert into yesterday.people.do_not_link values ('x', 'y', 'adoption')")
    before = dict(con.execute("select record_id, person_id from yesterday.people.person").fetchall())
    con.execute("use memory")
    summary = link_people(con, records="sent", run="2", previous="yesterday.people")
    assert people(con) == before
    assert count_changes(summary) == (0, 0, 0, 0)
    assert con.execute("select record_a, record_b from people.do_not_link").fetchall() == [("x", "y")]
    assert con.execute("select run from people.tf_basis").fetchall() == [("1",)]
    assert con.execute("select count(distinct run) from people.person_change").fetchall() == [(1,)]


def test_nothing_is_left_behind_and_nothing_is_said(
    con: Con, capfd: pytest.CaptureFixture[str], caplog: Any
) -> None:
    send(con, PUPIL.format("p", 2024, "'L999000100001'"), CARE.format("c", 2025, "null", ""))
    caplog.set_level(0)
    link_people(con, records="sent", run="1")
    tables = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() union all "
        "select schema_name || '.' || view_name from duckdb_views() where not internal"
    ).fetchall()
    ours = {"record", "link", "person", "person_change", "person_at", "review", "do_not_link", "tf_basis"}
    ours |= {
        "do_not_link_standing",
        "record_face",
        "face",
        "face_link",
        "face_person",
        "unlinked",
        "decision",
        "standing",
    }
    ours |= {"tf_forename", "tf_forename_common", "tf_surname", "tf_ethnicity"}
    assert {name for (name,) in tables} == {f"people.{one}" for one in ours} | {"main.sent"}
    assert con.execute("select current_database(), current_schema()").fetchall() == [("memory", "main")]
    assert con.execute("select count(*) from duckdb_databases() where not internal").fetchall() == [(1,)]
    said = capfd.readouterr()
    assert said.out + said.err == ""
    assert caplog.records == []
