"""Lives that cannot have been are shown to a person; an adopted child's two identities are not joined."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from linkage import link_people

Con = duckdb.DuckDBPyConnection

RECORDS = (
    "record_id, source, year, la, submission, la_child_id, upn, former_upn, forename, surname, date_of_birth, "
    "sex, postcode"
)
UPNS = ("L999000100001", "A999000100002")
OLD = (
    "s1",
    "school_census",
    2023,
    "901",
    "s-23",
    None,
    UPNS[0],
    None,
    "Amelia",
    "Quennell",
    "2013-03-14",
    "F",
    "QA1 2BC",
)
CARE = ("c1", "ssda903", 2023, "901", "c-23", "7", UPNS[0], None, None, None, "2013-03-14", "F", "QA1 2BC")
ELSEWHERE = ("c2", "ssda903", 2023, "902", "d-23", "9", UPNS[0], None, None, None, "2013-03-14", "F", None)
IN_CARE = ("c1", "care", "901", "2022-05-01", "2022-09-30")


def link(con: Con, records: list[tuple[Any, ...]], lives: list[tuple[str, ...]]) -> dict[str, str]:
    con.execute(
        "create table records (record_id text, source text, year int, la text, submission text, la_child_id text, "
        "upn text, former_upn text, forename text, surname text, date_of_birth date, sex text, postcode text)"
    )
    con.executemany(f"insert into records ({RECORDS}) values ({', '.join('?' * 13)})", records)
    con.execute("create table lives (record_id text, kind text, la text, begins date, ends date)")
    con.executemany("insert into lives values (?, ?, ?, ?, ?)", lives)
    link_people(con, records="records", run="one", lives="lives")
    return dict(con.execute("select record_id, person_id from people.person").fetchall())


def reviewed(con: Con) -> list[tuple[str, str, str]]:
    return con.execute("select record_a, record_b, why from people.review order by all").fetchall()


@pytest.mark.parametrize(
    ("begins", "ends", "is_listed"),
    [
        ("2022-09-01", "2022-12-01", True),
        ("2022-09-30", "2022-12-01", False),
        ("2022-01-01", "2022-05-01", False),
    ],
)
def test_care_in_two_authorities_on_one_day_is_listed_and_a_handover_is_not(
    con: Con, begins: str, ends: str, is_listed: bool
) -> None:
    people = link(con, [CARE, ELSEWHERE], [IN_CARE, ("c2", "care", "902", begins, ends)])
    assert people["c1"] == people["c2"]
    why = "one person, in care in two authorities on one day"
    assert reviewed(con) == ([("c1", "c2", why)] if is_listed else [])


@pytest.mark.parametrize(("referred", "is_listed"), [("2022-10-01", True), ("2022-06-01", False)])
def test_what_was_done_after_a_death_is_listed(con: Con, referred: str, is_listed: bool) -> None:
    need = ("n1", "cin", 2023, "902", "n-23", "5", *CARE[6:])
    link(
        con,
        [CARE, need],
        [("c1", "death", "901", "2022-07-01", "2022-07-01"), ("n1", "seen", "902", referred, referred)],
    )
    why = "one person, with a record of something done after the death"
    assert reviewed(con) == ([("c1", "n1", why)] if is_listed else [])


@pytest.mark.parametrize("is_adopted", [True, False])
def test_a_former_upn_does_not_join_an_adopted_childs_identities(con: Con, is_adopted: bool) -> None:
    new = (
        "s2",
        "school_census",
        2025,
        "903",
        "s-25",
        None,
        UPNS[1],
        UPNS[0],
        "Amelia",
        "Vavasour",
        "2013-03-14",
        "F",
        "QZ1 2BC",
    )
    adopted = [("c1", "adopted", "901", "2022-09-30", "2022-09-30")] if is_adopted else []
    people = link(con, [OLD, CARE, new], [IN_CARE, *adopted])
    assert people["s1"] == people["c1"]
    assert (people["s2"] == people["c1"]) == (not is_adopted)


@pytest.mark.parametrize("is_adopted", [True, False])
def test_names_do_not_join_an_adopted_childs_identities(con: Con, is_adopted: bool) -> None:
    named = (
        "p1",
        "person_identifiers",
        2023,
        "901",
        "p-23",
        "7",
        None,
        None,
        "Amelia",
        "Quennell",
        "2013-03-14",
        "F",
        "QA1 2BC",
    )
    care = (*CARE[:6], None, None, *CARE[8:])
    later = (
        "s2",
        "school_census",
        2025,
        "901",
        "s-25",
        None,
        UPNS[1],
        None,
        "Amelia",
        "Quennell",
        "2013-03-14",
        "F",
        "QA1 2BC",
    )
    adopted = [("c1", "adopted", "901", "2022-09-30", "2022-09-30")] if is_adopted else []
    people = link(con, [named, care, later], [IN_CARE, *adopted])
    assert people["p1"] == people["c1"]
    assert (people["s2"] == people["c1"]) == (not is_adopted)
