"""The ledger: what arrived, when, and what became of it. Nothing in it is ever changed or taken out.

One event a line (JSON). What is in force today, or was on any earlier day, is worked out from the
events alone, so every number we ever published can be made again. The order in which submissions
arrived does not matter where they say when they were sent.

Events: `read`, `held` and `quarantined` (a submission was looked at), `duplicate` (the same content
came again), `accepted` and `withdrawn` (a person decided), `regrouped` (a later version of this program
read the same files as other submissions). The ledger names files as they were sent; it stays in the
store and is shown to nobody but the operator.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from assets.ingest.discover import parse_moment
from assets.store import Store
from schemas.authorities import ENGLAND, is_authority
from schemas.failures import WrongUse
from schemas.returns import RETURNS

LOOKED_AT = ("read", "held", "quarantined")
STATE_SCHEMA: dict[str, pl.DataType] = {
    "submission": pl.String(),
    "return": pl.String(),
    "year": pl.Int16(),
    "term": pl.String(),
    "la": pl.String(),
    "folder": pl.String(),
    "sent": pl.Datetime("us", "UTC"),
    "serial": pl.Int32(),
    "first_seen": pl.Datetime("us", "UTC"),
    "status": pl.String(),
    "reason": pl.String(),
    "rows_typed": pl.Int64(),
    "rows_quarantined": pl.Int64(),
    "files": pl.Int32(),
}
CONFLICT = "submission.conflict"
SCHOOL_TWICE = "file.school_twice"
"""No decision about whose a submission is can put this right, so nobody may accept it."""
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass
class Entry:
    """One submission as the events so far describe it."""

    submission: str
    ret: str
    year: int
    term: str
    la: str
    folder: str
    whose: str
    sent: datetime | None
    sent_from: str
    serial: int | None
    path_date: date | None
    first_seen: datetime
    looked_at: str
    reason: str
    rows_typed: int
    rows_quarantined: int
    files: list[dict[str, Any]]
    hints: dict[str, Any]
    """What the folder and its note said when the submission came."""
    accepted_at: datetime | None = None
    withdrawn: bool = False
    regrouped: bool = False
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    """Where and when the same content came again."""
    status: str = ""

    @property
    def place(self) -> tuple[str, int, str, str, str]:
        """Submissions of one place replace one another; those of unknown folders only their own."""
        return self.ret, self.year, self.term, self.la, self.whose if self.la.startswith("unknown:") else ""

    @property
    def in_deltas(self) -> bool:
        """It tells what changed and replaces no other."""
        return self.ret in RETURNS and RETURNS[self.ret].in_deltas

    @property
    def order(self) -> tuple[datetime, int, date]:
        """Later beats earlier: when sent (or first seen), then serial number, then the path's date."""
        serial = -1 if self.serial is None else self.serial
        return self.sent or self.first_seen, serial, self.path_date or date.min

    @property
    def hashes(self) -> set[str]:
        """Of all files in which it came, also when it came again."""
        return {file["sha256"] for file in self.files}.union(*(again["files"] for again in self.duplicates))

    @property
    def where(self) -> tuple[int, str, str]:
        return self.year, self.la, self.submission


def read_events(store: Store) -> Iterator[dict[str, Any]]:
    """Every whole event; a last line that a crash cut off is no event."""
    if not store.ledger.exists():
        return
    with store.ledger.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n") and line.strip():
                yield _event(line, number)


def _event(line: bytes, number: int) -> dict[str, Any]:
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError):
        pass
    raise WrongUse(f"line {number} of the ledger is not an event; restore ledger.jsonl from a backup")


def append(store: Store, events: Iterable[Mapping[str, Any]]) -> None:
    """Write events to the end and see them onto the disk; first takes away a line that was cut off."""
    text = "".join(json.dumps(event, sort_keys=True) + "\n" for event in events)
    if not text:
        return
    store.ledger.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with store.ledger.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _cut_torn_line(file)
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _cut_torn_line(file: Any) -> None:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - (1 << 20)))
    tail = file.read()
    if tail and not tail.endswith(b"\n"):
        file.truncate(end - len(tail) + tail.rfind(b"\n") + 1)
        file.seek(0, os.SEEK_END)


# --- the fold --------------------------------------------------------------------------------------


def entries(store: Store, as_known_at: datetime | None = None) -> dict[str, Entry]:
    """Every submission with its status, as the events up to a moment have it (of the store, if none is given).

    What was withdrawn since is gone for good: it cannot be shown as it was, and counts as withdrawn.
    """
    until, events = as_known_at or store.as_known_at, list(read_events(store))
    known = fold(events, until)
    for event in events if until else ():
        if event["event"] == "withdrawn" and event["submission"] in known:
            known[event["submission"]].status = "withdrawn"
    return known


