"""The national board: who is here, who is late, and a dash where nothing is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl

from quality.report import board
from tests.report.material import receipt

AUTHORITIES = pl.DataFrame({"la": ["201", "202", "203", "204"], "la_name": ["A", "B <b>", "C", "D"]})
RECEIPTS = pl.DataFrame(
    [
        receipt("cin", "current", la="201", children=1000),
        receipt("cin", "superseded", la="201", received="2025-06-01"),
        receipt("cin", "superseded", la="201", received="2025-06-02"),
        receipt("cin", "held", la="202"),
        receipt("cin", "quarantined", la="203", children=None),
        receipt("cin", "current", la="203", children=500),
        receipt("cin", "current", la="201", year=2024, children=9),
        receipt("school_census", "current", la="201", term="Autumn", children=800),
        receipt("school_census", "missing", la="201", term="Spring", children=None, received=None),
        receipt("cin", "current", la="unknown:box", children=10),
    ],
    infer_schema_length=None,
)
FINDINGS = pl.DataFrame(
    [
        {"la": "201", "return": "cin", "year": 2025, "severity": "error", "n": 12},
        {"la": "201", "return": "cin", "year": 2025, "severity": "error", "n": 30},
        {"la": "201", "return": "cin", "year": 2025, "severity": "query", "n": 900},
        {"la": "201", "return": "cin", "year": 2024, "severity": "error", "n": 900},
    ]
)
COVERAGE = pl.DataFrame(
    [
        {"la": "201", "return": "cin", "year": 2025, "rule": "1", "checked": True, "reason": ""},
        {"la": "203", "return": "cin", "year": 2025, "rule": "1", "checked": False, "reason": ""},
    ]
)
LINKS = pl.DataFrame([{"la": "201", "return": "cin", "year": 2025, "records": 1000, "linked": 963}])


def made(out: Path, **changed: Any) -> str:
    usual: dict[str, Any] = {
        **{"year": 2025, "authorities": AUTHORITIES, "receipts": RECEIPTS, "findings": FINDINGS},
        **{"coverage": COVERAGE, "link_rates": LINKS, "generated": "2025-07-04"},
    }
    return board(out, **{**usual, **changed}).read_text(encoding="utf-8")


def rows(page: str, table: str) -> dict[str, list[str]]:
    """A table's cells as read, by the row's heading."""
    body = page[page.index(f'class="{table}"') :].split("<tbody>")[1].split("</tbody>")[0]
    found = {}
    for row in body.split("</tr>")[:-1]:
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.S)
        cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
        found[cells[0]] = cells
    return found


def test_each_authority_is_shown_with_status_errors_and_links(tmp_path: Path) -> None:
    found = rows(made(tmp_path), "board")
    assert found["201"][2:5] == ["In use 3 July, 2 replaced", "42.0", "96.3%"]
    assert found["202"][2:5] == ["Held back", "–", "–"]
    assert found["204"][2:5] == ["Not received", "–", "–"]
    assert found["201"][5] == "Autumn: in use; Spring: not received 3 July"
    assert found["unknown:box"][1] == "not in the list of authorities"


def test_where_no_rule_was_checked_there_is_a_dash_and_not_a_zero(tmp_path: Path) -> None:
    found = rows(made(tmp_path), "board")
    assert found["203"][2] == "In use; could not be read 3 July"
    assert found["203"][3] == "–"


def test_the_totals_are_those_of_the_rows(tmp_path: Path) -> None:
    total = rows(made(tmp_path), "totals")
    assert total["Children in need census"][1:] == ["2", "1", "1", "1", "2", "42.0", "96.3%"]
    assert total["School census"][1:6] == ["0", "0", "0", "5", "0"]


def test_names_are_text_and_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    page = made(tmp_path)
    assert "B &lt;b&gt;" in page
    assert not re.search(r"https?:|@import|url\(|<script src|<img|<link", page)
    assert page.count("<table") == page.count("<caption")


def test_the_order_in_which_things_arrive_changes_no_byte(tmp_path: Path) -> None:
    turned = {"receipts": RECEIPTS.reverse(), "findings": FINDINGS.reverse(), "coverage": COVERAGE.reverse()}
    turned["authorities"] = AUTHORITIES.reverse()
    assert made(tmp_path) == made(tmp_path / "again", **turned)


def test_a_year_without_any_receipt_shows_everybody_and_claims_nothing(tmp_path: Path) -> None:
    page = made(tmp_path, year=2026, link_rates=None)
    assert len(rows(page, "board")) == 4
    assert rows(page, "totals") == {}
