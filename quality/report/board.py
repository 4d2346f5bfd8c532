"""One board for the whole country: which authority sent what, what is held back, who needs a call.

It is read by those who run the collection. It shows counts and words, never a child; and where nothing
was checked or linked it shows a dash, because a zero would be praise that nobody has earned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from quality.report import counts, words
from quality.report.inputs import COVERAGE, LINK_RATES, RECEIPTS, known_statuses, shaped
from quality.report.page import environment, write_whole

LA = {"la": pl.String()}
COUNTED = {
    "la": pl.String(),
    "return": pl.String(),
    "year": pl.Int64(),
    "severity": pl.String(),
    "n": pl.Int64(),
}
ATTENTION = ("quarantined", "held", "missing", "current")
"""What an authority is counted as: the first of these that it has anywhere in the return."""

Cell = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """The frames of one collection year, in one shape."""

    receipts: pl.DataFrame
    errors: pl.DataFrame
    checks: pl.DataFrame
    links: pl.DataFrame


def board(
    out: Path,
    *,
    year: int,
    authorities: pl.DataFrame,
    receipts: pl.DataFrame,
    findings: pl.DataFrame,
    coverage: pl.DataFrame,
    link_rates: pl.DataFrame | None,
    generated: str,
) -> Path:
    """Write the board of one collection year to `out` (a folder: `index.html` in it, or a file).

    `authorities` has `la, la_name`, one row each; `receipts`, `findings`, `coverage` and `link_rates`
    are those of the authorities' reports, for all of them together and with a column `la`. Findings
    may be counted beforehand: only `la, return, year, severity, n` are read. An authority that
    `authorities` does not name is shown under its code.
    """
    facts = _facts(year, receipts, findings, coverage, link_rates)
    cells = _cells(facts, _returns(facts))
    names = _names(authorities, facts.receipts)
    path = out if out.suffix == ".html" else out / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _content(year, generated, names, _returns(facts), cells)
    return write_whole(path, environment().get_template("board.html").render(content))


def _facts(
    year: int,
    receipts: pl.DataFrame,
    findings: pl.DataFrame,
    coverage: pl.DataFrame,
    link_rates: pl.DataFrame | None,
) -> Facts:
    this_year = pl.col("year") == year
    came = known_statuses(shaped(receipts, {**LA, **RECEIPTS}, "receipts").filter(this_year))
    errors = shaped(findings, COUNTED, "findings").filter(this_year, pl.col("severity") == "error")
    checks = shaped(coverage, {**LA, **COVERAGE}, "coverage").filter(this_year)
    rates = pl.DataFrame(schema={**LA, **LINK_RATES}) if link_rates is None else link_rates
    links = shaped(rates, {**LA, **LINK_RATES}, "link rates").filter(this_year)
    return Facts(
        came,
        errors.group_by("la", "return").agg(pl.col("n").sum()),
        counts.checks_made(checks, "la").drop("year"),
        links.group_by("la", "return").agg(pl.col("records", "linked").sum()),
    )


def _returns(facts: Facts) -> list[str]:
    """The returns in the order of the product, then any other."""
    known = [ret for ret in words.SHORT if ret in set(facts.receipts["return"])]
    return known + sorted(set(facts.receipts["return"]) - set(known))


def _names(authorities: pl.DataFrame, receipts: pl.DataFrame) -> dict[str, str]:
    named = dict(authorities.select(pl.col("la", "la_name").cast(pl.String)).sort("la").iter_rows())
    return named | dict.fromkeys(sorted(set(receipts["la"]) - set(named)), "not in the list of authorities")


def _cells(facts: Facts, returns: list[str]) -> dict[tuple[str, str], Cell]:
    """What is known of each authority's return, by (authority, return)."""
    place = ["la", "return"]
    children = counts.children_counted(facts.receipts, "la").drop("year")
    in_place = facts.receipts.group_by(place, maintain_order=True).agg(
        pl.struct("term", "status", "received").alias("submissions")
    )
    for frame in (children, facts.errors, facts.checks, facts.links):
        in_place = in_place.join(frame, on=place, how="left")
    rate = counts.per_1000(pl.col("n").fill_null(0), pl.col("counted"))
    rated = in_place.with_columns(errors=pl.when(pl.col("checked") > 0).then(rate))
    return {(row["la"], row["return"]): _cell(row) for row in rated.to_dicts() if row["return"] in returns}


