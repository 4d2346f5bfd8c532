"""How a report speaks: short, plain, true. "Nothing wrong" and "could not tell" are different sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas.findings import finding_codes
from schemas.returns import RETURNS

STATUS = {
    "current": "Received and in use",
    "superseded": "Replaced by a later submission",
    "held": "Held back",
    "quarantined": "Could not be read",
    "missing": "Not received",
}
SHORT = {
    "cin": "CIN",
    "ssda903": "SSDA903",
    "school_census": "School census",
    "person_identifiers": "Identifiers",
    "explanations": "Explanations",
}
SEVERITY = {"error": ("error", "errors"), "query": ("query", "queries"), "note": ("note", "notes")}
ABOUT_SEVERITY = {
    "error": "A record that cannot be right. Correct it and send the return again.",
    "query": "A record that is probably wrong. Correct it, or explain why it is right.",
    "note": "Something to know. Nothing has to be done for this year's figures.",
}

ABOUT_STANDING = (
    "Explained: you said why the record is right. Waived: whoever collects the returns accepted the finding."
    " Both stay in the list and are counted apart from errors and queries."
)
HOW_TO_EXPLAIN = (
    "Yours to fill in where a record is right although a rule queries it. Leave the other columns as they are"
    " and send the workbook, or quality.csv, to the place for explanations: it is read the next night, and the"
    " finding is shown as explained from then on, until the record changes."
)


def number(n: float | None) -> str:
    """A count with thousands separated; a rate with one decimal; a dash where there is none."""
    if n is None:
        return "–"
    return f"{n:,.1f}" if isinstance(n, float) else f"{n:,}"


def several(n: int, one: str, many: str = "") -> str:
    """`1 child`, `2 children`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def children(n: int) -> str:
    return several(n, "child", "children")


def findings(n: int, severity: str) -> str:
    return several(n, *SEVERITY.get(severity, (severity, severity)))


def return_name(ret: str) -> str:
    return RETURNS[ret].title if ret in RETURNS else ret


def return_and_year(row: Mapping[str, Any]) -> str:
    """`Children in need census 2025`, with the term where the return has terms."""
    return " ".join(str(p) for p in (return_name(row["return"]), row.get("term"), row["year"]) if p)


def short(row: Mapping[str, Any]) -> str:
    """`CIN 2025`, where the full title would take up the line."""
    return " ".join(str(p) for p in (SHORT.get(row["return"], row["return"]), row["year"]) if p)


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(p for p in (", ".join(parts[:-1]), parts[-1]) if p) if parts else ""


def moment(text: str | None) -> str:
    """`3 July 2025, 09:15` for an ISO date or date-time; anything else as it came."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return text or ""
    day = f"{when.day} {when:%B %Y}"
    return day if len(text or "") == len("2025-07-03") else f"{day}, {when:%H:%M}"


def percent(part: int | None, whole: int | None) -> str:
    if part is None or not whole:
        return "not known"
    return f"{100 * part / whole:.1f}%"


def verdict(row: Mapping[str, Any]) -> str:
    """One submission in one or two sentences: is it used, what was found, what could not be told.

    `row` is a receipt with `error`, `query`, `checked` and `unchecked` added.
    """
    if row["status"] != "current":
        return _not_used(row)
    found, aside = _found(row), _set_aside(row)
    if not row["checked"]:
        reading = f" Reading it found {findings(row['error'], 'error')}." if row["error"] else ""
        return (
            f"In use, but no rule has been checked on it: what is wrong in it is not known.{reading}{aside}"
        )
    return f"In use. {found}{_settled(row)} {_how_much(row)}{aside}"


def _settled(row: Mapping[str, Any]) -> str:
    """A sentence on what was explained or waived, if anything."""
    parts = [f"{row[name]:,} {name}" for name in ("explained", "waived") if row.get(name)]
    return f" Besides, {listed(parts)}." if parts else ""


def _set_aside(row: Mapping[str, Any]) -> str:
    rows = row["rows_quarantined"]
    return (
        f" {several(rows, 'row')} could not be read and {'is' if rows == 1 else 'are'} left out."
        if rows
        else ""
    )


def _not_used(row: Mapping[str, Any]) -> str:
    told = finding_codes().get(row["reason"] or "")
    because = f" {told.meaning if told else row['reason']}" if row["reason"] else ""
    return {
        "superseded": "Not used: a later submission replaces it.",
        "held": f"Not used until someone decides which submission is right.{because}",
        "quarantined": f"Not used.{because} Please send it again.",
        "missing": f"Nothing is held for this return. Please send it.{_in_its_place(row['reason'])}",
    }[row["status"]]


FEED = {
    "feed.counts": "figures stand on the daily feed",
    "feed.cannot": "the daily feed lacks what its figures need",
    "feed.waits": "the daily feed does not tell the whole year yet",
}
"""What is said of a return that is missing, by the reason that its receipt gives."""


def _in_its_place(reason: str | None) -> str:
    said = FEED.get(reason or "", "")
    return f" Until then {said}." if said else ""


def _found(row: Mapping[str, Any]) -> str:
    if row["error"]:
        also = f" and {findings(row['query'], 'query')} to explain" if row["query"] else ""
        return f"{findings(row['error'], 'error').capitalize()} to correct{also}."
    return (
        f"No errors; {findings(row['query'], 'query')} to explain."
        if row["query"]
        else "No errors or queries."
    )


def _how_much(row: Mapping[str, Any]) -> str:
    if not row["unchecked"]:
        return f"All {several(row['checked'], 'rule')} were checked."
    return (
        f"This speaks for the {several(row['checked'], 'rule')} that could be checked;"
        f" {row['unchecked']:,} could not."
    )
