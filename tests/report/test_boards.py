"""One board a year, the latest first, each leading to the others and to the authorities' reports."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl

from assets.boards import write_boards
from assets.store import Store
from tests.report.material import COVERAGE, LINKS, SOME, receipt

RECEIPTS = pl.DataFrame(
    [
        receipt("cin", "current", la="202", year=2025, submission="a", sent="2025-07-01"),
        receipt("cin", "current", la="202", year=2024, submission="b", sent="2024-09-01"),
        receipt("cin", "current", la="909", year=2023, submission="c", sent="2023-07-01"),
        receipt("cin", "quarantined", la="202", year=2099, submission="d"),
    ],
    infer_schema_length=None,
)
FRAMES = {"receipts": RECEIPTS, "findings": SOME, "coverage": COVERAGE, "link_rates": LINKS}


def boards(home: Path) -> Path:
    write_boards(Store(home), home / "quality", FRAMES, {"202": "202"}, "2026-01-01")
    return home / "quality"


def test_every_year_in_which_something_is_in_use_has_a_board_and_the_latest_is_the_index(
    tmp_path: Path,
) -> None:
    out = boards(tmp_path)
    assert sorted(path.name for path in out.iterdir()) == [
        "2023.html", "2024.html", "board_2023.csv", "board_2024.csv", "board_2025.csv", "index.html",
    ]  # fmt: skip
    links = {p.name: re.findall(r'href="(index|20\d\d)\.html"', p.read_text()) for p in out.glob("*.html")}
    assert links == {
        "index.html": ["2024", "2023"], "2024.html": ["index", "2023"], "2023.html": ["index", "2024"],
    }  # fmt: skip


def test_the_authorities_are_those_of_the_year_with_their_regions_and_reports(tmp_path: Path) -> None:
    out = boards(tmp_path)
    by_year = {year: pl.read_csv(out / f"board_{year}.csv", infer_schema=False) for year in (2023, 2025)}
    assert "909" in by_year[2023]["la"]
    assert "909" not in by_year[2025]["la"]
    assert by_year[2025].filter(pl.col("la") == "202")["region"].to_list() == ["London"]
    assert by_year[2025]["la"].n_unique() == 153
    assert re.findall(r'href="([^"#]+/index\.html)"', (out / "index.html").read_text()) == ["202/index.html"]


def test_the_last_release_tells_what_has_changed(tmp_path: Path) -> None:
    before = tmp_path / "current" / "restricted" / "quality"
    before.mkdir(parents=True)
    told = pl.DataFrame([{"la": "202", "return": "cin", "term": "", "errors_per_1000": 5.0}])
    told.write_csv(before / "board_2025.csv")
    out = boards(tmp_path)
    row = pl.read_csv(out / "board_2025.csv", infer_schema=False).filter(la="202").to_dicts()[0]
    assert row["change_since_last_release"] == "-5.0"
    assert "Since the last release" in (out / "index.html").read_text()
    assert "Since the last release" not in (out / "2024.html").read_text()


def test_an_authority_that_was_made_whole_in_a_sample_is_marked(tmp_path: Path) -> None:
    (tmp_path / "synthetic.json").write_text(json.dumps({"scale": 0.01, "full_size": ["202"]}))
    page = (boards(tmp_path) / "index.html").read_text()
    assert page.count('<span class="mark">full size</span>') == 1


def test_where_nothing_can_be_used_the_latest_year_has_a_board_all_the_same(tmp_path: Path) -> None:
    unreadable = RECEIPTS.filter(pl.col("status") == "quarantined").with_columns(year=pl.lit(2025, pl.Int64))
    write_boards(Store(tmp_path), tmp_path / "quality", FRAMES | {"receipts": unreadable}, {}, "2026-01-01")
    assert '<b class="call">Unreadable</b>' in (tmp_path / "quality" / "index.html").read_text()
    assert (
        write_boards(Store(tmp_path), tmp_path / "q", FRAMES | {"receipts": RECEIPTS.clear()}, {}, "") == []
    )