def fold(events: Iterable[Mapping[str, Any]], as_known_at: datetime | None = None) -> dict[str, Entry]:
    """The state that events lead to: a pure function of them."""
    known: dict[str, Entry] = {}
    take_in(known, events, as_known_at)
    _decide(known.values())
    return known


def take_in(
    known: dict[str, Entry], events: Iterable[Mapping[str, Any]], as_known_at: datetime | None = None
) -> None:
    """Add events to what is known, without yet deciding what counts."""
    until = _utc(as_known_at) if as_known_at else None
    for event in events:
        at = _moment(event["at"])
        if until is None or at <= until:
            _apply(known, event, at)


def _apply(known: dict[str, Entry], event: Mapping[str, Any], at: datetime) -> None:
    kind, name = event["event"], event["submission"]
    if kind in LOOKED_AT:
        before = known.get(name)
        known[name] = _entry(event, before.first_seen if before else at)
        if before:
            _keep_decisions(before, known[name])
    elif name not in known:
        return
    elif kind == "duplicate":
        known[name].duplicates.append(dict(event))
    elif kind == "withdrawn":
        known[name].withdrawn = True
    elif kind == "accepted":
        known[name].accepted_at = at
        known[name].la, known[name].year = event["la"], event["year"]
    elif kind == "regrouped":
        known[name].regrouped = True


def _keep_decisions(before: Entry, after: Entry) -> None:
    """What people decided outlives a second reading of the same content."""
    after.withdrawn, after.duplicates = before.withdrawn, before.duplicates
    if before.accepted_at:
        after.accepted_at, after.la, after.year = before.accepted_at, before.la, before.year


def _entry(event: Mapping[str, Any], first_seen: datetime) -> Entry:
    return Entry(
        submission=event["submission"],
        ret=event["return"],
        year=event["year"],
        term=event["term"],
        la=event["la"],
        folder=event["folder"],
        whose=event["whose"],
        sent=_moment(event["sent"]) if event["sent"] else None,
        sent_from=event["sent_from"],
        serial=event["serial"],
        path_date=date.fromisoformat(event["path_date"]) if event["path_date"] else None,
        first_seen=first_seen,
        looked_at=event["event"],
        reason=event["reason"],
        rows_typed=sum(t["rows_typed"] for f in event["files"] for t in f["tables"]),
        rows_quarantined=sum(t["rows_quarantined"] for f in event["files"] for t in f["tables"]),
        files=event["files"],
        hints=event["hints"],
    )


def _decide(known: Iterable[Entry]) -> None:
    """Give every submission its status."""
    places: dict[tuple[str, int, str, str, str], list[Entry]] = defaultdict(list)
    for entry in known:
        if entry.withdrawn:
            entry.status = "withdrawn"
        elif entry.regrouped:
            entry.status = "superseded"
        elif entry.looked_at == "quarantined":
            entry.status = "quarantined"
        elif entry.looked_at == "held" and not entry.accepted_at:
            entry.status = "held"
        elif entry.in_deltas:
            entry.status, entry.reason = "current", ""
        else:
            entry.status = "superseded"
            places[entry.place].append(entry)
    for rivals in places.values():
        _decide_place(rivals)


def _decide_place(rivals: list[Entry]) -> None:
    """The latest counts; an accepted one yields only to what came, and was sent, after it.

    Those that tie at the top are held, and the one before them goes on counting.
    """
    accepted = max((e for e in rivals if e.accepted_at), key=_accepted_order, default=None)
    contenders = [e for e in rivals if accepted is None or _outdates(e, accepted)]
    while contenders:
        top = _latest(contenders)
        if len(top) == 1:
            top[0].status, top[0].reason = "current", ""
            return
        for entry in top:
            entry.status, entry.reason = "held", CONFLICT
        highest = top[0].order
        contenders = [e for e in contenders if e.order < highest]
    if accepted:
        accepted.status, accepted.reason = "current", ""


def _accepted_order(entry: Entry) -> tuple[datetime, tuple[datetime, int, date], str]:
    return entry.accepted_at or LONG_AGO, entry.order, entry.submission


def _outdates(entry: Entry, accepted: Entry) -> bool:
    later = entry.first_seen > (accepted.accepted_at or LONG_AGO)
    return entry is not accepted and later and entry.order > accepted.order


def _latest(contenders: list[Entry]) -> list[Entry]:
    """Those that tie for the latest, without the earlier states of a folder that was added to.

    Two that name the same time in their headers tie even so: their content says that both are the
    one return of that moment.
    """
    highest = max(entry.order for entry in contenders)
    top = [entry for entry in contenders if entry.order == highest]
    newest: dict[str, datetime] = {}
    for entry in top:
        newest[entry.folder] = max(newest.get(entry.folder, LONG_AGO), entry.first_seen)
    return [e for e in top if e.sent_from == "header" or e.first_seen == newest[e.folder]]


