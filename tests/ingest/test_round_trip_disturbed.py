"""The same returns with rows, columns, groups and files in another order; and files that end too soon.

Order says nothing, so whatever comes first the same is read. A file that was cut off is refused, or every
line that had begun in it is read or set aside: half a return is never taken for a whole one in silence.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from assets.ingest import read_paths
from assets.ingest.reading import Reading
from schemas.returns import RETURNS
from schemas.table import PROVENANCE_NAMES, UNREAD
from synthetic import make_country
from synthetic.make import ALSO
from tests.ingest.meant import Meant, in_any_order, in_types, read

YEAR = 2026
LAS = ("213", "305", "306")
"""Schools' own files from the first two, the 903 as XML from the second, CSV of both from the last."""
AS_CSV = ("ssda903", "school_census", "person_identifiers", "daily_attendance", "attainment")
AS_XML = {"cin": "213/cin.xml", "ssda903": "305/ssda903.xml", "school_census": "213/2026_spring_7000.xml"}
RECORDS = {"Child", "CHILD", "PupilOnRoll", "PupilNoLongerOnRoll"}
ROWS_LEFT = 8
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Meant:
    folder = tmp_path_factory.mktemp("disturbed")
    make_country(folder, scale=0.003, years=[YEAR], seed=8, las=LAS, clean=True, also=ALSO)
    return Meant(folder)


def csvs(country: Meant, name: str) -> list[Path]:
    """Tables with something in them, of the authority that sends everything as tables where there is one."""
    found = [path for path in country.paths(name, YEAR, "*.csv") if path.read_bytes().count(b"\n") > 2]
    return [path for path in found if path.parent.name == "306"] or found


def content(reading: Reading) -> dict[str, pl.DataFrame]:
    """What a file holds, in its types and in no order; keys of our own making give way to what they stand for."""
    rows = {one.table.VIEW: one.frame for one in reading.tables if one.frame.height}
    found = {view: in_types(reading.ret, view, _named(rows, frame)) for view, frame in rows.items()}
    assert not any(lost for _, lost in found.values())
    return {view: in_any_order(frame) for view, (frame, _) in found.items()}


