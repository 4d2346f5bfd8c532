"""Drawings are read as drawn, errors say where, and every rule has its page."""

from __future__ import annotations

import dataclasses

import pytest

from quality import cases
from quality.cases import CaseSyntaxError, read
from quality.pages import explain, rule_pages
from quality.registry import all_rules

DRAWN = """-- prose
142 an open episode
  year 2024
  episodes
  child | decom      | dec        | fails
  A     | 2024-05-01 |            | x
  A     | 2024-08-01 |            |

502
  episodes
  child | decom
  A     | 2024-05-01
  last_year.Episodes
  child | decom
  A     | 2024-05-02
"""


def test_a_drawing_is_read_with_year_tables_and_rows_that_fail() -> None:
    first, second = read(DRAWN, "ssda903", "x.cases")
    assert (first.code, first.about, first.year, first.place) == ("142", "an open episode", 2024, "x.cases:2")
    assert first.tables[0].rows[0] == {"CHILD": "A", "decom": "2024-05-01", "dec": ""}
    assert first.expected == {("episodes", 1)}
    assert second.year == 2025
    assert [table.name for table in second.tables] == ["episodes", "last_year.episodes"]


def test_a_drawing_that_is_wrong_is_told_in_words() -> None:
    first, second = read(DRAWN, "ssda903", "x.cases")
    assert cases.check(first) == []
    assert cases.check(second) == ["x.cases:9: 502 found episodes row 1 of 201"]
    wrong = dataclasses.replace(first.tables[0], fails=frozenset({2}))
    assert len(cases.check(dataclasses.replace(first, tables=(wrong,)))) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("142\n  episodes\n  child | dec | fails\n  A | | yes", r"x.cases:4: expected x or nothing"),
        ("142\n  episodes\n  child | dec\n  A | | x", r"x.cases:4: expected 2 cells, came 3"),
        ("142\n  child | dec\n  A | ", r"x.cases:2: expected the name of a table"),
        ("99999\n  episodes\n  child | dec\n", r"x.cases:1: expected the code of a rule"),
    ],
)
def test_a_drawing_that_cannot_be_read_says_where(text: str, says: str) -> None:
    with pytest.raises(CaseSyntaxError, match=says):
        read(text, "ssda903", "x.cases")


def test_a_drawing_must_show_every_table_that_its_rule_reads() -> None:
    case = read("502\n  episodes\n  child | decom\n  A | 2024-05-01\n", "ssda903", "x.cases")[0]
    with pytest.raises(CaseSyntaxError, match="last year's Episodes was not sent"):
        cases.check(case)


def test_every_rule_stands_on_its_return_s_page_with_its_drawing() -> None:
    pages = rule_pages()
    assert set(pages) == {
        f"docs/rules/{ret}.md" for ret in ("cin", "ssda903", "school_census", "daily_attendance")
    }
    for rule in all_rules():
        page = pages[f"docs/rules/{rule.ret}.md"]
        assert f"## {rule.code}\n\n" in page
        assert rule.message in page
    for case in cases.all_cases():
        assert case.text in pages[f"docs/rules/{case.ret}.md"]


def test_a_rule_is_explained_in_plain_words() -> None:
    said = explain("502")
    assert "The episode left open last year is not the one with which this year begins." in said
    assert "Episodes: `DECOM` · every year · error · needs last year's return" in said
    assert "until 2024" in explain("4180")
    assert "since 2025" in explain("4180")
    assert "the whole return" in explain("2887q")
    with pytest.raises(LookupError, match="there is no rule 99999"):
        explain("99999")
