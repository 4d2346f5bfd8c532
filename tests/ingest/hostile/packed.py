"""Zips and workbooks that are broken, or made to break us, and the finding that must tell of each."""

from __future__ import annotations

import struct
import zipfile

from tests.ingest.hostile.making import (
    GOOD,
    LAUGHS,
    MIB,
    REVIEW_HEADINGS,
    Hostile,
    cells,
    doctype,
    linked,
    marked,
    overlapping,
    sheet,
    zipped,
)

PACKED = {
    "zip bomb": Hostile(lambda _: zipped({"a.csv": b"\0" * (200 * MIB)}), "file.zip"),
    "zip bomb in parts": Hostile(lambda _: zipped({f"{n}.csv": b"\0" * MIB for n in range(200)}), "file.zip"),
    "zip that overlaps itself": Hostile(lambda _: overlapping(), "file.zip"),
    "zip of five thousand files": Hostile(
        lambda _: zipped({f"{n}.csv": b"x" for n in range(5_000)}), "file.zip"
    ),
    "zip in a zip": Hostile(
        lambda _: zipped({"a.zip": zipped({"b.zip": zipped({"e.csv": GOOD})})}), "file.zip"
    ),
    "zip that lies about its size": Hostile(
        lambda _: marked(zipped({"a.csv": b"\0" * (90 * MIB)}), 22, 24, struct.pack("<I", 9)), "file.zip"
    ),
    "locked zip": Hostile(lambda _: marked(zipped({"e.csv": GOOD}), 6, 8, b"\x01"), "file.zip"),
    "zip packed otherwise": Hostile(lambda _: zipped({"e.csv": GOOD}, zipfile.ZIP_LZMA), "file.zip"),
    "zip cut off": Hostile(lambda _: zipped({"e.csv": GOOD})[:-9], "file.zip"),
    "zip broken inside": Hostile(
        lambda _: (good := zipped({"e.csv": GOOD * 9}))[:60] + b"\xff" * 9 + good[69:], "file.zip"
    ),
    "empty zip": Hostile(lambda _: zipped({}), "file.zip"),
    "zip of folders": Hostile(lambda _: zipped({"a/": b"", "a/b/": b""}), "file.empty"),
    "zip with paths": Hostile(
        lambda _: zipped({"../../../../e.csv": GOOD, "/etc/passwd": "x"}), "file.unpacked"
    ),
    "zip with paths of Windows": Hostile(
        lambda _: zipped({"..\\..\\C:\\e.csv": GOOD + "\n"}), "file.unpacked"
    ),
    "zip with a link": Hostile(lambda _: linked(), "file.unknown_form"),
    "zip with a name without end": Hostile(lambda _: zipped({"n" * 60_000: GOOD + "\n\n"}), "file.unpacked"),
    "zip with a name of control letters": Hostile(
        lambda _: zipped({"\x1b[31m\n\r.csv": GOOD + "\n\n\n"}), "file.unpacked"
    ),
    "zip with an entity": Hostile(
        lambda b: zipped({"cin.xml": doctype('SYSTEM "{url}"')(b)}), "file.doctype"
    ),
    "zip behind a table": Hostile(lambda _: GOOD.encode() + zipped({"e.csv": b"x"}), "row.wrong_width"),
    "a letter of Word": Hostile(
        lambda _: zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}),
        "file.unknown_form",
    ),
    "a sheet of LibreOffice": Hostile(
        lambda _: zipped({"mimetype": "application/x", "content.xml": "<x/>"}), "file.unknown_form"
    ),
    "workbook without parts": Hostile(
        lambda _: zipped({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), "file.workbook_broken"
    ),
    "workbook cut off": Hostile(lambda b: sheet(REVIEW_HEADINGS)(b)[:-40], "file.workbook_broken"),
    "workbook with another's table": Hostile(sheet(cells("Name", "Colour")), "file.unknown_form"),
    "workbook with laughs": Hostile(
        sheet(cells("&l9;"), before=f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{LAUGHS}]>'),
        "file.workbook_broken",
    ),
    "workbook that asks for a file": Hostile(
        sheet(cells("&x;"), before='<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file://{file}">]>'),
        "file.workbook_broken",
    ),
    "workbook with a far row": Hostile(sheet(REVIEW_HEADINGS + cells("A", row=10**9)), "file.zip"),
    "workbook with a far column": Hostile(
        sheet(REVIEW_HEADINGS + '<row r="2"><c r="XFD2" t="inlineStr"><is><t>A</t></is></c></row>'),
        "file.zip",
    ),
    "workbook with a row number that is none": Hostile(
        sheet(REVIEW_HEADINGS + '<row r="x"/>'), "file.workbook_broken"
    ),
    "workbook bomb": Hostile(sheet(REVIEW_HEADINGS + cells("A") * 2_000_000), "file.zip"),
    "workbook with a cell without end": Hostile(
        sheet(REVIEW_HEADINGS + cells("A" * 40_000, "", "", "PN1")), "row.unreadable"
    ),
    "workbook that calls a service": Hostile(
        sheet(
            REVIEW_HEADINGS + '<row r="2"><c r="A2"><f>WEBSERVICE("{url}")</f></c>'
            '<c r="D2" t="str"><f>1+1</f><v>2</v></c></row>'
        ),
        "cell.formula",
    ),
    "workbook that is nested": Hostile(sheet("<row>" * 50_000), "file.workbook_broken"),
}
