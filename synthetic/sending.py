"""When each authority sent its returns: most in time, a few late, a few a second time after mending.

Those who chase returns look at two things, the day on which the first file came and whether another came
after it. An SSDA903 and a school census do not say when they were sent, so a `submission.toml` stands beside
them; a CIN census says it in its header. Shares are assumed: nobody publishes who was late.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from synthetic.days import EPOCH

LATE, AGAIN = 0.05, 0.06
"""Shares of returns that come after the last day, and of SSDA903 that come a second time."""
NOTE = "submission.toml"
FIRST_VERSION_LACKS = 0.03
"""Share of the rows of a table that the first of two versions lacks."""
DAYS_BETWEEN = 12


def last_day(return_: str, year: int) -> date:
    """The last day for a return of the year, before weekends are thought of."""
    return date(year, 7, 31) if return_ == "cin" else date(year, 6, 30)


def last_day_of_census(census_day: int) -> date:
    """Four weeks less a day after census day."""
    return EPOCH + timedelta(days=census_day + 27)


def sent_on(return_: str, la: str, last: date) -> date:
    """The day on which an authority sent a return that was due on `last`."""
    late, early = _chance("late", return_, la, last), _chance("early", return_, la, last)
    if late < LATE:
        return last + timedelta(days=1 + int(early * 20))
    return last - timedelta(days=3 + int(early * 17))


def _chance(*about: object) -> float:
    """Between 0 and 1, the same whenever the same is asked."""
    digest = hashlib.sha256("|".join(map(str, about)).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def note_return(folder: Path, las: Sequence[str], return_: str, last: date) -> None:
    """Say beside each authority's files when they were sent."""
    for la in las:
        _write(folder / la, f"sent = {sent_on(return_, la, last)}\n")


def note_censuses(folder: Path, las: Sequence[str], last_days: Mapping[str, date]) -> None:
    """The same where one folder holds several censuses."""
    for la in las:
        days = (f"{census} = {sent_on(census, la, last)}\n" for census, last in last_days.items())
        _write(folder / la, "[sent]\n" + "".join(days))


def _write(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NOTE).write_text(text, encoding="utf-8")


def send_twice(folder: Path, las: Sequence[str], return_: str, last: date) -> tuple[int, int]:
    """Put the version that some authorities sent first into a dated folder; files and bytes written.

    It is what they sent later, less the last rows of each table: cases that were closed in the system only
    after somebody had looked at the list of errors. Returns of one file are sent once.
    """
    files = size = 0
    for la in las:
        if _chance("again", return_, la, last) < AGAIN:
            first = sent_on(return_, la, last) - timedelta(days=DAYS_BETWEEN)
            tables = sorted((folder / la).glob("*.csv"))
            files += len(tables)
            size += sum(_first_version(path, folder / la / str(first)) for path in tables)
    return files, size


def _first_version(path: Path, folder: Path) -> int:
    lines = path.read_bytes().splitlines(keepends=True)
    folder.mkdir(exist_ok=True)
    return (folder / path.name).write_bytes(b"".join(lines[: _kept(len(lines) - 1) + 1]))


def _kept(rows: int) -> int:
    """Rows of the first version: at least one fewer, where there are any."""
    return max(0, rows - max(1, round(rows * FIRST_VERSION_LACKS)))
