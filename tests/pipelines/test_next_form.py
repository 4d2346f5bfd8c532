"""A dry run says what of this year's files the form of another year would refuse, and shows no value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.next_form import Compared, DryRun, dry_run
from schemas.failures import WrongUse
from tests.ingest.test_census_xml import census
from tests.ingest.written import EPISODES, HEADER, cin, land, land_903


def changes(found: DryRun, ret: str) -> list[tuple[str, str, str, int]]:
    """Kind, table, field and rows of what changes about one return."""
    (one,) = (one for one in found.compared if one.sent.ret.name == ret)
    return [(c.kind, c.table, c.field, c.rows) for c in one.changes]


def only(found: DryRun) -> Compared:
    (one,) = found.compared
    return one


def test_a_return_that_fits_next_year_s_form_is_said_to_fit(tmp_path: Path) -> None:
    land_903(tmp_path, "here")
    found = dry_run([tmp_path], 2026)
    assert changes(found, "ssda903") == []
    assert "nothing in these files would be refused by it" in list(found.lines())[-1]


def test_a_group_that_begins_is_named_with_what_it_is(tmp_path: Path) -> None:
    found = dry_run([land(tmp_path, "cin.xml", cin(year=2026))], 2027)
    assert changes(found, "cin") == [("table_begins", "PreProceedingsandFGDM", "", 0)]
    lines = list(found.lines())
    assert "begins in 2027" in lines[-1]
    assert "is assumed" in lines[1]


def test_a_table_that_begins_is_no_news_to_those_who_sent_it(tmp_path: Path) -> None:
    land_903(tmp_path, "here")
    assert ("table_begins", "DoLo", "", 0) in changes(dry_run([tmp_path], 2027), "ssda903")
    land(tmp_path, "here/dolo.csv", "CHILD,DOB,DOLO_START,DOLO_END\nC1,03/02/2014,01/05/2026,\n")
    assert changes(dry_run([tmp_path], 2027), "ssda903") == []
    assert changes(dry_run([tmp_path], 2026), "ssda903") == [("table_ends", "DoLo", "", 1)]


def test_a_code_that_ends_is_named_with_its_rows_and_what_began_then(tmp_path: Path) -> None:
    land(tmp_path, "e.csv", EPISODES.format(child="C1").replace(",U1,", ",Z1,"))
    found = dry_run([tmp_path], 2026)
    assert changes(found, "ssda903") == [("code_ends", "Episodes", "PLACE", 2)]
    (change,) = only(found).changes
    assert "ended with 2025, when Z11, Z12, Z13, Z14 began" in change.says


def test_a_value_that_is_no_code_is_counted_and_never_shown(tmp_path: Path) -> None:
    land(tmp_path, "h.csv", HEADER.format(child="C1").replace("WBRI", "Zebedee Canary"))
    found = dry_run([tmp_path], 2026)
    assert changes(found, "ssda903") == [("code_unknown", "Header", "ETHNIC", 1)]
    assert "Zebedee" not in json.dumps(found.as_dict()) + "".join(found.lines())


def test_a_column_that_ends_and_the_one_that_begins_are_both_named(tmp_path: Path) -> None:
    old = cin(year=2024).replace(b"<Sex>F</Sex>", b"<GenderCurrent>2</GenderCurrent>")
    found = changes(dry_run([land(tmp_path, "cin.xml", old)], 2025), "cin")
    assert ("column_ends", "ChildIdentifiers", "GenderCurrent", 2) in found
    assert ("column_begins", "ChildIdentifiers", "Sex", 0) in found


def test_an_old_heading_and_a_missing_column_are_named(tmp_path: Path) -> None:
    pupil = "pupilonrolltableid,upn,gender,classtype\n1,A999000178301,F,N\n"
    land(tmp_path, "2023_spring_pupilonroll.csv", pupil)
    found = changes(dry_run([tmp_path], 2024), "school_census")
    assert ("heading", "pupilonroll", "sex", 1) in found
    assert ("column_missing", "pupilonroll", "ncyearactual", 0) in found
    assert not [change for change in found if change[2] in ("upn", "qualhrs")]


def test_a_school_census_is_held_against_the_same_census_of_the_year(tmp_path: Path) -> None:
    today = census().replace(b"Gender>", b"Sex>")
    land(tmp_path, "one.xml", today)
    land(tmp_path, "two.xml", census(term="AUT", day="2025-10-02"))
    found = dry_run([tmp_path], 2026)
    autumn, spring = found.compared
    assert (autumn.sent.census, spring.sent.census) == ("autumn", "spring")
    assert [(c.kind, c.table) for c in spring.changes] == [
        ("table_ends", "summerhalfterm2sessiondetailsonroll"),
        ("table_ends", "addressesoffroll"),
    ]
    assert ("heading", "pupilnolongeronroll") in [(c.kind, c.table) for c in autumn.changes]
    assert ("heading", "pupilonroll") not in [(c.kind, c.table) for c in autumn.changes]


def test_an_authority_that_ends_is_named(tmp_path: Path) -> None:
    found = dry_run([land(tmp_path, "cin.xml", cin("909", year=2023))], 2024)
    assert ("authority_ends", "", "", 0) in changes(found, "cin")


def test_what_is_no_return_is_counted_and_nothing_readable_is_wrong_use(tmp_path: Path) -> None:
    land(tmp_path, "a.txt", "name,shoe size\nx,1\n")
    with pytest.raises(WrongUse, match="none of the 1 files"):
        dry_run([tmp_path], 2027)
    land(tmp_path, "h.csv", HEADER.format(child="C1"))
    assert dry_run([tmp_path], 2027).unread == 1
    with pytest.raises(WrongUse, match="expected 2017 to 2027"):
        dry_run([tmp_path], 2028)


def test_the_command_speaks_to_people_and_to_machines(tmp_path: Path) -> None:
    path = land(tmp_path, "cin.xml", cin(year=2026))
    told = CliRunner().invoke(app, ["doctor", "--year", "2027", "--json", str(path)])
    assert told.exit_code == 0
    (one,) = json.loads(told.stdout)["compared"]
    assert (one["return"], one["year"], one["form_is_assumed"]) == ("cin", 2026, True)
    assert one["changes"][0]["kind"] == "table_begins"
    said = CliRunner().invoke(app, ["doctor", "--year", "2027", str(path)])
    assert "against the form of 2027" in said.stderr
    assert not said.stdout
    assert isinstance(CliRunner().invoke(app, ["doctor", "--year", "2027"]).exception, WrongUse)
