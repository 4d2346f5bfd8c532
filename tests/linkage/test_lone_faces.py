"""Most pupils meet nobody: they are not copied, gathered or compared, and are told of all the same.

What is done to the few is done here to everybody, and must come to the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from linkage import link_people, probable
from linkage.steps import SCRATCH, load_words, run_step

Con = duckdb.DuckDBPyConnection
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def told(con: Con) -> list[Any]:
    """Every link with its weight, who is left without a school record, and what is to be looked at."""
    parts = ("(select * exclude (run) from people.link)", "people.unlinked", "people.review")
    return [con.execute(f"from {part} order by all").fetchall() for part in parts]


def everybody(con: Con) -> None:
    con.execute(
        f"""create or replace table {SCRATCH}.pupil as
        select entity_no, forename, forename_common, surname, other_surname, date_of_birth, sex, ethnicity,
          postcode, other_postcode, upn from link_entity where is_pupil"""
    )


def test_pupils_whom_no_block_reaches_need_not_be_looked_at(
    country: Callable[..., Any], con: Con, monkeypatch: pytest.MonkeyPatch
) -> None:
    country(900, 41).into(con)
    link_people(con, records="records", run="few", keep_scratch=True)
    looked_at, pupils = con.execute(
        f"select (select count(*) from {SCRATCH}.pupil), (select count(*) from link_entity where is_pupil)"
    ).fetchall()[0]
    assert 0 < looked_at < pupils
    few = told(con)
    con.execute("drop schema people cascade")
    monkeypatch.setattr(probable, "_find_pupils", everybody)
    link_people(con, records="records", run="all")
    assert told(con) == few


def test_a_face_by_itself_is_the_entity_that_gathering_it_would_make(
    country: Callable[..., Any], con: Con
) -> None:
    country(400, 42).into(con)
    link_people(con, records="records", run="one", keep_scratch=True)
    columns = [name for name, *_ in con.execute(f"describe {SCRATCH}.joined_entity").fetchall()]
    asked = f"select {', '.join(columns)} from link_entity order by entity_no"
    alone = con.execute(asked).fetchall()
    con.execute(
        f"insert into {SCRATCH}.met_face from link_lone_face l anti join {SCRATCH}.met_face using (face_no)"
    )
    con.execute(f"insert into {SCRATCH}.component select face_no, face_no from link_lone_face")
    run_step(con, "30_entities")
    assert con.execute("select count(*) from link_lone_face").fetchall() == [(0,)]
    assert con.execute(asked).fetchall() == alone


@pytest.fixture
def words(con: Con) -> Con:
    con.execute(f"attach ':memory:' as {SCRATCH}")
    load_words(con)
    return con


def upn_letter(body: str) -> str:
    """DfE's rule, one character after another."""
    places = (int(sign) if sign.isdigit() else LETTERS.index(sign) for sign in body)
    return LETTERS[sum(place * weight for weight, place in enumerate(places, 2)) % 23]


def test_check_letters_are_those_of_the_rule_done_by_hand(words: Con) -> None:
    drawn = random.Random(7)
    bodies = ["".join(drawn.choices("0123456789", k=12)) for _ in range(2000)]
    bodies += [body[:-1] + drawn.choice(LETTERS) for body in bodies[:500]]
    sent = [(drawn.choice(LETTERS) + body, upn_letter(body) + body) for body in bodies]
    words.execute("create table drawn (wild text, right_one text)")
    words.executemany("insert into drawn values (?, ?)", sent)
    found = words.execute(
        "select wild, link_upn_status(wild), link_upn_status(right_one) from drawn"
    ).fetchall()
    good = {"valid", "temporary"}
    assert {status for _, _, status in found} == good
    assert all((status in good) == (upn_letter(wild[1:]) == wild[0]) for wild, status, _ in found)


def ten(body: str) -> int:
    return sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=False))


def test_nhs_numbers_and_ulns_are_those_of_their_rules_done_by_hand(words: Con) -> None:
    drawn = random.Random(8)
    sent = ["".join(drawn.choices("0123456789", k=10)) for _ in range(4000)]
    words.execute("create table drawn (number text)")
    words.executemany("insert into drawn values (?)", [(number,) for number in sent])
    found = words.execute(
        "select number, link_nhs_number(number) is not null, link_uln(number) is not null from drawn"
    ).fetchall()
    for number, is_nhs, is_uln in found:
        left = ten(number) % 11
        assert is_nhs == ((11 - left) % 11 == int(number[9]))
        assert is_uln == (number[0] != "0" and left != 0 and 10 - left == int(number[9]))
    assert sum(is_uln for *_, is_uln in found) > 100
