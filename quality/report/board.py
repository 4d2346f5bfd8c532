"""One board for the whole country: who sent what and when, what is held back, who needs a call.

It is read by those who run the collection. It shows counts and words, never a child; and where nothing
was checked or linked it shows a dash, because a zero would be praise that nobody has earned. The same
facts stand in a CSV beside it, which is also how the next release tells what has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from quality.report import counts, words
from quality.report.arrivals import STATES, TROUBLE, USED, Arrival, Slot, arrivals, counted, slots
from quality.report.inputs import COVERAGE, LINK_RATES, RECEIPTS, known_statuses, shaped
from quality.report.page import environment, write_whole

LA = {"la": pl.String()}
AUTHORITIES = {**LA, "la_name": pl.String(), "region": pl.String(), "mark": pl.String(), "page": pl.String()}
COUNTED = {"submission": pl.String(), "severity": pl.String(), "standing": pl.String(), "n": pl.Int64()}
SETTLED = ("explained", "waived")
"""Findings that are counted apart from errors and queries."""
SHOWN = ("on_time", "late", "undated", "in_use", *TROUBLE[::-1], "awaited")
"""The states in the order of the totals."""
NAMED = 12
"""Authorities named in one line of those who need a call."""
STRANGER = "not in the list of authorities"
BLANK: Mapping[str, Any] = dict.fromkeys(AUTHORITIES, None) | {"la_name": STRANGER}

Measured = Mapping[str, Any]
"""Errors per 1,000 children, their change, how many are settled, and how many records of how many are linked."""
Cells = Mapping[tuple[str, Slot], tuple[Arrival, Measured]]


@dataclass(frozen=True)
class Board:
    """Everything that the page and the CSV say."""

    year: int
    made: str
    people: Sequence[Mapping[str, Any]]
    """Whoever has a row, in the order of the page: la, la_name, region, mark, page."""
    strangers: frozenset[str]
    """Those of them that are no authority of the year; they owe nothing and are in no total."""
    slots: list[Slot]
    cells: Cells
    checked: frozenset[str]
    """Returns on which a rule was checked."""
    linked: frozenset[str]
    """Returns whose records were linked."""
    has_before: bool


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
    before: pl.DataFrame | None = None,
    others: Mapping[int, str] | None = None,
) -> Path:
    """Write the board of one collection year to `out`, and the same facts to `board_<year>.csv` beside it.

    `authorities` has `la, la_name` of those that owe returns, and may have `region`, `mark` (a word beside
    the name) and `page` (a link). `receipts`, `findings`, `coverage` and `link_rates` are those of the
    authorities' reports, for all together with a column `la`; of findings only `submission, severity,
    standing, n` are read. `generated` is the day as of which the board speaks; `before` is the CSV of the last release;
    `others` are links to other years' boards.
    """
    people = shaped(authorities, AUTHORITIES, "authorities").sort("la_name", "la")
    this_year = pl.col("year") == year
    came = known_statuses(shaped(receipts, {**LA, **RECEIPTS}, "receipts").filter(this_year))
    wanted = slots(came, year)
    today = date.fromisoformat(generated[:10]) if generated else None
    found = arrivals(came, wanted, frozenset(people["la"]), today)
    strangers = sorted({la for la, _ in found} - set(people["la"]))
    checks = counts.checks_made(shaped(coverage, {**LA, **COVERAGE}, "coverage").filter(this_year), "la")
    links = _links(link_rates, year)
    made = Board(
        year=year,
        made=words.moment(generated),
        people=[*people.to_dicts(), *({**BLANK, "la": la} for la in strangers)],
        strangers=frozenset(strangers),
        slots=wanted,
        cells=_cells(found, shaped(findings, COUNTED, "findings"), checks, links, before),
        checked=frozenset(checks.filter(pl.col("checked") > 0)["return"]),
        linked=frozenset(links["return"]),
        has_before=before is not None,
    )
    path = out if out.suffix == ".html" else out / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path.parent / f"board_{year}.csv", _csv(made))
    return write_whole(path, environment().get_template("board.html").render(_content(made, others or {})))


def _links(link_rates: pl.DataFrame | None, year: int) -> pl.DataFrame:
    rates = pl.DataFrame(schema={**LA, **LINK_RATES}) if link_rates is None else link_rates
    of_year = shaped(rates, {**LA, **LINK_RATES}, "link rates").filter(pl.col("year") == year)
    return of_year.group_by("la", "return").agg(pl.col("records", "linked").sum())


# What is known of each authority's return


def _cells(
    found: Mapping[tuple[str, Slot], Arrival],
    findings: pl.DataFrame,
    checks: pl.DataFrame,
    links: pl.DataFrame,
    before: pl.DataFrame | None,
) -> Cells:
    per_submission = _errors(findings)
    settled = {name: _settled(findings, name) for name in SETTLED}
    checked = {(la, ret): n for la, ret, n in checks.select("la", "return", "checked").iter_rows()}
    linked = {
        (la, ret): (n, of) for la, ret, n, of in links.select("la", "return", "linked", "records").iter_rows()
    }
    last = _last(before)
    cells = {}
    for (la, slot), arrival in found.items():
        rate = _rate(arrival, per_submission) if checked.get((la, slot.ret)) else None
        then = last.get((la, slot.ret, slot.term))
        change = None if rate is None or then is None else round(rate - then, 1)
        n, of = linked.get((la, slot.ret), (0, 0)) if arrival.is_in_use else (0, 0)
        apart = {name: many.get(arrival.submission or "", 0) for name, many in settled.items()}
        cells[la, slot] = arrival, {"errors": rate, "change": change, "linked": n, "records": of, **apart}
    return cells


def _errors(findings: pl.DataFrame) -> dict[str, int]:
    """Errors per submission that are neither explained nor waived."""
    is_error = pl.col("severity") == "error"
    found = counts.still_open(findings).filter(is_error).group_by("submission").agg(pl.col("n").sum())
    return dict(found.iter_rows())


def _settled(findings: pl.DataFrame, standing: str) -> dict[str, int]:
    found = findings.filter(pl.col("standing") == standing).group_by("submission").agg(pl.col("n").sum())
    return dict(found.iter_rows())


def _rate(arrival: Arrival, errors: Mapping[str, int]) -> float | None:
    """Errors per 1,000 children of the submission in use."""
    if not arrival.children:
        return None
    return round(1000 * errors.get(arrival.submission or "", 0) / arrival.children, 1)


def _last(before: pl.DataFrame | None) -> dict[tuple[str, str, str], float]:
    if before is None:
        return {}
    told = before.select("la", "return", "term", "errors_per_1000").drop_nulls("errors_per_1000")
    return {(la, ret, term or ""): float(rate) for la, ret, term, rate in told.iter_rows()}


# The CSV


def _csv(made: Board) -> str:
    rows = [
        {
            "la": one["la"], "la_name": one["la_name"], "region": one["region"], "year": made.year,
            "return": slot.ret, "term": slot.term, "due": slot.due, "state": arrival.state, "sent": arrival.sent,
            "first_seen": arrival.seen, "days_late": arrival.days_late or None, "replaced": arrival.replaced,
            "children": arrival.children, "errors_per_1000": measured["errors"],
            "change_since_last_release": measured["change"],
            **{name: measured[name] for name in SETTLED},
            "records": measured["records"] or None, "linked": measured["linked"] if measured["records"] else None,
        }
        for one in made.people for slot in made.slots for arrival, measured in [made.cells[one["la"], slot]]
    ]  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None).write_csv()


def read_before(path: Path) -> pl.DataFrame | None:
    """The facts of an earlier board, if one was kept."""
    if not path.exists():
        return None
    return pl.read_csv(path, infer_schema=False).with_columns(pl.col("errors_per_1000").cast(pl.Float64))


# The page


def _content(made: Board, others: Mapping[int, str]) -> dict[str, Any]:
    owing = {where: arrival for where, (arrival, _) in made.cells.items() if where[0] not in made.strangers}
    totals = list(counted(owing, made.slots))
    return {
        "year": made.year,
        "made": made.made,
        "others": dict(sorted(others.items(), reverse=True)),
        "authorities": words.several(len(made.people) - len(made.strangers), "authority", "authorities"),
        "regions": sorted({one["region"] for one in made.people if one["region"]}),
        "marks": sorted({one["mark"] for one in made.people if one["mark"]}),
        "figures": list(_figures(totals)),
        "states": {state: STATES[state] for state in SHOWN if any(n[state] for _, n in totals)},
        "totals": [_total(made, slot, n) for slot, n in totals],
        "calls": list(_calls(made)),
        "slots": [_head(made, slot, at) for at, slot in enumerate(made.slots)],
        "rows": [
            {**one, "cells": [_shown(made, one["la"], slot) for slot in made.slots]} for one in made.people
        ],
        "has_before": made.has_before,
        "csv": f"board_{made.year}.csv",
    }


def _figures(totals: list[tuple[Slot, dict[str, int]]]) -> Iterator[dict[str, str]]:
    """The strip at the top: of all that was owed by now, how much is here and in time."""
    sums = {state: sum(n[state] for slot, n in totals if slot.due) for state in STATES}
    expected = sum(sums.values()) - sums["none"] - sums["awaited"]
    about = {
        "on_time": "sent by the day set", "late": "sent after it", "undated": "in use; no date of sending told",
        "held": "wait for a decision", "quarantined": "to be sent again", "missing": "of which nothing is held",
    }  # fmt: skip
    for state, said in about.items():
        share = f" ({words.percent(sums[state], expected)})" if state == "on_time" and expected else ""
        yield {"name": STATES[state], "value": words.number(sums[state]), "about": said + share}


def _total(made: Board, slot: Slot, n: Mapping[str, int]) -> dict[str, Any]:
    cells = made.cells.items()
    column = [cell for (la, where), cell in cells if where == slot and la not in made.strangers]
    rates = pl.Series([m["errors"] for _, m in column if m["errors"] is not None], dtype=pl.Float64)
    linked, records = (sum(m[name] for _, m in column) for name in ("linked", "records"))
    return {
        "name": slot.name,
        "due": _day(slot.due, made.year) if slot.due else "–",
        "states": n,
        "replaced": words.number(sum(arrival.replaced for arrival, _ in column)),
        "errors": words.number(_mean(rates)),
        "change": _ups_and_downs([m["change"] for _, m in column if m["change"] is not None]),
        "linked": words.percent(linked, records) if records else "–",
    }


def _mean(rates: pl.Series) -> float | None:
    """Of the authorities, each weighing the same: in most years the median is nought."""
    middle = rates.mean()
    return round(middle, 1) if isinstance(middle, float) else None


def _ups_and_downs(changes: list[float]) -> str:
    """How many authorities have more errors per child than in the last release, how many fewer."""
    up, down = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
    return f"{up:,} more, {down:,} fewer" if changes else "–"


def _calls(made: Board) -> Iterator[dict[str, str]]:
    """Whom to call about what: per return and trouble the authorities, the first few by name."""
    owing = [one for one in made.people if one["la"] not in made.strangers]
    for slot in made.slots:
        for state in TROUBLE:
            who = [one["la_name"] for one in owing if made.cells[one["la"], slot][0].state == state]
            if who:
                yield _call(f"{slot.name}: {STATES[state].lower()}", who)
    if made.strangers:
        yield _call(f"Anything: {STRANGER}", sorted(made.strangers))


def _call(what: str, names: list[str]) -> dict[str, str]:
    more = len(names) - NAMED
    listed = f"{', '.join(names[:NAMED])} and {more:,} more" if more > 0 else words.listed(names)
    return {"what": what, "n": words.number(len(names)), "who": listed}


def _head(made: Board, slot: Slot, at: int) -> dict[str, Any]:
    """A return's heading; `first` is where its columns begin."""
    first = 1 + sum(1 + sum(_has(made, one).values()) for one in made.slots[:at])
    due = f"due {_day(slot.due, made.year)}" if slot.due else ""
    return {"name": slot.short, "due": due, "first": first, **_has(made, slot)}


def _has(made: Board, slot: Slot) -> dict[str, bool]:
    """Which columns a return has beside its status: no rule may be about it, and nothing to link."""
    return {"has_errors": slot.ret in made.checked, "has_links": slot.ret in made.linked}


def _shown(made: Board, la: str, slot: Slot) -> dict[str, Any]:
    arrival, measured = made.cells[la, slot]
    errors, change, records = measured["errors"], measured["change"], measured["records"]
    return {
        "slot": slot.short,
        "state": arrival.state,
        "rank": list(STATES).index(arrival.state),
        "status": STATES[arrival.state],
        "more": ", ".join(_more(arrival, made.year)),
        "errors": words.number(errors),
        "errors_v": "" if errors is None else errors,
        "change": "" if change is None else _change(change),
        "settled": ", ".join(f"{measured[name]:,} {name}" for name in SETTLED if measured[name]),
        **_has(made, slot),
        "linked": words.percent(measured["linked"], records) if records else "–",
        "linked_v": f"{measured['linked'] / records:.4f}" if records else "",
    }


def _more(arrival: Arrival, year: int) -> Iterator[str]:
    """When it came, how late, and how many submissions it replaces."""
    if arrival.state in USED and (arrival.sent or arrival.seen):
        yield _day(arrival.sent, year) if arrival.sent else f"seen {_day(arrival.seen, year)}"
    if arrival.days_late:
        yield f"{words.several(arrival.days_late, 'day')} late"
    if arrival.state in TROUBLE and arrival.is_in_use:
        yield "an earlier one is in use"
    if arrival.in_its_place in words.FEED:
        yield words.FEED[arrival.in_its_place]
    if arrival.replaced:
        yield f"{arrival.replaced:,} replaced"


def _day(day: date | None, year: int) -> str:
    """`9 June`; with the year where it is not the collection year."""
    if day is None:
        return ""
    return f"{day.day} {day:%B}" if day.year == year else f"{day.day} {day:%b %Y}"


def _change(change: float) -> str:
    """`+3.2`, `−1.0`, `same`."""
    return f"{change:+,.1f}".replace("-", "−") if change else "same"
