"""Another public service's list joins by one declaration: a table, and an entry among the returns."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.ingest import Limits, ingest, ledger, pool
from assets.people import link_children
from assets.store import Store
from schemas.duck import connect
from schemas.returns import RETURNS
from tests.pipelines.youth_justice import YOUTH_JUSTICE

DECLARED = """import sys; sys.path.insert(0, sys.argv[1])
from schemas.returns import RETURNS
from tests.pipelines.youth_justice import YOUTH_JUSTICE
RETURNS["youth_justice"] = YOUTH_JUSTICE
"""
"""Files are read in processes of their own: there the list is declared as here."""

CHILDREN = """la_child_id,upn,former_upn,uln,nhs_number,forename,surname,former_surname,date_of_birth,sex,postcode
7,,,,9434765919,Amelia,Quennell,,2009-03-14,F,LS1 4AP
8,,,,,Oliver,Vavasour,,2010-07-09,M,LS7 3PD
9,,,,,Noor,Wolstenholme,,2011-01-23,F,LS9 9AA
"""
OFFENDERS = """case_number,forename,surname,date_of_birth,sex,nhs_number,postcode,offences
7,Oliver,Vavasour,09/07/2010,Male,,LS7 3PD,2
8,A,Quennell,14/03/2009,Female,943 476 5919,BD1 1AA,1
9,Ezra,Thistlethwaite,30/11/2008,Male,,HX1 1AA,1
"""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """The two lists of one authority, read and linked."""
    monkeypatch.setitem(RETURNS, YOUTH_JUSTICE.name, YOUTH_JUSTICE)
    monkeypatch.setattr(pool, "START", DECLARED + pool.START)
    made = Store(tmp_path / "home")
    made.prepare()
    for ret, sent in (("person_identifiers", CHILDREN), ("youth_justice", OFFENDERS)):
        folder = made.landing / ret / "2025" / "383"
        folder.mkdir(parents=True)
        (folder / f"{ret}.csv").write_text(sent, encoding="utf-8")
    ingest(made, now=datetime(2025, 9, 1, tzinfo=UTC), limits=Limits(workers=1))
    link_children(made, ledger.in_force(made), "run")
    return made


def test_a_declared_list_is_read_and_its_children_are_found_among_the_authoritys(store: Store) -> None:
    with connect(store.spine, read_only=True) as con:
        found = con.execute(
            """select a.la_child_id, b.la_child_id from people.record a join people.person p using (record_id)
            join people.person q using (person_id) join people.record b on b.record_id = q.record_id
            where a.source = 'person_identifiers' and b.source = 'youth_justice' order by all"""
        ).fetchall()
        persons = con.execute("select count(distinct person_id) from people.person").fetchall()
    assert found == [("7", "YOUTH_JUSTICE:8"), ("8", "YOUTH_JUSTICE:7")]
    assert persons == [(4,)]


def test_the_same_number_in_two_services_is_no_key(store: Store) -> None:
    """Each of the numbers 7, 8 and 9 is one child's at the authority and another's at the service."""
    with connect(store.spine, read_only=True) as con:
        stages = con.execute(
            "select stage, count(*) from people.link group by stage order by stage"
        ).fetchall()
    assert dict(stages).keys() == {"nhs_number", "splink"}