def _cell(row: Mapping[str, Any]) -> Cell:
    """One authority's return: its status in words, errors per 1,000 children and link rate."""
    statuses = [one["status"] for one in row["submissions"]]
    rank = _rank(statuses)
    in_use = "current" in statuses
    return {
        "statuses": statuses,
        "rank": rank,
        "good": ATTENTION[rank] == "current",
        "status": _in_words(row["submissions"]),
        "more": _more(row["submissions"]),
        "errors": words.number(row["errors"]),
        "errors_v": "" if row["errors"] is None else row["errors"],
        "linked": words.percent(row["linked"], row["records"]) if in_use and row["records"] else "–",
        "linked_v": f"{row['linked'] / row['records']:.4f}" if in_use and row["records"] else "",
        "links": (row["linked"] or 0, row["records"] or 0) if in_use else (0, 0),
    }


NOTHING: Cell = {
    "statuses": ["missing"],
    "rank": ATTENTION.index("missing"),
    "good": False,
    "status": words.STATUS["missing"],
    "more": "",
    "errors": "–",
    "errors_v": "",
    "linked": "–",
    "linked_v": "",
    "links": (0, 0),
}
"""An authority of which nothing is known, not even that something was expected."""


def _rank(statuses: list[str]) -> int:
    """What needs attention first; only superseded submissions are as good as none."""
    return next((at for at, status in enumerate(ATTENTION) if status in statuses), ATTENTION.index("missing"))


def _in_words(submissions: list[Mapping[str, Any]]) -> str:
    """`In use`, or by term where the terms differ: `Autumn, Spring: in use; Summer: not received`."""
    by_status: dict[str, list[str]] = {}
    for one in submissions:
        if one["status"] != "superseded":
            by_status.setdefault(one["status"], []).append(one["term"] or "")
    parts = [_one_status(status, terms) for status, terms in by_status.items()]
    text = "; ".join(parts) or words.STATUS["missing"].lower()
    return text if any(t for terms in by_status.values() for t in terms) else text[0].upper() + text[1:]


def _one_status(status: str, terms: list[str]) -> str:
    said = "in use" if status == "current" else words.STATUS[status].lower()
    named = ", ".join(dict.fromkeys(term for term in terms if term))
    return f"{named}: {said}" if named else said


def _more(submissions: list[Mapping[str, Any]]) -> str:
    """When the one in use came, and how many it replaces."""
    days = [one["received"] for one in submissions if one["status"] == "current" and one["received"]]
    replaced = sum(one["status"] == "superseded" for one in submissions)
    parts = [words.moment(max(days)[:10]).rsplit(" ", 1)[0]] if days else []
    return ", ".join(parts + ([f"{replaced:,} replaced"] if replaced else []))


def _content(
    year: int,
    generated: str,
    names: Mapping[str, str],
    returns: list[str],
    cells: Mapping[tuple[str, str], Cell],
) -> dict[str, Any]:
    rows = [
        {"la": la, "name": name, "cells": [cells.get((la, ret), NOTHING) for ret in returns]}
        for la, name in names.items()
    ]
    return {
        "year": year,
        "made": words.moment(generated),
        "authorities": words.several(len(names), "authority", "authorities"),
        "returns": [words.return_name(ret) for ret in returns],
        "rows": rows,
        "totals": list(_totals(returns, [row["cells"] for row in rows])),
    }


def _totals(returns: list[str], rows: list[Any]) -> Iterator[dict[str, str]]:
    """All authorities together, one line per return."""
    for at, ret in enumerate(returns):
        column = [cells[at] for cells in rows]
        ranks = [ATTENTION[cell["rank"]] for cell in column]
        rates = pl.Series([cell["errors_v"] for cell in column if cell["errors_v"] != ""], dtype=pl.Float64)
        linked, records = (sum(pair) for pair in zip(*(cell["links"] for cell in column), strict=True))
        replaced = sum(cell["statuses"].count("superseded") for cell in column)
        yield {
            "name": words.return_name(ret),
            **{status: words.number(ranks.count(status)) for status in ATTENTION},
            "superseded": words.number(replaced),
            "errors": words.number(_median(rates)),
            "linked": words.percent(linked, records) if records else "–",
        }


def _median(rates: pl.Series) -> float | None:
    middle = rates.median()
    return round(middle, 1) if isinstance(middle, float) else None
