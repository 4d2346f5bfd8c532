"""The keys that pseudonyms are made with: apart from the data, private, one per project.

Whoever holds a key and a person's number could find the child again in a mart; whoever holds only one of
them cannot. Keys therefore lie outside the store, readable by their owner only.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from schemas.failures import WrongUse

BYTES = 32
PLACE = "NATIONAL_OUTCOMES_KEYS"
HOME = "NATIONAL_OUTCOMES_HOME"


@dataclass(frozen=True)
class Key:
    """A project's key; its value is kept out of every representation."""

    key_id: str
    secret: bytes = field(repr=False)


def path_of(project: str = "marts") -> Path:
    """Where a project's key lies: NATIONAL_OUTCOMES_KEYS is a folder of keys, or one key's file."""
    given = os.environ.get(PLACE)
    place = Path(given) if given else Path.home() / ".config" / "national-outcomes" / "keys"
    return place if place.is_file() else place / f"{project}.key"


def key_id(secret: bytes) -> str:
    """Twelve hex digits that name a key and tell nothing about it."""
    return hmac.digest(secret, b"national-outcomes key id", "sha256").hex()[:12]


def load(project: str = "marts", outside: Path | None = None) -> Key:
    """The project's key; WrongUse when it is missing, too short, open to others, or inside the store.

    `outside` is the home of the store; by default the one in the environment.
    """
    path = path_of(project)
    _must_lie_outside(path, outside)
    if not path.exists():
        raise WrongUse(
            f"there is no key for {project}: expected a file of {BYTES} random bytes at {path}; "
            "make one with: outcomes keys new"
        )
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise WrongUse(
            f"{path} has mode {mode:04o}, expected 0600: run chmod 600 on it, and think who read it"
        )
    secret = path.read_bytes()
    if len(secret) != BYTES:
        raise WrongUse(
            f"{path} holds {len(secret)} bytes, expected {BYTES} random ones; make one with: outcomes keys new"
        )
    return Key(key_id(secret), secret)


def _must_lie_outside(path: Path, outside: Path | None) -> None:
    homes = [outside] if outside else [Path(os.environ[HOME])] if os.environ.get(HOME) else []
    for home in homes:
        if path.resolve().is_relative_to(home.resolve()):
            raise WrongUse(
                f"the key lies inside the store ({path}); expected it elsewhere, so that a copy of the store "
                f"is no copy of the key: move it and set {PLACE}"
            )


def new(project: str = "marts") -> str:
    """Make a project's first key; returns its id. An existing one is never overwritten."""
    path = path_of(project)
    if path.exists():
        raise WrongUse(f"{path} exists; to replace it on purpose use: outcomes keys rotate")
    return _write(path)


def rotate(project: str = "marts") -> str:
    """Replace a project's key and forget the old one: the next release has new pseudonyms for everyone."""
    path = path_of(project)
    if not path.exists():
        raise WrongUse(f"there is no key at {path} to rotate; make one with: outcomes keys new")
    return _write(path)


def ensure(project: str = "marts") -> str:
    """The id of the project's key, made now if there is none: for the demo."""
    return load(project).key_id if path_of(project).exists() else new(project)


def _write(path: Path) -> str:
    """Write a new key beside its place, private from its first byte, then put it there."""
    _must_lie_outside(path, None)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    secret = secrets.token_bytes(BYTES)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    return key_id(secret)