def _moment(text: str) -> datetime:
    found = parse_moment(text)
    if found is None:
        raise WrongUse("an event of the ledger has no readable time; restore ledger.jsonl from a backup")
    return found


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """A moment as the ledger writes it."""
    return _utc(moment).isoformat()


# --- what others ask -------------------------------------------------------------------------------


def state(store: Store, as_known_at: datetime | None = None) -> pl.DataFrame:
    """One row per submission ever received; `term` is the census (autumn, spring, summer) or NULL.

    `status` is current, superseded, held, quarantined or withdrawn; `reason` the code of the finding
    that explains held and quarantined; `folder` is below the landing folder; `files` counts files.
    """
    rows = [_row(entry) for entry in entries(store, as_known_at).values()]
    return pl.DataFrame(rows, schema=STATE_SCHEMA).sort("return", "year", "term", "la", "submission")


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "submission": entry.submission,
        "return": entry.ret,
        "year": entry.year,
        "term": entry.term or None,
        "la": entry.la,
        "folder": entry.folder,
        "sent": entry.sent,
        "serial": entry.serial,
        "first_seen": entry.first_seen,
        "status": entry.status,
        "reason": entry.reason if entry.status in ("held", "quarantined") else "",
        "rows_typed": entry.rows_typed,
        "rows_quarantined": entry.rows_quarantined,
        "files": len(entry.files),
    }


def in_use(store: Store, as_known_at: datetime | None = None) -> list[Entry]:
    """The submissions that count; of a feed every delivery."""
    return [entry for entry in entries(store, as_known_at).values() if entry.status == "current"]


def in_force(store: Store, as_known_at: datetime | None = None) -> dict[str, list[tuple[int, str, str]]]:
    """Per return, the (year, authority, submission) that count: what `assets.gathered` takes.

    Of deliveries that tell what changed, it is the state that they come to together; where that state tells
    of a year as a yearly return would, it stands in for the return until that is there.
    """
    current = in_use(store, as_known_at)
    found: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for entry in current:
        if not entry.in_deltas:
            found[entry.ret].append(entry.where)
    if delivered := [entry for entry in current if entry.in_deltas]:
        from assets import from_feed  # only where a feed comes
        from assets.ingest import deltas

        found[delivered[0].ret] = states = deltas.in_force(store, delivered)
        for ret, places in from_feed.in_force(store, current, states).items():
            found[ret].extend(places)
    return {ret: sorted(where) for ret, where in sorted(found.items())}


def find(store: Store, submission: str) -> Entry:
    """The submission of that id, or of the only id that begins so."""
    known = entries(store)
    fitting = [entry for name, entry in known.items() if name.startswith(submission)] if submission else []
    if len(fitting) != 1:
        raise WrongUse(
            f"expected the id of a submission, or enough of its beginning to know it by; {len(fitting)} begin with "
            f"{submission[:16]!r}. `outcomes status` lists those that are held, `outcomes status --files` all with "
            "their files"
        )
    return fitting[0]


def accept(store: Store, submission: str, *, la: str, year: int, now: datetime) -> None:
    """Let a held submission count as that authority's return of that year, in place of what counts now.

    The rows are written for that authority and year first, then the decision; the old rows go last, so
    that whatever moment a crash comes at, what counts is there.
    """
    from assets.ingest.moving import copy_to, take_away

    entry = find(store, submission)
    if entry.looked_at == "quarantined":
        raise WrongUse(f"{entry.submission} could not be read ({entry.reason}), so it cannot be accepted")
    if entry.withdrawn:
        raise WrongUse(f"{entry.submission} was withdrawn and erased; the authority has to send it again")
    if entry.looked_at == "held" and entry.reason == SCHOOL_TWICE:
        raise WrongUse(
            f"{entry.submission} holds two different census files of one school ({SCHOOL_TWICE}): whoever it was "
            "accepted as, every pupil of that school would count twice; the authority has to send it again with "
            "one file for each school"
        )
    for_all = la == ENGLAND and entry.ret in RETURNS and RETURNS[entry.ret].of_england
    if not for_all and not is_authority(la, year):
        raise WrongUse(f"{la} was not an authority in {year}; expected a three-digit code of that year")
    moves = (year, la) != (entry.year, entry.la)
    if moves:
        copy_to(store, entry, year=year, la=la)
    event = {"event": "accepted", "at": stamp(now), "submission": entry.submission, "la": la, "year": year}
    append(store, [event])
    if moves:
        take_away(store, entry)


def withdraw(store: Store, submission: str, *, now: datetime) -> None:
    """Take a submission out for good: it no longer counts, and its rows and originals are erased.

    The event is written first: a run that dies in between leaves rows that nothing reads, and a second
    `withdraw` takes them away.
    """
    from assets.ingest.moving import erase

    entry = find(store, submission)
    if not entry.withdrawn:
        append(store, [{"event": "withdrawn", "at": stamp(now), "submission": entry.submission}])
    erase(store, entry, others=[e for e in entries(store).values() if not e.withdrawn])
