"""The rows of a CSV below its headings: each one kept or set aside with its line, and none lost.

Nearly every line of an authority's export is plain: as many cells as the heading, each with quotation marks
around the whole of it or none. Those go through polars together; and where simple counts show that every line
of a file is plain and none has a quotation mark, as in what COLLECT writes, nobody looks at its lines first, so
that a national school census takes seconds. Only the others are read one by one, the way a person would: a
quoted cell may hold a comma or a line break, and a quotation mark that is never closed costs its own line and
no other.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.ingest.limits import MIB
from assets.ingest.reading import ASIDE_SCHEMA, LONGEST_CELL, RowsLost

BLANKS = " \t\u00a0"
BLOCK = 8 * MIB
LONGEST_LINE = 4 * MIB
"""Bytes in one line; a longer one is set aside without being taken apart."""
ROWS_AT_ONCE = 50_000
ASIDE_TOLD = {name: kind for name, kind in ASIDE_SCHEMA.items() if name != "source_row"}
LF, CR, QUOTE = b"\n"[0], b"\r"[0], b'"'[0]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """The rows of a table as text, those set aside, and how many have a line break in a cell."""

    frame: pl.DataFrame
    aside: pl.DataFrame
    line_breaks: int


@dataclass
class _Careful:
    """What reading line by line came to: rows and rows set aside, put into frames a portion at a time."""

    names: tuple[str, ...]
    rows: list[tuple[object, ...]] = field(default_factory=list)
    aside: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, reason, text."""
    frames: list[pl.DataFrame] = field(default_factory=list)
    asides: list[pl.DataFrame] = field(default_factory=list)
    line_breaks: int = 0

    def put_away(self, at_least: int = 0) -> None:
        if len(self.rows) + len(self.aside) >= at_least:
            self.frames.append(pl.DataFrame(self.rows, schema=_schema(self.names), orient="row"))
            self.asides.append(pl.DataFrame(self.aside, schema=ASIDE_TOLD, orient="row"))
            self.rows, self.aside = [], []


def rows_of(data: bytes, names: tuple[str, ...], delimiter: str, heading_line: int) -> Rows:
    """The rows of UTF-8 text in which every line below the headings is a row, or part of one."""
    frame = _at_once(data, (names, delimiter, heading_line))
    if frame is not None:
        return Rows(frame, pl.DataFrame(schema=ASIDE_SCHEMA), 0)
    return _line_by_line(data, names, delimiter, heading_line)


def _line_by_line(data: bytes, names: tuple[str, ...], delimiter: str, heading_line: int) -> Rows:
    """What becomes of any file, whatever is wrong with it; the other way gives the same where it goes."""
    if CR in data and LF not in data and QUOTE not in data:
        data = data.replace(b"\r", b"\n")
    ends, plain, empty = _lines(data, ord(delimiter), len(names))
    careful = _carefully(data, ends, plain, empty, (names, delimiter, heading_line))
    frame = pl.concat([_plainly(data, ends, plain, (names, delimiter, heading_line)), *careful.frames])
    return _numbered(frame, careful)


# --- the quickest way: every line is plain, which a few counts show ---------------------------------


def _at_once(data: bytes, form: Form) -> pl.DataFrame | None:
    """All rows, when there is nothing to look at in any line; None when there may be.

    polars refuses a line with more cells than the headings and fills up one with fewer. So when it refuses
    none, and the file has as many delimiters as so many lines must have, every line has its cells.
    """
    names, delimiter, heading_line = form
    if len(names) < 2 or QUOTE in data or CR in data:
        return None
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    if not data or data.count(delimiter.encode()) != lines * (len(names) - 1):
        return None
    try:
        read = _read(data, len(names), delimiter)
    except pl.exceptions.PolarsError:  # whatever it stumbled over, the careful way tells of
        return None
    blank_or_endless = _blank("0").any() | pl.max_horizontal(pl.all().str.len_bytes().max()).gt(LONGEST_CELL)
    if read.height != lines or read.select(blank_or_endless.fill_null(value=False)).item():
        return None
    row = pl.int_range(1, lines + 1, dtype=pl.Int32)
    return read.select(
        *(pl.col(str(n)).alias(name) for n, name in enumerate(names)),
        source_row=row,
        source_line=row + heading_line,
    )


