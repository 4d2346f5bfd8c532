"""One night at a time: a store has one writer, whoever starts it, by hand or by the clock.

Two nights at once would take away each other's half-made files, and one of them would blame the authorities for
what is missing. The lock is the system's own (flock), so a night that is killed leaves none behind.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from assets.store import Store
from schemas.failures import Trouble, WrongUse

LOCK = ".night"
_HELD: dict[Path, IO[str]] = {}
"""The stores that this process works on; it may ask again for what it has."""


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Have the store to oneself, or raise Trouble that says who has it."""
    took = take(store)
    try:
        yield
    finally:
        if took:
            give_back(store)


def take(store: Store) -> bool:
    """Take the store until `give_back` or the end of the process; False where this process has it already."""
    if store.home in _HELD:
        return False
    file = _opened(store)
    if not _locked(file):
        file.seek(0)
        who = file.read(20).strip() or "unknown"
        file.close()
        raise Trouble(
            f"another run (process {who}) works on {store.home}; expected to have the store alone. "
            "Wait for it to end, then run again"
        )
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    _HELD[store.home] = file
    return True


def give_back(store: Store) -> None:
    """Let others have the store."""
    if held := _HELD.pop(store.home, None):
        held.close()


def _opened(store: Store) -> IO[str]:
    try:
        return (store.home / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        why = os.strerror(error.errno or 0)
    raise WrongUse(
        f"{store.home} cannot be written to ({why}); expected a home of one's own, given with --home"
    )


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
