"""A report is held against the submission before, however often it is made again; and shows how it goes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import polars as pl

from quality.report import Beside, authority_report
from quality.report.inputs import HISTORY
from tests.report.material import (
    CHILD,
    COVERAGE,
    LINKS,
    RULES,
    SOME,
    finding,
    findings,
    receipt,
    report,
    sheet,
)

FIRST = receipt("ssda903", "current", submission="one", received="2025-05-01T08:00:00", children=500)
SECOND = [
    FIRST | {"status": "superseded"},
    receipt("ssda903", "current", submission="two", received="2025-07-01T08:00:00", children=500),
]


def of(submission: str, *children: str) -> pl.DataFrame:
    return findings(*(finding("142", child, submission=submission) for child in children))


def counted(submission: str, errors: int, received: str, **more: Any) -> dict[str, Any]:
    what = {"children": 500, "error": errors, "query": 0, "explained": 0, "waived": 0, "checked": 2}
    return {"la": "202", "return": "ssda903", "year": 2025, "term": "", "submission": submission,
            "received": received, **what, **more}  # fmt: skip


def history(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema={"la": pl.String(), **HISTORY})


def made(out: Path, receipts: list[dict[str, Any]], found: pl.DataFrame, previous: pl.DataFrame | None,
         before: pl.DataFrame, **beside: Any) -> Any:  # fmt: skip
    return authority_report(
        out, la="202", la_name="Camden", receipts=pl.DataFrame(receipts, infer_schema_length=None),
        findings=found, coverage=COVERAGE, rule_texts=RULES, previous=previous, england=None, link_rates=LINKS,
        generated="2025-07-04", beside=Beside(history=before, **beside),
    )  # fmt: skip


def statuses(written: Any) -> dict[str, tuple[str, str]]:
    now = written.listed
    return {row["child"]: (row["status"], row["first_seen"]) for row in now.to_dicts()}


def three_nights(tmp_path: Path) -> tuple[Any, Any, Any]:
    """The first submission; the second, in which B is new and C is gone; and a night on which nothing came."""
    one = made(tmp_path / "1", [FIRST], of("one", "A", "C"), None, history())
    told = history(counted("one", 2, "2025-05-01"))
    two = made(tmp_path / "2", SECOND, of("two", "A", "B"), one.listed, told)
    told = history(counted("one", 2, "2025-05-01"), counted("two", 2, "2025-07-01"))
    three = made(tmp_path / "3", SECOND, of("two", "A", "B"), two.listed, told)
    return one, two, three


def test_findings_are_new_still_or_fixed_against_the_last_submission_with_their_first_day(
    tmp_path: Path,
) -> None:
    one, two, _ = three_nights(tmp_path)
    assert statuses(one) == {"A": ("", "2025-05-01"), "C": ("", "2025-05-01")}
    assert statuses(two) == {
        "A": ("still", "2025-05-01"),
        "B": ("new", "2025-07-01"),
        "C": ("fixed", "2025-05-01"),
    }
    shown = {row["Child"]: row["First Seen"] for row in sheet(two.workbook, "By child")}
    assert shown == {"A": "2025-05-01", "B": "2025-07-01"}


def test_a_night_on_which_nothing_came_says_the_same_again(tmp_path: Path) -> None:
    _, two, three = three_nights(tmp_path)
    assert statuses(three) == statuses(two)
    assert [row["Child"] for row in sheet(three.workbook, "Fixed since last submission")] == ["C"]


def test_a_return_that_comes_for_the_first_time_is_compared_with_nothing(tmp_path: Path) -> None:
    one = made(tmp_path / "1", [FIRST], of("one", "A"), None, history())
    cin = receipt("cin", "current", submission="cin1", received="2025-06-01")
    both = pl.concat(
        [of("one", "A"), findings(finding("100", "K", **{"return": "cin", "submission": "cin1"}))]
    )
    told = history(counted("one", 1, "2025-05-01"))
    assert statuses(made(tmp_path / "2", [FIRST, cin], both, one.listed, told)) == {
        "A": ("", "2025-05-01"), "K": ("", "2025-06-01"),
    }  # fmt: skip


def test_a_rule_on_a_census_is_placed_by_its_submission_though_it_names_no_term(tmp_path: Path) -> None:
    terms = [
        receipt("school_census", "current", term=term, submission=term, received="2025-02-01")
        for term in ("autumn", "spring")
    ]
    row = finding("SC1", "P", **{"return": "school_census", "submission": "spring", "term": None})
    page = made(tmp_path, terms, findings(row), None, history()).page.read_text()
    received = page[page.index('id="received"') : page.index('id="rules"')]
    said = re.findall(
        r'<th scope="row">School census (\w+) 2025</th>.*?In use, .*?Reading it found (\d+)', received
    )
    assert said == [("spring", "1")]


def test_the_trend_shows_submissions_in_order_beside_englands_median(tmp_path: Path) -> None:
    told = history(counted("one", 20, "2025-05-01"))
    medians = pl.DataFrame([{"return": "ssda903", "year": 2025, "term": "", "per_1000": 7.5}])
    written = made(tmp_path, SECOND, of("two", "A"), None, told, medians=medians)
    rows = [
        (r["Submission"], r["Errors"], r["Errors per 1,000 children"], r["England median per 1,000"])
        for r in sheet(written.workbook, "Trend")
    ]
    assert rows == [("one", 20, 40, 7.5), ("two", 1, 2, 7.5)]
    page = written.page.read_text()
    trend = page[page.index('id="trend"') :]
    assert trend.index("1 May 2025") < trend.index("replaced since") < trend.index("1 July 2025")


def test_explained_and_waived_findings_are_listed_and_counted_apart(tmp_path: Path) -> None:
    settled = SOME.with_columns(
        standing=pl.when(pl.col("child") == CHILD).then(pl.lit("explained"))
        .when(pl.col("child") == "B-2").then(pl.lit("waived")).otherwise(pl.lit("")),
        explanation=pl.when(pl.col("child") == CHILD).then(pl.lit("<b>said</b>")).otherwise(pl.lit("")),
        waiver=pl.when(pl.col("child") == "B-2").then(pl.lit("until 2026-01-01: x")).otherwise(pl.lit("")),
    )  # fmt: skip
    page, book = report(tmp_path, findings=settled)
    rows = {(r["Child"], r["Error Code"], r["Error Row"]): r for r in sheet(book, "By child")}
    assert len(rows) == 5
    assert rows[CHILD, "142", 1]["Standing"] == "explained"
    assert rows[CHILD, "142", 1]["Explanation"] == "<b>said</b>"
    assert rows["B-2", "142", 9]["Waiver"] == "until 2026-01-01: x"
    summary = {r["Error Code"]: r for r in sheet(book, "Summary by rule") if "903" in r["Return"]}
    told = summary["142"]
    assert (told["Findings"] or 0, told["Children"] or 0, told["Explained"], told["Waived"]) == (0, 0, 2, 1)
    assert "1,301 errors to correct and 1 query to explain." in " ".join(page.split())
    assert "2 explained, 2 waived; not counted above" in page
    assert "said" not in page


def test_what_is_explained_is_not_what_to_put_right_first(tmp_path: Path) -> None:
    settled = SOME.with_columns(
        standing=pl.when(pl.col("rule") == "142").then(pl.lit("explained")).otherwise(pl.lit(""))
    )
    receipts = [receipt("ssda903", "current", children=500)]
    page = made(tmp_path, receipts, settled, None, history()).page.read_text()
    first = page[page.index('id="first"') : page.index('id="received"')]
    assert "An episode is still open" not in first
    assert "The birth date is not possible." in first


def touched(rule: str, indicator: str, with_them: float, without: float | None) -> dict[str, Any]:
    place = {"la": "202", "return": "ssda903", "year": 2025, "rule": rule, "unit": "%", "decimals": 1}
    return {**place, "indicator": indicator, "with_them": with_them, "without_them": without}


def test_what_comes_first_is_ranked_by_children_and_indicators_and_shown_with_and_without_them(
    tmp_path: Path,
) -> None:
    several = findings(
        finding("142", "A"), finding("142", "B"), *(finding("100", c, table="Header") for c in "CDE")
    )
    mending = pl.DataFrame(
        [touched("142", "Placements", 10.0, 8.5), touched("142", "Distance", 4.0, 4.0),
         touched("142", "Adoption", 100.0, None)]
    )  # fmt: skip
    receipts = [receipt("ssda903", "current", children=500)]
    written = made(tmp_path, receipts, several, None, history(), mending=mending)
    page = written.page.read_text()
    first = page[page.index('id="first"') : page.index('id="received"')]
    assert first.index("An episode is still open") < first.index("The birth date is not possible.")
    cells = re.findall(r'<tr><td>(\w+) <small>%</small></td><td class="n" data-is="With them">([^<]*)</td>'
                       r'<td class="n" data-is="Without">([^<]*)</td>', first)  # fmt: skip
    assert cells == [
        ("Adoption", "100.0", "none left"),
        ("Placements", "10.0", "8.5"),
    ]
    assert "1 indicator counts these children and stays the same in the decimals shown." in first
    rows = [(r["Error Code"], r["Indicator"]) for r in sheet(written.workbook, "Mend first")]
    assert ("142", "Distance") in rows
    assert ("100", None) in rows


def test_an_earlier_year_and_the_same_rule_again_stand_behind_this_years(tmp_path: Path) -> None:
    rows = findings(
        *(finding("100", c, year=2024, table="Header") for c in "ABCD"), finding("100", "A", table="Header"),
        finding("142", "A"), finding("142", "B"),
    )  # fmt: skip
    receipts = [receipt("ssda903", "current", children=500), receipt("ssda903", "current", year=2024)]
    page = made(tmp_path, receipts, rows, None, history()).page.read_text()
    first = page[page.index('id="first"') : page.index('id="received"')]
    assert re.findall(r"(20\d\d), rule (\w+)", first) == [("2025", "142"), ("2025", "100")]


def field(name: str, filled: int, england: float) -> dict[str, Any]:
    place = {"la": "202", "return": "ssda903", "year": 2025, "table": "Episodes"}
    return {**place, "field": name, "rows": 200, "filled": filled, "england": england}


def test_completeness_shows_gaps_that_others_do_not_have(tmp_path: Path) -> None:
    fields = [field("DECOM", 200, 100.0), field("REC", 100, 55.0), field("PL_POST", 120, 97.0),
              field("URN", 0, 0.0), field("LS", 199, 100.0)]  # fmt: skip
    written = made(tmp_path, [FIRST], SOME.clear(), None, history(), completeness=pl.DataFrame(fields))
    page = written.page.read_text()
    assert re.findall(r'class="field( gap)?">([^<]*)</span>', page) == [
        ("", "LS 99%"), (" gap", "PL_POST 60% (97%)"), ("", "REC 50%"),
    ]  # fmt: skip
    assert "1 field filled in every row and 1 field blank in every row" in page
    rows = {
        r["Field"]: (r["Rows"], r["Filled"], r["Per cent filled"])
        for r in sheet(written.workbook, "Completeness")
    }
    assert rows["PL_POST"] == (200, 120, 60)


def test_waivers_are_said_with_their_end_and_name_no_child_on_the_page(tmp_path: Path) -> None:
    waivers = pl.DataFrame(
        [{"la": "202", "return": "ssda903", "rule": "142", "child": CHILD, "until": "2025-01-31",
          "reason": "twins", "state": "ended"}]
    )  # fmt: skip
    written = made(tmp_path, [FIRST], SOME.clear(), None, history(), waivers=waivers)
    page = written.page.read_text()
    assert "31 January 2025 (ended: counts again)" in page
    assert "one child" in page
    assert CHILD not in page
    assert sheet(written.workbook, "Waivers")[0]["Child"] == CHILD


def test_the_full_list_holds_every_finding_in_the_columns_of_the_workbook(tmp_path: Path) -> None:
    report(tmp_path)
    rows = pl.read_csv(tmp_path / "quality.csv", infer_schema=False)
    assert rows.height == SOME.height
    assert rows.columns == list(sheet(tmp_path / "quality.xlsx", "By child")[0])
    assert rows["Authority"].unique().to_list() == ["202"]
