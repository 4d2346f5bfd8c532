"""The quick way through an XML return gives what the careful way gives, and leaves it all that is odd."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import IO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from assets.ingest import Limits, xml_blocks, xml_careful, xml_reader
from assets.ingest.reader import read_bytes
from assets.ingest.reading import LONGEST_CELL, Reading
from assets.ingest.xml_quick import QuickReader
from assets.ingest.xml_tables import Tables
from synthetic import make_country
from tests.ingest.hostile.files import XML
from tests.ingest.hostile.making import Bait
from tests.ingest.test_samples import SAMPLES
from tests.ingest.written import CHILD, cin, ssda903_xml

FEW = 2_000
"""Bytes of a block in these tests: three or four children."""
CHILDREN = tuple(f"C{n:03d}" for n in range(18))
FULL = """<Child>
<ChildIdentifiers><LAchildID>{child}</LAchildID><UPN>A123456789012</UPN><FormerUPN />
<PersonBirthDate>2014-02-03</PersonBirthDate><GenderCurrent>1</GenderCurrent></ChildIdentifiers><ChildCharacteristics/>
<CINdetails><CINreferralDate>2024-05-06</CINreferralDate><Assessments/>
<Assessments><AssessmentActualStartDate>2024-05-07</AssessmentActualStartDate><FactorsIdentifiedAtAssessment>
<AssessmentFactors>3B</AssessmentFactors><AssessmentFactors></AssessmentFactors></FactorsIdentifiedAtAssessment></Assessments>
<Assessments><AssessmentActualStartDate>2024-08-07</AssessmentActualStartDate><FactorsIdentifiedAtAssessment/></Assessments>
<ChildProtectionPlans><CPPstartDate>2024-05-01</CPPstartDate><Reviews><CPPreviewDate>2024-06-01</CPPreviewDate>
<CPPreviewDate>2024-07-01</CPPreviewDate></Reviews></ChildProtectionPlans><Section47 />
<Section47><ICPCnotRequired>1</ICPCnotRequired></Section47></CINdetails><CINdetails><ChildProtectionPlans><Reviews><CPPreviewDate>2025-01-01</CPPreviewDate></Reviews>
</ChildProtectionPlans><Assessments><AssessmentActualStartDate>2024-09-07</AssessmentActualStartDate></Assessments></CINdetails></Child>"""
CLEAN = cin(children=CHILDREN)
RICH = cin(children=CHILDREN[:2]).replace(
    b"</Children>", "\n".join(FULL.format(child=child) for child in CHILDREN[2:]).encode() + b"</Children>"
)
EXTRAS = ("", "<UASC>1</UASC><DUC>03/02/2025</DUC>", "<UASC>0</UASC>", "<ACTIV>F2</ACTIV>")
IN_CARE = b"<?xml version='1.0' encoding='us-ascii'?>\n<EXPSSDA903>%b</EXPSSDA903>" % b"".join(
    ssda903_xml(f"B{n}", extra=EXTRAS[n % 4]).removeprefix(b"<EXPSSDA903>").removesuffix(b"</EXPSSDA903>")
    for n in range(16)
)


def of_one(old: str, new: str, data: bytes = CLEAN) -> bytes:
    """A census in which one child in the middle has something else."""
    before, child, after = data.partition(f"<LAchildID>{CHILDREN[12]}<".encode())
    assert old.encode() in after
    return before + child + after.replace(old.encode(), new.encode(), 1)


PLAIN = {
    "as a system writes it": CLEAN,
    "every group, also empty ones": RICH,
    "an SSDA903": IN_CARE,
    "a declaration": b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + CLEAN,
    "a mark at the start": b"\xef\xbb\xbf" + CLEAN,
    "a namespace": CLEAN.replace(b"<Message>", b'<Message xmlns="urn:x"\n xmlns:i="urn:i" i:y="a">'),
    "a comment above": b"<!-- from a system --><?style x?>" + CLEAN,
    "lines of Windows": RICH.replace(b"\n", b"\r\n"),
    "letters beyond ASCII": of_one("WBRI", "WBRI\N{LATIN SMALL LETTER E WITH ACUTE}\N{CHILD}"),
    "spaces around values": of_one("WBRI", "  WBRI\n "),
    "other capitals": of_one("<Ethnicity>WBRI</Ethnicity>", "<ETHNICITY>WBRI</ETHNICITY>"),
    "an earlier form's name": CLEAN.replace(b"<Sex>F</Sex>", b"<GenderCurrent>2</GenderCurrent>"),
    "no white space at all": CLEAN.replace(b"\n", b""),
    "blank lines at the end": CLEAN + b"\n\n  \n",
    "a long value": of_one("WBRI", "W" * 300),
}
ODD = {
    "an entity": of_one("WBRI", "W&amp;RI"),
    "a number for a letter": of_one("WBRI", "W&#66;RI"),
    "a comment": of_one("WBRI", "W<!-- </Child> -->BRI"),
    "a comment over two children": of_one("</Child>", "<!-- </Child>").replace(
        f"<LAchildID>{CHILDREN[16]}".encode(), f"<LAchildID>--><LAchildID>{CHILDREN[16]}".encode()
    ),
    "a character section": of_one("WBRI", "<![CDATA[<WBRI>]]>"),
    "an instruction": of_one("WBRI", "<?x y?>WBRI"),
    "an attribute": of_one("<Sex>", '<Sex code="1">'),
    "an attribute with a bracket": of_one("<Sex>", '<Sex code=">">'),
    "a space in a tag": of_one("<Sex>", "<Sex >"),
    "a line end in a tag": of_one("<CINdetails>", "<CINdetails\n>"),
    "a prefix": of_one("<Sex>F</Sex>", '<i:Sex xmlns:i="urn:i">F</i:Sex>'),
    "an unknown element": of_one("<Sex>F</Sex>", "<Sex>F</Sex><Shoe>38</Shoe>"),
    "an element where it does not belong": of_one("<Sex>F</Sex>", "<Sex>F</Sex><Ethnicity>X</Ethnicity>"),
    "a key that is sent": of_one("<CINreferralDate>", "<CINdetailsID>7</CINdetailsID><CINreferralDate>"),
    "the child's number again": of_one("<CINreferralDate>", "<LAchildID>Z</LAchildID><CINreferralDate>"),
    "a value twice": of_one("<Sex>F</Sex>", "<Sex>F</Sex><Sex>M</Sex>"),
    "a value twice in two groups": of_one(
        "<CINreferralDate>",
        "<Section47><ICPCnotRequired>0</ICPCnotRequired><Disabilities><ICPCnotRequired>1</ICPCnotRequired></Disabilities>"
        "</Section47><CINreferralDate>",
    ),
    "text between elements": of_one("<Sex>", "stray<Sex>"),
    "text between children": of_one("</Child>\n", "</Child>\nstray"),
    "text in a group": of_one("<Disabilities><Disability>NONE</Disability>", "<Disabilities>NONE"),
    "a bracket in text": of_one("WBRI", "W>RI"),
    "a blank value": of_one("WBRI", " \t"),
    "a blank value beyond ASCII": of_one("WBRI", "\N{NO-BREAK SPACE}"),
    "an endless value": of_one("WBRI", "W" * (LONGEST_CELL + 1)),
    "a line end in a value": of_one("WBRI", "W\r\nBRI"),
    "an old line end in a value": of_one("WBRI", "W\rBRI"),
    "an element in a value": of_one("WBRI", "<b>WBRI</b>"),
    "a child without its own group": of_one("</ChildIdentifiers>", "</ChildIdentifiers></Child><Child>"),
    "a child with nothing in it": of_one("</Child>", "</Child><Child/><Child></Child>"),
    "its own group behind another": of_one(
        "<ChildCharacteristics>",
        "</Child><Child><ChildCharacteristics/><ChildIdentifiers><LAchildID>x</LAchildID></ChildIdentifiers>"
        "<ChildCharacteristics>",
    ),
    "its own group twice": of_one(
        "<ChildCharacteristics>", "<ChildIdentifiers><Sex>M</Sex></ChildIdentifiers><ChildCharacteristics>"
    ),
    "its number within another group": of_one(
        "</Child>\n<Child>\n<ChildIdentifiers>",
        "</Child>\n<Child>\n<ChildIdentifiers><Disabilities><LAchildID>x</LAchildID></Disabilities>",
    ),
    "a row in a row of its table": of_one(
        "<ReferralNFA>", "<CINdetails><CINreferralDate>2024-06-01</CINreferralDate></CINdetails><ReferralNFA>"
    ),
    "a child in other capitals": of_one("</Child>", "</Child><CHILD><ChildIdentifiers/></CHILD>"),
    "a header in a child": of_one("<CINdetails>", "<Header><Year>2024</Year></Header><CINdetails>"),
    "a child in a child": of_one("<Sex>", CHILD.format(child="in") + "<Sex>"),
    "a control letter": of_one("WBRI", "W\x01"),
    "a letter that XML has not": of_one("WBRI", "W\uffff"),
    "bytes that are no letters": of_one("WBRI", "WBRI").replace(b"WBRI", b"W\xff", 1),
    "an end that is no end": of_one("</Ethnicity>", "</Ethnicitys>"),
    "ends in the wrong order": of_one("</Disability></Disabilities>", "</Disabilities></Disability>"),
    "one end too many": of_one("</Sex>", "</Sex></Sex>"),
    "one end too few": of_one("</Sex>", ""),
    "an end of the whole": of_one("</Child>", "</Child></Children><Children>"),
    "cut": CLEAN[:-30],
    "cut behind a child": CLEAN[: CLEAN.rindex(b"</Children>")],
    "more behind the end": CLEAN + b"<more/>",
    "a comment behind the end": CLEAN + b"<!-- end -->",
    "a header below": CLEAN.replace(b"</Children>", b"</Children><Header><Year>2024</Year></Header>"),
    "latin-1": b'<?xml version="1.0" encoding="iso-8859-1"?>' + of_one("WBRI", "W\xe9").decode().encode("latin-1"),
    "utf-16": ('<?xml version="1.0" encoding="utf-16"?>' + CLEAN.decode()).encode("utf-16"),
    "a document type": b"<!DOCTYPE Message>" + CLEAN,
    "all within a comment": CLEAN.replace(b"<Children>", b"<Children><!--"),
    "all within a character section": CLEAN.replace(b"<Children>", b"<Children><![CDATA["),
    "a flag twice": IN_CARE.replace(b"<UASC>0</UASC>", b"<UASC>0</UASC><UASC>1</UASC>", 1),
    "a child in a comment above": b"<!-- <Child> -->" + CLEAN,
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few children, and no file too small for the quick way."""
    monkeypatch.setattr(xml_blocks, "BLOCK", FEW)
    monkeypatch.setattr(xml_blocks, "WORTHWHILE", 0)


