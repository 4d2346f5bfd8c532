"""The tables of one XML return while it is being read, and what was odd about it.

Two readers fill them, one child at a time or thousands at once; whichever met a row, it has the same number,
line and columns, and whatever was tolerated on the way is counted here once.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator

import polars as pl

from assets.ingest.reading import NO_ASIDE, TableRead, frame_of, safe_names
from assets.ingest.spilling import Spill
from assets.ingest.xml_plan import Plan
from schemas.findings import Finding
from schemas.table import Table, columns

ROWS_HELD = 50_000
"""Rows of one table that are held in memory before they go to disk."""
HOLDS_EMPTY_ELEMENTS = {"ssda903"}
"""Returns whose form itself asks for elements that may be empty."""


class Tables:
    """Rows of every table of one file; `file` is its name among all files.

    With `into`, tables of many rows go to disk as they come, in files that begin with it.
    """

    def __init__(self, plan: Plan, file: str, into: str = "") -> None:
        self.plan, self.file, self.into = plan, file, into
        self.spills: dict[type[Table], Spill] = {}
        # a table that XML has no place for was not sent
        tables = [t for t in plan.layout.ret.tables if t.ELEMENT or t in plan.spread]
        self.names = {t: (*(c.name for c in columns(t)), "extra") for t in tables}
        self.rows: dict[type[Table], list[tuple[object, ...]]] = {t: [] for t in tables}
        self.frames: dict[type[Table], list[pl.DataFrame]] = {t: [] for t in tables}
        self.counts: Counter[type[Table]] = Counter()
        self.unknown: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self.stray = 0
        self.notes: Counter[str] = Counter()
        """Whatever else was tolerated, by the code of its finding."""
        self.renamed: dict[type[Table], set[str]] = defaultdict(set)
        """Columns whose element had the name of an earlier form."""

    def add(
        self, table: type[Table], values: dict[str, str], extra: dict[str, str], line: int | None
    ) -> None:
        """One more row of a table, with what no column is declared for."""
        self.counts[table] = number = self.counts[table] + 1
        more = json.dumps(extra, ensure_ascii=False, sort_keys=True) if extra else None
        self.rows[table].append((*map(values.get, self.names[table][:-1]), more, number, line))

    def add_frame(self, table: type[Table], frame: pl.DataFrame) -> None:
        """Many more rows of a table; their numbers go on from those before."""
        self.flush()
        self.counts[table] += frame.height
        self._hold(table, frame)

    def flush(self) -> None:
        """Rows that came one by one become frames, which take far less memory."""
        for table, rows in self.rows.items():
            if rows:
                self._hold(table, frame_of(self.names[table], rows))
                self.rows[table] = []

    def _hold(self, table: type[Table], frame: pl.DataFrame) -> None:
        """Keep a frame, until there are so many rows that all of them go to disk."""
        held = self.frames[table]
        held.append(frame)
        if self.into and sum(each.height for each in held) > ROWS_HELD:
            if table not in self.spills:
                self.spills[table] = Spill(f"{self.into}.{table.VIEW}")
            self._spill(table)

    def _spill(self, table: type[Table]) -> None:
        self.spills[table].write(pl.concat(self.frames[table]))
        self.frames[table].clear()

    def discard(self) -> None:
        """Nothing of this is used."""
        for spill in self.spills.values():
            spill.discard()

    def finished(self) -> tuple[TableRead, ...]:
        """Every table that XML has a place for, also those without a row."""
        self.flush()
        for table in self.spills:
            if self.frames[table]:
                self._spill(table)
        spilled = {table: spill.finished() for table, spill in self.spills.items()}
        return tuple(
            TableRead(
                table=table,
                frame=self._whole(table),
                aside=NO_ASIDE,
                rows_in=self.counts[table],
                renamed=tuple(sorted(self.renamed[table])),
                spilled=spilled.get(table),
            )
            for table in self.frames
        )

    def _whole(self, table: type[Table]) -> pl.DataFrame:
        return pl.concat(self.frames[table] or [frame_of(self.names[table], [])])

    def findings(self) -> Iterator[Finding]:
        """What was odd, each with its count and the names of elements, never with a value."""
        for code, counted in (
            ("file.unknown_elements", self.unknown),
            ("file.repeated_elements", self.repeated),
        ):
            if counted:
                yield Finding(code, fields=safe_names(set(counted)), n=counted.total())
        if self.stray:
            yield Finding("file.stray_text", n=self.stray)
        for code, n in sorted(self.notes.items()):
            if n and (code != "file.empty_elements" or self.plan.layout.ret.name not in HOLDS_EMPTY_ELEMENTS):
                yield Finding(code, n=n)
