"""The page and the workbook say what was given, agree, and never praise what was not checked."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from openpyxl import load_workbook

from quality.report import RuleText, england_medians, workbook
from tests.report.material import (
    CHILD,
    COVERAGE,
    RECEIPTS,
    SOME,
    finding,
    findings,
    receipt,
    report,
    sheet,
)

HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "http://evil.example",
    "mailto:a@b.example",
    "internal:Sheet1!A1",
    "<script>alert(1)</script>",
    "\t=1+1",
    "{=1}",
    "bell\x07 and \x00 null",
]


def plain(page: str) -> str:
    """The page as it is read: without style and tags, entities and spaces in order."""
    without = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)
    return " ".join(without.replace("&#39;", "'").split())


def test_the_page_says_the_figures_that_were_given(tmp_path: Path) -> None:
    text = plain(report(tmp_path)[0])
    assert "1,305 errors to correct and 1 query to explain." in text
    assert "4 rules checked. 1 rule could not be checked." in text
    assert "1 could not be read and 1 not received" in text
    assert "97.5%" in text
    assert "1,287 of 1,320" in text
    assert "7 set aside" in text
    assert "Earlier submissions replaced by later ones: 1 of Children looked after (SSDA903) 2025." in text
    assert "An episode is still open although another follows." in text
    assert "Last year's return is not held" in text
    assert "3 July 2025, 09:15" in text


def test_a_rule_is_counted_by_findings_children_and_per_thousand(tmp_path: Path) -> None:
    rows = {(r["Return"], r["Error Code"]): r for r in sheet(report(tmp_path)[1], "Summary by rule")}
    row = rows["Children looked after (SSDA903)", "142"]
    assert (row["Findings"], row["Children"], row["Per 1,000 children"]) == (3, 2, 6)
    cells = rows["Children looked after (SSDA903)", "cell.not_a_date"]
    assert (cells["Findings"], cells["Children"], cells["Per 1,000 children"]) == (1300, 0, None)


def test_the_same_code_in_two_returns_has_two_sentences(tmp_path: Path) -> None:
    rows = [r for r in sheet(report(tmp_path)[1], "Summary by rule") if r["Error Code"] == "100"]
    assert {r["Error Description"] for r in rows} == {
        "The birth date is not possible.",
        "The reference date is not 31 March.",
    }


def test_summary_is_the_sum_of_children_and_return_level(tmp_path: Path) -> None:
    book = report(tmp_path)[1]
    total = {
        name: sum(r["Findings"] for r in sheet(book, name)) for name in load_workbook(book).sheetnames[1:4]
    }
    assert total["Summary by rule"] == total["By child"] + total["Return level"] == SOME["n"].sum()
    assert (total["By child"], total["Return level"]) == (5, 1301)


def test_the_columns_that_officers_know_come_first(tmp_path: Path) -> None:
    book = load_workbook(report(tmp_path)[1])
    assert book.sheetnames[:5] == ["Read me", "Summary by rule", "By child", "Return level", "Not checked"]
    headings = [cell.value for cell in book["By child"][1]]
    assert headings[:9] == [
        *("Child", "Affected Table", "Error Row", "Error Code", "Error Description", "Error Fields"),
        *("Affected Values", "Errors for Child", "Errors of Type"),
    ]
    for name in ("Severity", "Rule Year", "First Seen", "Status vs Last Submission", "Explanation"):
        assert name in headings
    for name in book.sheetnames[1:]:
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref
        assert all(cell.font.bold for cell in book[name][1])


def test_errors_are_counted_for_a_child_and_for_a_type(tmp_path: Path) -> None:
    rows = sheet(report(tmp_path)[1], "By child")
    own = [r for r in rows if r["Child"] == CHILD]
    assert [(r["Errors for Child"], r["Errors of Type"], r["Error Row"]) for r in own] == [
        (2, 3, 1),
        (2, 3, 2),
    ]


def test_the_page_names_no_child_and_shows_no_value(tmp_path: Path) -> None:
    page, book = report(tmp_path, findings=SOME.with_columns(message=pl.lit("Dec is 31/12/2024")))
    assert CHILD not in page
    assert "31/12/2024" not in page
    assert {r["Affected Values"] for r in sheet(book, "By child")} == {"31/12/2024"}


def test_the_workbook_names_the_file_and_the_page_does_not(tmp_path: Path) -> None:
    """A file may be called after a child."""
    named = SOME.with_columns(file_name=pl.lit("Jane Doe.csv"))
    page, book = report(tmp_path, findings=named)
    assert "Jane Doe" not in page
    assert {r["File"] for name in ("By child", "Return level") for r in sheet(book, name)} == {"Jane Doe.csv"}


def test_the_page_says_in_words_why_a_return_is_not_used(tmp_path: Path) -> None:
    receipts = RECEIPTS.with_columns(
        reason=pl.when(pl.col("status") == "quarantined").then(pl.lit("file.xml_broken")).otherwise("reason")
    )
    page, _ = report(tmp_path, receipts=receipts)
    assert "Not used. The XML ends or breaks before its end. Please send it again." in page
    assert "file.xml_broken" not in page


def test_every_row_is_high_enough_for_what_stands_in_it(tmp_path: Path) -> None:
    """Not every program works out the height of a row: texts would be printed over one another."""
    _, book = report(tmp_path, findings=SOME.with_columns(message=pl.lit("Decision " * 30)))
    for page in load_workbook(book).worksheets:
        for cell in (
            cell for row in page.iter_rows(min_row=2) for cell in row if isinstance(cell.value, str)
        ):
            wide = page.column_dimensions[cell.column_letter].width
            assert (page.row_dimensions[cell.row].height or 15) >= 15 * -(-len(cell.value) // wide), (
                cell.coordinate
            )


def test_another_authoritys_child_is_in_neither(tmp_path: Path) -> None:
    other = finding("142", "Stranger", la="203", message="stranger message")
    everyone = pl.concat([SOME, findings(other)], how="diagonal_relaxed")
    page, book = report(tmp_path, findings=everyone, previous=everyone)
    assert "Stranger" not in page
    with zipfile.ZipFile(book) as parts:
        assert not [name for name in parts.namelist() if b"tranger" in parts.read(name)]


def test_findings_that_do_not_say_whose_they_are_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a column la"):
        report(tmp_path, findings=SOME.drop("la"))


def test_a_missing_column_and_an_unknown_status_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rule, severity did not come"):
        report(tmp_path, findings=SOME.drop("rule", "severity"))
    with pytest.raises(ValueError, match="expected a status of current"):
        report(tmp_path, receipts=pl.DataFrame([receipt("cin", "lost")]))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_was_sent_never_becomes_a_formula_a_link_or_markup(hostile: str, tmp_path: Path) -> None:
    row = finding("142", hostile, table=hostile, fields=hostile, values=hostile, message=hostile)
    texts = {"142": RuleText("142", hostile, "error", hostile)}
    rows = findings(row, {**row, "child": None})
    page, book = report(tmp_path, findings=rows, previous=rows, rule_texts=texts, la_name=hostile)
    with zipfile.ZipFile(book) as parts:
        assert not [
            name for name in parts.namelist() if b"<f>" in parts.read(name) or b"<f " in parts.read(name)
        ]
        assert not [name for name in parts.namelist() if b"hyperlink" in parts.read(name)]
    cell = load_workbook(book)["By child"]["A2"]
    assert cell.data_type == "s"
    assert "<script" not in page


def test_text_comes_out_as_it_went_in(tmp_path: Path) -> None:
    odd = ["=1+1", "007", "1e5", "2024-01-01", "Zoë O’Néill", "x" * 40_000]
    book = report(
        tmp_path, findings=findings(*(finding("142", str(n), values=v) for n, v in enumerate(odd)))
    )[1]
    shown = [r["Affected Values"] for r in sheet(book, "By child")]
    assert shown[:5] == odd[:5]
    assert shown[5].endswith("cut: too long for a cell)")


def test_nothing_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    page = report(tmp_path)[0]
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<script|<img|<link", page)
    assert re.findall(r'href="([^"#]*)"', page) == ["quality.xlsx", "quality.xlsx", "quality.csv"]


def test_the_page_can_be_read_with_a_screen_reader(tmp_path: Path) -> None:
    page = report(tmp_path, previous=SOME.head(3))[0]
    assert '<html lang="en-GB">' in page
    assert page.count("<table") == page.count("<caption")
    assert page.count("<h1") == 1
    for drawing in re.findall(r"<svg[^>]*>", page):
        assert 'aria-hidden="true"' in drawing or 'role="img" aria-label=' in drawing


def test_the_same_input_makes_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    def both(folder: str, **changed: Any) -> tuple[bytes, bytes]:
        page, book = report(tmp_path / folder, previous=SOME.tail(4), **changed)
        return page.encode(), book.read_bytes()

    turned = {"findings": SOME.reverse(), "receipts": RECEIPTS.reverse(), "coverage": COVERAGE.reverse()}
    assert both("a") == both("b") == both("c", **turned)


def test_files_are_readable_by_their_owner_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    report(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "quality.csv", "quality.xlsx"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_no_findings_and_no_checks_is_not_called_clean(tmp_path: Path) -> None:
    page, book = report(tmp_path, findings=SOME.clear(), coverage=COVERAGE.clear())
    text = plain(page)
    assert "No rule has been checked: what is wrong in the records is not known." in text
    assert "This cannot be said yet" not in text  # a submission that could not be read comes first
    for praise in ("No errors", "no errors", "nothing found", "found nothing", "None found"):
        assert praise not in text
    readme = " ".join(
        str(v) for row in load_workbook(book)["Read me"].iter_rows(values_only=True) for v in row
    )
    assert "no rule has been checked" in readme


def test_no_findings_says_what_was_checked_and_what_was_not(tmp_path: Path) -> None:
    text = plain(report(tmp_path, findings=SOME.clear())[0])
    assert "No errors and no queries were found. 4 rules checked. 1 rule could not be checked." in text
    assert "This speaks for the 2 rules that could be checked; 1 could not." in text
    assert "The 4 rules that could be checked found nothing. 1 rule could not be checked." in text


def test_only_when_every_rule_was_checked_does_it_say_all(tmp_path: Path) -> None:
    text = plain(report(tmp_path, findings=SOME.clear(), coverage=COVERAGE.filter("checked"))[0])
    assert "All 4 rules were checked and found nothing." in text
    assert "could not be checked" not in text.replace("0 could not be checked", "")


def test_what_reading_found_is_told_even_if_no_rule_was_checked(tmp_path: Path) -> None:
    only = SOME.filter(pl.col("rule") == "cell.not_a_date")
    text = plain(report(tmp_path, findings=only, coverage=COVERAGE.clear())[0])
    assert "Reading it found 1,300 errors." in text


def test_unusable_returns_come_first_and_leave_room_for_the_worst_rule(tmp_path: Path) -> None:
    page = report(tmp_path)[0]
    first = plain(page[page.index('id="first"') : page.index('id="received"')])
    assert (
        first.index("could not be read")
        < first.index("not received")
        < first.index("An episode is still open")
    )
    assert "3 errors in the records of 2 children" in first
    assert first.count("School census") == 2


def test_a_file_that_was_set_aside_comes_before_every_rule(tmp_path: Path) -> None:
    """What stood in it is in no figure, and no rule was held against it."""
    lost = finding("file.unknown_form", None, row=None, line=None, table="", fields="", values="")
    page, _ = report(
        tmp_path, receipts=RECEIPTS.filter(pl.col("status") == "current"),
        findings=pl.concat([SOME, findings(lost)], how="diagonal_relaxed"),
    )  # fmt: skip
    first = page[page.index("What to put right first") :]
    assert first.index("The file is not a form of a return") < first.index("An episode is still open")


def test_new_still_and_fixed_are_told_apart_without_row_numbers(tmp_path: Path) -> None:
    before = findings(
        finding("142", CHILD, row=77),
        finding("142", "Gone", row=5),
        finding("100", "B-2", row=900, table="Header", fields="DOB"),
    )
    page, book = report(tmp_path, previous=before)
    rows = {
        (r["Child"], r["Error Code"], r["Error Row"]): r["Status vs Last Submission"]
        for r in sheet(book, "By child")
    }
    assert (rows[CHILD, "142", 1], rows[CHILD, "142", 2]) == ("still", "new")
    assert rows["B-2", "100", 3] == "still"
    assert [r["Child"] for r in sheet(book, "Fixed since last submission")] == ["Gone"]
    assert "1,304 new, 2 still there, 1 fixed since the last submission." in plain(page)


def test_a_rule_that_is_wholly_fixed_stays_in_the_summary(tmp_path: Path) -> None:
    book = report(tmp_path, findings=SOME.clear(), previous=SOME.head(3))[1]
    (row,) = sheet(book, "Summary by rule")
    assert (row["Findings"], row["Fixed"]) == (0, 3)


def test_more_rows_than_a_sheet_holds_continue_on_another_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROWS_PER_SHEET", 2)
    monkeypatch.setattr(workbook, "IN_MEMORY_ROWS", 2)
    book = report(tmp_path)[1]
    names = load_workbook(book).sheetnames
    assert [n for n in names if n.startswith("By child")] == ["By child", "By child (2)", "By child (3)"]
    shown = sum(len(sheet(book, name)) for name in names if name.startswith("By child"))
    assert shown == SOME["child"].drop_nulls().len()
    readme = [row[1] or "" for row in load_workbook(book)["Read me"].iter_rows(values_only=True)]
    assert [line for line in readme if "continues on By child (2) and so on, 3 in all" in line]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "quality.csv", "quality.xlsx"]


def test_fifty_thousand_findings_under_many_rules_stay_a_small_page(tmp_path: Path) -> None:
    rules = {str(n): RuleText(str(n), f"Sentence {n} " * 12, "error", "Episodes: DEC") for n in range(400)}
    many = pl.DataFrame(finding("1", "x")).join(pl.DataFrame({"at": range(50_000)}), how="cross")
    many = many.with_columns(rule=(pl.col("at") % 400).cast(pl.String), child=pl.col("at").cast(pl.String))
    coverage = pl.DataFrame({"rule": list(rules), "reason": [f"reason {n}" for n in rules]}).with_columns(
        pl.lit("ssda903").alias("return"), year=2025, checked=pl.lit(False)
    )
    from quality.report.authority import prepare
    from quality.report.page import write_page

    whole = prepare(
        la="202",
        la_name="Camden",
        receipts=RECEIPTS,
        findings=many.drop("at"),
        coverage=coverage,
        rule_texts=rules,
        previous=None,
        england=None,
        link_rates=None,
        generated="2025-07-04",
    )
    page = write_page(whole, tmp_path / "index.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 300_000
    assert "340 more rules with fewer findings: see the workbook." in page
    assert "340 more reasons: see the workbook." in page


def test_englands_median_counts_authorities_without_the_finding_and_leaves_out_the_unchecked() -> None:
    las = ["201", "202", "203", "204"]
    receipts = pl.DataFrame([receipt("cin", "current", la=la, children=1000) for la in las])
    found = findings(
        finding("100", "x", **{"la": "201", "return": "cin", "n": 30}),
        finding("100", "x", **{"la": "202", "return": "cin", "n": 10}),
    )
    assert england_medians(found, receipts)["per_1000"].to_list() == [5.0]
    unchecked = COVERAGE.tail(1).with_columns(la=pl.lit("204"), rule=pl.lit("100"))
    assert england_medians(found, receipts, unchecked)["per_1000"].to_list() == [10.0]
    held = receipts.with_columns(
        status=pl.when(pl.col("la") == "201").then(pl.lit("held")).otherwise("status")
    )
    assert england_medians(found, held)["per_1000"].to_list() == [0.0]


def test_englands_median_stands_beside_the_authoritys_own_rate(tmp_path: Path) -> None:
    england = pl.DataFrame([{"return": "ssda903", "year": 2025, "rule": "142", "per_1000": 4.5}])
    page, book = report(tmp_path, england=england)
    assert "6.0 England 4.5" in plain(page)
    rows = {r["Error Code"]: r["England median per 1,000"] for r in sheet(book, "Summary by rule")}
    assert rows["142"] == 4.5
