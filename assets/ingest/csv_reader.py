"""Reads one CSV table as authorities really send it, and loses no row on the way.

Every row is kept or set aside with its line number. Plain files (UTF-8, no quotation marks, every line
as wide as the heading) go through polars, so that a national school census takes seconds; all others
go row by row. Both ways give the same frame; a test holds them together.
"""

from __future__ import annotations

import csv
import functools
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from assets.ingest import facts
from assets.ingest.forms import Text, decode
from assets.ingest.headings import Recognised, recognise
from assets.ingest.limits import MIB, Limits
from assets.ingest.reading import ASIDE_SCHEMA, NO_ASIDE, Reading, TableRead, frame_of, refused, safe_names
from schemas.findings import Finding

DELIMITERS = ",;\t|"
BLANKS = " \t\u00a0"
LONGEST_HEADING = 1 * MIB
LONGEST_CELL = 131_072
SHORT = 4_096
"""Bytes below which the careful way is the quicker one."""
ROWS_AT_ONCE = 50_000
MOST_ROWS_NAMED = 1_000
"""So many rows set aside are named one by one; the rest are counted in one finding."""


def read_csv(data: bytes, limits: Limits) -> Reading:
    """Read one CSV; a file whose headings fit no table is set aside whole."""
    text = decode(data)
    start, line, heading = _first_line(text.text)
    if not heading:
        return _with(refused("file.empty"), text.findings)
    found, delimiter = _recognise(heading, limits.max_columns)
    if found is None:
        detail = "the first line is not the headings of any table, or of more than one"
        return _with(refused("file.unknown_form", detail), text.findings)
    body = start + len(heading)
    quick = _quick(text, body, delimiter, len(found.names))
    if quick is not None:
        table = _table_of_frame(found, quick, line)
    else:
        table = _table_of_rows(found, text.text[body:], delimiter, line)
    findings = (*text.findings, *_about_headings(found, delimiter), *_about_rows(found, table.aside))
    return Reading(found.ret.name, False, (table,), facts.of_tables(found.ret, (table,)), findings)


def _with(reading: Reading, findings: tuple[Finding, ...]) -> Reading:
    return replace(reading, findings=(*findings, *reading.findings))


def _first_line(text: str) -> tuple[int, int, str]:
    """Where the first line with anything in it begins, its number from 1, and the line with its end."""
    start = 0
    for number, line in enumerate(io.StringIO(text[:LONGEST_HEADING], newline=""), start=1):
        if line.strip(BLANKS + "\r\n" + DELIMITERS + '"'):
            return start, number, line
        start += len(line)
    return 0, 0, ""


@functools.lru_cache(maxsize=256)
def _recognise(line: str, most: int) -> tuple[Recognised | None, str]:
    """The table and the delimiter that make the most sense of the heading line."""
    best: Recognised | None = None
    used = ","
    for delimiter in DELIMITERS:
        if not 0 < line.count(delimiter) <= most:
            continue
        found = recognise(_split(line, delimiter))
        if found and (best is None or found.score > best.score):
            best, used = found, delimiter
    return best, used


