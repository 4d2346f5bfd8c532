"""From the text of one table, as read, to the two Parquet files that stay: as sent, and typed.

Every typed row says whose it is, which submission and file it came in and on which row and line it
stood, so that a finding, a link or an indicator can be walked back to the authority's own file.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from assets.ingest.reading import ASIDE_SCHEMA, RowsLost, safe_names
from schemas.calendar import ATTENDANCE_TERM, TERMS
from schemas.findings import Finding
from schemas.returns import Return
from schemas.table import PROVENANCE, PROVENANCE_NAMES, Table, columns
from schemas.text import Typing

FEW_ROWS = 200
ROW_GROUP = 122_880
"""Left to itself, polars lets the number depend on how a frame lies in memory."""
WHERE = ("source_row", "source_line")
PROVENANCE_TOLD = {name: kind for name, kind, _ in PROVENANCE if name not in WHERE}


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
    aside: pl.DataFrame | None = None
    """The rows that could not be used."""


@dataclass(frozen=True)
class Sent:
    """One table of one submission: its text from every file that holds it."""

    placed: Placed
    parts: Sequence[Part]

    def counts_as_sent(self, table: type[Table]) -> bool:
        """An empty table that the form of the year does not have was not sent: XML has a place for all."""
        rows = any(part.frame.height for part in self.parts)
        return rows or table.is_in_form(self.placed.year, self.placed.census)


@dataclass(frozen=True)
class Typed:
    """The text with its provenance, the same rows typed, and what could not be understood."""

    raw: pl.DataFrame
    frame: pl.DataFrame
    findings: list[Finding]


@dataclass(frozen=True)
class Written:
    """What became of one table: rows typed of each file, and where the Parquet files are."""

    rows: dict[str, int]
    files: dict[str, str]
    findings: list[Finding]


def write_table(
    ret: Return, table: type[Table], sent: Sequence[Sent], places: Sequence[str]
) -> Iterator[Written]:
    """Type one table of several submissions and write each beside its place as `.raw`, `.typed`, `.aside`."""
    typed = typed_tables(ret, table, [one for one in sent if one.counts_as_sent(table)])
    for one, place in zip(sent, places, strict=True):
        if one.counts_as_sent(table):
            yield _write(next(typed), one, f"{place}.{table.VIEW}")
        else:
            yield Written({part.sha256: 0 for part in one.parts}, {}, [])


def _write(typed: Typed, sent: Sent, place: str) -> Written:
    frames = {"raw": typed.raw, "typed": typed.frame}
    aside = [(part.sha256, part.aside) for part in sent.parts if part.aside is not None]
    if aside:
        frames["aside"] = _asides(aside)
    files = {kind: f"{place}.{kind}" for kind in frames}
    for kind, path in files.items():
        write_parquet(frames[kind], path)
    return Written({part.sha256: part.frame.height for part in sent.parts}, files, typed.findings)


def typed_tables(ret: Return, table: type[Table], sent: Sequence[Sent]) -> Iterator[Typed]:
    """Type one table of several submissions at once: for small ones that is most of the time."""
    if not sent:
        return
    told = iter(_provenance(sent))
    raws = [pl.concat((_beside(part, next(told)) for part in one.parts), how="diagonal") for one in sent]
    known = {c.name for c in columns(table)} | set(PROVENANCE_NAMES)
    texts = (raw.select(name for name in raw.columns if name in known) for raw in raws)
    together = pl.concat(texts, how="diagonal", rechunk=len(raws) > 1)
    typing, start = Typing.of(table, together, ret), 0
    for one, raw in zip(sent, raws, strict=True):
        frame, findings = typing.rows(start, raw.height)
        if frame.height != raw.height:
            raise RowsLost(f"{table.__name__}: {raw.height} rows of text, {frame.height} typed")
        start += raw.height
        if ret.has_terms:
            frame = frame.with_columns(**term_columns(one.placed.census))
        missing = [finding for part in one.parts for finding in _missing(table, part, one.placed)]
        yield Typed(raw, frame, [*missing, *findings])


def term_columns(census: str) -> dict[str, pl.Expr]:
    """`term`: whose attendance the census carries; `collected_in`: which census it was."""
    carried = ATTENDANCE_TERM.get(TERMS.get(census, ""))
    return {
        "term": pl.lit(carried, dtype=pl.String),
        "collected_in": pl.lit(census or None, dtype=pl.String),
    }


def _provenance(sent: Iterable[Sent]) -> Iterator[pl.DataFrame]:
    """For each part, as often as it has rows: year, authority, submission and file."""
    parts = [(one.placed, part) for one in sent for part in one.parts]
    rows = [(at.year, at.la, at.submission, part.sha256[:12]) for at, part in parts]
    frame = pl.DataFrame(rows, schema=PROVENANCE_TOLD, orient="row")
    heights = [part.frame.height for _, part in parts]
    repeated, start = frame[np.repeat(np.arange(len(parts)), heights)], 0
    for height in heights:
        yield repeated.slice(start, height)
        start += height


def _beside(part: Part, told: pl.DataFrame) -> pl.DataFrame:
    """The text of a part with all its provenance, in the order in which that is declared."""
    where = part.frame.select(WHERE)
    return part.frame.drop(WHERE).hstack(told).hstack(where)


def _missing(table: type[Table], part: Part, placed: Placed) -> Iterator[Finding]:
    """Columns that the form of that year has and the file lacks."""
    if not part.has_headings:
        return
    expected = [c.name for c in columns(table) if c.is_expected(placed.year, placed.census)]
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
    """Rows that were set aside, with the file in which they stood."""
    return pl.concat(
        frame.select(pl.lit(sha256[:12]).alias("source_file"), *ASIDE_SCHEMA) for sha256, frame in frames
    )


def write_parquet(frame: pl.DataFrame, path: str) -> None:
    """Write a frame; how depends on its rows alone, so that the same rows give the same bytes.

    Most tables have few rows or none, and for those pyarrow takes half the time that polars takes, without
    the dictionaries and statistics that only a large file has use for.
    """
    if frame.height > FEW_ROWS:
        frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP)
    else:
        Path(path).write_bytes(_packed(frame) if frame.height else _empty(tuple(frame.schema.items())))


def _packed(frame: pl.DataFrame) -> bytes:
    import pyarrow  # loaded only where tables are written
    from pyarrow import parquet

    sink, table = pyarrow.BufferOutputStream(), frame.to_arrow()
    plain = {"use_dictionary": False, "write_statistics": False, "store_schema": False}
    with parquet.ParquetWriter(sink, table.schema, **plain) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


@functools.lru_cache(maxsize=256)
def _empty(schema: tuple[tuple[str, pl.DataType], ...]) -> bytes:
    """A file without rows: in a small authority, most tables of a return."""
    return _packed(pl.DataFrame(schema=dict(schema)))
