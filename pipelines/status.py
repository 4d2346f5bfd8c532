"""What is in the store: what is in force, held, quarantined, missing, and which release is current."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from assets import explanations, from_feed, waivers
from assets.ingest import ledger
from assets.reports import OWED
from assets.store import Store
from pipelines.words import number
from schemas.authorities import in_year


@dataclass(frozen=True)
class Status:
    """The state of a store; holds codes, counts and hashes only."""

    home: str
    release: str | None
    by_return: list[dict[str, object]]
    """Per return, year and term: authorities in force, missing, held, quarantined, replaced."""
    attention: list[dict[str, object]]
    """Submissions that wait for somebody."""
    set_aside: list[dict[str, object]]
    """Files of submissions in force that could not be used: what stood in them is in no figure."""
    explanations: dict[str, int]
    """Files with explanations that came, those that could not be read, and explanations in them."""
    waivers: dict[str, list[str]]
    """The register's lines that are in force, ended or unreadable, in words without a child in them."""
    feed: list[dict[str, object]]
    """Per authority with a daily feed, return and year: how it stands in the return's place, by its finding and in words."""
    files: list[dict[str, object]]
    """Per file and table: its submission, and rows that came in, were typed, were quarantined. Files go by their hash."""

    def as_dict(self) -> dict[str, object]:
        return {
            "home": self.home, "release": self.release,
            "returns": self.by_return, "attention": self.attention, "set_aside": self.set_aside,
            "explanations": self.explanations,
            "waivers": self.waivers, "feed": self.feed, "files": self.files,
        }  # fmt: skip

    def file_lines(self) -> list[str]:
        """A line per file and table; rows in are always rows typed and rows quarantined."""
        return [
            f"  {f['submission']}  {f['status']:<11} {f['file']}  "
            f"{f['return']:<18} {f['year']} {f['la']:<7} {f['table']:<28} "
            f"rows in {number(_int(f['rows_in'])):>9}"
            f" = typed {number(_int(f['rows_typed'])):>9} + quarantined {number(_int(f['rows_quarantined'])):>6}"
            for f in self.files
        ]

    def lines(self) -> list[str]:
        head = [f"{self.home}: current release {self.release or '(none)'}", ""]
        table = [
            f"  {r['return']:<20} {r['year']} {r['term'] or '':<7} in force {number(_int(r['in_force'])):>5}   "
            f"missing {r['missing']:>3}   held {r['held']:>3}   quarantined {r['quarantined']:>3}   "
            f"replaced {r['superseded']:>3}"
            for r in self.by_return
        ]
        wait = [
            f"  {a['submission']}  {a['return']} {a['year']} {a['la']}  {a['status']}: {a['reason']}"
            for a in self.attention
        ]
        return [
            *head, *table, *self._feed_lines(), *(["", "waiting for somebody:", *wait] if wait else []),
            *self._aside_lines(), *self._settled_lines(),
        ]  # fmt: skip

    def _feed_lines(self) -> list[str]:
        said = [f"  {f['la']} {f['return']:<8} {f['year']}  {f['standing']}" for f in self.feed]
        return ["", "the daily feed in the place of returns:", *said] if said else []

    def _aside_lines(self) -> list[str]:
        said = [
            f"  {f['submission']}  {f['return']} {f['year']} {f['la']}  file {f['file']}: {f['reason']}"
            for f in self.set_aside
        ]
        return ["", "in force, but without a file that could not be used:", *said] if said else []

    def _settled_lines(self) -> list[str]:
        """What was explained and accepted, and what of that needs somebody to look."""
        counts = ", ".join(f"{number(n)} {name}" for name, n in self.explanations.items())
        said = [f"explanations: {counts}"] if any(self.explanations.values()) else []
        held = [f"{number(len(lines))} {state}" for state, lines in self.waivers.items()]
        said += [f"waivers: {', '.join(held)}"] if any(self.waivers.values()) else []
        ask = [line for state, lines in self.waivers.items() if state != "in force" for line in lines]
        return [*([""] if said else []), *said, *(f"  {line}" for line in ask)]