def _read(data: bytes, width: int, delimiter: str) -> pl.DataFrame:
    """Lines of as many cells, without quotation marks, as text in columns named by their numbers."""
    return pl.read_csv(
        data,  # a file object would be read by a slower way
        has_header=False,
        schema={str(n): pl.String for n in range(width)},
        separator=delimiter,
        quote_char=None,
        truncate_ragged_lines=False,
    )


# --- lines ------------------------------------------------------------------------------------------


def _lines(data: bytes, delimiter: int, width: int) -> tuple[Places, Mask, Mask]:
    """Where each line ends (behind its line end), whether it is plain, and whether nothing is on it."""
    view, blocks, start = np.frombuffer(data, dtype=np.uint8), list[tuple[Places, Mask, Mask]](), 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + BLOCK) + 1
        if end <= start or start + BLOCK >= len(data):
            end = len(data)
        ends, plain, empty = _lines_of_block(view[start:end], delimiter, width)
        blocks.append((ends + start, plain, empty))
        start = end
    if not blocks:
        return np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    ends, plain, empty = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return ends, plain, empty


def _lines_of_block(block: Bytes, delimiter: int, width: int) -> tuple[Places, Mask, Mask]:
    """A line is plain that has as many cells as the headings, whole quoted ones at most, and no endless one.

    A table of one column is left to the careful way: there, a blank line may be a blank cell.
    """
    ends = _line_ends(block)
    lengths = np.diff(ends, prepend=0)
    starts = ends - lengths
    empty = ((lengths == 1) & np.isin(block[starts], (LF, CR))) | ((lengths == 2) & (block[starts] == CR))
    if width < 2 or len(block) > 2 * BLOCK:
        return ends, np.zeros(len(ends), np.bool_), empty
    wide = np.diff(np.searchsorted(np.flatnonzero(block == delimiter), ends), prepend=0) == width - 1
    return ends, wide & (lengths <= LONGEST_CELL) & _neat(block, delimiter, ends), empty


def _neat(block: Bytes, delimiter: int, ends: Places) -> Mask:
    """Lines in which quotation marks stand in pairs around whole cells, or nowhere."""
    neat, quotes = np.ones(len(ends), np.bool_), np.flatnonzero(block == QUOTE)
    if not len(quotes):
        return neat
    is_border = (block == delimiter) | (block == LF) | (block == CR)
    borders = np.append(np.flatnonzero(is_border), len(block))
    marks = np.diff(np.searchsorted(quotes, borders), prepend=0)
    starts = np.append(0, borders[:-1] + 1)
    quoted = marks == 2
    quoted[quoted] = (block[starts[quoted]] == QUOTE) & (block[borders[quoted] - 1] == QUOTE)
    untidy = borders[(marks > 0) & ~quoted]
    neat[np.searchsorted(ends, untidy, side="right").clip(max=len(ends) - 1)] = False
    return neat


def _line_ends(block: Bytes) -> Places:
    """Behind every LF, CRLF, and CR that stands alone, and behind the last line."""
    is_end = block == LF
    if (block == CR).any():
        alone = block == CR
        alone[:-1] &= ~is_end[1:]
        is_end |= alone
    ends = np.flatnonzero(is_end) + 1
    return ends if len(ends) and ends[-1] == len(block) else np.append(ends, len(block))


# --- the quick way: all plain lines together --------------------------------------------------------

Form = tuple[tuple[str, ...], str, int]
"""Names of the columns, delimiter, line of the headings."""


def _plainly(data: bytes, ends: Places, plain: Mask, form: Form) -> pl.DataFrame:
    """The plain lines as polars reads them, without the rows in which every cell is blank."""
    names, delimiter, heading_line = form
    lines = np.flatnonzero(plain)
    if not len(lines):
        return pl.DataFrame(schema=_schema(names))
    read = _read(_only(data, ends, plain), len(names), delimiter)
    if read.height != len(lines):
        raise RowsLost(f"{len(lines)} plain lines, {read.height} rows")
    frame = read.select(
        *(pl.col(str(n)).alias(name) for n, name in enumerate(names)),
        pl.Series("source_line", lines + heading_line + 1, pl.Int32),
    )
    if not frame.select(_blank(names[0]).any()).item():
        return frame
    return frame.filter(~pl.all_horizontal(_blank(name) for name in names))


def _only(data: bytes, ends: Places, plain: Mask) -> bytes:
    """The plain lines, each ending in LF, without quotation marks: in these they are not part of a cell."""
    if not plain.all():
        kept = np.repeat(plain, np.diff(ends, prepend=0))
        data = np.frombuffer(data, dtype=np.uint8)[kept].tobytes()
    if CR in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data.replace(b'"', b"")