def read(data: bytes) -> Reading:
    return read_bytes(data, "0" * 64, Limits())


def both(data: bytes) -> tuple[Reading, Reading, list[bool]]:
    """A file read as it is every night, read the careful way, and whether the quick way took each block.

    The last says whether blocks could be made of the file at all.
    """
    took, take = list[bool](), QuickReader.take
    plainly, carefully = xml_blocks.read_plainly, xml_careful.read_carefully

    def noted(self: QuickReader, block: bytes, lines_before: int) -> None:
        take(self, block, lines_before)
        took.append(True)

    def looked_at(source: IO[bytes], tables: Tables, lines_before: int = 0) -> None:
        took.extend([False] if lines_before else [])  # all others are what stands around the children
        carefully(source, tables, lines_before)

    def told(source: IO[bytes], root: str, tables: Tables) -> bool:
        took.append(plainly(source, root, tables))
        return took[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuickReader, "take", noted)
        patch.setattr(xml_blocks, "read_carefully", looked_at)
        patch.setattr(xml_reader, "read_plainly", told)
        one = read(data)
        patch.setattr(xml_reader, "read_plainly", lambda *_: False)
        return one, read(data), took


def assert_equal(one: Reading, other: Reading) -> None:
    assert (one.ret, one.whole, one.findings, one.facts) == (
        other.ret,
        other.whole,
        other.findings,
        other.facts,
    )
    for ours, theirs in zip(one.tables, other.tables, strict=True):
        assert (ours.table, ours.rows_in, ours.renamed) == (theirs.table, theirs.rows_in, theirs.renamed)
        assert ours.frame.schema == theirs.frame.schema
        assert ours.frame.to_dicts() == theirs.frame.to_dicts()


