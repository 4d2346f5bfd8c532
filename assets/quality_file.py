"""What was checked and what was found, as tables: `restricted/quality.duckdb` beside the marts.

For the analyst who asks which rules fail where, and the engineer who asks what the gate looked at. It holds
codes, places and counts: no child identifier, no value, no explanation. It stands apart from the marts because
a finding names its row and a mart must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import polars as pl

from quality.engine import COVERAGE
from quality.gate import SCHEMA as EXPECTATION
from schemas.duck import connect, new_file
from schemas.findings import SCHEMA as FINDING

NAME = "quality.duckdb"
TABLES: Mapping[str, tuple[str, Mapping[str, pl.DataType]]] = {
    "findings.finding": (
        "One row per finding of a rule or of reading; standing is explained, waived or blank (open).",
        {**FINDING, "standing": pl.String()},
    ),
    "findings.coverage": ("One row per rule, authority and year: was it checked, and if not why.", COVERAGE),
    "gate.expectation": (
        "One row per expectation that Great Expectations held the marts against, and its outcome.",
        EXPECTATION,
    ),
}


def write_quality(path: Path, findings: pl.DataFrame, coverage: pl.DataFrame) -> None:
    """Build the file with findings and coverage; the gate's table is there and empty."""
    frames = {"findings.finding": findings, "findings.coverage": coverage}
    with new_file(path) as con:
        for name, (about, schema) in TABLES.items():
            frame = frames.get(name, pl.DataFrame(schema=schema))
            _make(con, name, about, frame.select(list(schema)))


def _make(con: duckdb.DuckDBPyConnection, name: str, about: str, frame: pl.DataFrame) -> None:
    con.execute(f"create schema if not exists {name.split('.')[0]}")
    con.register("told", frame)
    con.execute(f"create table {name} as from told")
    con.unregister("told")
    con.execute(f"comment on table {name} is '{about}'")


def add_expectations(path: Path, rows: pl.DataFrame) -> None:
    """Add what the gate looked at; a release that is made without reports has no such file and keeps none."""
    if not path.exists():
        return
    with connect(path) as con:
        con.register("told", rows.select(list(EXPECTATION)))
        con.execute("insert into gate.expectation from told")
        con.unregister("told")
        con.execute("checkpoint")
