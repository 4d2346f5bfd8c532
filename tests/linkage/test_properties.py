"""What holds for any small country: order, files, nights and strangers do not decide who is who.

Countries are drawn: families of a few children, twins and namesakes among them, each child sent by several
authorities over two years, often with something missing or wrong. A dozen families of different years of birth are
linked at once. How common names are is given, as in a store that has been running for years, so that nights can be
compared.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage import LinkSummary, link_people
from schemas.duck import new_file

Con = duckdb.DuckDBPyConnection
Record = tuple[Any, ...]

COLUMNS = (
    "record_id, source, year, la, submission, la_child_id, upn, former_upn, forename, surname, date_of_birth, "
    "sex, ethnicity, postcode"
)
FREQUENCIES = {
    "forename": ("AMELIA", "EMILY", "OLIVER", "OLLIE"),
    "forename_common": ("AMELIA", "EMILY", "OLIVER"),
    "surname": ("QUENNELL", "VAVASOUR", "SMITH"),
    "ethnicity": ("WBRI", "APKN"),
}
UPNS = ("L999000100001", "A999000100002", "P999000100003", "D999000100004", "L999000100009", None)
CHILDREN = [
    ("Amelia", "Quennell", "2013-03-14", "F", "WBRI", "QA1 2BC", 0),
    ("Emily", "Quennell", "2013-03-14", "F", "WBRI", "QA1 2BC", 1),
    ("Oliver", "Quennell", "2013-07-09", "M", "WBRI", "QA1 2BC", 2),
    ("Amelia", "Smith", "2013-03-14", "F", "APKN", "QZ9 1AA", 3),
    ("Ollie", "Vavasour", "2013-09-07", "M", "WBRI", "QA1 2BD", 5),
]
STRANGER = ("Thessaly", "Wolstenholme", "1999-11-30", "F", "OOTH", "ZE1 9XX")

slips = st.fixed_dictionaries(
    {},
    optional={
        "forename": st.sampled_from(["Ollie", "Oliver", "Amelia", None]),
        "surname": st.sampled_from(["Vavasour", "Quennel", None]),
        "born": st.sampled_from(["2013-03-14", "2013-03-15", "2013-07-09", None]),
        "sex": st.sampled_from(["M", "F", None]),
        "home": st.sampled_from(["QA1 2BC", "QZ9 1AA", None]),
        "upn": st.sampled_from(UPNS),
    },
)
sent = st.tuples(
    st.sampled_from(["school_census", "cin", "ssda903", "person_identifiers"]), st.sampled_from([2024, 2025]),
    st.sampled_from(["201", "202"]), st.integers(0, len(CHILDREN) - 1), st.sampled_from(["1", "2"]), slips,
)  # fmt: skip
families = st.lists(sent, min_size=3, max_size=12)
countries = st.lists(families, min_size=8, max_size=12)
every = settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def records(country: list[Any]) -> list[Record]:
    """What was drawn as identity records; social care holds no names, schools no child ids."""
    return [
        _record(family, place, *one)
        for family, members in enumerate(country)
        for place, one in enumerate(members)
    ]


def _record(
    family: int, place: int, source: str, year: int, la: str, who: int, system: str, wrong: dict[str, Any]
) -> Record:
    forename, surname, born, sex, ethnicity, home, upn = CHILDREN[who]
    held = {
        "forename": forename,
        "surname": surname,
        "born": born,
        "sex": sex,
        "home": home,
        "upn": UPNS[upn],
    }
    held |= wrong
    if source in ("cin", "ssda903"):
        held |= {"forename": None, "surname": None}
    child = None if source == "school_census" else f"{family}-{who}{system}"
    submission = f"{source}-{year}-{la}"
    return (
        f"{source}|{submission}|{family}-{place}", source, year, la, submission, child, own_upn(held["upn"], family),
        None, held["forename"], held["surname"], in_year(held["born"], family), held["sex"], ethnicity,
        held["home"] and held["home"].replace("Q", chr(65 + family)),
    )  # fmt: skip


def in_year(born: str | None, family: int) -> str | None:
    """A family's children are born in years of their own, so that nobody is taken for a child of another one."""
    return born and f"{int(born[:4]) - family}{born[4:]}"


def own_upn(upn: str | None, family: int) -> str | None:
    """The same number with a family's digits in it and the letter that checks it."""
    if upn is None:
        return None
    body = f"{upn[1:7]}{family:02d}{upn[9:]}"
    return "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(d) * w for w, d in enumerate(body, 2)) % 23] + body


def store(con: Con) -> None:
    """The frequencies of a store that has been running."""
    con.execute("create schema if not exists people")
    for column, names in FREQUENCIES.items():
        con.execute(f"create table people.tf_{column} ({column} text, tf_{column} double)")
        con.executemany(
            f"insert into people.tf_{column} values (?, ?)",
            [(name, 0.01 / place) for place, name in enumerate(names, 1)],
        )
    con.execute(
        "create table people.tf_basis as select 9000 as children, 8192 as pupils, 600 as residue, 'old' as run"
    )


