"""What reading one file gives: its tables as text, what it says about itself, and what was wrong.

A file from an authority is either understood or set aside whole; a row is either kept or set aside.
Nothing disappears in between: rows in the file = rows kept + rows set aside, per table.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

import polars as pl

from schemas.findings import Finding
from schemas.table import Table

ASIDE_SCHEMA: dict[str, pl.DataType] = {
    "source_row": pl.Int32(),
    "source_line": pl.Int32(),
    "reason": pl.String(),
    "text": pl.String(),
}
"""Rows that could not be used, as they stood in the file."""
LONGEST_CELL = 32_767
"""Characters in one cell, as many as a spreadsheet's holds; nothing that a return asks for is nearly as long."""
NO_ASIDE = pl.DataFrame(schema=ASIDE_SCHEMA)


class RowsLost(AssertionError):
    """Rows in are not rows kept and rows set aside: the file is not used, for nobody knows what is lacking."""


@dataclass(frozen=True)
class Facts:
    """What a file says about who sent it and when: codes and dates, never a child's."""

    las: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    """Calendar years that a header names."""
    reference_years: tuple[int, ...] = ()
    """Calendar years of the reference dates that a header names."""
    terms: tuple[str, ...] = ()
    """autumn, spring or summer: which census."""
    sent: str = ""
    """ISO date and time in the header."""
    serial: int | None = None
    months: dict[str, int] = field(default_factory=dict)
    """How many of the dates that date the return lie in each month (`2025-03`), where no header names the year."""
    schools: tuple[str, ...] = ()
    """Schools that XML censuses are of, each as often as it comes: authority and school number together."""
    spans: tuple[tuple[int, int | None], ...] = ()
    """Collection years (first, last or still open) that rows with a start and an end touch."""


@dataclass(frozen=True)
class Spilled:
    """The rows of a table that was too large to be held in memory: an Arrow stream on disk."""

    path: str
    rows: int


@dataclass(frozen=True)
class TableRead:
    """One table found in one file: text columns, `source_row`, `source_line`; and rows set aside."""

    table: type[Table]
    frame: pl.DataFrame
    aside: pl.DataFrame
    rows_in: int
    renamed: tuple[str, ...] = ()
    """Columns that were sent under the heading of an earlier year's form."""
    spilled: Spilled | None = None
    """Where all kept rows are, when they are not in `frame`."""

    def __post_init__(self) -> None:
        if self.rows_in != self.kept + self.aside.height:
            raise RowsLost(
                f"{self.table.__name__}: {self.rows_in} rows in the file, "
                f"{self.kept} kept and {self.aside.height} set aside"
            )

    @property
    def kept(self) -> int:
        """How many rows can be used."""
        return self.spilled.rows if self.spilled else self.frame.height

    def columns(self, names: list[str]) -> pl.DataFrame:
        """Some columns of the rows that can be used, wherever those are."""
        if self.spilled:
            return pl.read_ipc_stream(self.spilled.path, columns=names)
        return self.frame.select(names)


def frame_of(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """Rows of text, each with its number and its line at the end, as a frame with those columns."""
    return pl.DataFrame(rows, schema=_schema(names), orient="row") if rows else _no_rows(names)


@functools.lru_cache(maxsize=256)
def _schema(names: tuple[str, ...]) -> dict[str, pl.DataType]:
    return {**dict.fromkeys(names, pl.String()), "source_row": pl.Int32(), "source_line": pl.Int32()}


@functools.lru_cache(maxsize=256)
def _no_rows(names: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=_schema(names))


@dataclass(frozen=True)
class Reading:
    """One file, read. `ret` is the return it belongs to, "" when it is none that we know."""

    ret: str = ""
    whole: bool = False
    """The file is a whole return by itself (XML), not one table of several."""
    tables: tuple[TableRead, ...] = ()
    facts: Facts = Facts()
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        return bool(self.tables)


def refused(code: str, detail: str = "", *, ret: str = "", line: int | None = None) -> Reading:
    """A file that is set aside whole, and why."""
    return Reading(ret=ret, whole=bool(ret), findings=(Finding(code, detail, line=line),))


def plain(name: str) -> str:
    """A heading or element name as it is compared: no case, spaces, underscores or invisible marks."""
    return re.sub(r"[\s_\ufeff\u200b]+", "", name.strip().strip('"')).lower()


def safe_name(name: str) -> str:
    """A heading or element name as it may be shown: anything that could be a value becomes `(…)`."""
    shown = name.strip()
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_ .-]{0,59}", shown) and not re.search(r"\d{4}|\d.*-.*\d", shown):
        return shown
    return "(…)"


def safe_names(names: list[str] | set[str], most: int = 20) -> str:
    """Names for a finding's `fields`, sorted, each once, no more than a reader would read."""
    shown = sorted({safe_name(name) for name in names})
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")
