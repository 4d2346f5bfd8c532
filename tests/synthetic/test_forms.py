"""Authorities send the same thing in different forms; what the product reads must be the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from lxml import etree

from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from schemas.returns import RETURNS
from schemas.text import typed
from synthetic import forms, make_country
from synthetic.ssda903 import table_columns
from synthetic.write_ssda903 import write_ssda903
from tests.synthetic.conftest import Made

LAS = ("213", "305", "306")
HEADER_ORDER = [
    "CHILDID", "UPN", "SEX", "DOB", "ETHNIC", "UASC", "DUC", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR",
    "SEX_ADOPTR", "LS_ADOPTR", "IN_TOUCH", "ACTIV", "ACCOM", "AMISSING", "AREVIEW", "MOTHER", "MC_DOB", "PERMANENCE",
    "OC2", "AD_PLACED",
]  # fmt: skip
EPISODE_ORDER = [
    "DECOM", "RNE", "LS", "CIN", "PL", "PL_POST", "HOME_POST", "URN", "PLACE_PROVIDER", "DEC", "REC",
    "REASON_PLACE_CHANGE",
]  # fmt: skip
Read = dict[tuple[str, str, str, str], pl.DataFrame]


def _read(root: Path) -> Read:
    """Every table of every authority as the product types it, in the order of the files."""
    return {
        key: frame
        for path in sorted(root.rglob("landing/*/*/*/*.*"))
        if path.name != "submission.toml"
        for key, frame in _tables(path)
    }


def _tables(path: Path) -> Iterator[tuple[tuple[str, str, str, str], pl.DataFrame]]:
    reading = read_bytes(path.read_bytes(), "0" * 64, Limits())
    assert not reading.findings, (path.name, reading.findings)
    census = path.name.split("_")[1] if reading.ret == "school_census" else ""
    for read in reading.tables:
        if read.frame.height:
            rows, lost = typed(read.table, read.frame, RETURNS[reading.ret])
            assert not lost, (path.name, read.table.DFE, lost[0].rule, lost[0].fields)
            names = [name for name in rows.columns if not name.startswith("source_") and name != "extra"]
            yield (reading.ret, path.parent.name, census, read.table.VIEW), rows.select(sorted(names))


@pytest.fixture(scope="module")
def plain_and_varied(tmp_path_factory: pytest.TempPathFactory) -> tuple[Read, Read, Path]:
    """The same clean country sent plainly by everyone, and by everyone in an unusual form."""
    folder = tmp_path_factory.mktemp("forms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forms, "sends_xml", lambda la: False)
        patch.setattr(forms, "csv_of_903", lambda la, content, clean: content)
        patch.setattr(forms, "by_spreadsheet", lambda: pl.lit(False))
        patch.setattr("synthetic.write_cin.cin_census", lambda la, text: text)
        make_country(folder / "plain", scale=0.03, years=[2025], seed=11, las=LAS, clean=True)
        patch.setattr(forms, "sends_xml", lambda la: True)
        patch.setattr(forms, "by_spreadsheet", lambda: pl.lit(True))
        patch.setattr("synthetic.write_cin.cin_census", lambda la, text: forms.cin_census("2", text))
        make_country(folder / "varied", scale=0.03, years=[2025], seed=11, las=LAS, clean=True)
    return _read(folder / "plain"), _read(folder / "varied"), folder / "varied"


def _same(plain: pl.DataFrame, other: pl.DataFrame) -> bool:
    """Equal in every declared column; one that a form does not have is empty in the other."""
    wide, narrow = sorted((plain, other), key=lambda rows: rows.width, reverse=True)
    more = [name for name in wide.columns if name not in narrow.columns]
    return wide.drop(more).equals(narrow) and all(wide[name].null_count() == wide.height for name in more)


@pytest.mark.parametrize("return_", ["ssda903", "cin", "school_census"])
def test_a_return_in_another_form_is_read_as_the_same_return(
    return_: str, plain_and_varied: tuple[Read, Read, Path]
) -> None:
    plain, varied, _ = plain_and_varied
    keys = {key for key in plain if key[0] == return_}
    assert keys == {key for key in varied if key[0] == return_}
    tables = {table for *_, table in keys}
    assert len(tables) >= 9
    for key in sorted(keys):
        assert _same(plain[key], varied[key]), key


def test_an_xml_903_has_the_elements_of_the_schema_in_its_order(
    plain_and_varied: tuple[Read, Read, Path],
) -> None:
    paths = sorted(plain_and_varied[2].rglob("ssda903.xml"))
    assert [path.parent.name for path in paths] == list(LAS)
    seen = set[str]()
    for path in paths:
        assert path.read_bytes().count(b"\n") == 1
        for child in etree.parse(path).getroot():
            assert str(child[0].tag) == "HEADER"
            places = [HEADER_ORDER.index(str(part.tag)) for part in child[0]]
            assert places == sorted(places)
            seen |= {str(part.tag) for part in child[0]}
            for episode in child[1:]:
                places = [EPISODE_ORDER.index(str(leaf.tag)) for leaf in episode]
                assert places == sorted(places)
                assert {"DEC", "REC", "REASON_PLACE_CHANGE"} <= {str(leaf.tag) for leaf in episode}
    assert seen >= {"CHILDID", "UASC", "IN_TOUCH", "AMISSING", "AREVIEW", "PERMANENCE", "OC2"}


def test_an_xml_903_holds_everything_of_a_child_together(tmp_path: Path) -> None:
    rows = {
        "header": "C1,M,01/02/2020,WBRI,UN1,,",
        "episodes": "C1,01/05/2023,S,E1,N1,A6,PR1,02/03/2025,E12,,AB1 2CD,AB1 2CE,XXXXXXX",
        "reviews": "C1,01/02/2020,03/06/2024,PN0",
        "uasc": "",
        "oc2": "",
        "oc3": "",
        "ad1": "C1,01/02/2020,01/04/2024,05/06/2024,0,2,MF,L11",
        "placed_adoption": "C1,01/02/2020,01/04/2024,,",
        "previous_permanence": "",
        "missing": "",
        "sw_episodes": "C1,01/02/2020,SW1,01/05/2023,,FCONTA",
    }
    sent = {name: _frame(name, text) for name, text in rows.items()}
    assert write_ssda903(sent, tmp_path, ["305"], clean=True)[0] == 2
    told = (tmp_path / "305" / "ssda903.xml").read_text().split("\n")[1]
    assert told == (
        "<EXPSSDA903><CHILD><HEADER><CHILDID>C1</CHILDID><UPN>UN1</UPN><SEX>M</SEX><DOB>01/02/2020</DOB>"
        "<ETHNIC>WBRI</ETHNIC><UASC>0</UASC><DATE_INT>01/04/2024</DATE_INT><DATE_MATCH>05/06/2024</DATE_MATCH>"
        "<FOSTER_CARE>0</FOSTER_CARE><NB_ADOPTR>2</NB_ADOPTR><SEX_ADOPTR>MF</SEX_ADOPTR><LS_ADOPTR>L11</LS_ADOPTR>"
        "<AREVIEW><REVIEW>03/06/2024</REVIEW><REVIEW_CODE>PN0</REVIEW_CODE></AREVIEW><MOTHER /><MC_DOB />"
        "<AD_PLACED><DATE_PLACED>01/04/2024</DATE_PLACED></AD_PLACED></HEADER>"
        "<EPISODE><DECOM>01/05/2023</DECOM><RNE>S</RNE><LS>E1</LS><CIN>N1</CIN><PL>A6</PL>"
        "<PL_POST>AB1 2CE</PL_POST><HOME_POST>AB1 2CD</HOME_POST><URN>XXXXXXX</URN>"
        "<PLACE_PROVIDER>PR1</PLACE_PROVIDER><DEC>02/03/2025</DEC><REC>E12</REC><REASON_PLACE_CHANGE />"
        "</EPISODE></CHILD></EXPSSDA903>"
    )


def _frame(name: str, text: str) -> pl.DataFrame:
    """One row of a table as sent, or none."""
    names = table_columns(name)
    cells = [[cell or None for cell in text.split(",")]] if text else []
    frame = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
    return frame.with_columns(la=pl.lit("305"), person=pl.lit(7, dtype=pl.Int64))


def test_some_authorities_send_each_form(clean: Made, untidy: Made) -> None:
    xml = {path.parent.name for path in clean.files("ssda903", 2025, "ssda903.xml")}
    assert xml == {"305"}
    with_csv = {path.parent.name for path in clean.files("ssda903", 2025, "header.csv")}
    assert with_csv == {"213", "306", "942"}
    marked, unmarked = (
        [path for path in made.files("ssda903", 2025, "header.csv") if path.read_bytes()[:3] == forms.BOM]
        for made in (untidy, clean)
    )
    assert [path.parent.name for path in marked] == ["306"]
    assert b"\r\n" in marked[0].read_bytes()
    assert not unmarked
    laid_out = [path for path in clean.files("cin", 2025, "cin.xml") if path.read_bytes()[:9] == b"<Message>"]
    assert {path.parent.name for path in laid_out} == {"306", "942"}
    sessions = clean.table("school_census", 2025, "2025_spring_termlysessiondetailsonroll.csv")
    with_decimals = sessions.filter(pl.col("sessions").str.ends_with(".0"))["la"].unique().sort()
    assert with_decimals.to_list() == ["305", "942"]
    one_in = [code for code in range(201, 943) if forms.sends_xml(str(code))]
    assert len(one_in) == pytest.approx(742 / 5, abs=1)


def test_a_csv_may_end_without_a_line_end() -> None:
    assert forms.csv_of_903("301", b"CHILD\nA\n", clean=False) == b"CHILD\nA"
    assert forms.csv_of_903("302", b"CHILD\nA\n", clean=False) == b"CHILD\nA\n"
