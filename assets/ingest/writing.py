"""From the text of one table, as read, to the two Parquet files that stay: as sent, and typed.

Every typed row says whose it is, which submission and file it came in and on which row and line it
stood, so that a finding, a link or an indicator can be walked back to the authority's own file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from assets.ingest.reading import ASIDE_SCHEMA, safe_names
from schemas.calendar import ATTENDANCE_TERM, TERMS
from schemas.findings import Finding
from schemas.returns import Return
from schemas.table import PROVENANCE, Table, columns
from schemas.text import typed


@dataclass(frozen=True)
class Placed:
    """Whose a submission is and for which year and census."""

    year: int
    la: str
    submission: str
    census: str = ""
    """autumn, spring or summer, where the return has terms."""


@dataclass(frozen=True)
class Part:
    """The text of one table from one file."""

    sha256: str
    frame: pl.DataFrame
    has_headings: bool
    """CSV: a declared column that is not among the headings is missing from the form."""


@dataclass(frozen=True)
class Written:
    """What became of one table: rows of each file (kept, typed), and where the Parquet files are."""

    rows: dict[str, int]
    files: dict[str, str]
    findings: list[Finding]


def write_table(
    ret: Return, table: type[Table], parts: Sequence[Mapping[str, Any]], placed: Placed, into: Path
) -> Written:
    """Type one table of one submission and write it as `<view>.raw`, `.typed` and `.aside` Parquet."""
    parts = sorted(parts, key=lambda part: str(part["sha256"]))
    read = [Part(p["sha256"], pl.read_parquet(p["path"]), not p["whole"]) for p in parts]
    if not any(part.frame.height for part in read) and not table.SINCE <= placed.year <= table.UNTIL:
        return Written(dict.fromkeys((p.sha256 for p in read), 0), {}, [])
    raw, frame, findings = typed_table(ret, table, read, placed)
    files = {"raw": into / f"{table.VIEW}.raw.parquet", "typed": into / f"{table.VIEW}.typed.parquet"}
    raw.write_parquet(files["raw"], compression="zstd", compression_level=1)
    frame.write_parquet(files["typed"], compression="zstd", compression_level=1)
    aside = [(p["sha256"], pl.read_parquet(p["aside"])) for p in parts if p["aside"]]
    if aside:
        files["aside"] = into / f"{table.VIEW}.aside.parquet"
        _asides(aside).write_parquet(files["aside"], compression="zstd", compression_level=1)
    counts = dict(frame["source_file"].value_counts().iter_rows())
    return Written(
        {part.sha256: counts.get(part.sha256[:12], 0) for part in read},
        {kind: str(path) for kind, path in files.items()},
        findings,
    )


def typed_table(
    ret: Return, table: type[Table], parts: Iterable[Part], placed: Placed
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    """The text with its provenance, the same rows typed, and what could not be understood."""
    parts = list(parts)
    raw = pl.concat((_with_provenance(part, placed) for part in parts), how="diagonal")
    frame, findings = typed(table, raw, ret)
    if frame.height != raw.height:
        raise AssertionError(f"{table.__name__}: {raw.height} rows of text, {frame.height} typed")
    if ret.has_terms:
        frame = frame.with_columns(**term_columns(placed.census))
    missing = [finding for part in parts for finding in _missing(table, part, placed)]
    return raw, frame, [*missing, *findings]


def term_columns(census: str) -> dict[str, pl.Expr]:
    """`term`: whose attendance the census carries; `collected_in`: which census it was."""
    carried = ATTENDANCE_TERM.get(TERMS.get(census, ""))
    return {
        "term": pl.lit(carried, dtype=pl.String),
        "collected_in": pl.lit(census or None, dtype=pl.String),
    }


def _with_provenance(part: Part, placed: Placed) -> pl.DataFrame:
    known = {
        "year": pl.lit(placed.year),
        "la": pl.lit(placed.la),
        "submission": pl.lit(placed.submission),
        "source_file": pl.lit(part.sha256[:12]),
        "source_row": pl.col("source_row"),
        "source_line": pl.col("source_line"),
    }
    own = [name for name in part.frame.columns if name not in known]
    return part.frame.select(*own, *(known[name].cast(kind).alias(name) for name, kind, _ in PROVENANCE))


def _missing(table: type[Table], part: Part, placed: Placed) -> Iterator[Finding]:
    """Columns that the form of that year has and the file lacks."""
    if not part.has_headings:
        return
    expected = [c.name for c in columns(table) if c.applies(placed.year)]
    lacking = [name for name in expected if name not in part.frame.columns]
    if lacking:
        yield Finding(
            "file.missing_columns",
            file=part.sha256[:12],
            table=table.DFE,
            fields=safe_names(lacking),
            n=len(lacking),
        )


def _asides(frames: Iterable[tuple[str, pl.DataFrame]]) -> pl.DataFrame:
    return pl.concat(
        frame.select(pl.lit(sha256[:12]).alias("source_file"), *ASIDE_SCHEMA) for sha256, frame in frames
    )
