"""Records that say the same are looked at once, and nothing else changes by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest

from linkage import faces, link_people

Con = duckdb.DuckDBPyConnection
COLUMNS = "record_id, source, year, la, submission, la_child_id, upn, forename, surname, date_of_birth, sex, postcode"


def partition(con: Con, schema: str = "people") -> set[frozenset[str]]:
    groups = con.execute(f"select list(record_id) from {schema}.person group by person_id").fetchall()
    return {frozenset(group) for (group,) in groups}


def weighed(con: Con) -> list[tuple[Any, ...]]:
    """The links that a model made, and how sure we are of every record."""
    links = con.execute(
        "select record_a, record_b, match_weight from people.link where match_weight is not null"
    )
    sure = con.execute("select record_id, confidence from people.person where confidence < 1")
    return sorted(links.fetchall()) + sorted(sure.fetchall())


def send(con: Con, *rows: tuple[Any, ...]) -> None:
    con.execute(
        "create or replace table sent (record_id text, source text, year int, la text, submission text, "
        "la_child_id text, upn text, forename text, surname text, date_of_birth date, sex text, postcode text)"
    )
    con.executemany(f"insert into sent ({COLUMNS}) values ({', '.join('?' * 12)})", list(rows))


def pupil(record: str, year: int, upn: str | None, born: str | None = "2013-02-05") -> tuple[Any, ...]:
    who = ("Rosalind", "Quartermaine", born, "F", "AB1 2CD")
    return (record, "school_census", year, "201", f"sc{year}", None, upn, *who)


def care(record: str, year: int, child: str, born: str = "2013-02-05") -> tuple[Any, ...]:
    return (record, "cin", year, "201", f"cin{year}", child, None, None, None, born, "F", None)


UPN = "L999000100001"


@pytest.fixture(scope="module")
def linked(country: Callable[..., Any]) -> Iterator[Con]:
    with duckdb.connect(config={"threads": 2}) as con:
        country(2500, 33).into(con)
        link_people(con, records="records", run="faces")
        yield con


def test_where_no_record_was_sent_there_is_nobody_and_who_was_there_is_gone() -> None:
    with duckdb.connect() as con:
        send(con, care("one", 2025, "C1"))
        assert link_people(con, records="sent", run="first").persons == 1
        con.execute("delete from sent")
        done = link_people(con, records="sent", run="second")
        assert (done.records, done.persons, done.retired) == (0, 0, 1)


def test_most_records_of_a_country_share_a_face(linked: Con) -> None:
    records, shown = linked.execute("select sum(records), count(*) from people.face").fetchall()[0]
    assert records == linked.execute("select count(*) from records").fetchall()[0][0]
    assert shown < 0.9 * records


def test_without_faces_the_people_are_the_same(
    linked: Con, con: Con, monkeypatch: pytest.MonkeyPatch
) -> None:
    con.register("records", linked.sql("from records").to_arrow_table())
    monkeypatch.setattr(faces, "form_name", lambda salt: f"hash({salt}, record_id)")
    link_people(con, records="records", run="no faces")
    assert con.execute("select max(records) from people.face").fetchall() == [(1,)]
    assert partition(con) == partition(linked)
    for level in ("strict", "loose"):
        assert at_level(con, level) == at_level(linked, level)


def at_level(con: Con, level: str) -> set[frozenset[str]]:
    groups = con.execute(
        """select list(p.record_id) from people.person p left join people.person_at l
        on l.record_id = p.record_id and l.level = ? group by coalesce(l.person_id, p.person_id)""",
        [level],
    ).fetchall()
    return {frozenset(group) for (group,) in groups}


def test_another_census_that_says_the_same_changes_no_other_link(linked: Con, con: Con) -> None:
    con.register("once", linked.sql("from records").to_arrow_table())
    keyed = linked.sql("select record_id from people.record where upn_status = 'valid'").to_arrow_table()
    con.register("keyed", keyed)
    again = "record_id || '-again' as record_id, submission || '-again' as submission"
    con.execute(
        f"""create table twice as from once union all by name select * replace ({again})
        from once semi join keyed using (record_id) where source = 'school_census' and year = 2025"""
    )
    link_people(con, records="twice", run="twice")
    without = {frozenset(one for one in group if not one.endswith("-again")) for group in partition(con)}
    assert without == partition(linked)
    assert [one for one in weighed(con) if not str(one[0]).endswith("-again")] == weighed(linked)
    apart = con.execute(
        """select count(*) from people.person a join people.person b on b.record_id = a.record_id || '-again'
        where a.person_id <> b.person_id"""
    )
    assert apart.fetchall() == [(0,)]


def test_records_of_one_face_are_linked_to_its_earliest_with_the_reason(con: Con) -> None:
    send(
        con,
        pupil("b", 2025, UPN),
        pupil("c", 2024, UPN),
        pupil("a", 2026, UPN),
        care("x", 2024, "7"),
        care("y", 2025, "7"),
    )
    link_people(con, records="sent", run="one")
    links = con.execute(
        "select record_a, record_b, stage, evidence, run from people.link order by all"
    ).fetchall()
    assert links == [
        ("c", "a", "upn", "same valid UPN, same birth date", "one"),
        ("c", "b", "upn", "same valid UPN, same birth date", "one"),
        ("x", "y", "la_child_id", "same authority and child id, same birth date", "one"),
    ]


def test_the_same_words_without_a_key_are_two_faces(con: Con) -> None:
    send(
        con,
        pupil("a", 2024, None),
        pupil("b", 2025, None),
        pupil("c", 2024, UPN, None),
        pupil("d", 2025, UPN, None),
    )
    link_people(con, records="sent", run="one")
    assert con.execute("select list(records order by face_no) from people.face").fetchall() == [([1] * 4,)]


def test_a_key_that_names_nobody_makes_no_face(con: Con) -> None:
    """Seventeen children under one child id: two of them share a birth date and sex in two years."""
    born = [f"2010-{month:02}-{day:02}" for month in range(1, 9) for day in (5, 19)]
    many = [care(f"r{place}", 2020 + place, "0", day) for place, day in enumerate(born)]
    send(con, *many, care("one", 2040, "0"), care("two", 2041, "0"))
    link_people(con, records="sent", run="one")
    assert con.execute("select max(records), count(*) from people.face").fetchall() == [(1, 18)]
    assert len(partition(con)) == 18


def test_a_record_that_must_not_be_linked_has_a_face_of_its_own(con: Con) -> None:
    send(con, *(pupil(f"r{year}", year, UPN) for year in (2024, 2025, 2026)))
    con.execute(
        "create schema people; create table people.do_not_link (record_a text, record_b text, why text)"
    )
    con.execute("insert into people.do_not_link values ('r2024', 'r2026', 'adoption')")
    link_people(con, records="sent", run="one")
    assert partition(con) == {frozenset({"r2024", "r2025"}), frozenset({"r2026"})}


def test_two_forms_under_one_name_are_told_apart(con: Con, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = faces.form_name
    asked = []

    def weak(salt: int) -> str:
        asked.append(salt)
        return "1::ubigint" if salt < 2 else whole(salt)

    monkeypatch.setattr(faces, "form_name", weak)
    send(con, pupil("a", 2024, UPN), care("b", 2024, "7", "2009-03-03"))
    link_people(con, records="sent", run="one")
    assert asked == [0, 1, 2]
    assert len(partition(con)) == 2


def test_records_that_change_while_they_are_read_are_refused(con: Con) -> None:
    changing = "(select 'r' || i as record_id, 'cin' as source, 'u' || random() as upn from range(9) t(i))"
    with pytest.raises(ValueError, match="must stay the same while they are read"):
        link_people(con, records=changing, run="one")


def test_a_spine_from_before_there_were_faces_keeps_its_ids(con: Con) -> None:
    send(
        con,
        pupil("a", 2024, UPN),
        pupil("b", 2025, UPN),
        care("c", 2024, "7"),
        care("d", 2025, "8", "2009-09-09"),
    )
    link_people(con, records="sent", run="1")
    con.execute("create schema old")
    con.execute("create table old.record as select row_number() over () as record_no, * from people.record")
    con.execute("create table old.person as from people.person")
    before = con.execute("from old.person order by all").fetchall()
    con.execute("drop schema people cascade")
    con.execute("update sent set record_id = 'anew', submission = 'other' where record_id = 'd'")
    summary = link_people(con, records="sent", run="2", previous="old")
    after = con.execute(
        "select * replace (replace(record_id, 'anew', 'd') as record_id) from people.person order by all"
    )
    assert after.fetchall() == before
    assert (summary.new, summary.merged, summary.split, summary.retired) == (0, 0, 0, 0)