@pytest.mark.parametrize("name", PLAIN)
def test_plain_files_are_read_the_quick_way_with_the_same_rows(name: str) -> None:
    one, other, took = both(PLAIN[name])
    assert_equal(one, other)
    assert one.usable
    assert len(took) > 2
    assert all(took)


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_judged_by_the_careful_reader_alone(name: str) -> None:
    one, other, took = both(ODD[name])
    assert_equal(one, other)
    assert not all(took) or not took  # a document type is refused before either way


def test_another_collection_is_refused_both_ways() -> None:
    one, other, _ = both(CLEAN.replace(b"<Collection>CIN<", b"<Collection>SC<"))
    assert_equal(one, other)
    assert [finding.rule for finding in one.findings] == ["file.unknown_form"]


def test_one_odd_child_does_not_slow_the_others_down() -> None:
    one, other, took = both(ODD["an entity"])
    assert_equal(one, other)
    assert took.count(False) == 1
    assert took.count(True) >= 6
    assert took[-1]


@pytest.mark.parametrize("name", XML)
def test_hostile_files_end_the_same_way(name: str, tmp_path: Path) -> None:
    one, other, _ = both(XML[name].make(Bait(str(tmp_path / "nothing"), 9)))
    assert_equal(one, other)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples; set NATIONAL_OUTCOMES_SAMPLES to their folder")
