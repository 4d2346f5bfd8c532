"""Reads what has arrived since last time, and writes down what became of it.

Every folder of the landing place is read in limited processes; what can be read is typed and stored by
year, authority and submission, and what cannot is set aside with a reason. One authority's bad file
changes nothing for the others. The ledger is written last, so a run that dies half-way is simply done
again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from assets.ingest import ledger
from assets.ingest.discover import Candidate, as_utf8, discover
from assets.ingest.findings import write_standing
from assets.ingest.grouping import FileRead, Group, Sent, findings_of, group
from assets.ingest.ledger import Entry
from assets.ingest.limits import Limits
from assets.ingest.originals import into_place, keep_all, original_path
from assets.ingest.pool import Job, Pool
from assets.ingest.submission import FileRows, Submission, put_in_place
from assets.ingest.who import together, who_and_when
from assets.ingest.work import NOT_ORDINARY, UNREAD, Work, batches, hints_of_entry, sent_of, with_members
from assets.store import Store
from schemas.failures import Trouble

STOPPED = "file.reader_stopped"
Progress = Callable[[int, int], None]
"""Called with how many folders are done, and of how many."""


@dataclass(frozen=True)
class IngestSummary:
    """What one run read. Numbers, codes and hashes only."""

    submissions: int = 0
    held: int = 0
    quarantined: int = 0
    duplicates: int = 0
    findings: int = 0
    files: tuple[FileRows, ...] = ()
    files_set_aside: tuple[tuple[str, str], ...] = ()
    """First twelve digits of the hash, and the code of the finding that says why."""
    unopened: int = 0
    """Files of the landing folder that could not be opened; they are tried again next time."""
    new_trouble: int = 0
    """Submissions and files first seen in this run that were quarantined or held."""

    def counts(self) -> dict[str, int]:
        """The figures for a log or a page."""
        rows = {
            name: sum(getattr(file, name) for file in self.files)
            for name in ("rows_in", "rows_typed", "rows_quarantined")
        }
        names = ("submissions", "held", "quarantined", "duplicates", "findings", "unopened", "new_trouble")
        return {**{name: getattr(self, name) for name in names}, "tables": len(self.files), **rows}


@dataclass
class _Tally:
    """What the run has done so far."""

    submissions: int = 0
    findings: int = 0
    unopened: int = 0
    new: set[str] = field(default_factory=set)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    files: list[FileRows] = field(default_factory=list)
    aside: dict[str, str] = field(default_factory=dict)


def ingest(
    store: Store,
    *,
    now: datetime,
    full: bool = False,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> IngestSummary:
    """Read every submission that the ledger does not know; with `full`, the known ones again as well.

    Writes raw and typed Parquet, findings, and the ledger. A second run over the same landing folder
    opens no file, unless a reader was stopped. Returns what was read; see `IngestSummary`.
    """
    for folder in (store.submissions, store.raw, store.returns, store.findings, store.tmp):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(store), _workplace(store) as into:
        return _Run(store, now, limits or Limits(), into).everything(full, progress or (lambda *_: None))


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """One reading run at a time per store."""
    with (store.submissions / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = True
        else:
            busy = False
        if busy:
            raise Trouble("another run is reading submissions into this store; wait for it to end")
        yield


@contextmanager
def _workplace(store: Store) -> Iterator[Path]:
    place = store.tmp / f"ingest-{os.getpid()}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


class _Run:
    """One run over the landing folder."""

    def __init__(self, store: Store, now: datetime, limits: Limits, into: Path) -> None:
        self.store, self.now, self.limits, self.into = store, now, limits, into
        self.known = ledger.entries(store)
        self.files_before = {file["sha256"] for entry in self.known.values() for file in entry.files}
        self.tally = _Tally()

    def everything(self, full: bool, progress: Progress) -> IngestSummary:
        work = [*(self._known_work() if full else ()), *self._new_work()]
        done = 0
        with Pool(self.limits) as pool:
            for batch in batches(work):
                self._do(pool, batch)
                done += len(batch)
                progress(done, len(work))
        if work or full:
            write_standing(self.store)
        return self._summary()

    # --- what there is to do ---

    def _new_work(self) -> list[Work]:
        """Folders with a file that has not been looked at in that folder before."""
        candidates = discover(self.store.landing)
        hashes = keep_all(self.store, [file for c in candidates for file in c.files], self.limits)
        self.tally.unopened = sum(f.relative not in hashes for c in candidates for f in c.files)
        looked_at, gone = self._looked_at(), self._erased()
        found = []
        for candidate in candidates:
            sent = tuple(
                Sent(
                    as_utf8(f.path.name),
                    hashes[f.relative],
                    f.size,
                    unread="" if f.ordinary else NOT_ORDINARY,
                )
                for f in candidate.files
                if f.relative in hashes and hashes[f.relative] not in gone
            )
            if {s.sha256 for s in sent} - looked_at.get(candidate.folder, set()):
                found.append(Work(candidate, sent))
        return found

    def _looked_at(self) -> dict[str, set[str]]:
        """Per folder, the files that the ledger knows from it.

        Not those beside a file whose reader ended for a reason that nobody knows: it may have been the machine's,
        and a good return would stay set aside for ever. Such a folder is read again, as long as it is there.
        """
        found: dict[str, set[str]] = {}
        for entry in (each for each in self.known.values() if not _was_stopped(each)):
            found.setdefault(entry.folder, set()).update(file["sha256"] for file in entry.files)
            for again in entry.duplicates:
                found.setdefault(again["folder"], set()).update(again["files"])
        return found

    def _erased(self) -> set[str]:
        """Files that only withdrawn submissions held: not read again, and no copy of them kept."""
        held: dict[bool, set[str]] = {True: set(), False: set()}
        for entry in self.known.values():
            held[entry.withdrawn].update(file["sha256"] for file in entry.files)
        gone = held[True] - held[False]
        for sha256 in gone:
            original_path(self.store, sha256).unlink(missing_ok=True)
        return gone

    def _known_work(self) -> list[Work]:
        """Every submission of the ledger, to be read again from its originals."""
        entries = [e for _, e in sorted(self.known.items()) if not e.withdrawn and not e.regrouped]
        for entry in entries:
            self._must_have_originals(entry)
        return [
            Work(Candidate(entry.folder, (), hints_of_entry(entry)), sent_of(entry), again=entry)
            for entry in entries
        ]

    def _must_have_originals(self, entry: Entry) -> None:
        """Without its original a good submission would turn into an unreadable one: stop before that."""
        for file in entry.files:
            kept = file["reason"] in UNREAD or original_path(self.store, file["sha256"]).exists()
            if not kept:
                raise Trouble(
                    f"{self.store.submissions} lacks the original {file['sha256'][:12]} of submission "
                    f"{entry.submission}; restore it from a backup, or withdraw the submission"
                )

    # --- reading ---

    def _do(self, pool: Pool, batch: Sequence[Work]) -> None:
        """Read a batch of folders, type what can be typed, put it in place, write the ledger."""
        readings = self._read(pool, {sent.sha256: sent for work in batch for sent in work.files}, unpack=True)
        batch = [with_members(work, readings) for work in batch]
        inside = {sent.sha256: sent for work in batch for sent in work.files if sent.sha256 not in readings}
        readings |= self._read(pool, inside, unpack=False)
        duplicates_before = len(self.tally.duplicates)
        submissions = self._to_store(batch, readings)
        events = [*self._regrouped(batch, submissions), *self._typed(pool, submissions)]
        events.extend(self.tally.duplicates[duplicates_before:])
        shutil.rmtree(self.into, ignore_errors=True)
        self.into.mkdir(mode=0o700)
        os.sync()  # rows are on the disk before the ledger says so
        ledger.append(self.store, events)
        ledger.take_in(self.known, events)

    def _read(self, pool: Pool, files: Mapping[str, Sent], *, unpack: bool) -> dict[str, FileRead]:
        """Every file once, whatever number of folders it lies in; of a zip, what is in it is kept beside."""
        readings, jobs = dict[str, FileRead](), list[Job]()
        for sha256, sent in files.items():
            if sent.unread:
                readings[sha256] = FileRead.of({"stopped": sent.unread, "why": ""}, sha256)
                continue
            if sent.size > self.limits.max_file_bytes:
                why = f"expected at most {self.limits.max_file_bytes} bytes, got {sent.size}"
                readings[sha256] = FileRead.of({"stopped": "file.too_large", "why": why}, sha256)
                continue
            original = str(original_path(self.store, sha256))
            request: dict[str, Any] = {
                "do": "read",
                "original": original,
                "sha256": sha256,
                "into": str(self.into / sha256),
            }
            request["unpack"] = unpack
            jobs.append(Job(sha256, request, sent.size))
        for job, said in pool.run(jobs):
            readings[job.key] = FileRead.of(said, job.key)
            for member in said.get("members", ()):
                into_place(member["path"], original_path(self.store, member["sha256"]))
        return readings

    def _to_store(self, batch: Sequence[Work], readings: Mapping[str, FileRead]) -> dict[str, Submission]:
        """What the ledger does not know yet, by id; the same content from elsewhere is noted as a copy."""
        found: dict[str, Submission] = {}
        for work in batch:
            for files in group(work.candidate, work.files, readings):
                submission = self._identified(work, files)
                known = self.known.get(submission.id) or found.get(submission.id)
                of_again = work.again and submission.id == work.again.submission
                if known is None or of_again or _was_stopped(known):
                    found[submission.id] = submission
                elif known.folder != submission.folder or not submission.hashes <= known.hashes:
                    self._note_duplicate(submission)
        return found

    def _identified(self, work: Work, files: Group) -> Submission:
        """Decide whose a group is; what a person accepted stays as accepted."""
        facts = together(read.facts for _, read in files.files)
        now = work.again.first_seen if work.again else self.now
        identity = who_and_when(files.ret, facts, work.candidate, files.named, now)
        name = files.submission(identity.census)
        known = self.known.get(name)
        if known and known.accepted_at:
            identity = replace(identity, year=known.year, la=known.la)
        return Submission(name, files, identity, findings_of(files, work.files))

    def _note_duplicate(self, submission: Submission) -> None:
        event = {
            "event": "duplicate",
            "at": ledger.stamp(self.now),
            "submission": submission.id,
            "folder": submission.folder,
            "la": submission.identity.la,
            "year": submission.identity.year,
            "files": sorted(sent.sha256 for sent, _ in submission.group.files),
        }
        self.tally.duplicates.append(event)

    def _regrouped(
        self, batch: Sequence[Work], submissions: Mapping[str, Submission]
    ) -> Iterator[dict[str, Any]]:
        """Submissions whose files make other submissions now that they are read again."""
        for entry in (entry for work in batch for entry in self._read_before(work)):
            if entry.submission not in submissions:
                name = entry.submission
                yield {"event": "regrouped", "at": ledger.stamp(self.now), "submission": name}

    def _read_before(self, work: Work) -> list[Entry]:
        """The submissions in whose place those of this work stand."""
        if work.again:
            return [work.again]
        of_folder = (e for e in self.known.values() if e.folder == work.candidate.folder)
        return [entry for entry in of_folder if _was_stopped(entry)]

    # --- typing and putting in place ---

    def _typed(self, pool: Pool, submissions: Mapping[str, Submission]) -> list[dict[str, Any]]:
        """Type every submission that has a usable file, put each in place as it comes; gives the events."""
        jobs = [
            Job(submission.id, submission.request(self.into), submission.size)
            for submission in submissions.values()
            if submission.group.readable
        ]
        events = [
            event for s in submissions.values() if not s.group.readable for event in self._stored(s, None)
        ]
        for job, said in pool.run(jobs):
            events.extend(self._stored(submissions[job.key], said))
        return sorted(events, key=lambda event: str(event["submission"]))

    def _stored(self, submission: Submission, said: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Put one submission's rows in place; gives its event, unless the ledger says the same already."""
        submission.take(said)
        put_in_place(self.store, submission)
        known = self.known.get(submission.id)
        self.tally.submissions += 1
        self.tally.findings += len(submission.findings)
        self.tally.files.extend(submission.rows())
        self.tally.aside.update(submission.set_aside())
        if known is None:
            self.tally.new.add(submission.id)
        if known is None or not _same(known, submission):
            yield submission.event(self.now)

    def _summary(self) -> IngestSummary:
        self.known = ledger.entries(self.store)
        state = {name: entry.status for name, entry in self.known.items() if name in self.tally.new}
        bad = [name for name, status in state.items() if status in ("held", "quarantined")]
        bad_files = {
            file["sha256"]
            for name in state.keys() - set(bad)
            for file in self.known[name].files
            if file["reason"] and file["sha256"] not in self.files_before
        }
        return IngestSummary(
            submissions=self.tally.submissions,
            held=sum(status == "held" for status in state.values()),
            quarantined=sum(status == "quarantined" for status in state.values()),
            duplicates=len(self.tally.duplicates),
            findings=self.tally.findings,
            files=tuple(sorted(self.tally.files, key=lambda f: (f.ret, f.table, f.file))),
            files_set_aside=tuple(sorted((sha[:12], code) for sha, code in self.tally.aside.items())),
            unopened=self.tally.unopened,
            new_trouble=len(bad) + len(bad_files) + self.tally.unopened,
        )


def _was_stopped(entry: Entry | Submission) -> bool:
    """Whether the reader of one of its files ended for no known reason; of what is new, nobody asks."""
    if not isinstance(entry, Entry) or entry.withdrawn or entry.regrouped:
        return False
    return STOPPED in {entry.reason, *(file["reason"] for file in entry.files)}


def _same(known: Entry, submission: Submission) -> bool:
    """Whether a second reading came to what the ledger has."""
    now = ledger.fold([submission.event(known.first_seen)])[submission.id]
    names = ("ret", "term", "looked_at", "files", "sent", "serial", "path_date")
    placed = known.accepted_at is not None or (known.year, known.la) == (now.year, now.la)
    reasons = submission.reason == known.reason or known.status != known.looked_at
    return placed and reasons and all(getattr(known, name) == getattr(now, name) for name in names)
