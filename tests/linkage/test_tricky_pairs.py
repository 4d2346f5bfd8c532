"""The file of tricky pairs, linked among the children of a made-up country, case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linkage import link_people

FILE = Path(__file__).parent / "tricky_pairs.txt"
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(frozen=True)
class Case:
    name: str
    rows: list[dict[str, str]]


def _cells(line: str) -> list[str]:
    return ["" if cell.strip() == "-" else cell.strip() for cell in line.split("|")]


def _cases() -> list[Case]:
    found: list[Case] = []
    header: list[str] = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            found.append(Case(line, []))
        elif "| who" in line:
            header = _cells(line)
        else:
            found[-1].rows.append(dict(zip(header, _cells(line), strict=True)))
    return found


CASES = _cases()


def _valid_upn(number: int) -> str:
    body = f"999000{777000 + number:06d}"
    return LETTERS[sum(int(d) * w for w, d in enumerate(body, start=2)) % 23] + body


def _written(place: int, case: Case) -> list[tuple[Any, ...]]:
    """The rows of a case with UPNs spelt out."""
    upns: dict[str, str] = {}
    out = []
    for row in case.rows:
        upn = row.get("upn", "")
        if upn == "valid":
            upn = _valid_upn(place * 10 + int(row["record"]))
        elif upn.startswith("as "):
            upn = upns[upn.split()[1]]
        elif upn.startswith("slip of "):
            upn = upns[upn.split()[2]]
            upn = upn[:6] + str((int(upn[6]) + 1) % 10) + upn[7:]
        upns[row["record"]] = upn
        former = row.get("former", "")
        former = upns[former.split()[1]] if former else ""
        out.append(
            (
                f"case{place}:{row['record']}",
                row["source"],
                int(row["year"]),
                row["la"],
                f"{row['source']}-{row['year']}-{row['la']}",
                row["child"],
                upn,
                former,
                row["forename"],
                row["surname"],
                row["born"] or None,
                row.get("expected") or None,
                row["sex"],
                row.get("home", ""),
            )
        )
    return out


@pytest.fixture(scope="module")
def linked(country: Callable[..., Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Everything linked at once, the cases among four thousand other children."""
    with duckdb.connect(config={"threads": 2}) as con:
        country(4000, 3).into(con)
        con.execute("alter table records add column former_upn text")
        con.execute("alter table records add column expected_date_of_birth date")
        columns = (
            "record_id, source, year, la, submission, la_child_id, upn, former_upn, forename, surname, "
            "date_of_birth, expected_date_of_birth, sex, postcode"
        )
        rows = [row for place, case in enumerate(CASES) for row in _written(place, case)]
        con.executemany(f"insert into records ({columns}) values ({', '.join('?' * 14)})", rows)
        con.execute(
            "create schema people; create table people.do_not_link (record_a text, record_b text, why text)"
        )
        for place, case in enumerate(CASES):
            for row in case.rows:
                if row.get("never with"):
                    pair = [f"case{place}:{row['record']}", f"case{place}:{row['never with']}", "adoption"]
                    con.execute("insert into people.do_not_link values (?, ?, ?)", pair)
        link_people(con, records="records", run="one")
        yield con


@pytest.mark.parametrize("place", range(len(CASES)), ids=[case.name for case in CASES])
def test_the_records_of_one_child_and_only_those_share_a_person(
    linked: duckdb.DuckDBPyConnection, place: int
) -> None:
    found = dict(
        linked.execute(
            "select record_id, person_id from people.person where starts_with(record_id, ?)",
            [f"case{place}:"],
        ).fetchall()
    )
    rows = CASES[place].rows
    assert len(found) == len(rows)
    for one, other in combinations(rows, 2):
        together = found[f"case{place}:{one['record']}"] == found[f"case{place}:{other['record']}"]
        assert together == (one["who"] == other["who"]), f"records {one['record']} and {other['record']}"