def _blank(name: str) -> pl.Expr:
    return pl.col(name).fill_null("").str.strip_chars(BLANKS) == ""


# --- the careful way: record by record --------------------------------------------------------------


def _carefully(data: bytes, ends: Places, plain: Mask, empty: Mask, form: Form) -> _Careful:
    """Every line that is not plain, with the lines that its quoted cells run over; those are not plain then.

    A record that cannot be read, or that runs over several lines and then has the wrong width, is
    usually an unclosed quotation mark: its first line is set aside and reading goes on at the second.
    """
    names, delimiter, heading_line = form
    csv.field_size_limit(LONGEST_CELL)
    found, following = _Careful(names), 0
    for at in np.flatnonzero(~plain & ~empty).tolist():
        if at < following:
            continue
        cells, taken, reason = _record(data, ends, at, delimiter, len(names))
        line = heading_line + 1 + at
        if cells:
            found.rows.append((*(cell or None for cell in cells), line))
            found.line_breaks += taken > 1
        elif reason:
            found.aside.append((line, reason, _as_sent(data, ends, at)))
        following = at + taken
        plain[at:following] = False
        found.put_away(ROWS_AT_ONCE)
    found.put_away()
    return found


def _record(data: bytes, ends: Places, at: int, delimiter: str, width: int) -> tuple[list[str], int, str]:
    """The cells of the record that begins on a line, how many lines it takes, and why it has no cells."""
    lines = _Following(data, ends, at)
    try:
        cells = _cells(lines, delimiter)
    except (csv.Error, StopIteration):
        return [], 1, "row.unreadable"
    if not any(cell.strip(BLANKS) for cell in cells):
        return [], lines.taken, ""
    if any(cell.strip(BLANKS) for cell in cells[width:]) or len(cells) < width:
        return [], 1, "row.unreadable" if lines.taken > 1 else "row.wrong_width"
    return cells[:width], lines.taken, ""


def _cells(lines: _Following, delimiter: str) -> list[str]:
    """The cells of one record; without quotation marks it is one line, cut at the delimiters."""
    first = next(lines)
    if '"' in first:
        return next(csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True))
    cells = first.rstrip("\r\n").split(delimiter)
    if len(first) > LONGEST_CELL and max(map(len, cells)) > LONGEST_CELL:
        raise csv.Error("a cell beyond measure")
    return cells


class _Following:
    """The lines from one on, and how many of them were taken."""

    def __init__(self, data: bytes, ends: Places, at: int) -> None:
        self.data, self.ends, self.at, self.taken = data, ends, at, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at + self.taken == len(self.ends):
            raise StopIteration
        line = _line(self.data, self.ends, self.at + self.taken)
        if len(line) > LONGEST_LINE:
            raise csv.Error("a line beyond measure")
        self.taken += 1
        return line.decode()


def _line(data: bytes, ends: Places, at: int) -> bytes:
    return data[ends[at - 1] if at else 0 : ends[at]]


def _as_sent(data: bytes, ends: Places, at: int) -> str:
    """A line that was set aside, as far as anybody will read it; the original has the rest."""
    return _line(data, ends, at)[:LONGEST_CELL].decode(errors="ignore").rstrip("\r\n")


def _schema(names: tuple[str, ...]) -> dict[str, pl.DataType]:
    return {**dict.fromkeys(names, pl.String()), "source_line": pl.Int32()}


# --- together ---------------------------------------------------------------------------------------


def _numbered(frame: pl.DataFrame, careful: _Careful) -> Rows:
    """Rows in the order of their lines, numbered from 1, those set aside among them."""
    aside = pl.concat(careful.asides)
    frame = frame if aside.is_empty() and frame["source_line"].is_sorted() else frame.sort("source_line")
    every = np.sort(np.concatenate([part["source_line"].to_numpy() for part in (frame, aside)]))
    if (np.diff(every) == 0).any():
        raise RowsLost("two rows begin on one line")
    rows, set_aside = (
        part.with_columns(
            source_row=pl.Series(np.searchsorted(every, part["source_line"]) + 1, dtype=pl.Int32)
        )
        for part in (frame, aside)
    )
    names = (*frame.columns[:-1], "source_row", "source_line")
    return Rows(rows.select(names), set_aside.select(*ASIDE_SCHEMA), careful.line_breaks)