def _named(rows: Mapping[str, pl.DataFrame], frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose pupil is named by number and birthday: of a key that the reader made nothing can be asked."""
    for roll in ("pupilonroll", "pupilnolongeronroll"):
        key = f"{roll}tableid"
        if key in frame.columns and roll in rows:
            of = pl.concat_str("upn", "dob", separator=" ", ignore_nulls=True)
            names = dict(rows[roll].select(key, of).iter_rows())
            frame = frame.with_columns(pl.col(key).replace_strict(names))
    made = [name for name in ("schoolcensustableid",) if name in frame.columns]
    return frame.drop(made)


# --- another order --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AS_CSV)
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_rows_and_columns_may_come_in_any_order(name: str, seed: int, country: Meant) -> None:
    chance = random.Random(seed)
    sent = chance.choice(csvs(country, name)).read_bytes()
    table = pl.read_csv(sent, infer_schema=False)
    headings = chance.sample(table.columns, len(table.columns))
    shuffled = table.sample(fraction=1, shuffle=True, seed=seed).select(headings).write_csv().encode()
    whole, other = read(sent), read(shuffled)
    assert not other.findings
    (ours,), (theirs,) = content(other).values(), content(whole).values()
    assert ours.equals(theirs)


def shuffle(element: etree._Element, chance: random.Random) -> None:
    """Records in any order; inside them groups and values, those of one name as they follow one another."""
    inside = list(element)
    for child in inside:
        shuffle(child, chance)
    mixed = chance.sample(inside, len(inside))
    if not any(child.tag in RECORDS for child in inside):
        each = {tag: iter([one for one in inside if one.tag == tag]) for tag in {one.tag for one in inside}}
        mixed = [next(each[child.tag]) for child in mixed]
    element[:] = mixed


@pytest.mark.parametrize("name", AS_XML)
@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_children_and_what_stands_in_them_may_come_in_any_order(name: str, seed: int, country: Meant) -> None:
    sent = (country.root / "landing" / name / str(YEAR) / AS_XML[name]).read_bytes()
    root = etree.fromstring(sent)
    shuffle(root, random.Random(seed))
    whole, other = content(read(sent)), read(etree.tostring(root))
    assert {finding.rule for finding in other.findings} <= {"file.reordered_elements"}
    found = content(other)
    assert set(found) == set(whole)
    assert len(whole) >= 4
    assert all(found[view].equals(whole[view]) for view in whole)


@pytest.mark.parametrize("name", AS_CSV)
@settings(max_examples=4, deadline=None)
@given(seed=SEEDS)
def test_files_may_come_in_any_order_and_under_any_name(
    name: str, seed: int, country: Meant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    las = {path.parent.name for path in csvs(country, name)}
    one = [path for path in country.paths(name, YEAR, "*.csv") if path.parent.name == max(las)]
    one = [path for path in one if name != "school_census" or "spring" in path.name]
    folder = tmp_path_factory.mktemp("any_name")
    renamed = []
    for path in chance.sample(one, len(one)):
        renamed.append(folder / f"{chance.getrandbits(64):x}.csv")
        renamed[-1].write_bytes(path.read_bytes())
    whole, other = (read_paths(paths, name, YEAR, "306", "spring").tables for paths in (one, renamed))
    assert set(whole) == set(other)
    for view, rows in whole.items():
        own = rows.drop(*PROVENANCE_NAMES, UNREAD, "extra", strict=False)
        assert in_any_order(other[view].select(own.columns)).equals(in_any_order(own)), view


# --- cut off --------------------------------------------------------------------------------------------


def small(path: Path) -> bytes:
    """A table's heading and its first rows."""
    return b"".join(path.read_bytes().splitlines(keepends=True)[: ROWS_LEFT + 1])


@pytest.mark.parametrize("name", AS_CSV)
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, where=st.floats(0, 1))
@example(seed=1451597, where=0.3203125)  # between the carriage return and the line feed after the headings
def test_a_table_cut_off_anywhere_loses_no_line_that_had_begun(
    name: str, seed: int, where: float, country: Meant, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sent = small(random.Random(seed).choice(csvs(country, name)))
    cut = sent[: int(where * len(sent))]
    heading, *lines = cut.splitlines() or [b""]
    if heading != sent.splitlines()[0]:
        path = tmp_path_factory.mktemp("cut") / "table.csv"
        path.write_bytes(cut)
        assert read_paths([path], name, YEAR, LAS[-1], "spring").findings
        return
    whole, reading = read(sent), read(cut)
    (one,), (all_of_it,) = reading.tables, whole.tables
    assert one.rows_in == one.frame.height + one.aside.height == len(lines)
    between_line_ends = cut.endswith(b"\r") and b"\n" not in cut
    assert bool(reading.findings) is (one.aside.height > 0 or between_line_ends)
    _ends_like(one.frame, all_of_it.frame, cut.endswith(b"\n"))


def _ends_like(found: pl.DataFrame, meant: pl.DataFrame, ends_a_line: bool) -> None:
    """The rows that were there to read: all as they were, but for the last cell of a line cut short."""
    names = [name for name in meant.columns if name != "extra"]
    found, meant = found.select(names), meant.select(names).head(found.height)
    if ends_a_line or not found.height:
        assert found.equals(meant)
        return
    assert found.head(-1).equals(meant.head(-1))
    differing = [name for name in names if found[name].tail(1).ne_missing(meant[name].tail(1)).item()]
    assert len(differing) <= 1
    for name in differing:
        assert str(meant[name].tail(1).item()).startswith(found[name].tail(1).item() or "")


@pytest.mark.parametrize("name", AS_XML)
@settings(max_examples=30, deadline=None)
@given(where=st.floats(0, 1))
def test_xml_cut_off_anywhere_is_refused_whole(name: str, where: float, country: Meant) -> None:
    sent = (country.root / "landing" / name / str(YEAR) / AS_XML[name]).read_bytes()
    length = int(where * len(sent))
    reading = read(sent[:length])
    if sent[length:].strip():
        assert not reading.tables
        assert reading.findings
    else:
        assert content(reading).keys() == content(read(sent)).keys()


@settings(max_examples=30, deadline=None)
@given(where=st.floats(0, 1, exclude_max=True))
def test_a_workbook_cut_off_anywhere_is_refused_whole(where: float, country: Meant) -> None:
    (path,) = country.paths("provider_list", YEAR)
    sent = path.read_bytes()
    assert read(sent).usable
    reading = read(sent[: int(where * len(sent))])
    assert not reading.tables
    assert reading.findings


def test_every_return_is_disturbed_in_every_form_that_it_has() -> None:
    """The daily feed is not made up: `test_deltas.py` and `test_json.py` draw it."""
    assert set(AS_CSV) | set(AS_XML) | {"provider_list", "daily_social_care"} == set(RETURNS)
