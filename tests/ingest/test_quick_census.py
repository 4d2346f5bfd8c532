"""The quick way through a school's census gives what the careful way gives: pupils on roll, and those who left."""

from __future__ import annotations

import random
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingest import xml_blocks, xml_quick
from assets.ingest.reading import Reading
from assets.ingest.xml_plan import Plan, plan_for
from synthetic import make_country
from tests.ingest.test_quick_xml import PIECES, assert_equal, both, grafted, in_small_blocks, read

__all__ = ["in_small_blocks"]  # a fixture that every test here uses

HEAD = """<Message><Header><CollectionDetails><Collection>SC</Collection><Term>SPR</Term><Year>2025</Year>
<ReferenceDate>2025-01-16</ReferenceDate></CollectionDetails><Source><LEA>202</LEA><Estab>2001</Estab></Source></Header>
<Pupils><PupilsOnRoll>
"""
BETWEEN = "</PupilsOnRoll>\n<PupilsNoLongerOnRoll>\n"
FOOT = "</PupilsNoLongerOnRoll></Pupils></Message>"
WHO = "<PupilIdentifiers><UPN>A{n:012d}</UPN><Surname>Made</Surname><DOB>2014-02-03</DOB>{sex}</PupilIdentifiers>"
OWN = """<PupilCharacteristics><Ethnicity>WBRI</Ethnicity>
<FSMperiods><FSMperiod><FSMstartDate>2024-09-01</FSMstartDate></FSMperiod><FSMperiod/></FSMperiods>
<SENprovision>K</SENprovision><SENneeds><SENneed><SENtypeRank>1</SENtypeRank><SENtype>SPLD</SENtype></SENneed>
<SENneed><SENtype>MLD</SENtype></SENneed></SENneeds><Address><Postcode>ZZ99 3WZ</Postcode><UPRN>1</UPRN></Address>
</PupilCharacteristics>"""
SESSIONS = """<Exclusions><TermlyExclusion><Category>SUSP</Category><SENprovision>E</SENprovision></TermlyExclusion>
</Exclusions>
<Attendance><TermlyAttendance><SessionsPossible>136</SessionsPossible><SessionDetails>
<SessionDetail><AttendanceReason>I</AttendanceReason><AbsenceSessions>4</AbsenceSessions></SessionDetail>
<SessionDetail><AttendanceReason>/</AttendanceReason><AbsenceSessions>66</AbsenceSessions></SessionDetail></SessionDetails></TermlyAttendance>
<SummerHalfTerm2Attendance><SessionsPossible>60</SessionsPossible><SessionDetails><SessionDetail><AttendanceReason>I</AttendanceReason>
<AbsenceSessions>3</AbsenceSessions></SessionDetail></SessionDetails></SummerHalfTerm2Attendance></Attendance>"""
LEFT = "<PupilStatus><LeavingDate>2024-12-01</LeavingDate></PupilStatus><Address><Postcode>ZZ99 3VZ</Postcode></Address>"
SAID = ("<Sex>F</Sex>", "<Gender>M</Gender>", "<Sex/>")
GROUPS = (OWN, SESSIONS, "", "<PupilStatus/>" + SESSIONS)
ODD_ONE, LEAVER = 12, 24
"""The pupil in the middle, and one of those who left, who are made odd below."""


def pupil(n: int) -> str:
    return f"<PupilOnRoll>{WHO.format(n=n, sex=SAID[n % 3])}{GROUPS[n % 4]}</PupilOnRoll>\n"


def leaver(n: int) -> str:
    return f"<PupilNoLongerOnRoll>{WHO.format(n=n, sex=SAID[n % 3])}{LEFT}{(SESSIONS, '')[n % 2]}</PupilNoLongerOnRoll>\n"


def census(pupils: Sequence[int] = range(20), leavers: Sequence[int] = range(20, 28)) -> bytes:
    """One school's census."""
    return f"{HEAD}{''.join(map(pupil, pupils))}{BETWEEN}{''.join(map(leaver, leavers))}{FOOT}".encode()


CENSUS = census()


def of_one(old: str, new: str, n: int = ODD_ONE, data: bytes = CENSUS) -> bytes:
    """A census in which something of one pupil, or behind that pupil, is otherwise."""
    before, number, after = data.partition(f"<UPN>A{n:012d}<".encode())
    assert old.encode() in after
    return before + number + after.replace(old.encode(), new.encode(), 1)


def of_all(old: str, new: str) -> bytes:
    assert old.encode() in CENSUS
    return CENSUS.replace(old.encode(), new.encode())


