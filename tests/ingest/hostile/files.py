"""Files that are broken, or made to break us: one small builder each, and the finding that must tell of it.

They are made when they are needed, so that no bomb lies in the repository. `Bait` is what an attacker would
like to reach: a file that nobody may read and a door that nobody may knock at.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import pickle
import random

from tests.ingest.hostile.making import (
    GOOD,
    HEADINGS,
    LA,
    LAUGHS,
    MIB,
    ROW,
    Calls,
    Hostile,
    delivery,
    doctype,
    in_child,
    in_cin,
    reviews,
    rows,
    scored,
    tarred,
    text,
)
from tests.ingest.hostile.packed import PACKED
from tests.ingest.written import cin, ssda903_xml

# --- XML ----------------------------------------------------------------------------------------------

XML = {
    "entity of a file": Hostile(doctype('[<!ENTITY x SYSTEM "file://{file}">]'), "file.doctype"),
    "entity of a page": Hostile(doctype('[<!ENTITY x SYSTEM "{url}/x">]'), "file.doctype"),
    "parameter entity": Hostile(doctype('[<!ENTITY % x SYSTEM "{url}/x.dtd">%x;]'), "file.doctype"),
    "remote document type": Hostile(doctype('SYSTEM "{url}/x.dtd"'), "file.doctype"),
    "public document type": Hostile(doctype('PUBLIC "-//x//y" "{url}/x.dtd"'), "file.doctype"),
    "document type without anything": Hostile(doctype(""), "file.doctype"),
    "unparsed entity": Hostile(
        doctype('[<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "{file}" NDATA n>]'), "file.doctype"
    ),
    "default attribute": Hostile(doctype('[<!ATTLIST Message a CDATA "x">]'), "file.doctype"),
    "billion laughs": Hostile(doctype(f'[<!ENTITY l0 "ha">{LAUGHS}<!ENTITY x "&l9;">]'), "file.doctype"),
    "quadratic blow-up": Hostile(
        lambda _: (
            f'<!DOCTYPE Message [<!ENTITY a "{"a" * 100_000}">]><Message>{"&a;" * 100_000}</Message>'.encode()
        ),
        "file.doctype",
    ),
    "entity that holds itself": Hostile(doctype('[<!ENTITY x "&y;"><!ENTITY y "&x;">]'), "file.doctype"),
    "document type in utf-16": Hostile(lambda b: doctype("")(b).decode().encode("utf-16"), "file.doctype"),
    "document type in utf-7": Hostile(
        text('<?xml version="1.0" encoding="utf-7"?>+ADw-+ACE-DOCTYPE x+AD4-<Message/>'), "file.doctype"
    ),
    "document type behind a mark": Hostile(lambda b: b"\xef\xbb\xbf" + doctype("")(b), "file.doctype"),
    "ebcdic": Hostile(lambda _: b"\x4c\xa7\x94\x93" + cin(LA).decode().encode("cp037"), "file.unknown_form"),
    "utf-32": Hostile(lambda _: cin(LA).decode().encode("utf-32"), "file.xml_broken"),
    "include of a file": Hostile(
        in_child('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{file}" parse="text"/>'),
        "file.unknown_elements",
    ),
    "schema elsewhere": Hostile(
        in_cin(
            "<Child>",
            '<Child xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
            'i:noNamespaceSchemaLocation="{url}/x.xsd" xml:base="{url}/"><Odd/>',
        ),
        "file.unknown_elements",
    ),
    "style sheet": Hostile(
        lambda b: f'<?xml-stylesheet href="{b.url}/x.xsl" type="text/xsl"?><html/>'.encode(),
        "file.unknown_form",
    ),
    "a transformation": Hostile(
        lambda b: (
            '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:value-of '
            f"select=\"document('{b.url}')\"/></xsl:stylesheet>".encode()
        ),
        "file.unknown_form",
    ),
    "undefined entity": Hostile(in_cin("WBRI", "&nobody;"), "file.xml_broken"),
    "reference to zero": Hostile(in_cin("WBRI", "&#0;"), "file.xml_broken"),
    "control letter": Hostile(in_cin("WBRI", "\x02"), "file.xml_broken"),
    "deep nesting": Hostile(in_child("<a>" * 100_000 + "</a>" * 100_000), "file.xml_broken"),
    "nesting just allowed": Hostile(in_child("<a>" * 200 + "</a>" * 200), "file.unknown_elements"),
    "attribute of 9 MB": Hostile(in_child(f'<a b="{"x" * 9_000_000}"/>'), "file.unknown_elements"),
    "attribute of 11 MB": Hostile(in_child(f'<a b="{"x" * 11_000_000}"/>'), "file.xml_broken"),
    "value of 9 MB": Hostile(in_cin("WBRI", "x" * 9_000_000), "cell.too_long"),
    "value of 11 MB": Hostile(in_cin("WBRI", "x" * 11_000_000), "file.xml_broken"),
    "comment of 9 MB": Hostile(in_child(f"<!--{'x' * 9_000_000}--><Odd/>"), "file.unknown_elements"),
    "half a million attributes": Hostile(
        in_child("<a " + " ".join(f"a{n}='1'" for n in range(500_000)) + "/>"), "file.unknown_elements"
    ),
    "a hundred thousand unknown elements": Hostile(in_child("<a/>" * 100_000), "file.unknown_elements"),
    "five million elements in a child": Hostile(in_child("<a/>" * 5_000_000), "submission.no_usable_file"),
    "a hundred thousand kinds of element": Hostile(
        in_child("".join(f"<k{n}/>" for n in range(100_000))), "file.unknown_elements"
    ),
    "a hundred thousand namespaces": Hostile(
        in_child("".join(f'<a xmlns:n{n}="u:{n}"/>' for n in range(100_000))), "file.unknown_elements"
    ),
    "a long key for a great many rows": Hostile(
        lambda _: ssda903_xml("B" * 30_000).replace(
            b"</HEADER>", b"<AREVIEW><REVIEW>x</REVIEW></AREVIEW>" * 100_000 + b"</HEADER>"
        ),
        "submission.no_usable_file",
    ),
    "markup in character data": Hostile(
        in_child("<![CDATA[<Child><ChildIdentifiers/></Child>]]>"), "file.stray_text"
    ),
    "two outermost elements": Hostile(lambda _: cin(LA) + cin(LA), "file.xml_broken"),
    "junk behind the end": Hostile(lambda _: cin(LA) + b"\0\0junk", "file.xml_broken"),
    "cut in the middle": Hostile(lambda _: cin(LA)[: len(cin(LA)) // 2], "file.xml_broken"),
    "a bare bracket": Hostile(text("<"), "file.xml_broken"),
    "wrong end": Hostile(in_cin("</Message>", "</Massage>"), "file.xml_broken"),
    "attribute twice": Hostile(in_cin("<Message>", '<Message a="1" a="2">'), "file.xml_broken"),
    "encoding that nobody knows": Hostile(
        lambda _: b'<?xml version="1.0" encoding="x-none"?>' + cin(LA), "file.xml_broken"
    ),
    "encoding that is another": Hostile(
        lambda _: b'<?xml version="1.0" encoding="utf-8"?>' + cin(LA).replace(b"WBRI", b"\xff\xfe"),
        "file.xml_broken",
    ),
    "a picture with a script": Hostile(
        lambda b: f"<svg onload=\"fetch('{b.url}')\"><script>1</script></svg>".encode(), "file.unknown_form"
    ),
    "a letter to a service": Hostile(
        text('<s:Envelope xmlns:s="urn:s"><s:Body/></s:Envelope>'), "file.unknown_form"
    ),
    "dates in the years 1 and 9999": Hostile(
        lambda _: cin(LA).replace(b"2014-02-03", b"0001-01-01").replace(b"2024-05-07", b"9999-12-31"),
        "cell.date_out_of_range",
    ),
    "a year without end": Hostile(in_cin("<Year>2025", f"<Year>{'9' * 400}"), "cell.not_a_number"),
    "an authority that is a path": Hostile(in_cin("<LEA>301", "<LEA>../../../x"), "file.authority_disagrees"),
    "another authority's name": Hostile(lambda _: cin("304"), "file.authority_disagrees"),
    "identifiers with formulas": Hostile(
        lambda _: cin(LA, children=("=1+1", "@SUM(A1)")) + b"<x/>", "file.xml_broken"
    ),
    "a child in a child": Hostile(in_child(f"<Child>{'<CINdetails/>' * 9}</Child>"), "file.unknown_elements"),
}


# --- CSV ----------------------------------------------------------------------------------------------

SESSIONS = (
    "pupilonrolltableid,NativeId,termlysessiondetailsonrolltableid,termlysessiondetailsonrollorderseqcolumn,"
    "sourceid,attendancereason,sessions\n"
)
CSV = {
    "nothing": Hostile(text(""), "file.empty"),
    "only a mark": Hostile(text(b"\xef\xbb\xbf"), "file.empty"),
    "only zero bytes": Hostile(text(b"\0" * (5 * MIB)), "file.empty"),
    "only line ends": Hostile(text(b"\n" * (5 * MIB)), "file.empty"),
    "only commas": Hostile(text(b"," * (5 * MIB)), "file.empty"),
    "only quotation marks": Hostile(text(b'"' * (5 * MIB)), "file.empty"),
    "only spaces": Hostile(text(b" " * (5 * MIB)), "file.empty"),
    "one line of 20 MB": Hostile(text(b"x" * (20 * MIB)), "file.unknown_form"),
    "one row of 20 MB": Hostile(rows("x" * (20 * MIB), ROW), "row.unreadable"),
    "one row of twenty million cells": Hostile(rows("," * (20 * MIB), ROW), "row.unreadable"),
    "a runaway quotation mark": Hostile(rows('"' + ROW, *[ROW] * 100_000), "row.unreadable"),
    "a quotation mark before every row": Hostile(rows(*['"' + ROW] * 50_000), "row.unreadable"),
    "a quotation mark on every second line": Hostile(rows(*['"'] * 60_000), "row.unreadable"),
    "quoted line breaks without end": Hostile(reviews('"' + "\n" * 5_000_000 + '",,,'), "row.unreadable"),
    "a million columns": Hostile(text(b"CHILD," * 1_000_000 + b"\n1\n"), "file.unknown_form"),
    "columns one over the limit": Hostile(text(HEADINGS + ",x" * 2_000 + "\n"), "file.unknown_form"),
    "a heading a thousand times": Hostile(text(HEADINGS + ",DECOM" * 1_000 + "\n"), "file.repeated_columns"),
    "unknown headings by the hundred": Hostile(
        text(HEADINGS + "".join(f",X{n}" for n in range(900)) + "\n" + ROW + "," * 900 + "\n"),
        "file.unknown_form",
    ),
    "headings that are formulas": Hostile(text(HEADINGS + ',=cmd|"/C calc"!A0,@x\n'), "file.unknown_columns"),
    "headings of ours": Hostile(
        text(HEADINGS + ",la,year,submission,source_row\n" + ROW + ",301,1,x,9\n"), "file.unknown_columns"
    ),
    "the headings again below": Hostile(rows(ROW, HEADINGS, ROW), "row.headings_again"),
    "rows of every width": Hostile(rows(*("x," * (n % 30) for n in range(100_000))), "row.wrong_width"),
    "two hundred thousand short rows": Hostile(rows(*["x"] * 200_000), "row.wrong_width"),
    "invalid utf-8": Hostile(text(GOOD.encode().replace(b"U1", b"\xc3\x28\xff")), "file.encoding_guessed"),
    "overlong utf-8": Hostile(text(GOOD.encode().replace(b"A1", b"\xc0\xaf")), "file.encoding_guessed"),
    "half a pair": Hostile(text(GOOD.encode().replace(b"A1", b"\xed\xa0\x80")), "file.encoding_guessed"),
    "utf-16 with a byte over": Hostile(text(GOOD.encode("utf-16") + b"x"), "file.encoding_guessed"),
    "utf-16 without a mark": Hostile(text(GOOD.encode("utf-16-be")), "file.encoding_guessed"),
    "utf-32 table": Hostile(text(GOOD.encode("utf-32")), "file.zero_bytes"),
    "zero bytes between letters": Hostile(text(GOOD.encode().replace(b"U1", b"U\0\0001")), "file.zero_bytes"),
    "two marks": Hostile(text("\ufeff\ufeff" + GOOD), "file.byte_order_mark"),
    "the end of old files": Hostile(text(GOOD + "\x1a"), "row.wrong_width"),
    "old Macintosh lines": Hostile(text(GOOD.replace("\n", "\r")), "file.line_ends"),
    "bars": Hostile(text(GOOD.replace(",", "|")), "file.wrong_delimiter"),
    "invisible letters in headings": Hostile(
        text(GOOD.replace("DECOM", "\u200bDE\u200bCOM ")), "file.heading_form"
    ),
    "letters that turn the line": Hostile(text(GOOD.replace("URN", "\u202eNRU")), "file.unknown_columns"),
    "dates in 0001 and 9999": Hostile(
        text(GOOD.replace("01/05/2024", "01/05/0001").replace("04/02/2025", "31/12/9999")),
        "cell.date_out_of_range",
    ),
    "days that are not": Hostile(text(GOOD.replace("01/05/2024", "31/02/2024")), "cell.not_a_date"),
    "a date before time": Hostile(text(GOOD.replace("01/05/2024", "01/05/-2024")), "cell.date_out_of_range"),
    "a date with a great year": Hostile(
        text(GOOD.replace("01/05/2024", "01/05/99999999999")), "cell.not_a_date"
    ),
    "identifiers that are formulas": Hostile(
        rows(ROW.replace("{child}", "="), *(f + ROW[2:] + ",x" for f in ("=1+1", "@x", "-1", "+1", "\t=1"))),
        "row.wrong_width",
    ),
    "an identifier that is SQL": Hostile(
        rows("'); drop table returns; --" + ROW[2:], "x"), "row.wrong_width"
    ),
    "an identifier that is a path": Hostile(rows("../../../etc/passwd" + ROW[2:], "x"), "row.wrong_width"),
    "an identifier of a megabyte": Hostile(rows("A" * MIB + ROW[2:], ROW), "row.unreadable"),
    "a quoted cell of 10 MB": Hostile(rows('"' + "A" * (10 * MIB) + '"' + ROW[2:], ROW), "row.unreadable"),
    "identifiers as exponents": Hostile(rows("1.0E+12" + ROW[2:], ROW), "cell.exponent"),
    "numbers without end": Hostile(
        text(f"{SESSIONS}1,N,1,1,1,L,1e309\n1,N,2,2,1,L,{'9' * 400}\n"), "cell.not_a_number"
    ),
    "numbers that are none": Hostile(
        text(f"{SESSIONS}1,N,1,1,1,L,NaN\n1,N,2,2,1,L,inf\n"), "cell.not_a_number"
    ),
    "two hundred thousand bad dates": Hostile(reviews(*["A,x,y,PN1"] * 200_000), "cell.not_a_date"),
}


# --- JSON ---------------------------------------------------------------------------------------------

DEEP = '{"a":' * 100_000
JSON = {
    "json that is nested without end": Hostile(delivery(f'"more": {DEEP}1{"}" * 100_000}'), "file.unknown_form"),
    "json nested in a later child": Hostile(
        text('[{"la_child_id": "A"}, {"la_child_id": "B", "more": ' + DEEP + "}]"), "file.json_broken"
    ),
    "json nested as far as is read": Hostile(
        delivery(f'"more": {"[" * 400}{"]" * 400}'), "file.unknown_fields"
    ),
    "json with a number without end": Hostile(
        delivery(scored("9" * 5 * MIB)), "cell.too_long"
    ),
    "json with a great number": Hostile(delivery(scored("1e999999999")), "cell.not_a_number"),
    "json with a number that is none": Hostile(delivery(scored("NaN")), "cell.wrong_kind"),
    "json with a field twice": Hostile(delivery('"la_child_id": "other"'), "file.repeated_fields"),
    "json with a field half a million times": Hostile(
        delivery(", ".join(['"x": 1', *['"x": 2'] * 500_000])), "file.repeated_fields"
    ),
    "json with half a million fields": Hostile(
        delivery(", ".join(f'"k{n}": 0' for n in range(500_000))), "file.unknown_fields"
    ),
    "json with a field of ours": Hostile(
        delivery('"child_row": 9, "given": "x", "source_row": 7, "la": "301", "extra": 1'), "file.unknown_fields"
    ),
    "json with keys that are formulas": Hostile(delivery('"=cmd|x": 1, "\\u0000": 2'), "file.unknown_fields"),
    "json with keys of a prototype": Hostile(
        delivery('"__proto__": {"purge": true}, "constructor": {}'), "file.unknown_fields"
    ),
    "json with half of a letter": Hostile(
        delivery('"mis_child_id": "\\ud800", "\\udfff": "\\ud83d"'), "file.unknown_fields"
    ),
    "json in no encoding": Hostile(
        lambda b: delivery('"mis_child_id": "?"')(b).replace(b"?", b"\xc3\x28\xff"), "file.encoding_guessed"
    ),
    "json behind a mark": Hostile(lambda b: b"\xef\xbb\xbf" + delivery('"x": 1')(b), "file.byte_order_mark"),
    "json in utf-16": Hostile(
        lambda b: delivery('"x": 2')(b).decode().encode("utf-16-le"), "file.encoding_guessed"
    ),
    "json with a control letter": Hostile(delivery('"mis_child_id": "a\nb\x02", "x": 3'), "file.unknown_fields"),
    "json with other kinds of value": Hostile(
        delivery('"mis_child_id": {"$ne": null}, "child_details": {"surname": ["x"]}'), "cell.wrong_kind"
    ),
    "json with lists for objects": Hostile(delivery('"social_care_episodes": [[[[]]]]'), "row.not_an_object"),
    "json with a hundred thousand bare values": Hostile(
        delivery(f'"social_care_episodes": [{", ".join(["7"] * 100_000)}]'), "row.not_an_object"
    ),
    "json with a hundred thousand elements that lack a key": Hostile(
        delivery(f'"social_care_episodes": [{", ".join(["{}"] * 100_000)}]'), "row.without_key"
    ),
    "json with nine million empty objects": Hostile(
        delivery(f'"x": [{",".join(["{}"] * 9_000_000)}]'), "submission.no_usable_file"
    ),
    "json of a hundred thousand broken lines": Hostile(
        text('{"la_child_id": "A"}\n' + '{"la_child_id": \n' * 100_000), "file.json_broken"
    ),
    "json cut off": Hostile(text('[{"la_child_id": "A"}, {"la_child'), "file.json_broken"),
    "json with a tail": Hostile(text('[{"la_child_id": "A"}] junk'), "file.json_broken"),
    "json with a comma too many": Hostile(text('[{"la_child_id": "A"},]'), "file.json_broken"),
    "json with remarks": Hostile(text('[{"la_child_id": "A"}, // a remark\n{}]'), "file.json_broken"),
    "json with an identifier that is a path": Hostile(
        delivery('"child_details": {"unique_pupil_number": "../../etc/passwd"}, "x": 4'), "file.unknown_fields"
    ),
    "json with an identifier of a megabyte": Hostile(
        delivery(f'"mis_child_id": "{"A" * MIB}"'), "cell.too_long"
    ),
    "json with dates in 0001 and 9999": Hostile(
        delivery('"child_details": {"date_of_birth": "0001-01-01", "uasc_end_date": "9999-12-31"}'),
        "cell.date_out_of_range",
    ),
    "json that begins as a table": Hostile(text("[" + GOOD), "file.unknown_form"),
}  # fmt: skip


# --- other forms --------------------------------------------------------------------------------------

DISGUISES = {
    "json": Hostile(text('{"la_code": 202, "children": []}'), "file.unknown_form"),
    "json nested": Hostile(text("[" * 100_000), "file.unknown_form"),
    "a web page": Hostile(text("<html><script>fetch('x')</script></html>"), "file.unknown_form"),
    "a log-in page": Hostile(text("<!DOCTYPE html><html>Log in</html>"), "file.doctype"),
    "pdf": Hostile(text(b"%PDF-1.7\n" + b"\0" * 999), "file.unknown_form"),
    "png": Hostile(text(b"\x89PNG\r\n\x1a\n" + b"\0" * 999), "file.unknown_form"),
    "a program for Windows": Hostile(
        text(b"MZ\x90\0" + random.Random(1).randbytes(9_999)), "file.unknown_form"
    ),
    "a program for Linux": Hostile(text(b"\x7fELF" + random.Random(2).randbytes(9_999)), "file.unknown_form"),
    "parquet": Hostile(text(b"PAR1" + b"\xff" * 99 + b"PAR1"), "file.unknown_form"),
    "a database": Hostile(text(b"SQLite format 3\0" + b"\0" * 999), "file.unknown_form"),
    "an old workbook": Hostile(
        text(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 999), "file.workbook_broken"
    ),
    "a pickle": Hostile(lambda _: pickle.dumps(Calls()), "file.unknown_form"),
    "a key": Hostile(text("-----BEGIN CERTIFICATE-----\nMIIB\n"), "file.unknown_form"),
    "rich text": Hostile(text(r"{\rtf1\ansi{\object\objautlink}}"), "file.unknown_form"),
    "random bytes": Hostile(text(random.Random(3).randbytes(5 * MIB)), "file.unknown_form"),
    "gzip called csv": Hostile(lambda _: gzip.compress(GOOD.encode(), mtime=0), "file.zip"),
    "gzip bomb": Hostile(lambda _: gzip.compress(b"\0" * (100 * MIB), 9, mtime=0), "file.zip"),
    "bzip2": Hostile(lambda _: bz2.compress(GOOD.encode()), "file.zip"),
    "xz": Hostile(lambda _: lzma.compress(GOOD.encode()), "file.zip"),
    "seven zip": Hostile(text(b"7z\xbc\xaf\x27\x1c" + b"\0" * 99), "file.zip"),
    "zstandard": Hostile(text(b"\x28\xb5\x2f\xfd" + b"\0" * 99), "file.zip"),
    "rar": Hostile(text(b"Rar!\x1a\x07\0" + b"\0" * 99), "file.zip"),
    "tar": Hostile(lambda _: tarred(), "file.unknown_form"),
}

HOSTILE = {**XML, **CSV, **JSON, **DISGUISES, **PACKED}