@pytest.mark.parametrize("size", [FEW, 30_000, 4 << 20])
def test_what_others_published_is_read_the_same(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_blocks, "BLOCK", size)
    for path in [*SAMPLES.glob("cin/*.xml"), *SAMPLES.glob("ssda903_xml/*.xml")]:
        one, other, _ = both(path.read_bytes())
        assert_equal(one, other)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A made-up authority's XML returns of three years, with mistakes."""
    folder = tmp_path_factory.mktemp("made")
    make_country(
        folder, scale=0.01, years=[2024, 2026, 2027], seed=5, las=("305", "306"), errors=4, also=["tables"]
    )
    sent = [path.read_bytes() for path in sorted(folder.glob("landing/*/*/*/*.xml"))]
    return [data for data in sent if b"<Child>" in data or b"<CHILD>" in data]


def test_made_up_returns_are_read_the_same(made: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_blocks, "BLOCK", 20_000)
    quick = list[bool]()
    for data in made:
        one, other, took = both(data)
        assert_equal(one, other)
        quick += took
    assert len(made) >= 6
    assert quick.count(True) > len(quick) / 2


PIECES = [
    b"<", b">", b"&", b"/", b" ", b"\n", b"\r", b"\0", b"x", b"\xff", b"\xc3\xa9", b'"', b"<!--", b"-->",
    b"<![CDATA[", b"]]>",
    b"</Child>", b"<Child>", b"</CINdetails>", b"<CINdetails>", b"<Sex>", b"</Sex>", b"<Sex/>", b"<ChildIdentifiers/>",
    b"<Disability>X</Disability>", b"<Assessments>", b"</Assessments>", b"</Children>",
    b"<CHILD>", b"</CHILD>", b"</HEADER>", b"<UASC>1</UASC>", b"<EPISODE/>", b"<Header>", b"</Header>",
]  # fmt: skip


