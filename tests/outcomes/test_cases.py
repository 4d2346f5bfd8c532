"""Every drawn case of an indicator gives the number that is drawn, and not the one counted at first sight."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from schemas import indicators as registry
from schemas.code_sets import code_set
from schemas.duck import connect
from schemas.failures import Trouble
from schemas.indicators import FOLDER, indicators
from tests.outcomes.drawn import make_returns, measured, read_tables

EXPECTED = re.compile(r"expected (?P<id>\w+) (?P<year>\d{4}) (?P<place>\S+): (?P<told>.+)")
COUNT = re.compile(r"(?P<numerator>\d+)(?: of (?P<denominator>\d+))?")


@dataclass(frozen=True)
class Case:
    """One drawing: tables, what one would count at first sight, and what is right."""

    file: str
    ids: tuple[str, ...]
    sentence: str
    tables: str
    naive: dict[str, str]
    expected: tuple[tuple[str, int, str, str], ...]


def read_case(file: str, block: str) -> Case:
    """A block: ids, a sentence, drawn tables, `naive` and `expected` lines."""
    head, sentence, *rest = block.splitlines()
    lines = [line.strip() for line in rest]
    naive = dict(line.removeprefix("naive ").split(": ", 1) for line in lines if line.startswith("naive "))
    matches = [EXPECTED.fullmatch(line) for line in lines if line.startswith("expected ")]
    told = tuple((m["id"], int(m["year"]), m["place"], m["told"]) for m in matches if m)
    assert len(told) == len(matches) > 0, f"{file}: an expected line of '{sentence.strip()}' cannot be read"
    drawn = "\n".join(line for line in lines if not line.startswith(("naive ", "expected ")))
    return Case(file, tuple(head.split()), sentence.strip(), drawn, naive, told)


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.cases")) for case in cases_in(path)]


def cases_in(path: Path) -> list[Case]:
    text = "\n".join(li for li in path.read_text(encoding="utf-8").splitlines() if not li.startswith("#"))
    blocks = re.split(r"\n(?=\S)", text.strip("\n"))
    return [read_case(path.name, block.strip()) for block in blocks if block.strip()]


every_case = pytest.mark.parametrize("case", cases(), ids=lambda c: f"{c.ids[0]}: {c.sentence[:60]}")


def place_of(code: str) -> str:
    if code == "England":
        return "geographic_level = 'National'"
    if code.startswith("E12"):
        return f"region_code = '{code}' and la_code is null"
    return f"geographic_level = 'Local authority' and la_code = '{code}'"


@every_case
def test_a_drawn_case_gives_what_is_drawn(case: Case, tmp_path: Path) -> None:
    with measured(read_tables(case.tables), tmp_path) as con:
        for indicator, year, place, told in case.expected:
            got = con.execute(
                "select numerator, denominator, value, value_symbol from measured.indicator "
                f"where indicator_id = ? and year = ? and breakdown = 'Total' and {place_of(place)}",
                [indicator, year],
            ).fetchall()
            assert len(got) == 1, f"{indicator} {year} {place}: expected one row"
            check(told, got[0], f"{indicator} {year} {place}")


def check(told: str, got: tuple[int | None, int | None, float | None, str | None], where: str) -> None:
    if told == "not available":
        assert got == (None, None, None, "x"), where
        return
    count = COUNT.fullmatch(told)
    assert count, f"{where}: '{told}' cannot be read"
    assert got[0] == int(count["numerator"]), where
    if count["denominator"]:
        assert got[1] == int(count["denominator"]), where


@every_case
def test_the_count_at_first_sight_would_be_another_number(case: Case) -> None:
    with connect() as con:
        make_returns(con, read_tables(case.tables))
        for indicator, query in case.naive.items():
            right = {
                told.split(" ")[0]
                for id_, _, place, told in case.expected
                if id_ == indicator and place == "England"
            }
            assert str(con.execute(query).fetchall()[0][0]) not in right, indicator


def test_every_indicator_has_a_case_in_which_the_naive_count_is_wrong() -> None:
    drawn = {indicator for case in cases() for indicator in case.naive}
    assert drawn == {one.indicator_id for one in registry.counted()}


def test_every_case_is_about_indicators_that_exist() -> None:
    for case in cases():
        assert set(case.ids) <= set(indicators())
        assert {indicator for indicator, *_ in case.expected} <= set(case.ids)


def test_what_a_file_has_in_common_stands_behind_what_an_indicator_says_itself() -> None:
    file = {
        "defaults": {"unit": "%", "by": ["sex"], "publication": {"file": "f", "decimals": 0}},
        "one": {"title": "One", "publication": {"column": "c"}},
        "two": {"unit": "score", "publication": {"decimals": 1}},
    }
    assert registry.with_defaults(file) == {
        "one": {"title": "One", "unit": "%", "by": ["sex"],
                "publication": {"file": "f", "decimals": 0, "column": "c"}},
        "two": {"unit": "score", "by": ["sex"], "publication": {"file": "f", "decimals": 1}},
    }  # fmt: skip


def test_every_ethnic_group_that_a_child_may_be_given_is_shown() -> None:
    given = set(code_set("ethnicity")["major_group"]) | {"Unknown"}
    assert given == set(registry.BREAKDOWNS["ethnicity"].categories)


def test_an_indicator_that_lacks_something_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half.toml").write_text(
        '[half]\nversion = 1\ntitle = "Half an indicator"\n', encoding="utf-8"
    )
    monkeypatch.setattr(registry, "FOLDER", tmp_path)
    indicators.cache_clear()
    try:
        with pytest.raises(Trouble, match=r"the indicator half .* numerator: Field required"):
            indicators()
    finally:
        indicators.cache_clear()
