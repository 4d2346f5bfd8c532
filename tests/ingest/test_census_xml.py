"""The school census as schools send it: one XML file per school, joined into one census of the authority."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.gathered import view_returns
from assets.ingest import all_findings, ingest, ledger
from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from assets.store import Store
from schemas.duck import connect
from schemas.failures import WrongUse
from schemas.returns import RETURNS
from schemas.text import typed
from tests.ingest.written import NOW, cin, land

PUPIL = """<PupilOnRoll>
<PupilIdentifiers><UPN>A999000178301</UPN><Surname>Made</Surname><Forename>Up</Forename><DOB>2014-02-03</DOB><Sex>F</Sex></PupilIdentifiers>
<PupilCharacteristics><Ethnicity>WBRI</Ethnicity>
<FSMperiods><FSMperiod><FSMstartDate>2024-09-01</FSMstartDate><UKcountry>ENG</UKcountry></FSMperiod></FSMperiods>
<SENprovision>K</SENprovision><SENneeds><SENneed><SENtypeRank>1</SENtypeRank><SENtype>SPLD</SENtype></SENneed></SENneeds>
<Address><Postcode>ZZ99 3WZ</Postcode><UPRN>1</UPRN></Address></PupilCharacteristics>
<PupilStatus><EntryDate>2021-09-01</EntryDate><EnrolStatus>C</EnrolStatus><NCyearActual>6</NCyearActual></PupilStatus>
<Exclusions><TermlyExclusion><Category>SUSP</Category><Reason1>PP</Reason1><StartDate>2024-11-04</StartDate><Sessions>2</Sessions></TermlyExclusion></Exclusions>
<Attendance>
<TermlyAttendance><SessionsPossible>136</SessionsPossible><SessionDetails>
<SessionDetail><AttendanceReason>I</AttendanceReason><AbsenceSessions>4</AbsenceSessions></SessionDetail>
<SessionDetail><AttendanceReason>/</AttendanceReason><AbsenceSessions>66</AbsenceSessions></SessionDetail>
</SessionDetails></TermlyAttendance>
<SummerHalfTerm2Attendance><SessionsPossible>60</SessionsPossible><SessionDetails>
<SessionDetail><AttendanceReason>I</AttendanceReason><AbsenceSessions>3</AbsenceSessions></SessionDetail>
</SessionDetails></SummerHalfTerm2Attendance></Attendance>
</PupilOnRoll>"""
LEAVER = """<PupilNoLongerOnRoll><PupilIdentifiers><UPN>A999000178302</UPN><Gender>M</Gender></PupilIdentifiers>
<PupilStatus><LeavingDate>2024-12-01</LeavingDate></PupilStatus>
<Address><Postcode>ZZ99 3VZ</Postcode></Address>
<Attendance><TermlyAttendance><SessionDetails><SessionDetail><AttendanceReason>N</AttendanceReason>
<AbsenceSessions>9</AbsenceSessions></SessionDetail></SessionDetails></TermlyAttendance></Attendance></PupilNoLongerOnRoll>"""


def census(
    estab: str = "2001",
    *,
    la: str = "202",
    term: str = "SPR",
    day: str = "2025-01-16",
    pupils: str = PUPIL * 2,
) -> bytes:
    """One school's census."""
    return f"""<Message><Header><CollectionDetails><Collection>SC</Collection><Term>{term}</Term><Year>{day[:4]}</Year>
<ReferenceDate>{day}</ReferenceDate></CollectionDetails><Source><SourceLevel>S</SourceLevel><LEA>{la}</LEA><Estab>{estab}</Estab>
<SerialNo>1</SerialNo><DateTime>2025-01-17T10:00:00</DateTime></Source></Header>
<Pupils><PupilsOnRoll>{pupils}</PupilsOnRoll><PupilsNoLongerOnRoll>{LEAVER}</PupilsNoLongerOnRoll></Pupils></Message>""".encode()


def read(data: bytes) -> Reading:
    return read_bytes(data, "0" * 64, Limits())


def table(reading: Reading, view: str) -> pl.DataFrame:
    return next(t.frame for t in reading.tables if view == t.table.VIEW)


def store_of(tmp_path: Path, *files: bytes) -> Store:
    store = Store(tmp_path / "home", tmp_path / "landing")
    for n, content in enumerate(files):
        land(store.landing, f"censuses/{n}.xml", content)
    ingest(store, now=NOW, limits=Limits(workers=1))
    return store


def test_a_message_is_told_by_what_it_holds_and_not_by_its_outermost_element() -> None:
    assert read(census()).ret == "school_census"
    assert read(cin()).ret == "cin"
    assert read(b"<Message><Pupils/></Message>").ret == "school_census"
    assert read(cin().replace(b">CIN<", b">SC<")).findings[0].rule == "file.unknown_form"
    assert read(census().replace(b">SC<", b">SEN2<")).findings[0].rule == "file.unknown_form"