def test_no_case_is_drawn_together_with_a_stranger(linked: duckdb.DuckDBPyConnection) -> None:
    strangers = linked.execute(
        """select count(*) from people.person a join people.person b using (person_id)
        where starts_with(a.record_id, 'case') and split_part(a.record_id, ':', 1) <> split_part(b.record_id, ':', 1)"""
    ).fetchall()
    assert strangers == [(0,)]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("a UPN that belongs to somebody else does not link", "one UPN, birth dates far apart"),
        ("one UPN sent for two children of one authority", "one UPN, two children of one submission"),
        (
            "a child id given to another child later is not a link",
            "one child id of one authority, birth dates far apart",
        ),
    ],
)
def test_what_was_refused_is_listed_for_review(
    linked: duckdb.DuckDBPyConnection, case: str, why: str
) -> None:
    place = [one.name for one in CASES].index(case)
    listed = linked.execute(
        "select why from people.review where least(record_a, record_b) = ? and greatest(record_a, record_b) = ?",
        [f"case{place}:1", f"case{place}:2"],
    ).fetchall()
    assert listed == [(why,)]


def test_every_link_says_why(linked: duckdb.DuckDBPyConnection) -> None:
    silent = linked.execute(
        """select count(*) from people.link where coalesce(evidence, '') = '' or coalesce(run, '') = ''
        or (stage = 'splink') <> (model is not null) or (match_weight is null) <> (match_probability is null)"""
    ).fetchall()
    assert silent == [(0,)]


def test_evidence_holds_no_value(linked: duckdb.DuckDBPyConnection) -> None:
    told = linked.execute(
        "select count(distinct evidence), max(length(evidence)) from people.link"
    ).fetchall()
    held = linked.execute(
        """select count(*) from people.link l join people.record r on r.record_id = l.record_a
        where list_has_any(string_split(upper(evidence), ' '), [r.forename, r.surname, r.postcode, r.upn])
          or regexp_matches(evidence, '[0-9]')"""
    ).fetchall()
    assert told[0][0] > 3
    assert held == [(0,)]


@pytest.mark.parametrize(
    ("case", "record", "why"),
    [
        (
            "a child without a name is not its twin because its own school record stands at another home",
            3,
            "no names, and two pupils who may be twins of one sex",
        ),
        (
            "a child who never was at a state-funded school is not the pupil at its home",
            2,
            "no names, and never at a state-funded school",
        ),
        (
            "of two children of one submission without names neither is the one pupil at their home",
            3,
            "no names, and two children of one submission suit this pupil",
        ),
        (
            "without names a birth date and a sex say nothing in another authority",
            2,
            "no UPN, and neither name nor home to go by",
        ),
    ],
)
def test_a_child_without_a_school_record_says_why(
    linked: duckdb.DuckDBPyConnection, case: str, record: int, why: str
) -> None:
    place = [one.name for one in CASES].index(case)
    told = linked.execute(
        "select why from people.unlinked join people.record_face using (face_no) where record_id = ?",
        [f"case{place}:{record}"],
    ).fetchall()
    assert told == [(why,)]


def test_every_child_has_a_school_record_or_a_reason_why_not(linked: duckdb.DuckDBPyConnection) -> None:
    schooled, unlinked, both = linked.execute(
        """with schooled as (
          select distinct person_id from people.face_person join people.face using (face_no)
          where source = 'school_census')
        select count(s.person_id), count(u.face_no),
          count(*) filter (where s.person_id is not null and u.face_no is not null)
        from people.face f join people.face_person p using (face_no) left join schooled s using (person_id)
        left join people.unlinked u using (face_no) where f.source <> 'school_census'"""
    ).fetchall()[0]
    others = linked.execute("select count(*) from people.face where source <> 'school_census'").fetchall()[0][
        0
    ]
    assert (schooled + unlinked, both) == (others, 0)
