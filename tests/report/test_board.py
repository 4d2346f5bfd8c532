"""The national board: who is here, who is late, and a dash where nothing is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl

from quality.report import board, read_before
from tests.report.material import receipt

AUTHORITIES = pl.DataFrame(
    {
        "la": ["201", "202", "203", "204"],
        "la_name": ["A", "B <b>", "C", "D"],
        "region": ["North East", "North East", "London", None],
        "page": ["201/index.html", None, None, None],
    }
)
RECEIPTS = pl.DataFrame(
    [
        receipt("cin", "current", la="201", children=1000, submission="a", sent="2025-08-05"),
        receipt("cin", "superseded", la="201", submission="b", sent="2025-06-30"),
        receipt("cin", "superseded", la="201", submission="c", sent="2025-07-02"),
        receipt("cin", "held", la="202", submission="d", sent="2025-07-02"),
        receipt("cin", "quarantined", la="203", children=None, submission="e"),
        receipt("cin", "current", la="203", children=500, submission="f", sent="2025-07-03"),
        receipt("cin", "missing", la="204", children=None, submission=None, received=None),
        receipt("cin", "current", la="201", year=2024, children=9, submission="g"),
        receipt("ssda903", "current", la="201", children=50, submission="h", sent="2025-07-12"),
        receipt("ssda903", "current", la="202", children=50, submission="i", sent="2025-06-30"),
        receipt("ssda903", "current", la="203", children=50, submission="j", received="2025-06-30"),
        receipt("ssda903", "current", la="204", children=50, submission="k", received="2025-07-01"),
        receipt("school_census", "current", la="201", term="spring", children=800, submission="l", sent="2025-02-12"),
        receipt("school_census", "current", la="201", term="summer", children=800, submission="m", sent="2025-06-30"),
        receipt("school_census", "current", la="202", term="spring", children=800, submission="n", sent="2025-02-13"),
        receipt("school_census", "missing", la="203", children=None, submission=None, received=None),
        receipt("school_census", "current", la="204", term="autumn", children=1, submission="o", sent="2025-10-10"),
        receipt("person_identifiers", "current", la="201", children=9, submission="p"),
        receipt("cin", "current", la="unknown:box", children=10, submission="q", sent="2025-07-01"),
    ],
    infer_schema_length=None,
)  # fmt: skip
FINDINGS = pl.DataFrame(
    [
        {"submission": "a", "severity": "error", "n": 12},
        {"submission": "a", "severity": "error", "n": 30},
        {"submission": "a", "severity": "query", "n": 900},
        {"submission": "b", "severity": "error", "n": 900},
        {"submission": "g", "severity": "error", "n": 900},
        {"submission": "n", "severity": "error", "n": 8},
    ]
)


def checked(la: str, ret: str, made: bool) -> dict[str, Any]:
    return {"la": la, "return": ret, "year": 2025, "rule": "1", "checked": made, "reason": ""}


COVERAGE = pl.DataFrame(
    [checked("201", "cin", True), checked("203", "cin", False), checked("202", "school_census", True)]
)
LINKS = pl.DataFrame([{"la": "201", "return": "cin", "year": 2025, "records": 1000, "linked": 963}])


def made(out: Path, **changed: Any) -> str:
    usual: dict[str, Any] = {
        **{"year": 2025, "authorities": AUTHORITIES, "receipts": RECEIPTS, "findings": FINDINGS},
        **{"coverage": COVERAGE, "link_rates": LINKS, "generated": "2025-10-20"},
    }
    return board(out, **{**usual, **changed}).read_text(encoding="utf-8")


def rows(page: str, table: str) -> dict[str, list[str]]:
    """A table's cells as read, by the row's heading."""
    if f'class="{table} stack"' not in page:
        return {}
    body = page[page.index(f'class="{table} stack"') :].split("<tbody>")[1].split("</tbody>")[0]
    found = {}
    for row in body.split("</tr>")[:-1]:
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.S)
        cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
        found[cells[0]] = cells
    return found


def facts(out: Path) -> dict[tuple[str, str, str], dict[str, Any]]:
    frame = pl.read_csv(out / "board_2025.csv", infer_schema=False)
    return {(row["la"], row["return"], row["term"] or ""): row for row in frame.to_dicts()}


def test_each_authority_is_shown_with_status_errors_and_links(tmp_path: Path) -> None:
    found = rows(made(tmp_path), "board")
    assert found["A 201 · North East"][1:4] == ["On time 30 June, 2 replaced", "42.0", "96.3%"]
    assert found["B &lt;b&gt; 202 · North East"][1:4] == ["Held back", "–", "–"]
    assert found["C 203 · London"][1:4] == ["Unreadable an earlier one is in use", "–", "–"]
    assert found["D 204"][1:4] == ["Not received", "–", "–"]
    assert found["not in the list of authorities unknown:box"][1] == "On time 1 July"


def test_a_return_is_in_time_by_its_first_submission_and_late_only_by_a_date_that_was_told(
    tmp_path: Path,
) -> None:
    made(tmp_path)
    states = {la: facts(tmp_path)[la, "ssda903", ""] for la in ("201", "202", "203", "204", "unknown:box")}
    assert [(one["state"], one["days_late"]) for one in states.values()] == [
        ("late", "12"), ("on_time", None), ("on_time", None), ("undated", None), ("none", None),
    ]  # fmt: skip
    assert facts(tmp_path)["201", "cin", ""]["state"] == "on_time"


def test_each_census_is_a_column_and_one_that_is_not_due_is_not_missing(tmp_path: Path) -> None:
    made(tmp_path)
    terms = ("spring", "summer", "autumn")
    states = {
        la: [facts(tmp_path)[la, "school_census", t]["state"] for t in terms] for la in AUTHORITIES["la"]
    }
    assert states == {
        "201": ["on_time", "late", "awaited"],
        "202": ["late", "missing", "awaited"],
        "203": ["missing", "missing", "awaited"],
        "204": ["missing", "missing", "on_time"],
    }
    assert facts(tmp_path)["unknown:box", "school_census", "summer"]["state"] == "none"
    made(tmp_path, generated="2025-10-30")
    assert facts(tmp_path)["201", "school_census", "autumn"]["state"] == "missing"


def test_a_file_that_nobody_owes_is_never_missing(tmp_path: Path) -> None:
    made(tmp_path)
    assert facts(tmp_path)["201", "person_identifiers", ""]["state"] == "in_use"
    assert facts(tmp_path)["202", "person_identifiers", ""]["state"] == "none"


def test_errors_are_those_of_the_submission_in_use(tmp_path: Path) -> None:
    made(tmp_path)
    assert facts(tmp_path)["201", "cin", ""]["errors_per_1000"] == "42.0"
    assert facts(tmp_path)["202", "school_census", "spring"]["errors_per_1000"] == "10.0"


def test_where_no_rule_was_checked_there_is_a_dash_and_not_a_zero(tmp_path: Path) -> None:
    page = made(tmp_path)
    assert facts(tmp_path)["203", "cin", ""]["errors_per_1000"] is None
    assert facts(tmp_path)["201", "school_census", "spring"]["errors_per_1000"] is None
    assert rows(page, "totals")["Children looked after (SSDA903)"][-2:] == ["–", "–"]


def test_what_has_changed_since_the_last_release_is_told_where_both_are_known(tmp_path: Path) -> None:
    made(tmp_path)
    worse = FINDINGS.with_columns(pl.col("n") + 2)
    page = made(tmp_path / "next", findings=worse, before=read_before(tmp_path / "board_2025.csv"))
    assert rows(page, "board")["A 201 · North East"][2] == "46.0 +4.0"
    assert rows(page, "totals")["Children in need census"][-3:] == ["46.0", "1 more, 0 fewer", "96.3%"]
    assert "Since the last release" not in made(tmp_path / "first", before=read_before(tmp_path / "none.csv"))


def test_the_totals_are_those_of_the_authorities_in_the_list(tmp_path: Path) -> None:
    page = made(tmp_path)
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page[page.index("Totals by return") :])
    assert heads[:9] == [
        "Return", "Due", "On time", "Late", "Undated", "In use", "Not received", "Held back", "Unreadable",
    ]  # fmt: skip
    total = rows(page, "totals")
    assert total["Children in need census"][1:] == [
        "31 July", "1", "0", "0", "0", "1", "1", "1", "0", "2", "42.0", "96.3%",
    ]  # fmt: skip
    assert total["School census summer"][1:9] == ["11 June", "0", "1", "0", "0", "3", "0", "0"]
    assert re.search(r"<dt>On time</dt><dd class=\"big\">5</dd><dd>sent by the day set \(29.4%\)", page)
    assert re.search(r"<dt>Not received</dt><dd class=\"big\">6</dd>", page)


def test_those_who_need_a_call_are_named(tmp_path: Path) -> None:
    calls = rows(made(tmp_path), "calls")
    assert calls["Children in need census: not received"][1:] == ["1", "D"]
    assert calls["School census summer: not received"][1:] == ["3", "B &lt;b&gt;, C and D"]
    assert calls["Anything: not in the list of authorities"][1:] == ["1", "unknown:box"]


def test_names_are_text_and_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    page = made(tmp_path)
    assert "B &lt;b&gt;" in page
    assert not re.search(r"https?:|@import|url\(|<script src|<img|<link", page)
    assert page.count("<table") == page.count("<caption")
    assert re.findall(r'href="([^"#]*)"', page) == ["", "board_2025.csv", "201/index.html"][1:]


def test_the_order_in_which_things_arrive_changes_no_byte(tmp_path: Path) -> None:
    turned = {"receipts": RECEIPTS.reverse(), "findings": FINDINGS.reverse(), "coverage": COVERAGE.reverse()}
    turned["authorities"] = AUTHORITIES.reverse()
    assert made(tmp_path) == made(tmp_path / "again", **turned)
    csv = "board_2025.csv"
    assert (tmp_path / csv).read_bytes() == (tmp_path / "again" / csv).read_bytes()


def test_a_year_without_any_receipt_shows_everybody_and_claims_nothing(tmp_path: Path) -> None:
    page = made(tmp_path, year=2026, link_rates=None)
    assert len(rows(page, "board")) == 4
    assert rows(page, "totals") == {}


def test_a_board_of_all_england_is_below_300_kilobytes(tmp_path: Path) -> None:
    codes = [str(200 + n) for n in range(153)]
    names = [f"A long name of an authority, {la}" for la in codes]
    everyone = pl.DataFrame({"la": codes, "la_name": names}).with_columns(
        region=pl.lit("Yorkshire and The Humber"), page=pl.col("la") + "/index.html", mark=pl.lit("full size")
    )
    kinds = [("cin", ""), ("ssda903", ""), ("person_identifiers", "")]
    kinds += [("school_census", term) for term in ("spring", "summer", "autumn")]
    sent = pl.DataFrame(
        [
            receipt(ret, "current", la=la, term=term, submission=f"{la}{ret}{term}", sent="2025-12-24")
            for la in codes
            for ret, term in kinds
        ]
    )
    found = sent.select("submission", severity=pl.lit("error"), n=pl.lit(12345))
    rules = pl.DataFrame([checked(la, ret, True) for la in codes for ret, _ in kinds])
    links = sent.filter(pl.col("return").is_in(["cin", "ssda903"])).select(
        "la", "return", "year", records=pl.lit(1000), linked=pl.lit(999)
    )
    everything = {"authorities": everyone, "receipts": sent, "findings": found, "coverage": rules}
    made(tmp_path, **everything, link_rates=links)
    page = made(tmp_path, **everything, link_rates=links, before=read_before(tmp_path / "board_2025.csv"))
    assert len(rows(page, "board")) == 153
    assert len(page.encode()) < 300_000
