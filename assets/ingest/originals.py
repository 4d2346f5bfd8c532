"""The originals: every file as it was sent, by the hash of its content, compressed and read-only.

What is read later is the copy, so that what was hashed is what was read, whatever happens in the
landing folder meanwhile. The landing folder itself is never written to.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assets.ingest.limits import MIB, Limits
from assets.store import Store
from schemas.duck import threads

GZIP = 16 + zlib.MAX_WBITS
"""The form in which zlib writes what `gunzip` reads, without name or time."""


@dataclass(frozen=True)
class Landed:
    """One file in the landing folder."""

    path: Path
    relative: str
    """Path below the landing folder; may hold anything, so it stays in the ledger."""
    size: int
    mtime_ns: int
    ordinary: bool = True
    """Not a link, a pipe or a device: those are reported and never opened."""


def original_path(store: Store, sha256: str) -> Path:
    return store.submissions / sha256[:2] / f"{sha256}.gz"


def seen_path(store: Store) -> Path:
    """What each landing file's hash was when its size and time were last looked at: saves rehashing."""
    return store.submissions / "seen.json"


def load_seen(store: Store) -> dict[str, tuple[int, int, str]]:
    try:
        told = json.loads(seen_path(store).read_text(encoding="utf-8"))
        return {name: (int(size), int(mtime), str(sha)) for name, (size, mtime, sha) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save_seen(store: Store, seen: Mapping[str, tuple[int, int, str]]) -> None:
    part = seen_path(store).with_suffix(".part")
    part.write_text(json.dumps(seen, sort_keys=True), encoding="utf-8")
    os.replace(part, seen_path(store))


def keep_all(store: Store, files: Iterable[Landed], limits: Limits) -> dict[str, str]:
    """Hash every file and keep its original; files whose size and time are known are not opened again.

    Gives the SHA-256 of each file by its relative path; one that cannot be opened is left out.
    """
    places, seen = list(files), load_seen(store)
    files = [file for file in places if file.ordinary]
    hashes = {
        f.relative: seen[f.relative][2] for f in files if seen.get(f.relative, ())[:2] == (f.size, f.mtime_ns)
    }
    new = [f for f in files if f.relative not in hashes]
    with ThreadPoolExecutor(threads()) as pool:
        for file, sha256 in zip(new, pool.map(lambda f: _keep(store, f, limits), new), strict=True):
            if sha256:
                hashes[file.relative] = sha256
    if new or len(seen) != len(hashes):
        save_seen(
            store,
            {f.relative: (f.size, f.mtime_ns, hashes[f.relative]) for f in files if f.relative in hashes},
        )
    return hashes | {place.relative: _of_place(place) for place in places if not place.ordinary}


def _of_place(place: Landed) -> str:
    """What stands for the content of something that has none: the same wherever and whenever it is seen."""
    return hashlib.sha256(b"not an ordinary file\0" + os.fsencode(place.relative)).hexdigest()


def opened(path: Path) -> io.BufferedReader:
    """An ordinary file, opened for reading; a link or a pipe that has taken its place is an OSError."""
    found = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(found).st_mode):
        return os.fdopen(found, "rb")
    os.close(found)
    raise OSError("not an ordinary file")


def keep_one(store: Store, file: Landed, limits: Limits) -> str:
    """Keep the original of one file that is no part of a return; gives its hash, "" where it is gone."""
    return _keep(store, file, limits)


def _keep(store: Store, file: Landed, limits: Limits) -> str:
    """The hash of one file, its copy in place; "" when it cannot be opened (any more)."""
    try:
        source = opened(file.path)
    except OSError:
        return ""
    with source:
        if file.size > limits.max_file_bytes:
            return hashlib.file_digest(source, "sha256").hexdigest()
        return _copy(store, source, file)


def _copy(store: Store, source: BinaryIO, file: Landed) -> str:
    """Compress while hashing, then put the copy under its hash; the same content gives the same copy."""
    digest, packer = hashlib.sha256(), zlib.compressobj(1, wbits=GZIP)
    name = hashlib.sha256(os.fsencode(file.path)).hexdigest()[:16]
    part = store.tmp / f"original-{os.getpid()}-{name}.gz"
    with part.open("wb") as target:
        while block := source.read(MIB):
            digest.update(block)
            target.write(packer.compress(block))
        target.write(packer.flush())
    part.chmod(0o400)
    into_place(part, original_path(store, digest.hexdigest()))
    return digest.hexdigest()


def into_place(part: Path | str, place: Path) -> None:
    """Give a finished file its name in one step, and its folder first where there is none yet."""
    try:
        os.replace(part, place)
    except FileNotFoundError:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(part, place)
