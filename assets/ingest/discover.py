"""Finds what has landed: folders of files, and what their paths and notes say about who and when.

An authority's folder may be called anything. A path of the form `…/<return>/<year>/<la>[/<sent>]/…`
tells whose files they are when the files do not say so themselves; `submission.toml` tells it where
the path does not. What a file says itself always comes first, and is known only after reading.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tomllib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path, PurePosixPath
from typing import Any

from assets.ingest.facts import term_named
from assets.ingest.originals import Landed, opened
from schemas.calendar import TERMS
from schemas.returns import RETURNS

NOTE = "submission.toml"
LONGEST_NOTE = 16_384
NOT_RETURNS = {"explanations", "supplied"}
"""Folders of the landing place that hold something else."""
NOT_SENT = re.compile(r"(\.|~\$).*|thumbs\.db|desktop\.ini|.*\.(part|filepart|crdownload|tmp)", re.IGNORECASE)
"""Files that systems leave behind, or that are still on their way."""
COLLECT_NAME = re.compile(r"(\d{4})_(autumn|spring|summer)_", re.IGNORECASE)


@dataclass(frozen=True)
class Hints:
    """What the place of a folder says; None where it says nothing."""

    ret: str | None = None
    year: int | None = None
    la: str | None = None
    census: str | None = None
    sent: date | None = None
    """A date in the path."""
    noted: datetime | None = None
    """`sent` of the note beside the files."""
    noted_by_census: tuple[tuple[str, datetime], ...] = ()
    """The same where the note says it census by census."""

    @property
    def told_sent(self) -> str:
        """When path and note say that it was sent, as they say it."""
        return f"{self.sent or ''} {self.noted or ''}"

    def noted_for(self, census: str) -> datetime | None:
        """When the note says that the files of this census (or of the return, "") were sent."""
        return dict(self.noted_by_census).get(census, self.noted)


@dataclass(frozen=True)
class Candidate:
    """One folder with files: what may become one submission, or several when its files say so."""

    folder: str
    """Path below the landing folder, "." for the landing folder itself."""
    files: tuple[Landed, ...]
    hints: Hints = field(default_factory=Hints)

    @property
    def unknown_la(self) -> str:
        """The name under which files of an unknown authority are kept apart from everybody else's.

        In a path of the usual form it is what stands in the authority's place, so that a later
        submission finds the earlier one; elsewhere the folder's name, made unlike any other folder's.
        """
        if self.hints.la and self.hints.ret:
            return f"unknown:{_slug(self.hints.la)}"
        name = PurePosixPath(self.folder).name or "landing"
        slug = _slug(name)
        if slug == name and "/" not in self.folder:
            return f"unknown:{slug}"
        return f"unknown:{slug}-{hashlib.sha256(self.folder.encode()).hexdigest()[:6]}"

    @property
    def whose(self) -> str:
        """The folder without a date of sending: what is sent from it replaces what was sent before."""
        path = PurePosixPath(self.folder)
        return str(path.parent) if self.hints.sent and _as_date(path.name) else str(path)


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "folder"


def discover(landing: Path) -> list[Candidate]:
    """Every folder below the landing folder that has files of its own, in order of path."""
    found = (candidate for candidate in _folders(landing) if candidate.files)
    return sorted(found, key=lambda candidate: candidate.folder)


def _folders(landing: Path) -> Iterator[Candidate]:
    """One by one and never by recursion: folders can be nested deeper than calls."""
    waiting = [landing]
    while waiting:
        folder = waiting.pop()
        candidate, below = _looked_into(landing, folder)
        waiting.extend(below)
        if candidate:
            yield candidate


def _looked_into(landing: Path, folder: Path) -> tuple[Candidate | None, list[Path]]:
    """What a folder has of its own, and the folders in it."""
    relative = as_utf8(folder.relative_to(landing).as_posix())
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return None, []
    except OSError:  # nobody may look into it: it is reported as a file that could not be opened
        return Candidate(relative, (Landed(folder, relative, 0, 0),), Hints()), []
    left_out = NOT_RETURNS if folder == landing else set()
    below, others = list[os.DirEntry[str]](), list[os.DirEntry[str]]()
    for entry in entries:
        (below if entry.is_dir(follow_symlinks=False) else others).append(entry)
    inside = [e for e in others if e.name != NOTE and not NOT_SENT.fullmatch(e.name)]
    note = folder / NOTE if any(e.name == NOTE for e in others) else None
    files = tuple(_landed(landing, entry) for entry in inside)
    folders = [folder / e.name for e in below if not e.name.startswith(".") and e.name not in left_out]
    return Candidate(relative, files, hints_of(relative, _read_note(note))), folders


def as_utf8(name: str) -> str:
    """A name of the file system that is not UTF-8, made writable."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _landed(landing: Path, entry: os.DirEntry[str]) -> Landed:
    found = entry.stat(follow_symlinks=False)
    path = Path(entry.path)
    ordinary = stat.S_ISREG(found.st_mode)
    size = found.st_size if ordinary else 0
    return Landed(path, path.relative_to(landing).as_posix(), size, found.st_mtime_ns, ordinary)


