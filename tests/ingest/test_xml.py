"""XML returns: what belongs together stays together, and hostile files are refused."""

from __future__ import annotations

import gzip
import time

import polars as pl
import pytest

from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.ingest.reading import LONGEST_CELL, Reading
from tests.ingest.written import CHILD, cin, ssda903_xml


def read(data: bytes | str) -> Reading:
    return read_bytes(data.encode() if isinstance(data, str) else data, "0" * 64, Limits())


def codes(reading: Reading) -> list[str]:
    return [finding.rule for finding in reading.findings]


def table(reading: Reading, view: str) -> pl.DataFrame:
    return next(t.frame for t in reading.tables if view == t.table.VIEW)


NESTED = """<Message><Children>
<Child><CINdetails>
  <Assessments><AssessmentActualStartDate>2024-05-07</AssessmentActualStartDate><FactorsIdentifiedAtAssessment/></Assessments>
  <Assessments><FactorsIdentifiedAtAssessment><AssessmentFactors>3B</AssessmentFactors><AssessmentFactors/></FactorsIdentifiedAtAssessment></Assessments>
  <ChildProtectionPlans><Reviews><CPPreviewDate>2024-06-01</CPPreviewDate><CPPreviewDate>2024-07-01</CPPreviewDate></Reviews><CPPstartDate>2024-05-01</CPPstartDate></ChildProtectionPlans>
</CINdetails>
<CINdetails><Assessments><AssessmentActualStartDate>2024-09-07</AssessmentActualStartDate></Assessments>
  <Section47><DateOfInitialCPC>2024-09-09</DateOfInitialCPC></Section47><CINreferralDate>2024-09-01</CINreferralDate></CINdetails>
<ChildIdentifiers><LAchildID>A1</LAchildID></ChildIdentifiers></Child>
<Child><ChildIdentifiers><LAchildID>A2</LAchildID></ChildIdentifiers><CINdetails><Section47/></CINdetails></Child>
</Children></Message>"""


def test_keys_are_counted_in_document_order_within_the_child() -> None:
    reading = read(NESTED)
    keys = ["LAchildID", "CINdetailsID", "AssessmentID"]
    assert table(reading, "assessments").select(keys).rows() == [
        ("A1", "1", "1"), ("A1", "1", "2"), ("A1", "2", "1"),
    ]  # fmt: skip
    assert table(reading, "assessment_factors").select(*keys, "AssessmentFactors").rows() == [
        ("A1", "1", "2", "3B")
    ]
    assert table(reading, "reviews").select("LAchildID", "CINdetailsID", "CPPID", "CPPreviewDate").rows() == [
        ("A1", "1", "1", "2024-06-01"), ("A1", "1", "1", "2024-07-01"),
    ]  # fmt: skip
    assert table(reading, "cin_details")["CINdetailsID"].to_list() == ["1", "2", "1"]


def test_a_date_belongs_to_the_group_it_stands_in() -> None:
    reading = read(NESTED)
    assert table(reading, "section47")["DateOfInitialCPC"].to_list() == ["2024-09-09"]
    assert table(reading, "cin_details")["DateOfInitialCPC"].to_list() == [None, None, None]


def test_empty_elements_are_blank_and_counted_where_the_form_has_none() -> None:
    reading = read(NESTED)
    assert [(f.rule, f.n) for f in reading.findings if f.rule == "file.empty_elements"] == [
        ("file.empty_elements", 3)
    ]
    assert "file.empty_elements" not in codes(read(ssda903_xml()))
    assert table(reading, "section47").height == 1


def test_a_childs_own_group_may_stand_anywhere_and_that_is_counted() -> None:
    (finding,) = (f for f in read(NESTED).findings if f.rule == "file.reordered_elements")
    assert finding.n == 1


def test_a_value_without_end_is_blank_in_its_row_and_in_those_below() -> None:
    endless = "A" * (LONGEST_CELL + 1)
    reading = read(cin(children=(endless, "A2")))
    assert table(reading, "child_identifiers")["LAchildID"].to_list() == [None, "A2"]
    assert table(reading, "cin_details")["LAchildID"].to_list() == [None, "A2"]
    assert [(f.rule, f.n) for f in reading.findings if f.rule == "cell.too_long"] == [("cell.too_long", 1)]


