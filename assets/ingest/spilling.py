"""Puts the rows of a large table on disk while its file is still being read, and takes them from there again.

An authority's file may be many times larger than anybody expects. The tables found in it are the larger part
of what reading costs, so those of many rows do not wait in memory for the end of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import polars as pl
import pyarrow as pa

from assets.ingest.reading import Spilled

PORTION = 1 << 16
"""Rows that are taken at once."""


class Spill:
    """One table on its way to disk, as an Arrow stream that polars reads."""

    def __init__(self, path: str) -> None:
        self.path, self.rows = path, 0
        self.writer: pa.RecordBatchStreamWriter | None = None

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows; all frames have the same columns."""
        table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
        if self.writer is None:
            packed = pa.ipc.IpcWriteOptions(compression="lz4")
            self.writer = pa.ipc.new_stream(self.path, table.schema, options=packed)
        self.writer.write_table(table)
        self.rows += frame.height

    def finished(self) -> Spilled:
        """Where the rows are; there will be no more."""
        self._close()
        return Spilled(self.path, self.rows)

    def discard(self) -> None:
        """Take away what was written."""
        self._close()
        Path(self.path).unlink(missing_ok=True)

    def _close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def portions_of(spilled: Spilled) -> Iterator[pl.DataFrame]:
    """The rows of a table on disk, so many at a time."""
    with pa.OSFile(spilled.path) as file, pa.ipc.open_stream(file) as stream:
        for batch in stream:
            frame = cast("pl.DataFrame", pl.from_arrow(pa.Table.from_batches([batch])))
            yield from frame.iter_slices(PORTION)


def no_rows_of(spilled: Spilled) -> pl.DataFrame:
    """The columns of a table on disk, and no rows."""
    with pa.OSFile(spilled.path) as file, pa.ipc.open_stream(file) as stream:
        return cast("pl.DataFrame", pl.from_arrow(stream.schema.empty_table()))
