"""A file that was cut at any byte, or shuffled, gives rows that are its own or none, and every row is accounted for."""

from __future__ import annotations

import io
import random
import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.ingest import archive
from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from schemas.findings import finding_codes
from tests.ingest.test_packed import workbook, zipped
from tests.ingest.written import EPISODES, cin, ssda903_xml

HEADINGS, *ROWS = (line.split(",") for line in EPISODES.format(child="Ä1").splitlines())
MANY = [[*row[:-1], f"SC{n:06d}"] for n in range(40) for row in ROWS]
LINES = [",".join(row) for row in [HEADINGS, *MANY]]
QUOTED = [",".join(f'"{cell}"' for cell in row) for row in [HEADINGS, *MANY]]
TEXTS = {
    "plain": "\n".join(LINES).encode(),
    "Windows": "\r\n".join(LINES).encode("cp1252"),
    "old Macintosh": "\r".join(LINES).encode(),
    "quoted": "\n".join(QUOTED).encode("utf-8-sig"),
    "utf-16": "\n".join(LINES).encode("utf-16"),
}
OTHERS = {
    "cin": cin(children=tuple(f"C{n}" for n in range(9))),
    "903": ssda903_xml(),
    "workbook": workbook({"a": [HEADINGS, *MANY]}),
    "zip": zipped({"a.csv": TEXTS["plain"], "b.xml": cin()}),
}
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(data: bytes) -> Reading:
    return read_bytes(data, "0" * 64, Limits())


def accounted_for(reading: Reading) -> bool:
    """Either tables whose rows add up, or a finding that says why there are none."""
    for table in reading.tables:
        numbers = sorted([*table.frame["source_row"], *table.aside["source_row"]])
        assert numbers == list(range(1, table.rows_in + 1))
    why = [f.rule for f in reading.findings if finding_codes()[f.rule].severity == "error"]
    return reading.usable or bool(why)


@pytest.mark.parametrize("form", TEXTS)
@SLOW
@given(data=st.data())
def test_a_table_cut_at_any_byte_keeps_every_row_before_the_cut(form: str, data: st.DataObject) -> None:
    whole = read(TEXTS[form]).tables[0].frame
    cut = data.draw(st.integers(0, len(TEXTS[form])))
    reading = read(TEXTS[form][:cut])
    assert accounted_for(reading)
    if not reading.usable or "URN" not in reading.tables[0].frame.columns:
        return
    (table,) = reading.tables
    complete = max(table.rows_in - 1, 0)
    assert table.frame.head(complete).equals(whole.head(complete))
    assert table.aside.height <= 1


@pytest.mark.parametrize("form", OTHERS)
@SLOW
@given(data=st.data())
def test_a_return_cut_at_any_byte_is_whole_or_nothing(form: str, data: st.DataObject) -> None:
    sent = OTHERS[form]
    reading = read(sent[: data.draw(st.integers(0, len(sent) - 1))])
    assert accounted_for(reading)
    assert not reading.usable


@SLOW
@given(st.integers(0, len(OTHERS["zip"]) - 1))
def test_of_a_zip_cut_at_any_byte_nothing_is_taken(cut: int) -> None:
    assert not archive.is_folder(OTHERS["zip"][:cut])


@pytest.mark.parametrize("form", [*TEXTS, *OTHERS])
@SLOW
@given(data=st.data())
def test_bytes_changed_anywhere_lose_no_row_without_a_word(form: str, data: st.DataObject) -> None:
    sent = bytearray({**TEXTS, **OTHERS}[form])
    for _ in range(data.draw(st.integers(1, 4))):
        sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    assert accounted_for(read(bytes(sent)))


@SLOW
@given(st.randoms(use_true_random=False))
def test_shuffled_rows_and_columns_are_the_same_rows(lot: random.Random) -> None:
    order, below = lot.sample(range(len(HEADINGS)), len(HEADINGS)), lot.sample(MANY, len(MANY))
    shuffled = [[row[at] for at in order] for row in [HEADINGS, *below]]
    whole = _values(read(TEXTS["plain"]))
    assert _values(read("\n".join(",".join(row) for row in shuffled).encode())).equals(whole)
    assert _values(read(workbook({"a": shuffled}))).equals(whole)


def _values(reading: Reading) -> pl.DataFrame:
    return reading.tables[0].frame.select(HEADINGS).sort(HEADINGS)


def test_the_cut_zip_of_the_test_above_would_have_been_taken_whole() -> None:
    assert archive.is_folder(OTHERS["zip"])
    assert zipfile.ZipFile(io.BytesIO(OTHERS["zip"])).namelist() == ["a.csv", "b.xml"]
    assert all(read(data).usable for form, data in OTHERS.items() if form != "zip")