def test_rows_and_lines_can_be_walked_back() -> None:
    frame = table(read(NESTED), "assessments")
    assert frame["source_row"].to_list() == [1, 2, 3]
    assert frame["source_line"].to_list() == [3, 4, 7]


def test_lines_beyond_65535_are_right() -> None:
    one = CHILD.format(child="A1")
    reading = read("<Message><Children>\n" + f"{one}\n" * 12_000 + "</Children></Message>")
    lines = one.splitlines()
    starts = {"child_identifiers": "<ChildIdentifiers>", "assessments": "<Assessments>"}
    for view, start in {
        **starts,
        "disabilities": "<ChildCharacteristics>",
        "cin_details": "<CINdetails>",
    }.items():
        at = next(n for n, line in enumerate(lines) if line.startswith(start))
        frame = table(reading, view)
        assert frame["source_line"].to_list() == [2 + at + len(lines) * n for n in range(12_000)]
        assert frame["source_row"][-1] == 12_000


def test_the_header_is_flattened_whatever_its_groups() -> None:
    reading = read(cin("202", serial="007"))
    header = table(reading, "header").to_dicts()[0]
    assert (header["LEA"], header["SerialNo"], header["ReferenceDate"]) == ("202", "007", "2025-03-31")
    assert reading.facts.las == ("202",)
    assert reading.facts.years == (2025,)
    assert (reading.facts.serial, reading.facts.sent) == (7, "2025-05-11T09:30:00")


def test_unknown_elements_are_kept_counted_and_named_without_their_values() -> None:
    sent = cin().replace(
        b"<Sex>F</Sex>", b"<Sex>F</Sex><ShoeSize>38 secret</ShoeSize><Pet><Name>Rex</Name></Pet>"
    )
    reading = read(sent)
    (finding,) = reading.findings
    assert (finding.rule, finding.fields, finding.n) == ("file.unknown_elements", "Name, Pet, ShoeSize", 6)
    assert "38 secret" in table(reading, "child_identifiers")["extra"][0]


def test_stray_text_is_counted() -> None:
    sent = (
        cin(children=("A1",))
        .replace(b"<Sex>F</Sex>", b"stray<Sex>F</Sex>stray")
        .replace(b"<Child>", b"x<Child>")
    )
    (finding,) = read(sent).findings
    assert (finding.rule, finding.n) == ("file.stray_text", 3)


def test_a_repeated_element_leaves_the_first_value() -> None:
    reading = read(cin(children=("A1",)).replace(b"<Sex>F</Sex>", b"<Sex>F</Sex><Sex>M</Sex>"))
    assert codes(reading) == ["file.repeated_elements"]
    assert table(reading, "child_identifiers")["Sex"].to_list() == ["F"]


def test_comments_and_a_namespace_do_no_harm() -> None:
    sent = (
        cin(children=("A1",))
        .replace(b"<Message>", b'<Message xmlns="urn:x">')
        .replace(b"WBRI", b"W<!-- c -->BRI")
    )
    reading = read(sent)
    assert codes(reading) == []
    assert table(reading, "child_characteristics")["Ethnicity"].to_list() == ["WBRI"]


def test_utf16_xml_is_read() -> None:
    text = '<?xml version="1.0" encoding="utf-16"?>' + cin(children=("É1",)).decode()
    assert table(read(text.encode("utf-16")), "child_identifiers")["LAchildID"].to_list() == ["É1"]


def test_a_census_of_another_collection_is_not_taken_for_cin() -> None:
    assert codes(read(cin().replace(b"<Collection>CIN<", b"<Collection>SC<"))) == ["file.unknown_form"]


