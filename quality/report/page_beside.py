"""What the page shows beside the rules: how it goes over the submissions, which fields are filled, what was accepted.

No child is named here either: a waiver for one child says so without saying for whom.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from quality.report import words
from quality.report.authority import Report

SUBMISSIONS_SHOWN = 5
"""Per return, the latest; the workbook has them all."""
GAP = 10
"""Percentage points below England from which a field is marked; the same difference shows England's figure."""
REASON_SHOWN = 300


def trend(report: Report) -> list[dict[str, Any]]:
    """The last submissions of each return with errors per 1,000 children; England's median is a mark.

    Bars are as long as the return's largest figure allows. Returns on which no rule was ever checked have no
    trend.
    """
    rated = report.trend.filter(pl.col("per_1000").is_not_null())
    shown = rated.group_by("return", maintain_order=True).tail(SUBMISSIONS_SHOWN)
    largest = pl.max_horizontal("per_1000", "england", pl.lit(0.1)).max().over("return")
    in_use = set(report.receipts.filter(status="current")["submission"])
    rows = shown.with_columns(longest=largest).to_dicts()
    return [_submission(row, row["submission"] in in_use) for row in rows]


def _submission(row: dict[str, Any], is_in_use: bool) -> dict[str, Any]:
    longest = row["longest"]
    settled = [f"{row[name]:,} {name}" for name in ("explained", "waived") if row[name]]
    return {
        "name": words.return_and_year(row),
        "received": words.moment((row["received"] or "")[:10]),
        "replaced": not is_in_use,
        "children": words.number(row["children"]),
        "errors": words.number(row["error"]),
        "settled": ", ".join(settled),
        "rate": words.number(row["per_1000"]),
        "bar": f"{100 * row['per_1000'] / longest:.1f}",
        "mark": "" if row["england"] is None else f"{99 * row['england'] / longest:.1f}",
        "england": words.number(row["england"]),
    }


def completeness(report: Report) -> list[dict[str, Any]]:
    """The fields of the latest year of each return, table by table; tables without rows are left out."""
    latest = report.completeness.filter(
        pl.col("rows") > 0, pl.col("year") == pl.col("year").max().over("return")
    )
    return [
        {
            "name": words.return_and_year({"return": ret, "year": year}),
            "tables": [
                _table(str(table), own.to_dicts())
                for (table,), own in rows.partition_by("table", as_dict=True, maintain_order=True).items()
            ],
        }
        for (ret, year), rows in latest.partition_by(
            "return", "year", as_dict=True, maintain_order=True
        ).items()
    ]


def _table(name: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields that are filled in part, or otherwise than elsewhere; of the others, how many there are."""
    told = [_field(one) for one in fields]
    partly = [one for one in told if one["is_told"]]
    full = sum(one["percent"] == "100%" and not one["is_told"] for one in told)
    others = {"filled in every row": full, "blank in every row": len(told) - len(partly) - full}
    rest = [f"{words.several(n, 'field')} {how}" for how, n in others.items() if n]
    return {
        "name": name,
        "rows": words.number(fields[0]["rows"]),
        "fields": partly,
        "rest": words.listed(rest),
    }


def _field(one: dict[str, Any]) -> dict[str, Any]:
    percent = 100 * one["filled"] / one["rows"]
    england = one["england"]
    differs = england is not None and abs(percent - england) >= GAP
    return {
        "name": one["field"],
        "percent": f"{_whole(percent)}%",
        "england": f"{_whole(england)}%" if differs else "",
        "gap": differs and percent < england,
        "is_told": differs or 0 < percent < 100,
    }


def _whole(percent: float) -> str:
    """A whole per cent; nearly all is not called all, and nearly none not none."""
    rounded = round(percent)
    return f"{min(max(rounded, 1), 99)}" if 0 < percent < 100 else f"{rounded}"


def waivers(report: Report) -> list[dict[str, str]]:
    return [_waiver(row) for row in report.waivers.to_dicts()]


def _waiver(row: dict[str, Any]) -> dict[str, str]:
    ended = row["state"] != "in force"
    reason = row["reason"] or ""
    return {
        "rule": row["rule"],
        "ret": words.SHORT.get(row["return"], row["return"]),
        "whom": "one child" if row["child"] else "every child",
        "until": words.moment(row["until"]) + (" (ended: counts again)" if ended else ""),
        "reason": reason if len(reason) <= REASON_SHOWN else reason[:REASON_SHOWN] + " …",
    }
