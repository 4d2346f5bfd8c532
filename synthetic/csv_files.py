"""CSV as authorities send it: a folder per authority, every table there, an empty one with its header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl


def text_date(days: str | pl.Expr, pattern: str) -> pl.Expr:
    """A column of day numbers as text; null stays null."""
    column = pl.col(days) if isinstance(days, str) else days
    return column.cast(pl.Int32).cast(pl.Date).dt.to_string(pattern)


def sorted_by_la(frame: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
    """Rows in order of the authority's code in the year, which becomes `la` in place of its number."""
    code = pl.Series(codes).gather(frame["la"])
    return frame.with_columns(code.alias("la")).sort("la", maintain_order=True)


def row_numbers() -> pl.Expr:
    """The number of each row in its authority's file, from 1."""
    return pl.int_range(1, pl.len() + 1).over("la")


def write_by_la(
    frame: pl.DataFrame, columns: Sequence[str], folder: Path, name: str, las: Sequence[str]
) -> int:
    """One file per authority, `folder/<la>/name`, from a frame sorted by `la`; the number of bytes written."""
    counts = dict(frame.group_by("la", maintain_order=True).len().iter_rows())
    header = (",".join(columns) + "\n").encode()
    body = frame.select(columns).write_csv(include_header=False).encode()
    line_ends = np.flatnonzero(np.frombuffer(body, dtype=np.uint8) == ord("\n")) + 1
    bounds = np.concatenate([[0], line_ends])[np.cumsum([0, *(counts.get(la, 0) for la in las)])]
    return sum(
        _write(folder / la / name, header + body[a:b])
        for la, a, b in zip(las, bounds, bounds[1:], strict=False)
    )


def _write(path: Path, content: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(content)