def test_the_903_header_is_spread_over_its_tables() -> None:
    extra = "<UASC>1</UASC><DUC>03/02/2025</DUC><IN_TOUCH>YES</IN_TOUCH><ACTIV>F2</ACTIV><ACCOM>B1</ACCOM>"
    reading = read(ssda903_xml("B1", extra=extra))
    assert codes(reading) == []
    rows = {t.table.VIEW: t.frame.height for t in reading.tables}
    assert rows == {
        "header": 1, "episodes": 1, "reviews": 1, "uasc": 1, "oc3": 1, "oc2": 0, "ad1": 0,
        "placed_adoption": 0, "prev_perm": 0, "missing": 0, "sw_episodes": 0, "dolo": 0,
    }  # fmt: skip
    assert table(reading, "episodes").select("CHILD", "PLACE", "DEC").rows() == [("B1", "U3", None)]
    assert table(reading, "reviews").select("CHILD", "DOB").rows() == [("B1", "03/02/2007")]
    assert table(reading, "uasc").select("CHILD", "SEX", "DUC").rows() == [("B1", "F", "03/02/2025")]


@pytest.mark.parametrize(
    ("flag", "rows"), [("", 0), ("<UASC/>", 0), ("<UASC>0</UASC>", 0), ("<UASC>1</UASC>", 1)]
)
def test_the_flag_alone_says_who_is_an_unaccompanied_asylum_seeker(flag: str, rows: int) -> None:
    assert table(read(ssda903_xml(extra=flag)), "uasc").height == rows


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (
            '<!DOCTYPE Message [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + "<Message>&x;</Message>",
            "file.doctype",
        ),
        (f'<!DOCTYPE Message [<!ENTITY l0 "ha">{LAUGHS}]><Message>&l9;</Message>', "file.doctype"),
        ('<!DOCTYPE Message SYSTEM "http://127.0.0.1:9/x.dtd"><Message/>', "file.doctype"),
        ('<?xml version="1.0" encoding="utf-7"?>+ADw-+ACE-DOCTYPE x+AD4-<Message/>', "file.doctype"),
        ("<Message>" + "<a>" * 100_000 + "</a>" * 100_000 + "</Message>", "file.xml_broken"),
        (f'<Message a="{"x" * 11_000_000}"/>', "file.xml_broken"),
        ("<Message>&undefined;</Message>", "file.xml_broken"),
        (cin()[:-40], "file.xml_broken"),
        (cin() + b"<more/>", "file.xml_broken"),
        (cin().replace(b"<Sex>F", b"<Sex>\x01"), "file.xml_broken"),
        (gzip.compress(cin()), "file.zip"),
        ("<", "file.xml_broken"),
    ],
    ids=[
        "xxe",
        "laughs",
        "remote",
        "utf-7",
        "deep",
        "attribute",
        "entity",
        "cut",
        "tail",
        "control",
        "gzip",
        "bare",
    ],
)
def test_hostile_and_broken_xml_is_refused_whole_and_quickly(data: bytes | str, code: str) -> None:
    started = time.process_time()
    reading = read(data)
    assert codes(reading) == [code]
    assert not reading.usable
    assert time.process_time() - started < 2


def test_a_cut_file_says_the_line_and_no_value() -> None:
    (finding,) = read(cin(children=("Jane",) * 5)[:-60]).findings
    assert finding.line is not None
    assert "Jane" not in finding.detail


def test_a_child_within_a_child_is_no_other_child() -> None:
    inner = CHILD.format(child="A2")
    reading = read(
        f"<Message><Children>{CHILD.format(child='A1').replace('</Child>', inner + '</Child>')}</Children></Message>"
    )
    assert table(reading, "child_identifiers").height == 2
    assert "file.unknown_elements" in codes(reading)


def test_children_in_other_capitals_are_not_lost_without_a_word() -> None:
    reading = read(cin(children=("A1", "A2", "A3")).replace(b"Child>", b"CHILD>", 2))
    assert table(reading, "child_identifiers")["LAchildID"].to_list() == ["A2", "A3"]
    assert [(f.rule, f.fields, f.n) for f in reading.findings] == [("file.unknown_elements", "CHILD", 1)]


def test_a_header_in_a_child_takes_nothing_from_the_child() -> None:
    odd = cin(children=("A1", "A2")).replace(
        b"<CINdetails>", b"<Header><LEA>999</LEA></Header><CINdetails>", 1
    )
    assert table(read(odd), "child_identifiers")["LAchildID"].to_list() == ["A1", "A2"]
    assert table(read(odd), "cin_details")["LAchildID"].to_list() == ["A1", "A2"]
