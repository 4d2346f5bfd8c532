"""The quickest way through a CSV gives what the careful way gives, and leaves it every file that is odd."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.ingest import Limits, csv_rows
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from assets.ingest.writing import Part, Placed, Sent, typed_tables
from schemas.returns import named

HEADINGS = (
    "pupilonrolltableid,NativeId,termlysessiondetailsonrolltableid,termlysessiondetailsonrollorderseqcolumn,"
    "sourceid,sessions,attendancereason\n"
)
LINES = [f"{n:08x}-a,SCH{n % 3},{n * 7:08x},{n % 9},{n:08x},{n % 130},{'/IL#'[n % 4]}\n" for n in range(40)]
CLEAN = (HEADINGS + "".join(LINES)).encode()


def changed(line: str) -> bytes:
    return (HEADINGS + "".join([*LINES[:20], line, *LINES[20:]])).encode()


QUICK = {
    "as COLLECT writes it": CLEAN,
    "without its last line end": CLEAN[:-1],
    "blank cells": changed("a,,b,,,,\n"),
    "spaces around cells": changed("a , SCH1,b,1, c,12 ,/\n"),
    "numbers with decimals": changed("a,SCH1,b,1.0,c,12.0,/\n"),
    "numbers that are none": changed("a,SCH1,b,x,c,NaN,/\n"),
    "an exponent for a key": changed("1.0E+12,SCH1,b,1,c,12,/\n"),
    "letters beyond ASCII": changed("é,SCH1,b,1,c,12,/\n"),
    "another delimiter": CLEAN.replace(b",", b";"),
    "one row": (HEADINGS + LINES[0]).encode(),
    "an unknown column": CLEAN.replace(b"sessions,", b"sessions_held,", 1),
}
CAREFUL = {
    "a quoted cell": changed('"a",SCH1,b,1,c,12,/\n'),
    "a quoted delimiter": changed('"a,b",SCH1,b,1,c,12,/\n'),
    "a quoted line break": changed('"a\nb",SCH1,b,1,c,12,/\n'),
    "an unclosed quotation mark": changed('"a,SCH1,b,1,c,12,/\n'),
    "lines of Windows": CLEAN.replace(b"\n", b"\r\n"),
    "lines of an old Macintosh": CLEAN.replace(b"\n", b"\r"),
    "a short row": changed("a,SCH1,b\n"),
    "a long row": changed("a,SCH1,b,1,c,12,/,more\n"),
    "a long row with nothing more": changed("a,SCH1,b,1,c,12,/,\n"),
    "a short row and a long one": changed("a,SCH1,b,1,c,12\na,SCH1,b,1,c,12,/,more\n"),
    "a blank line": changed("\n"),
    "a line of spaces": changed("   \n"),
    "a row of blanks": changed(",,,,,,\n"),
    "a row of spaces": changed(" ,\t, , , , , \n"),
    "blank lines at the end": CLEAN + b"\n\n",
    "an endless cell": changed(f"{'a' * 40_000},SCH1,b,1,c,12,/\n"),
    "nothing but headings": HEADINGS.encode(),
}
ODD = {
    "a mark at the start": b"\xef\xbb\xbf" + CLEAN,
    "cp1252": changed("é,SCH1,b,1,c,12,/\n").decode().encode("cp1252"),
    "utf-16": CLEAN.decode().encode("utf-16"),
    "a zero byte": changed("a\0,SCH1,b,1,c,12,/\n"),
    "a line above the headings": b"\n" + CLEAN,
}


def both(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[Reading, Reading, bool]:
    """A file read as it is every night, read the careful way, and whether the quick way took it."""
    took = list[bool]()
    quick = csv_rows._at_once
    with monkeypatch.context() as patch:
        patch.setattr(
            csv_rows, "_at_once", lambda *told: (took.append((found := quick(*told)) is not None), found)[1]
        )
        one = read_bytes(data, "0" * 64, Limits())
        patch.setattr(csv_rows, "_at_once", lambda *_: None)
        return one, read_bytes(data, "0" * 64, Limits()), any(took)


def typed(reading: Reading) -> list[tuple[Any, ...]]:
    """The rows of a reading as they are typed and stored, and the findings of typing."""
    placed, ret = Placed(2025, "301", "s", "spring"), named("school_census")
    found = []
    for read in reading.tables:
        (one,) = typed_tables(ret, read.table, [Sent(placed, [Part("0" * 64, read.frame, True, read.aside)])])
        found.append((one.raw.to_dicts(), one.frame.schema, one.frame.to_dicts(), one.findings))
    return found


def assert_equal(one: Reading, other: Reading) -> None:
    assert one.findings == other.findings
    assert one.facts == other.facts
    assert [(t.rows_in, t.aside.to_dicts(), t.frame.schema) for t in one.tables] == [
        (t.rows_in, t.aside.to_dicts(), t.frame.schema) for t in other.tables
    ]
    assert typed(one) == typed(other)


@pytest.mark.parametrize("name", [*QUICK, *CAREFUL, *ODD])
def test_both_ways_give_the_same_rows_and_the_same_findings(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, took = both((QUICK | CAREFUL | ODD)[name], monkeypatch)
    assert_equal(one, other)
    assert (took, name in QUICK) in {(True, True), (False, False)} or name in ODD


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_both_ways_give_the_same_whatever_bytes_are_put_where(data: st.DataObject) -> None:
    content = bytearray(CLEAN)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(len(HEADINGS), len(content) - 1))
        piece = data.draw(
            st.sampled_from([b",", b"\n", b'"', b"\r", b" ", b"\0", b"\xff", b"x", b"\xc3\xa9", b",,,,,,\n"])
        )
        content[at : at + data.draw(st.integers(0, 3))] = piece
    with pytest.MonkeyPatch.context() as patch:
        one, other, _ = both(bytes(content), patch)
    assert_equal(one, other)
