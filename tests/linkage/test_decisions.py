"""What a reviewer decided holds in every later run, and says so where an id changes."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from linkage import link_people

Con = duckdb.DuckDBPyConnection

COLUMNS = "record_id, source, year, la, submission, la_child_id, upn, forename, surname, date_of_birth, sex, postcode"
TWO_CHILDREN = [
    ("s|one|1", "school_census", 2024, "901", "one", None, "L999000100001", "Amelia", "Quennell", "2013-03-14", "F",
     "QA1 2BC"),
    ("c|two|7", "cin", 2024, "901", "two", "7", None, None, None, "2013-03-14", "F", None),
]  # fmt: skip


def send(con: Con, rows: list[tuple[Any, ...]]) -> None:
    con.execute("drop table if exists records")
    con.execute(
        "create table records (record_id text, source text, year int, la text, submission text, la_child_id text, "
        "upn text, forename text, surname text, date_of_birth date, sex text, postcode text)"
    )
    con.executemany(f"insert into records ({COLUMNS}) values ({', '.join('?' * 12)})", rows)


def decide(con: Con, one: str, other: str, decision: str) -> None:
    """As the reading of a review does: with what each record is known by when it is resent."""
    con.execute(
        """insert into people.decision
        select ?, ?, ?, 'looked at', x.standing, y.standing from people.standing x, people.standing y
        where x.record_id = ? and y.record_id = ?""",
        [one, other, decision, one, other],
    )


def person_of(con: Con, record: str) -> str:
    found = con.execute("select person_id from people.person where record_id = ?", [record]).fetchall()
    return str(found[0][0])


def together(con: Con, one: str, other: str) -> bool:
    return person_of(con, one) == person_of(con, other)


def why(con: Con, run: str) -> list[tuple[Any, ...]]:
    told = con.execute("select kind, why from people.person_change where run = ? order by all", [run])
    return told.fetchall()


def test_two_that_a_reviewer_joined_stay_one_and_the_link_and_the_change_say_so(con: Con) -> None:
    send(con, TWO_CHILDREN)
    link_people(con, records="records", run="one")
    assert not together(con, "s|one|1", "c|two|7")
    decide(con, "s|one|1", "c|two|7", "same")
    for run in ("two", "three"):
        link_people(con, records="records", run=run)
        assert together(con, "s|one|1", "c|two|7")
    assert why(con, "two") == [("merged", "a reviewer decided that they are one child")]
    assert why(con, "three") == []
    assert con.execute("select stage, evidence from people.link").fetchall() == [
        ("review", "a reviewer decided that they are one child")
    ]


def test_two_that_a_reviewer_parted_stay_apart_whatever_key_they_share(con: Con) -> None:
    pupil = TWO_CHILDREN[0]
    again = ("s|two|1", pupil[1], 2025, "901", "later", *pupil[5:])
    send(con, [pupil, again])
    link_people(con, records="records", run="one")
    assert together(con, "s|one|1", "s|two|1")
    decide(con, "s|one|1", "s|two|1", "apart")
    for run in ("two", "three"):
        link_people(con, records="records", run=run)
        assert not together(con, "s|one|1", "s|two|1")
    assert why(con, "two") == [("split", "a reviewer decided that they are two children")]


def test_a_decision_outlives_a_resent_submission(con: Con) -> None:
    send(con, TWO_CHILDREN)
    link_people(con, records="records", run="one")
    decide(con, "s|one|1", "c|two|7", "same")
    pupil, child = TWO_CHILDREN
    resent = ("c|new|7", *child[1:4], "new", *child[5:])
    for run in ("two", "three"):
        send(con, [pupil, resent])
        link_people(con, records="records", run=run)
        assert together(con, "s|one|1", "c|new|7")


def test_a_forced_link_holds_although_the_birth_dates_are_far_apart(con: Con) -> None:
    child = (*TWO_CHILDREN[1][:9], "2016-08-05", *TWO_CHILDREN[1][10:])
    later = ("c|four|7", child[1], 2025, "901", "four", *child[5:])
    send(con, [TWO_CHILDREN[0], child, later])
    link_people(con, records="records", run="one")
    decide(con, "s|one|1", "c|two|7", "same")
    link_people(con, records="records", run="two")
    assert together(con, "s|one|1", "c|two|7")
    assert together(con, "c|two|7", "c|four|7")


@pytest.mark.parametrize("first", ["same", "apart"])
def test_apart_weighs_more_than_a_chain_of_same(con: Con, first: str) -> None:
    third = ("c|three|8", "cin", 2025, "902", "three", "8", None, None, None, "2013-03-14", "F", None)
    send(con, [*TWO_CHILDREN, third])
    link_people(con, records="records", run="one")
    pairs = [
        ("s|one|1", "c|two|7", "same"),
        ("c|two|7", "c|three|8", "same"),
        ("s|one|1", "c|three|8", "apart"),
    ]
    for one, other, decision in pairs if first == "same" else reversed(pairs):
        decide(con, one, other, decision)
    link_people(con, records="records", run="two")
    assert not together(con, "s|one|1", "c|three|8")


def test_decided_pairs_are_not_asked_again(con: Con) -> None:
    pupil, child = TWO_CHILDREN
    stranger = (*child[:6], pupil[6], None, None, "2016-08-05", "M", None)
    send(con, [pupil, stranger])
    link_people(con, records="records", run="one")
    assert con.execute("select count(*) from people.review").fetchall() == [(1,)]
    decide(con, "s|one|1", "c|two|7", "apart")
    link_people(con, records="records", run="two")
    assert con.execute("select count(*) from people.review").fetchall() == [(0,)]


def bar(con: Con, one: str, other: str) -> None:
    con.execute("create schema if not exists people")
    con.execute("create table if not exists people.do_not_link (record_a text, record_b text, why text)")
    con.execute("insert into people.do_not_link values (?, ?, 'adoption')", [one, other])


def test_do_not_link_follows_a_resubmitted_return(con: Con) -> None:
    """Also when a bad file of one night leaves the child out and the next one brings it back under another hash."""
    pupil = TWO_CHILDREN[0]
    again = ("s|two|1", pupil[1], 2025, "901", "later", *pupil[5:])
    bar(con, "s|one|1", "s|two|1")
    send(con, [pupil, again])
    link_people(con, records="records", run="one")
    assert not together(con, "s|one|1", "s|two|1")
    send(con, [pupil])
    link_people(con, records="records", run="two")
    resent = ("s|new|9", *again[1:4], "new", *again[5:])
    for run in ("three", "four"):
        send(con, [pupil, resent])
        link_people(con, records="records", run=run)
        assert not together(con, "s|one|1", "s|new|9")
    assert con.execute("select record_a, record_b, why from people.do_not_link").fetchall() == [
        ("s|one|1", "s|new|9", "adoption")
    ]


def test_of_two_resent_children_that_a_barred_one_could_be_both_are_kept_apart(con: Con) -> None:
    pupil = (*TWO_CHILDREN[0][:6], None, *TWO_CHILDREN[0][7:])
    named = ("p|two|7", "person_identifiers", 2025, "901", "later", None, None, *TWO_CHILDREN[0][7:])
    bar(con, "s|one|1", "p|two|7")
    send(con, [pupil, named])
    link_people(con, records="records", run="one")
    send(con, [pupil, *((f"p|new|{place}", *named[1:4], f"new-{place}", *named[5:]) for place in (1, 2))])
    link_people(con, records="records", run="two")
    barred = con.execute("select record_b from people.do_not_link order by all").fetchall()
    assert barred == [("p|new|1",), ("p|new|2",)]
    assert not together(con, "s|one|1", "p|new|1")
    assert not together(con, "s|one|1", "p|new|2")