def _split(line: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    while cells and not cells[-1].strip(BLANKS):
        cells.pop()
    return cells


def _about_headings(found: Recognised, delimiter: str) -> Iterator[Finding]:
    table = found.table.DFE
    if delimiter != ",":
        name = {";": "a semicolon", "\t": "a tab", "|": "a bar"}[delimiter]
        yield Finding("file.wrong_delimiter", f"expected a comma, the file uses {name}", table=table)
    if found.unknown:
        yield Finding(
            "file.unknown_columns", table=table, fields=safe_names(list(found.unknown)), n=len(found.unknown)
        )
    if found.repeated:
        yield Finding(
            "file.repeated_columns",
            table=table,
            fields=safe_names(list(found.repeated)),
            n=len(found.repeated),
        )


def _about_rows(found: Recognised, aside: pl.DataFrame) -> Iterator[Finding]:
    if aside.is_empty():
        return
    expected = f"expected {len(found.names)} cells"
    for reason, rows in aside.sort("source_row").group_by("reason", maintain_order=True):
        code = str(reason[0])
        detail = expected if code == "row.wrong_width" else ""
        for row, line in rows.head(MOST_ROWS_NAMED).select("source_row", "source_line").iter_rows():
            yield Finding(code, detail, table=found.table.DFE, row=row, line=line)
        if rows.height > MOST_ROWS_NAMED:
            more = rows.height - MOST_ROWS_NAMED
            yield Finding(code, f"{more} further rows like these", table=found.table.DFE, n=more)


# --- the quick way: every line is plain and as wide as the heading ---------------------------------


def _quick(text: Text, body: int, delimiter: str, width: int) -> pl.DataFrame | None:
    """The rows as polars reads them, or None when the file is not plain enough to trust it with."""
    data = text.utf8
    if data is None or b'"' in data:
        return None
    data = data[len(text.text[:body].encode()) :]
    if len(data) < SHORT:
        return None
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            return None
        data = data.replace(b"\r\n", b"\n")
    data = data.rstrip(b"\n")
    if not data or not _all_as_wide(data, delimiter, width):
        return None
    names = [str(n) for n in range(width)]
    return pl.read_csv(
        io.BytesIO(data),
        has_header=False,
        schema=dict.fromkeys(names, pl.String),
        separator=delimiter,
        quote_char=None,
        truncate_ragged_lines=False,
    )


def _all_as_wide(data: bytes, delimiter: str, width: int) -> bool:
    """Whether every line has `width` cells; a single-column file is left to the careful way."""
    if width < 2:
        return False
    view, start, size = np.frombuffer(data, dtype=np.uint8), 0, 64 * MIB
    while start < len(data):
        end = len(data) if start + size >= len(data) else data.rfind(b"\n", start, start + size) + 1
        if end <= start or not _block_as_wide(view[start:end], ord(delimiter), width):
            return False
        start = end
    return True


def _block_as_wide(block: np.ndarray[tuple[int], np.dtype[np.uint8]], delimiter: int, width: int) -> bool:
    ends = np.flatnonzero(block == ord("\n"))
    if not len(ends) or ends[-1] != len(block) - 1:
        ends = np.append(ends, len(block))
    before = np.searchsorted(np.flatnonzero(block == delimiter), ends)
    return bool((np.diff(before, prepend=0) == width - 1).all())


def _table_of_frame(found: Recognised, rows: pl.DataFrame, heading_line: int) -> TableRead:
    """Name the columns, number the lines and rows, drop rows in which every cell is blank."""
    rows = rows.with_row_index("line", offset=heading_line + 1)
    cells = [str(n) for n in range(len(found.names))]
    if rows.select(_blank(cells[0]).any()).item():
        rows = rows.filter(~pl.all_horizontal(_blank(cell) for cell in cells))
    frame = rows.select(
        *(pl.col(cell).alias(name) for cell, name in zip(cells, found.names, strict=True)),
        source_row=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        source_line=pl.col("line").cast(pl.Int32),
    )
    return TableRead(found.table, frame, NO_ASIDE, rows.height)


def _blank(cell: str) -> pl.Expr:
    return pl.col(cell).fill_null("").str.strip_chars(BLANKS) == ""


# --- the careful way: row by row -------------------------------------------------------------------


class _Lines:
    """The lines of a text, one by one, able to take back all but the first line of a bad record."""

    def __init__(self, text: str, number: int) -> None:
        self.source = iter(io.StringIO(text, newline=""))
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = number
        """The number of the last line that was handed out."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.source)
        self.number += 1
        self.taken.append(line)
        return line

    def give_back(self) -> str:
        """Keep the first line of the record, hand the others out again."""
        first, *others = self.taken
        self.again.extendleft(reversed(others))
        self.number -= len(others)
        return first


def _records(
    text: str, delimiter: str, width: int, heading_line: int
) -> Iterator[tuple[int, list[str] | None, str, str]]:
    """(line, cells, reason, text): cells is None for what is set aside, with the reason and the line.

    A record that cannot be read, or that runs over several lines and then has the wrong width, is
    usually an unclosed quotation mark: its first line is set aside and reading goes on at the second.
    """
    lines = _Lines(text, heading_line)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.taken.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            if not lines.taken:
                return
            yield line, None, "row.unreadable", lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            continue
        if not any(cell.strip(BLANKS) for cell in cells):
            continue
        cells = _without_blank_tail(cells, width)
        if len(cells) == width:
            yield line, cells, "", ""
        elif len(lines.taken) > 1:
            yield line, None, "row.unreadable", lines.give_back()
        else:
            yield line, None, "row.wrong_width", lines.taken[0]


def _without_blank_tail(cells: list[str], width: int) -> list[str]:
    over = cells[width:]
    return cells[:width] if over and not any(cell.strip(BLANKS) for cell in over) else cells


def _table_of_rows(found: Recognised, text: str, delimiter: str, heading_line: int) -> TableRead:
    csv.field_size_limit(LONGEST_CELL)
    frames, rows, aside, n = list[pl.DataFrame](), list[tuple[object, ...]](), list[tuple[object, ...]](), 0
    for line, cells, reason, sent in _records(text, delimiter, len(found.names), heading_line):
        n += 1
        if cells is None:
            aside.append((n, line, reason, sent.rstrip("\r\n")))
        else:
            rows.append((*(cell or None for cell in cells), n, line))
        if len(rows) >= ROWS_AT_ONCE:
            frames.append(frame_of(found.names, rows))
            rows = []
    frames.append(frame_of(found.names, rows))
    set_aside = pl.DataFrame(aside, schema=ASIDE_SCHEMA, orient="row") if aside else NO_ASIDE
    return TableRead(found.table, pl.concat(frames), set_aside, n)
