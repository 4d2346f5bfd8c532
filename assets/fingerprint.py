"""What a result was made from, in a few hex digits, so that a night with nothing new does nothing.

A stage writes down the fingerprint of its inputs when it is done. The same inputs, code and parameters
give the same fingerprint, and then the stage's result stands.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("schemas", "linkage", "quality", "assets", "pipelines")
DECIDES = {".py", ".sql", ".toml", ".csv", ".json", ".html", ".cases"}


@functools.cache
def code_version() -> str:
    """Twelve hex digits over every file of the product that can change a result."""
    digest = hashlib.sha256()
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in DECIDES and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def fingerprint(*parts: object) -> str:
    """Sixteen hex digits over parts that JSON can write; dict order does not count."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_unchanged(note: Path, inputs: str) -> bool:
    """Whether a stage's note says that it was done with exactly these inputs."""
    return note.exists() and note.read_text(encoding="utf-8") == inputs


def write_note(note: Path, inputs: str) -> None:
    """Say that a stage is done with these inputs; only after everything else is in place."""
    note.parent.mkdir(parents=True, exist_ok=True)
    part = note.with_name(note.name + ".part")
    part.write_text(inputs, encoding="utf-8")
    os.replace(part, note)
