"""What the report tests are made from: one small authority's receipts, findings and rules. All invented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from openpyxl import load_workbook

from quality.report import RuleText, authority_report

RULES = {
    "142": RuleText(
        "142", "An episode is still open although another follows.", "error", "Episodes: DECOM, DEC"
    ),
    "ssda903.100": RuleText("100", "The birth date is not possible.", "error", "Header: DOB", "2017 to 2027"),
    "cin.100": RuleText("100", "The reference date is not 31 March.", "error", "Header: ReferenceDate"),
    "8775Q": RuleText("8775Q", "The child is older than 25.", "query", "ChildIdentifiers: PersonBirthDate"),
}
CHILD = "A-17 Quillfeather"


def finding(rule: str, child: str | None, **more: Any) -> dict[str, Any]:
    severity = "query" if rule.endswith("Q") else "error"
    place = {
        "return": "ssda903",
        "year": 2025,
        "term": "",
        "la": "202",
        "submission": "f00dfeed0123456789",
        "table": "Episodes",
    }
    what = {"row": 3, "line": 4, "fields": "DEC", "values": "31/12/2024", "message": "", "n": 1}
    return {"rule": rule, "severity": severity, "child": child, **place, **what, **more}


def findings(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


SOME = findings(
    finding("142", CHILD, row=1),
    finding("142", CHILD, row=2),
    finding("142", "B-2", row=9),
    finding("100", "B-2", table="Header", fields="DOB"),
    finding("8775Q", "C-3", **{"return": "cin", "table": "ChildIdentifiers"}),
    finding("100", None, **{"return": "cin", "table": "Header", "row": 1}),
    finding("cell.not_a_date", None, n=1300, row=None, line=None),
)


def receipt(ret: str, status: str, **more: Any) -> dict[str, Any]:
    what = {
        "submission": "f00dfeed0123456789",
        "received": "2025-07-03T09:15:00",
        "files": 9,
        "children": 1320,
    }
    counted = {"rows_typed": 14210, "rows_quarantined": 0, "reason": ""}
    return {"la": "202", "return": ret, "year": 2025, "term": "", "status": status, **what, **counted, **more}


RECEIPTS = pl.DataFrame(
    [
        receipt("ssda903", "current", children=500, rows_quarantined=7),
        receipt("ssda903", "superseded", submission="0ld"),
        receipt("cin", "current"),
        receipt(
            "school_census", "quarantined", reason="The XML ends or breaks before its end.", children=None
        ),
        receipt("school_census", "missing", term="Autumn", submission=None, received=None, children=None),
    ],
    infer_schema_length=None,
)
COVERAGE = pl.DataFrame(
    [
        {"la": "202", "return": "ssda903", "year": 2025, "rule": "142", "checked": True, "reason": ""},
        {"la": "202", "return": "ssda903", "year": 2025, "rule": "100", "checked": True, "reason": ""},
        {"la": "202", "return": "cin", "year": 2025, "rule": "100", "checked": True, "reason": ""},
        {"la": "202", "return": "cin", "year": 2025, "rule": "8775Q", "checked": True, "reason": ""},
        {
            **{"la": "202", "return": "cin", "year": 2025, "rule": "8890", "checked": False},
            **{"reason": "last year's return is not held"},
        },
    ]
)
LINKS = pl.DataFrame([{"la": "202", "return": "cin", "year": 2025, "records": 1320, "linked": 1287}])


def report(out: Path, **changed: Any) -> tuple[str, Path]:
    """Make the report; give back the page's text and the workbook's path."""
    usual: dict[str, Any] = {
        **{"la": "202", "la_name": "Camden", "receipts": RECEIPTS, "findings": SOME, "coverage": COVERAGE},
        **{"rule_texts": RULES, "previous": None, "england": None, "link_rates": LINKS},
        "generated": "2025-07-04",
    }
    made = authority_report(out, **{**usual, **changed})
    return made.page.read_text(encoding="utf-8"), made.workbook


def sheet(book: Path, name: str) -> list[dict[str, Any]]:
    """A sheet's rows by heading."""
    lines = list(load_workbook(book)[name].iter_rows(values_only=True))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