def link(con: Con, rows: list[Record], run: str = "one", **options: Any) -> LinkSummary:
    types = ", ".join(
        f"{name} {'int' if name == 'year' else 'date' if name == 'date_of_birth' else 'text'}"
        for name in COLUMNS.split(", ")
    )
    con.execute(f"create or replace temp table sent ({types})")
    if rows:
        con.executemany(f"insert into sent values ({', '.join('?' * 14)})", rows)
    return link_people(con, records="temp.main.sent", run=run, **options)


def told(con: Con, without: str = "") -> tuple[set[frozenset[str]], list[Any], list[Any]]:
    """Who is one person; every link with its weight and reason; every pair to be looked at."""
    groups = con.execute(
        "select list(record_id) from people.person where record_id <> ? group by person_id", [without]
    ).fetchall()
    links = con.execute(
        "select record_a, record_b, stage, match_weight, evidence from people.link order by all"
    ).fetchall()
    review = con.execute(
        "select record_a, record_b, why, match_weight from people.review order by all"
    ).fetchall()
    return {frozenset(group) for (group,) in groups}, links, review


def people(con: Con) -> dict[str, str]:
    return dict(con.execute("select record_id, person_id from people.person").fetchall())


def anew(rows: list[Record]) -> tuple[set[frozenset[str]], list[Any], list[Any]]:
    with duckdb.connect() as con:
        store(con)
        link(con, rows)
        return told(con)


@every
@given(country=countries, seed=st.integers(0, 1000))
def test_neither_the_order_of_records_nor_of_files_changes_anything(country: list[Any], seed: int) -> None:
    rows = records(country)
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert anew(shuffled) == anew(rows)


@every
@given(country=countries)
def test_identical_input_gives_identical_ids(country: list[Any]) -> None:
    with duckdb.connect() as con:
        store(con)
        link(con, records(country))
        before, links = people(con), told(con)
        again = link(con, records(country)[::-1], "again")
        assert (again.new, again.merged, again.split, again.retired) == (0, 0, 0, 0)
        assert people(con) == before
        assert told(con) == links


@every
@given(country=countries)
def test_an_unrelated_new_record_changes_no_other_link(country: list[Any]) -> None:
    forename, surname, born, sex, ethnicity, home = STRANGER
    who = "person_identifiers|new|x"
    stranger = (
        who,
        "person_identifiers",
        2025,
        "909",
        "new",
        "7",
        None,
        None,
        forename,
        surname,
        born,
        sex,
        ethnicity,
        home,
    )
    with duckdb.connect() as con:
        store(con)
        link(con, records(country))
        before, links = people(con), told(con)
        link(con, [*records(country), stranger])
        after = people(con)
        assert after.pop(who) not in before.values()
        assert after == before
        assert told(con, without=who) == links


@every
@given(
    country=countries, late=st.sets(st.sampled_from(["2025-201", "2025-202", "cin-2024-201", "ssda903-2024"]))
)
def test_two_nights_come_to_the_same_as_everything_anew(country: list[Any], late: set[str]) -> None:
    """First what was sent in time, together with a file that is replaced later; then everything."""
    rows = records(country)
    first = [row for row in rows if not any(name in row[0] for name in late)]
    wrong = [(f"cin|bad|{place}", *row[1:4], "bad", *row[5:]) for place, row in enumerate(rows[::7])]
    with duckdb.connect() as con:
        store(con)
        link(con, [*first, *wrong])
        link(con, rows)
        assert told(con) == anew(rows)


MARKS = ("XYLOPHONIA", "WITHDRAWNBY", "G999000177777", "ZQ7 7ZQ", "withdrawn-file", "UNMISTAKABLE-ID")


@settings(every, max_examples=2)
@given(country=countries)
def test_a_withdrawn_submission_leaves_no_trace_in_the_bytes_of_the_spine(
    country: list[Any], tmp_path_factory: Any
) -> None:
    """Not in records, nor in the frequencies of names, nor in freed space; and the links are as if it had never come."""
    rows = records(country)
    gone = ("cin|withdrawn-file|1", "cin", 2025, "201", "withdrawn-file", "unmistakable-id", MARKS[2], None,
            "Xylophonia", "Withdrawnby", "2013-03-14", "F", "WBRI", "ZQ7 7ZQ")  # fmt: skip
    folder = tmp_path_factory.mktemp("spine")
    spine = folder / "spine.duckdb"
    with new_file(spine, scratch=folder) as con:
        con.execute("set force_compression = 'uncompressed'")  # or the marks could not be seen
        store(con)
        link(con, [*rows, gone])
    assert [mark for mark in MARKS if mark not in _bytes(spine)] == []
    with new_file(spine, scratch=folder) as con:
        con.execute("set force_compression = 'uncompressed'")
        con.execute(f"attach '{spine}' as before (read_only)")
        link(con, rows, previous="before.people")
        con.execute("detach before")
        assert told(con) == anew(rows)
    assert [mark for mark in MARKS if mark in _bytes(spine)] == []


def _bytes(path: Path) -> str:
    return path.read_bytes().decode("latin-1")
