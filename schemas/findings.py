"""Findings: what is wrong, where, and what to do about it, without ever repeating the value.

A finding is a code, a place (return, year, authority, submission, file, table, row, field) and our own
words. The same shape serves what reading a file found out (`file.…`, `row.…`, `cell.…`) and what the
department's numbered rules found. Findings hold no values and no child identifiers.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import polars as pl

Severity = Literal["error", "query", "note"]


@dataclass(frozen=True)
class FindingCode:
    """What a finding of ours means; the numbered rules carry their own sentence."""

    code: str
    severity: Severity
    meaning: str
    what_to_do: str


@functools.cache
def finding_codes() -> Mapping[str, FindingCode]:
    """Every code that reading and submissions can give, from `finding_codes.csv`."""
    path = Path(__file__).parent / "finding_codes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: FindingCode(**row) for row in csv.DictReader(file)}  # type: ignore[arg-type]


@dataclass(frozen=True)
class Finding:
    """One thing found while reading. `detail` says what was expected and what came, never the value."""

    rule: str
    detail: str = ""
    file: str = ""
    """First twelve digits of the file's SHA-256: a name as sent may hold a child's name."""
    table: str = ""
    """The table as the department prints it."""
    row: int | None = None
    line: int | None = None
    fields: str = ""
    n: int = 1
    """How many cells, rows or files this one line stands for."""


SCHEMA: dict[str, pl.DataType] = {
    "rule": pl.String(),
    "severity": pl.String(),
    "return": pl.String(),
    "year": pl.Int16(),
    "term": pl.String(),
    "la": pl.String(),
    "submission": pl.String(),
    "file": pl.String(),
    "table": pl.String(),
    "row": pl.Int32(),
    "line": pl.Int32(),
    "fields": pl.String(),
    "detail": pl.String(),
    "n": pl.Int64(),
}
"""The columns of every stored finding, in order."""


def findings_frame(findings: Iterable[Finding], **place: object) -> pl.DataFrame:
    """Findings as a frame of `SCHEMA`; `place` gives return, year, term, la and submission."""
    codes = finding_codes()
    rows = [{**asdict(f), "severity": codes[f.rule].severity, **place} for f in findings]
    return pl.DataFrame(rows, schema=SCHEMA) if rows else pl.DataFrame(schema=SCHEMA)
