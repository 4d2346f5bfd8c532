"""What came of each return, and whether it came in time.

Those who chase late returns ask three things of an authority: is it here, was it sent by the day that the
department set, and what has happened to it since. A return is in time when the first submission that could
be read was sent in time; corrections that follow do not make it late. Where no submission says when it was
sent, the day on which we first saw it can prove that it was in time, never that it was late: the file may
have waited elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from quality.report import words
from schemas.calendar import CENSUS_MONTHS, deadline
from schemas.returns import RETURNS

READABLE = ("current", "superseded", "held")
STATES = {
    "quarantined": "Unreadable",
    "held": "Held back",
    "missing": "Not received",
    "late": "Late",
    "undated": "Undated",
    "on_time": "On time",
    "in_use": "In use",
    "awaited": "Not yet due",
    "none": "–",
}
"""What an authority's return is shown as, what needs attention first standing first."""
USED = ("late", "undated", "on_time", "in_use")
TROUBLE = ("quarantined", "held", "missing")


@dataclass(frozen=True)
class Slot:
    """One thing to send: a return, or one of the school censuses of the year."""

    ret: str
    term: str
    year: int

    @property
    def due(self) -> date | None:
        return deadline(self.ret, self.year, self.term)

    @property
    def name(self) -> str:
        return " ".join(part for part in (words.return_name(self.ret), self.term) if part)

    @property
    def short(self) -> str:
        return " ".join(part for part in (words.SHORT.get(self.ret, self.ret), self.term) if part)


@dataclass(frozen=True)
class Arrival:
    """One authority's return: its state, and the submission in use, if any."""

    state: str
    sent: date | None = None
    """When the first one that could be read was sent."""
    seen: date | None = None
    """When we first saw one that could be read."""
    days_late: int = 0
    replaced: int = 0
    children: int | None = None
    submission: str | None = None
    is_in_use: bool = False
    in_its_place: str = ""
    """Of a return that is missing, the finding that says how the daily feed stands to it."""


def slots(receipts: pl.DataFrame, year: int) -> list[Slot]:
    """What there is to send that year: the returns that came or are owed, the censuses that came."""
    found = set(receipts.select("return", pl.col("term").fill_null("")).iter_rows())
    with_terms = {ret for ret, term in found if term}
    ordered = sorted(found, key=lambda one: (_position(one[0]), one[0], CENSUS_MONTHS.get(one[1].lower(), 0)))
    return [Slot(ret, term.lower(), year) for ret, term in ordered if term or ret not in with_terms]


def _position(ret: str) -> int:
    known = list(words.SHORT)
    return known.index(ret) if ret in known else len(known)


def arrivals(
    receipts: pl.DataFrame, wanted: list[Slot], authorities: frozenset[str], today: date | None
) -> dict[tuple[str, Slot], Arrival]:
    """What came of every slot from every authority; `authorities` are those that owe returns."""
    sent = receipts.with_columns(pl.col("term").fill_null("").str.to_lowercase())
    came: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in sent.filter(pl.col("status") != "missing").to_dicts():
        came.setdefault((row["la"], row["return"], row["term"]), []).append(row)
    missing = sent.filter(pl.col("status") == "missing").select("la", "return", "reason")
    owed = {(la, ret): "" for la in authorities for ret in RETURNS if RETURNS[ret].has_terms}
    owed |= {(la, ret): reason or "" for la, ret, reason in missing.iter_rows()}
    return {
        (la, slot): _arrival(
            came.get((la, slot.ret, slot.term), []),
            slot,
            owed.get((la, slot.ret)) if la in authorities else None,
            today,
        )
        for la in sorted({la for la, _, _ in came} | authorities)
        for slot in wanted
    }


def _arrival(rows: list[dict[str, Any]], slot: Slot, owed: str | None, today: date | None) -> Arrival:
    """What came of one slot; `owed` is None where nothing was, else what stands in the place of a missing return."""
    if not rows:
        not_due = slot.due and today and today <= slot.due
        state = "none" if owed is None else "awaited" if not_due else "missing"
        return Arrival(state, in_its_place=owed or "")
    readable = [row for row in rows if row["status"] in READABLE]
    sent, seen = (_first(readable, name) for name in ("sent", "received"))
    current: dict[str, Any] = next((row for row in rows if row["status"] == "current"), {})
    state, days = _state([row["status"] for row in rows], slot.due, sent, seen)
    return Arrival(
        state=state,
        sent=sent,
        seen=seen,
        days_late=days,
        replaced=sum(row["status"] == "superseded" for row in rows),
        children=current.get("children"),
        submission=current.get("submission"),
        is_in_use=bool(current),
    )


def _first(rows: list[dict[str, Any]], name: str) -> date | None:
    days = [date.fromisoformat(row[name][:10]) for row in rows if row[name]]
    return min(days, default=None)


def _state(statuses: list[str], due: date | None, sent: date | None, seen: date | None) -> tuple[str, int]:
    """The state, and how many days late."""
    trouble = next((status for status in TROUBLE if status in statuses), None)
    if trouble or "current" not in statuses:
        return trouble or "missing", 0
    if due is None:
        return "in_use", 0
    if sent and sent > due:
        return "late", (sent - due).days
    return ("on_time", 0) if sent or (seen and seen <= due) else ("undated", 0)


def counted(
    found: Mapping[tuple[str, Slot], Arrival], wanted: list[Slot]
) -> Iterator[tuple[Slot, dict[str, int]]]:
    """How many authorities are in each state, slot by slot."""
    for slot in wanted:
        states = [arrival.state for (_, where), arrival in found.items() if where == slot]
        yield slot, {state: states.count(state) for state in STATES}
