"""Sheets of nothing but text and counts, written many rows at a time.

An authority may have tens of thousands of rows to look at, and a report is made for each of them every
night. Cells are therefore put into words as columns, not one by one. No cell can become a formula or a link,
because nothing here can write one: a cell is text (`inlineStr`) or a number of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

ROWS_AT_ONCE = 20_000
LONGEST_TEXT = 32_000
POINTS, MOST_LINES = 15, 20
"""The height of a line, and how many lines of a cell are shown before one must click on it."""
WRAPPED = 1.1
"""How much longer a text gets by being broken between words."""
CUT = " … (cut: too long for a cell)"
NO_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
"""Characters that no XML may hold."""
NO_ESCAPE = r"_(x[0-9a-fA-F]{4}_)"
"""What a spreadsheet would take for an escaped character."""


@dataclass(frozen=True)
class Heading:
    """A column of a sheet: its heading, the column of the frame it shows, and its width."""

    title: str
    source: str
    width: int
    is_number: bool = False


class TextSheet(Worksheet):  # type: ignore[misc]
    """A sheet whose rows are given as finished XML; all else is xlsxwriter's."""

    rows: Iterable[str] = ()

    def hold(self, height: int, width: int, rows: Iterable[str]) -> None:
        """Take `height` rows of `width` cells, heading included."""
        self.rows = rows
        self.dim_rowmin, self.dim_rowmax, self.dim_colmin, self.dim_colmax = 0, height - 1, 0, width - 1

    def _write_sheet_data(self) -> None:
        self._xml_start_tag("sheetData")
        for some in self.rows:
            self.fh.write(some)
        self._xml_end_tag("sheetData")


def fill(sheet: TextSheet, headings: Sequence[Heading], frame: pl.DataFrame, head: Any, text: Any) -> None:
    """Give a sheet its heading and the rows of a frame; `head` and `text` are formats of the book."""
    top = pl.DataFrame({heading.source: [heading.title] for heading in headings})
    shown = frame.select(heading.source for heading in headings)
    widths = [heading.width for heading in headings]
    first = _lines(top, widths, [False] * len(headings), 1, head._get_xf_index())
    rest = _lines(shown, widths, [heading.is_number for heading in headings], 2, text._get_xf_index())
    sheet.hold(shown.height + 1, len(headings), _both(first, rest))


def _both(first: Iterable[str], rest: Iterable[str]) -> Iterator[str]:
    yield from first
    yield from rest


def heights(frame: pl.DataFrame, widths: Sequence[int]) -> pl.Expr:
    """How high each row must be for its texts in columns of these widths: not every program works it out."""
    lengths = (pl.col(name).cast(pl.String).str.len_chars() for name in frame.columns)
    lines = [(length * WRAPPED / width).ceil() for length, width in zip(lengths, widths, strict=True)]
    return (pl.max_horizontal(lines).fill_null(1).clip(1, MOST_LINES) * POINTS).cast(pl.Int64)


def _lines(
    frame: pl.DataFrame, widths: Sequence[int], numbers: Sequence[bool], first: int, style: int
) -> Iterator[str]:
    """The rows of a frame as XML, so many at a time; `first` is the number of the first."""
    for start in range(0, frame.height, ROWS_AT_ONCE):
        part = frame.slice(start, ROWS_AT_ONCE)
        line = (pl.int_range(pl.len()) + start + first).cast(pl.String)
        cells = [
            _cell(pl.col(name), f'<c r="{xl_col_to_name(at)}', line, style, is_number)
            for at, (name, is_number) in enumerate(zip(part.columns, numbers, strict=True))
        ]
        opened = [
            pl.lit('<row r="'),
            line,
            pl.lit('" ht="'),
            heights(part, widths).cast(pl.String),
            pl.lit('" customHeight="1">'),
        ]
        whole = pl.concat_str(*opened, *cells, pl.lit("</row>"))
        yield "".join(part.select(row=whole)["row"])


def _cell(value: pl.Expr, begin: str, line: pl.Expr, style: int, is_number: bool) -> pl.Expr:
    """One column of cells; a blank is no cell at all."""
    shown = value.cast(pl.String)
    if is_number:
        opened, closed = f'" s="{style}"><v>', "</v></c>"
    else:
        opened = f'" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        shown, closed = _escaped(shown), "</t></is></c>"
    cell = pl.concat_str(pl.lit(begin), line, pl.lit(opened), shown, pl.lit(closed))
    return pl.when(shown.fill_null("") != "").then(cell).otherwise(pl.lit(""))


def fits(text: pl.Expr) -> pl.Expr:
    """Text that a cell can hold."""
    cut = text.str.slice(0, LONGEST_TEXT) + pl.lit(CUT)
    return pl.when(text.str.len_chars() <= LONGEST_TEXT).then(text).otherwise(cut)


def _escaped(text: pl.Expr) -> pl.Expr:
    plain = fits(text).str.replace_all(NO_XML, "\N{REPLACEMENT CHARACTER}")
    plain = plain.str.replace_all(NO_ESCAPE, "_x005F_${1}")
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        plain = plain.str.replace_all(character, entity, literal=True)
    return plain
