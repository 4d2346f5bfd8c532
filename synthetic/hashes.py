"""The list of every file that the maker wrote: by it a made-up return is told from a real one.

Figures of single authorities may be shown to everyone only where every child is invented. The folder cannot
say so, since a real return may be dropped into it later; the content of each file can.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

NAME = "synthetic.sha256"


def expect_empty_landing(out: Path) -> None:
    """ValueError where files are there already: the list would call them made up."""
    landing = out / "landing"
    if landing.exists() and any(path.is_file() for path in landing.rglob("*")):
        raise ValueError(f"expected no files in {landing} before the country is made; choose another folder")


def write_hashes(out: Path) -> None:
    """Write `<out>/synthetic.sha256`: SHA-256 and path of each file in `<out>/landing`, as `sha256sum` does."""
    landing = out / "landing"
    paths = sorted(path for path in landing.rglob("*") if path.is_file())
    lines = [f"{_sha256(path)}  {path.relative_to(out).as_posix()}\n" for path in paths]
    (out / NAME).write_text("".join(lines), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