def hints_of(folder: str, note: dict[str, Any] | None = None) -> Hints:
    """What a path says, filled up by the note where the path says nothing."""
    told, path = _from_note(note or {}), _from_path(PurePosixPath(folder).parts)
    fields = ("ret", "year", "la", "census", "sent")
    return replace(told, **{name: value for name in fields if (value := getattr(path, name)) is not None})


def _from_path(parts: tuple[str, ...]) -> Hints:
    """`…/<return>/<year>/<la>[/<sent>]/…`, and a census named anywhere below."""
    for at, part in enumerate(parts):
        if part.lower() in RETURNS and RETURNS[part.lower()].of_england:
            return _of_a_list(part.lower(), parts[at + 1 :])
        if part.lower() in RETURNS and len(parts) > at + 2 and re.fullmatch(r"20\d\d", parts[at + 1]):
            below = parts[at + 3 :]
            sent = next((day for name in below if (day := _as_date(name))), None)
            census = next((name.lower() for name in below if name.lower() in TERMS), None)
            return Hints(part.lower(), int(parts[at + 1]), parts[at + 2], census, sent)
    return Hints()


def _of_a_list(ret: str, below: tuple[str, ...]) -> Hints:
    """`…/<return>[/<year>][/<la>][/<sent>]/…`: a list of all England needs nobody's folder."""
    year = int(below[0]) if below and re.fullmatch(r"20\d\d", below[0]) else None
    days = {name: day for name in below if (day := _as_date(name))}
    others = below if year is None else below[1:]
    whose = next((name for name in others if name not in days), None)
    return Hints(ret, year, whose, sent=next(iter(days.values()), None))


def _as_date(name: str) -> date | None:
    try:
        return date.fromisoformat(name) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", name) else None
    except ValueError:
        return None


def _read_note(path: Path | None) -> dict[str, Any]:
    """The note beside the files; one that cannot be read says nothing."""
    try:
        with opened(path) if path else nullcontext(io.BytesIO()) as file:
            said = file.read(LONGEST_NOTE + 1)
        return tomllib.loads(said.decode()) if len(said) <= LONGEST_NOTE else {}
    except (OSError, ValueError, RecursionError):
        return {}


def _from_note(note: dict[str, Any]) -> Hints:
    ret, year, la, term, sent = (note.get(key) for key in ("return", "year", "la", "term", "sent"))
    return Hints(
        ret=ret if isinstance(ret, str) and ret in RETURNS else None,
        year=year if isinstance(year, int) and not isinstance(year, bool) and 2000 <= year < 2100 else None,
        la=str(la) if isinstance(la, str | int) and re.fullmatch(r"\w{1,40}", str(la)) else None,
        census=term_named(term) or None if isinstance(term, str) else None,
        noted=_moment(sent),
        noted_by_census=_by_census(sent),
    )


def _by_census(sent: object) -> tuple[tuple[str, datetime], ...]:
    """`[sent]` with a line for each census, for a folder that holds several."""
    told = sent if isinstance(sent, dict) else {}
    found = {term_named(name): _moment(when) for name, when in told.items()}
    return tuple(sorted((census, when) for census, when in found.items() if census and when))


def _moment(sent: object) -> datetime | None:
    """A date, a date-time or its text, as UTC."""
    if isinstance(sent, str):
        return parse_moment(sent)
    if isinstance(sent, datetime):
        return sent.astimezone(UTC) if sent.tzinfo else sent.replace(tzinfo=UTC)
    return datetime.combine(sent, time(), UTC) if isinstance(sent, date) else None


def parse_moment(text: str) -> datetime | None:
    """An ISO date or date-time as UTC; None for anything else. Without a zone it is taken as UTC."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def census_in_name(name: str) -> tuple[int, str] | None:
    """COLLECT's own prefix of a school census file (`2025_spring_…`): calendar year and census."""
    found = COLLECT_NAME.match(PurePosixPath(name).name)
    return (int(found[1]), found[2].lower()) if found else None