def _int(value: object) -> int:
    return int(str(value))


def status_of(store: Store) -> Status:
    """Read the ledger and the current release's manifest."""
    state = ledger.state(store)
    return Status(
        str(store.home),
        current_release(store),
        _by_return(state),
        _attention(state),
        _set_aside(store),
        _explanations(store),
        _waivers(store, datetime.now(UTC).date()),
        _feed(store),
        _files(store),
    )


def _feed(store: Store) -> list[dict[str, object]]:
    return [
        {
            "la": one.la,
            "return": one.ret,
            "year": one.year,
            "finding": "" if one.has_own else from_feed.code(one),
            "standing": from_feed.sentence(one),
        }
        for one in from_feed.standings(ledger.in_use(store))
    ]


def _explanations(store: Store) -> dict[str, int]:
    told = explanations.notes(store)
    return {
        "files": len(told),
        "unreadable": sum(bool(note["reason"]) for note in told),
        "explanations": sum(note["explanations"] for note in told),
    }


def _waivers(store: Store, today: date) -> dict[str, list[str]]:
    """The lines by their state; neither child nor reason is repeated."""
    rows = waivers.read(store, today).to_dicts()
    return {
        state: [
            f"line {row['line']}: {row['problem'] or _waiver(row)}" for row in rows if row["state"] == state
        ]
        for state in ("in force", "ended", "unreadable")
    }


def _waiver(row: dict[str, object]) -> str:
    return f"{row['la']} {row['return']} {row['rule']}, until {row['until']}"


def _files(store: Store) -> list[dict[str, object]]:
    return [
        {
            "submission": entry.submission, "status": entry.status, "file": file["sha256"][:12],
            "return": entry.ret, "year": entry.year, "la": entry.la,
            "table": table["table"], "rows_in": table["rows_typed"] + table["rows_quarantined"],
            "rows_typed": table["rows_typed"], "rows_quarantined": table["rows_quarantined"],
        }
        for entry in sorted(ledger.entries(store).values(), key=lambda e: (e.ret, e.year, e.la, e.submission))
        for file in entry.files
        for table in file["tables"]
    ]  # fmt: skip


def _set_aside(store: Store) -> list[dict[str, object]]:
    in_force = (entry for entry in ledger.entries(store).values() if entry.status == "current")
    return [
        {
            "submission": entry.submission, "return": entry.ret, "year": entry.year, "la": entry.la,
            "file": file["sha256"][:12], "reason": file["reason"],
        }
        for entry in sorted(in_force, key=lambda e: (e.ret, e.year, e.la, e.submission))
        for file in entry.files
        if file["reason"]
    ]  # fmt: skip


def current_release(store: Store) -> str | None:
    manifest = store.current / "manifest.json"
    return json.loads(manifest.read_text(encoding="utf-8"))["release"] if manifest.exists() else None


def _by_return(state: pl.DataFrame) -> list[dict[str, object]]:
    if state.is_empty():
        return []
    counts = state.group_by("return", "year", "term").agg(
        in_force=_with("current"), held=_with("held"), quarantined=_with("quarantined"), superseded=_with("superseded"),
        las=pl.col("la").filter(pl.col("status") == "current"),
    )  # fmt: skip
    rows = counts.sort("return", "year", "term", nulls_last=True).to_dicts()
    return [{**row, "missing": _missing(row), "las": None} for row in rows]


def _with(status: str) -> pl.Expr:
    return (pl.col("status") == status).sum()


def _missing(row: dict[str, object]) -> int:
    """Authorities of that year that owe the return and have no submission in force."""
    if row["return"] not in OWED:
        return 0
    return len(set(in_year(_int(row["year"]))["la_code"]) - set(row["las"]))  # type: ignore[call-overload]


def _attention(state: pl.DataFrame) -> list[dict[str, object]]:
    waiting = state.filter(pl.col("status").is_in(["held", "quarantined"]))
    return waiting.sort("return", "year", "la").select(
        "submission", "return", "year", "la", "status", "reason"
    ).to_dicts()  # fmt: skip