PLAIN = {
    "as a system writes it": CENSUS,
    "a declaration": b'<?xml version="1.0" encoding="utf-8"?>\n' + CENSUS,
    "lines of Windows": CENSUS.replace(b"\n", b"\r\n"),
    "no white space at all": CENSUS.replace(b"\n", b""),
    "a namespace": of_all("<Message>", '<Message xmlns="urn:x"\n xmlns:i="urn:i" i:y="a">'),
    "white space around the groups": of_all("</PupilsOnRoll>", "\n </PupilsOnRoll>\n\t").replace(
        b"</Pupils>", b"\n</Pupils> "
    ),
    "nobody who left": census(leavers=()),
    "an empty group of those who left": of_all(BETWEEN, BETWEEN[:16] + "<PupilsNoLongerOnRoll/>").replace(
        b"".join(leaver(n).encode() for n in range(20, 28)) + FOOT[:23].encode(), b""
    ),
    "only one roll": f"{HEAD}{pupil(1)}{pupil(2)}{pupil(3)}{pupil(4)}</PupilsOnRoll></Pupils></Message>".encode(),
    "those who left come first": (
        f"{HEAD.replace('sOnRoll', 'sNoLongerOnRoll')}{''.join(map(leaver, range(8)))}</PupilsNoLongerOnRoll><PupilsOnRoll>"
        f"{''.join(map(pupil, range(8, 20)))}</PupilsOnRoll></Pupils></Message>"
    ).encode(),
    "a roll in two parts": of_one(
        "</PupilOnRoll>\n", "</PupilOnRoll>\n" + BETWEEN + leaver(30) + FOOT[:23] + "<PupilsOnRoll>"
    ),
    "other capitals": of_one("<UPN>", "<upn>").replace(b"<upn>A000000000013</UPN>", b"<upn>A000000000013</upn>"),
    "the earlier form's sex": of_all("<Sex>F</Sex>", "<Gender>2</Gender>"),
    "letters beyond ASCII": of_one("Made", "Mad\N{LATIN SMALL LETTER E WITH ACUTE}"),
}  # fmt: skip
ODD = {
    "an entity": of_one("Made", "M&amp;de"),
    "an entity in one who left": of_one("Made", "M&amp;de", LEAVER),
    "an attribute": of_one("<Ethnicity>", '<Ethnicity code="1">'),
    "an unknown element": of_one("<Surname>", "<ShoeSize>38</ShoeSize><Surname>"),
    "a value twice": of_one("<Surname>Made</Surname>", "<Surname>Made</Surname><Surname>Up</Surname>"),
    "a sex under both names": of_one("</PupilIdentifiers>", "<Sex>F</Sex><Gender>1</Gender></PupilIdentifiers>", 11),
    "sessions twice": of_one(
        "<SessionsPossible>136<", "<SessionsPossible>1</SessionsPossible><SessionsPossible>2<"
    ),
    "sessions where they do not belong": of_one("<Surname>", "<SessionsPossible>9</SessionsPossible><Surname>"),
    "a key that is sent": of_one("<Surname>", "<PupilOnRollTableID>7</PupilOnRollTableID><Surname>"),
    "a pupil with nothing": of_one(
        "</PupilOnRoll>\n", "</PupilOnRoll><PupilOnRoll/><PupilOnRoll></PupilOnRoll><PupilOnRoll>x</PupilOnRoll>"
    ),
    "a pupil in other capitals": of_one("</PupilOnRoll>\n", "</PupilOnRoll><PUPILONROLL><PupilIdentifiers/></PUPILONROLL>"),
    "a pupil in a pupil": of_one("</PupilOnRoll>", pupil(40) + "</PupilOnRoll>"),
    "one who left in a pupil": of_one("</PupilOnRoll>", leaver(40) + "</PupilOnRoll>"),
    "one who left among those on roll": of_one("</PupilOnRoll>\n", "</PupilOnRoll>" + leaver(40)),
    "one on roll among those who left": of_one("</PupilNoLongerOnRoll>\n", "</PupilNoLongerOnRoll>" + pupil(40), LEAVER),
    "a need of one who left": of_one(
        "</PupilNoLongerOnRoll>", "<SENneed><SENtype>X</SENtype></SENneed></PupilNoLongerOnRoll>", LEAVER
    ),
    "text between pupils": of_one("</PupilOnRoll>\n", "</PupilOnRoll>stray"),
    "text between the rolls": of_all("</PupilsOnRoll>", "</PupilsOnRoll>stray"),
    "an element between the rolls": of_all("</PupilsOnRoll>", "</PupilsOnRoll><Odd/>"),
    "a comment between the rolls": of_all("</PupilsOnRoll>", "</PupilsOnRoll><!-- <PupilsOnRoll><PupilOnRoll> -->"),
    "the roll ends twice": of_all("</PupilsOnRoll>", "</PupilsOnRoll></PupilsOnRoll>"),
    "the roll does not end": of_all("</PupilsOnRoll>", ""),
    "two outermost elements": CENSUS + CENSUS,
    "an end with a blank in it": CENSUS.replace(b"</Message>", b"</Mess age>"),
    "a vertical tab at the end": CENSUS.replace(b"</Pupils></Message>", b"</Pupils>\x0b</Message>"),
    "more behind the end": CENSUS + b"<more/>",
    "groups outside the pupils": of_all("</Pupils>", "<School/></Pupils><More/>"),
    "a group of pupils with text": of_all(FOOT[:23], FOOT[:23] + "<PupilsOnRoll>x</PupilsOnRoll>"),
    "cut between the rolls": CENSUS[: CENSUS.index(b"<PupilsNoLonger")],
    "cut among those who left": CENSUS[:-400],
    "another collection": of_all("<Collection>SC<", "<Collection>CIN<"),
    "a document type": b"<!DOCTYPE Message>" + CENSUS,
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_plain_censuses_are_read_the_quick_way_with_the_same_rows(name: str) -> None:
    one, other, took = both(PLAIN[name])
    assert_equal(one, other)
    assert one.usable
    assert len(took) > 1
    assert took[-1]


@pytest.mark.parametrize("name", sorted(PLAIN.keys() - {"a roll in two parts"}))
def test_no_block_of_a_plain_census_is_left_to_the_careful_reader(name: str) -> None:
    assert all(both(PLAIN[name])[2])


@pytest.mark.parametrize("name", ODD)
def test_odd_censuses_are_judged_by_the_careful_reader_alone(name: str) -> None:
    one, other, took = both(ODD[name])
    assert_equal(one, other)
    assert not all(took) or not one.usable


def test_both_rolls_are_numbered_each_for_itself_and_by_the_name_of_the_file() -> None:
    tables = {one.table.VIEW: one.frame for one in read(CENSUS).tables}
    on, off = tables["pupilonroll"], tables["pupilnolongeronroll"]
    assert on["pupilonrolltableid"].to_list() == [f"{'0' * 12}-{n}" for n in range(1, 21)]
    assert off["pupilnolongeronrolltableid"].to_list() == [f"{'0' * 12}-{n}" for n in range(1, 9)]
    needs = tables["senneeds"].filter(pl.col("sentype") == "MLD")
    assert needs["pupilonrolltableid"].to_list() == [f"{'0' * 12}-{n}" for n in range(1, 21, 4)]
    assert tables["schoolcensus"]["schoolcensustableid"].to_list() == ["0" * 12]


def test_one_odd_pupil_does_not_slow_the_others_down() -> None:
    for name in ("an entity", "an entity in one who left"):
        one, other, took = both(ODD[name])
        assert_equal(one, other)
        assert took.count(False) == 1
        assert took.count(True) >= 6


def test_a_school_with_tags_without_end_does_not_slow_the_schools_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read(CENSUS)
    (held, *_) = [xml_quick._met(plan, names) for plan, names in _met_so_far()]
    monkeypatch.setattr(xml_quick, "MOST_SPELLINGS", len(held.names.spelt) - 1)
    assert_equal(read(CENSUS), read(CENSUS))
    plan, names = _met_so_far()[0]
    assert len(xml_quick._met(plan, names).names.spelt) == 0


def _met_so_far() -> list[tuple[Plan, tuple[str, ...]]]:
    plan = plan_for("Message", "pupils")
    assert plan is not None
    return [(plan, ("message", "pupils", "pupilsonroll"))]


def test_the_end_of_a_block_may_fall_on_any_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, turn = read(CENSUS), len(CENSUS) - CENSUS.index(BETWEEN.encode())
    for size in [
        *range(len(CENSUS) - turn - 5, len(CENSUS) - turn + 70, 3),
        *range(len(CENSUS) - 60, len(CENSUS) + 2, 3),
    ]:
        monkeypatch.setattr(xml_blocks, "BLOCK", size)
        one, _, took = both(CENSUS)
        assert_equal(one, whole)
        assert all(took)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The files of a made-up authority's schools, of years with different forms, with mistakes."""
    folder = tmp_path_factory.mktemp("schools")
    make_country(
        folder, scale=0.004, years=[2024, 2027], seed=5, las=("305",), errors=4, also=["school_census_xml"]
    )
    return [path.read_bytes() for path in sorted(folder.glob("landing/school_census/*/*/*.xml"))]


def test_made_up_censuses_are_read_the_same(made: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_blocks, "BLOCK", 20_000)
    quick = list[bool]()
    for data in made[::2]:
        one, other, took = both(data)
        assert_equal(one, other)
        quick += took
    assert len(made) >= 6
    assert quick.count(True) > len(quick) / 2


OURS = [
    *PIECES, b"<PupilOnRoll>", b"</PupilOnRoll>", b"</PupilsOnRoll>", b"<PupilsNoLongerOnRoll>", b"</PupilNoLongerOnRoll>",
    b"<PupilsOnRoll/>", b"<SessionDetail/>", b"<SENneed>", b"</SENneed>", b"<Sex>M</Sex>", b"</Pupils>", b"</Message>",
]  # fmt: skip
SHORT = census(range(6), range(20, 24))


def whatever_way(data: bytes) -> Reading:
    one, other, _ = both(data)
    assert_equal(one, other)
    return one


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_both_ways_give_the_same_whatever_is_put_where(data: st.DataObject) -> None:
    content = bytearray(SHORT)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 12))] = data.draw(st.sampled_from([b"", *OURS]))
    whatever_way(bytes(content))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lot=st.randoms(use_true_random=False))
def test_both_ways_give_the_same_wherever_elements_stand(lot: random.Random) -> None:
    whatever_way(grafted(SHORT, lot))
