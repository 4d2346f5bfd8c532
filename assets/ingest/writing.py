"""From the text of one table, as read, to the two Parquet files that stay: as sent, and typed.

Every typed row says whose it is, which submission and file it came in and on which row and line it
stood, so that a finding, a link or an indicator can be walked back to the authority's own file.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from assets.ingest.reading import ASIDE_SCHEMA, RowsLost, Spilled, safe_names
from assets.ingest.spilling import portions_of
from schemas.calendar import ATTENDANCE_TERM, TERMS
from schemas.findings import Finding
from schemas.returns import Return
from schemas.table import PROVENANCE, PROVENANCE_NAMES, Table, columns
from schemas.text import Complaints, Typing

FEW_ROWS = 200
ROW_GROUP = 122_880
"""Left to itself, polars lets the number depend on how a frame lies in memory."""
AS_PARQUET: Mapping[str, Any] = {"compression": "zstd", "compression_level": 1, "row_group_size": ROW_GROUP}
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
    """Its rows; only its columns where the rows wait on disk."""
    has_headings: bool
    """CSV: a declared column that is not among the headings is missing from the form."""
    aside: pl.DataFrame | None = None
    """The rows that could not be used."""
    waiting: Spilled | None = None
    """Where the rows are, of a table that is too large to be typed at once."""

    @property
    def rows(self) -> int:
        return self.waiting.rows if self.waiting else self.frame.height

    def pieces(self) -> Iterator[Part]:
        """The part as smaller ones, whose rows are in memory, in the order of the rows."""
        frames = portions_of(self.waiting) if self.waiting else (self.frame,)
        return (replace(self, frame=frame, waiting=None) for frame in frames)


@dataclass(frozen=True)
class Sent:
    """One table of one submission: its text from every file that holds it."""

    placed: Placed
    parts: Sequence[Part]

    @property
    def is_large(self) -> bool:
        """Whether the table is typed portion by portion, so that its size costs no memory."""
        return any(part.waiting for part in self.parts)

    def counts_as_sent(self, table: type[Table]) -> bool:
        """An empty table that the form of the year does not have was not sent: XML has a place for all."""
        rows = any(part.rows for part in self.parts)
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
    typed = typed_tables(ret, table, [one for one in sent if one.counts_as_sent(table) and not one.is_large])
    for one, place in zip(sent, places, strict=True):
        if not one.counts_as_sent(table):
            yield Written({part.sha256: 0 for part in one.parts}, {}, [])
        elif one.is_large:
            yield _write_in_portions(ret, table, one, f"{place}.{table.VIEW}")
        else:
            yield _write(next(typed), one, f"{place}.{table.VIEW}")


def _write(typed: Typed, sent: Sent, place: str) -> Written:
    write_parquet(typed.raw, f"{place}.raw")
    write_parquet(typed.frame, f"{place}.typed")
    return _written(sent, place, typed.findings)


def _written(sent: Sent, place: str, findings: list[Finding]) -> Written:
    """What became of a table of which raw and typed rows are written; those set aside are written here."""
    files = {kind: f"{place}.{kind}" for kind in ("raw", "typed")}
    aside = [(part.sha256, part.aside) for part in sent.parts if part.aside is not None]
    if aside:
        files["aside"] = f"{place}.aside"
        write_parquet(_asides(aside), files["aside"])
    return Written({part.sha256: part.rows for part in sent.parts}, files, findings)


def _write_in_portions(ret: Return, table: type[Table], sent: Sent, place: str) -> Written:
    """The same files as if the table had been typed at once, to the byte, without ever holding all of it."""
    large, asked = _Large(ret, table, sent), sum(part.rows for part in sent.parts)
    written = (_write_pieces(large.raw(), f"{place}.raw"), _write_pieces(large.typed(), f"{place}.typed"))
    if written != (asked, asked):
        raise RowsLost(f"{table.__name__}: {asked} rows of text, {written[0]} written and {written[1]} typed")
    return _written(sent, place, [*_lacking(table, sent), *large.told.findings()])


class _Large:
    """A table of one submission, portion by portion; each is as it would be beside all others."""

    def __init__(self, ret: Return, table: type[Table], sent: Sent) -> None:
        self.ret, self.table, self.sent = ret, table, sent
        self.told = Complaints(table, ret)
        """What could not be understood in the portions that were typed."""

    def raw(self) -> Iterator[pl.DataFrame]:
        """The text, with the columns of all files; first the columns alone."""
        yield (no_rows := self._raw_of([replace(part, waiting=None) for part in self.sent.parts]).clear())
        for piece in (piece for part in self.sent.parts for piece in part.pieces()):
            yield pl.concat([no_rows, self._raw_of([piece])], how="diagonal")

    def typed(self) -> Iterator[pl.DataFrame]:
        for raw in self.raw():
            typing = _typing(self.ret, self.table, [raw])
            self.told.add(typing)
            yield _with_terms(self.ret, self.sent, typing.values)

    def _raw_of(self, parts: Sequence[Part]) -> pl.DataFrame:
        told = _provenance([replace(self.sent, parts=parts)])
        return pl.concat((_beside(part, next(told)) for part in parts), how="diagonal")


def _write_pieces(frames: Iterator[pl.DataFrame], path: str) -> int:
    """Write frames, the first without rows, as `write_parquet` would write them together; how many rows."""
    no_rows, rows = next(frames), 0

    def counted(*_: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for frame in frames:
            rows += frame.height
            yield frame

    whole = register_io_source(counted, schema=no_rows.schema)
    whole.sink_parquet(path, **AS_PARQUET)
    return rows


def typed_tables(ret: Return, table: type[Table], sent: Sequence[Sent]) -> Iterator[Typed]:
    """Type one table of several submissions at once: for small ones that is most of the time."""
    if not sent:
        return
    told = iter(_provenance(sent))
    raws = [pl.concat((_beside(part, next(told)) for part in one.parts), how="diagonal") for one in sent]
    typing, start = _typing(ret, table, raws), 0
    for one, raw in zip(sent, raws, strict=True):
        frame, findings = typing.rows(start, raw.height)
        if frame.height != raw.height:
            raise RowsLost(f"{table.__name__}: {raw.height} rows of text, {frame.height} typed")
        start += raw.height
        yield Typed(raw, _with_terms(ret, one, frame), [*_lacking(table, one), *findings])


def _typing(ret: Return, table: type[Table], raws: Sequence[pl.DataFrame]) -> Typing:
    """The declared columns of several frames of text, typed together."""
    known = {c.name for c in columns(table)} | set(PROVENANCE_NAMES)
    texts = (raw.select(name for name in raw.columns if name in known) for raw in raws)
    return Typing.of(table, pl.concat(texts, how="diagonal", rechunk=len(raws) > 1), ret)


def _with_terms(ret: Return, sent: Sent, typed: pl.DataFrame) -> pl.DataFrame:
    return typed.with_columns(**term_columns(sent.placed.census)) if ret.has_terms else typed


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


def _lacking(table: type[Table], sent: Sent) -> list[Finding]:
    return [finding for part in sent.parts for finding in _missing(table, part, sent.placed)]


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
        frame.write_parquet(path, **AS_PARQUET)
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
