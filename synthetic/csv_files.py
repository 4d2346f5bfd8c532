"""CSV as authorities send it: a folder per authority, every table there, an empty one with its header."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
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


def drawn(rng: np.random.Generator, shares: Sequence[tuple[str, float]], times: int) -> pl.Series:
    """A text for each of many rows, by share."""
    weight = np.array([share for _, share in shares])
    texts = pl.Series([text for text, _ in shares])
    return texts.gather(pl.Series(rng.choice(len(weight), times, p=weight / weight.sum())))


def _as_it_is(la: str, content: bytes) -> bytes:
    del la
    return content


def write_by_la(
    frame: pl.DataFrame,
    columns: Sequence[str],
    folder: Path,
    name: str,
    las: Sequence[str],
    form: Callable[[str, bytes], bytes] = _as_it_is,
) -> int:
    """One file per authority, `folder/<la>/name`, from a frame sorted by `la`; the number of bytes written.

    `form` makes an authority's own form of the file's content.
    """
    counts = dict(frame.group_by("la", maintain_order=True).len().iter_rows())
    header = (",".join(columns) + "\n").encode()
    buffer = io.BytesIO()
    frame.select(columns).write_csv(buffer, include_header=False)
    body = buffer.getvalue()
    line_ends = np.flatnonzero(np.frombuffer(body, dtype=np.uint8) == ord("\n")) + 1
    bounds = np.concatenate([[0], line_ends])[np.cumsum([0, *(counts.get(la, 0) for la in las)])]
    return sum(
        _write(folder / la / name, form(la, header + body[a:b]))
        for la, a, b in zip(las, bounds, bounds[1:], strict=False)
    )


def _write(path: Path, content: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(content)