def test_a_pupil_s_groups_all_come_down_to_the_pupil() -> None:
    reading = read(census())
    pupils = table(reading, "pupilonroll")
    assert reading.findings == ()
    assert pupils["pupilonrolltableid"].n_unique() == 2
    assert pupils.select("upn", "dob", "ethnicity", "senprovision", "enrolstatus", "ncyearactual").rows()[0] == (
        "A999000178301", "2014-02-03", "WBRI", "K", "C", "6",
    )  # fmt: skip
    for view in ("senneeds", "fsmperiod", "addresses", "termlyexclusionsonroll"):
        assert table(reading, view)["pupilonrolltableid"].to_list() == pupils["pupilonrolltableid"].to_list()
    assert table(reading, "addresses")["uniquepropertyreferencenumber"].to_list() == ["1", "1"]
    assert set(pupils["schoolcensustableid"]) == set(table(reading, "schoolcensus")["schoolcensustableid"])


def test_the_two_halves_of_the_summer_term_stay_apart_and_so_do_the_rolls() -> None:
    reading = read(census(pupils=PUPIL))
    sessions = ("attendancereason", "sessions")
    assert table(reading, "termlysessiondetailsonroll").select(sessions).rows() == [("I", "4"), ("/", "66")]
    assert table(reading, "summerhalfterm2sessiondetailsonroll").select(sessions).rows() == [("I", "3")]
    assert table(reading, "termlysessiondetailsoffroll").select(sessions).rows() == [("N", "9")]
    possible = ("termlysessionspossible", "summerhalfterm2sessionspossible")
    assert table(reading, "pupilonroll").select(possible).rows() == [("136", "60")]
    assert table(reading, "pupilnolongeronroll")["sex"].to_list() == ["M"]
    assert table(reading, "addressesoffroll")["postcode"].to_list() == ["ZZ99 3VZ"]


def test_what_the_census_does_not_declare_is_kept_or_named_wherever_it_stands() -> None:
    sent = (
        census(pupils=PUPIL)
        .replace(b"<Pupils>", b"<School><Name>x</Name></School><Pupils><Odd/>")
        .replace(b"<PupilStatus><EntryDate>", b"<PupilStatus><ShoeSize>38</ShoeSize><EntryDate>")
    )
    reading = read(sent)
    (finding,) = reading.findings
    assert (finding.rule, finding.fields, finding.n) == ("file.unknown_elements", "Odd, School, ShoeSize", 3)
    assert "38" in table(reading, "pupilonroll")["extra"][0]


def test_a_table_that_the_xml_has_no_place_for_counts_as_not_sent() -> None:
    views = {one.table.VIEW for one in read(census()).tables}
    assert {"senneeds", "addressesoffroll"} <= views
    assert not {"approvisiondetailonroll", "approvisiondetailoffroll"} & views


def test_the_schools_of_a_folder_make_one_census_with_keys_that_never_meet(tmp_path: Path) -> None:
    store = store_of(tmp_path, census("2001"), census("2002"))
    state = ledger.state(store)
    assert state.select("return", "year", "la", "term", "status", "files").rows() == [
        ("school_census", 2025, "202", "spring", "current", 2)
    ]
    with connect() as con:
        view_returns(con, store, ledger.in_force(store))
        pupils = con.sql("from returns.school_census_pupilonroll").pl()
    assert pupils["pupilonrolltableid"].n_unique() == pupils.height == 4
    assert set(pupils["term"]) == {"autumn"}
    assert not {"file.two_tables_alike", "file.missing_columns"} & set(all_findings(store)["rule"])


def test_a_broken_school_is_set_aside_and_the_others_stay(tmp_path: Path) -> None:
    state = ledger.state(store_of(tmp_path, census("2001"), census("2002")[:-200]))
    assert sorted(state["status"]) == ["current", "quarantined"]


def test_two_files_of_one_school_are_held_because_its_pupils_would_count_twice(tmp_path: Path) -> None:
    store = store_of(tmp_path, census("2001"), census("2001", pupils=PUPIL), census("2002"))
    assert ledger.state(store).select("status", "reason").rows() == [("held", "file.school_twice")]


def test_two_files_of_one_school_can_never_be_accepted_whatever_else_is_wrong_with_them(
    tmp_path: Path,
) -> None:
    home = Store(tmp_path / "home", tmp_path / "landing")
    for n, data in enumerate((census("2001"), census("2001", pupils=PUPIL))):
        land(home.landing, f"school_census/2024/203/{n}.xml", data)  # another authority's folder and year
    ingest(home, now=NOW)
    (entry,) = ledger.entries(home).values()
    assert (entry.status, entry.reason) == ("held", "file.school_twice")
    events = home.ledger.read_bytes()
    with pytest.raises(WrongUse, match="every pupil of that school would count twice"):
        ledger.accept(home, entry.submission, la="202", year=2025, now=NOW + timedelta(days=1))
    assert home.ledger.read_bytes() == events
    assert ledger.in_force(home) == {}


def test_two_censuses_of_one_folder_are_told_apart_by_their_headers(tmp_path: Path) -> None:
    store = store_of(tmp_path, census(), census(term="SUM", day="2025-05-15"))
    assert ledger.state(store).select("term", "status").rows() == [
        ("spring", "current"),
        ("summer", "current"),
    ]


def test_what_xml_and_collect_say_types_alike() -> None:
    ret = RETURNS["school_census"]
    pupil, frame = ret.table("pupilonroll"), table(read(census(pupils=PUPIL)), "pupilonroll")
    as_collect = frame.with_columns(
        dob=pl.lit("2014-Feb-03 00:00:00"), entrydate=pl.lit("2021-Sep-01 00:00:00")
    )
    assert typed(pupil, frame, ret)[0].equals(typed(pupil, as_collect, ret)[0])