@pytest.mark.parametrize("form", ["cin", "903"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_both_ways_give_the_same_whatever_is_put_where(form: str, data: st.DataObject) -> None:
    content = bytearray({"cin": RICH, "903": IN_CARE}[form])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 12))] = data.draw(st.sampled_from([b"", *PIECES]))
    one, other, _ = both(bytes(content))
    assert_equal(one, other)


TAGS = [
    b"<Sex>", b"</Sex>", b"<Sex/>", b"<Assessments>", b"</Assessments>", b"</CINdetails><CINdetails>", b"</Child><Child>",
]  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(TAGS)), min_size=1, max_size=3))
def test_both_ways_give_the_same_wherever_tags_are_put_or_taken_out(changes: list[tuple[int, bytes]]) -> None:
    parts = RICH.replace(b"<", b"\0<").replace(b">", b">\0").split(b"\0")
    for at, tag in changes:
        parts[at % len(parts)] = b"" if at % 3 == 0 else parts[at % len(parts)] + tag
    one, other, _ = both(b"".join(parts))
    assert_equal(one, other)


TEXTS = [
    "x",
    "1",
    "0",
    " ",
    "\n",
    "\N{NO-BREAK SPACE}",
    "  a b \n",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "A&B",
    ">",
    None,
    "",
]


def grafted(sent: bytes, lot: random.Random) -> bytes:
    """A well-formed return in which some elements stand elsewhere, twice or not at all, or say something else."""
    tree = etree.fromstring(sent)
    elements = [element for element in tree.iter() if element is not tree]
    for _ in range(lot.randint(1, 5)):
        one, other = lot.choice(elements), lot.choice(elements)
        change = lot.randrange(5)
        if change == 0 and (parent := one.getparent()) is not None:
            parent.remove(one)
        elif change == 1:
            other.append(copy.deepcopy(one))
        elif change == 2:
            other.insert(0, copy.deepcopy(one))
        elif change == 3:
            one.tag = other.tag
        elif not len(one):
            one.text = lot.choice(TEXTS)
    return bytes(etree.tostring(tree, encoding="utf-8"))


@pytest.mark.parametrize("form", ["cin", "903"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lot=st.randoms(use_true_random=False))
def test_both_ways_give_the_same_wherever_elements_stand(form: str, lot: random.Random) -> None:
    one, other, _ = both(grafted({"cin": RICH, "903": IN_CARE}[form], lot))
    assert_equal(one, other)


def test_the_end_of_a_block_may_fall_on_any_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(RICH)
    for size in range(len(RICH) - 45, len(RICH) + 2, 2):
        monkeypatch.setattr(xml_blocks, "BLOCK", size)
        one, _, took = both(RICH)
        assert_equal(one, whole)
        assert took == [True] * len(took)


@pytest.mark.parametrize("worthwhile", [0, 1 << 60], ids=["quick", "careful"])
def test_lines_beyond_65535_are_right_both_ways(worthwhile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_blocks, "WORTHWHILE", worthwhile)
    monkeypatch.setattr(xml_blocks, "BLOCK", 1 << 18)
    one = CHILD.format(child="A1").replace("WBRI", "W&amp;BRI") + "\n" + CHILD.format(child="A1")
    reading = read(("<Message><Children>\n" + f"{one}\n" * 6_000 + "</Children></Message>").encode())
    starts = [n for n, line in enumerate(one.splitlines()) if line.startswith("<Assessments>")]
    (found,) = (t.frame["source_line"].to_list() for t in reading.tables if t.table.VIEW == "assessments")
    height = len(one.splitlines())
    assert found == [2 + at + height * n for n in range(6_000) for at in starts]
