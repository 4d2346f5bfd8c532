"""Reads thousands of children of an XML return at once, when all that is written of them is plain.

An authority's file is the same few groups again and again. Each element is an item of long columns here, and
what the careful reader does child by child (rows, the keys counted within a child, what comes down to them
from the child's own group) is done for all of them by counting and looking up. The tables are the same, cell
by cell and line by line; the tests read everything both ways.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa

from assets.ingest.reading import plain
from assets.ingest.xml_places import Places
from assets.ingest.xml_plan import Plan
from assets.ingest.xml_tables import Tables
from assets.ingest.xml_tags import Elements, Mask, Names, NotPlain, Numbers, elements_of
from schemas.table import Table
from schemas.text import YES

Texts = dict[str, pa.LargeStringArray]
"""Columns of one table: text, and nothing where there is none, in memory of their own and not the block's."""
OLDEST = pl.CompatLevel.oldest()
MOST_SPELLINGS = 2_000
"""No honest system writes as many different tags; more are not kept in mind for the next file."""


class QuickReader:
    """Fills the tables from blocks of whole children; what it learns of one block serves the next."""

    def __init__(self, tables: Tables, outside: tuple[str, ...]) -> None:
        self.tables = tables
        self.places = _met(tables.plan, outside)

    def take(self, block: bytes, lines_before: int) -> None:
        """Add the rows of a block; NotPlain, and nothing is added, when the careful reader must look at it."""
        elements = elements_of(block, self.places.names)
        read = _Block(self.tables, self.places, elements, self.places.of(elements), lines_before)
        for table, frame in read.frames():
            self.tables.add_frame(table, frame)
        self.tables.notes["file.empty_elements"] += int((elements.is_leaf & ~elements.is_filled).sum())
        for table, column in read.renamed():
            self.tables.renamed[table].add(column)


def _met(plan: Plan, outside: tuple[str, ...]) -> Places:
    """The tags and places that were met so far: an authority has hundreds of schools, and their files look alike."""
    places = _places(plan, outside)
    if len(places.names.spelt) > MOST_SPELLINGS:
        _places.cache_clear()
    return _places(plan, outside)


@functools.lru_cache(maxsize=16)
def _places(plan: Plan, outside: tuple[str, ...]) -> Places:
    return Places(plan, Names(_known(plan)), outside)


def _known(plan: Plan) -> frozenset[str]:
    """The comparable names of all elements that a return has."""
    columns = (name for shape in plan.shapes.values() for name in shape.leaves)
    placed = (name for places in plan.placed.values() for _, name in places)
    spread = (name for theirs in plan.spread.values() for name in theirs)
    known = {*plan.records, *plan.rows, *plan.groups, *plan.flags, *columns, *placed, *spread}
    return frozenset(known - {plain(plan.layout.header)})  # a header in a child is no header


@dataclass(frozen=True)
class _Rows:
    """The rows of one table: their elements and the children they are of, both counted from 0."""

    at: Numbers
    child: Numbers

    def __len__(self) -> int:
        return len(self.at)


class _Block:
    """The children of one block; everything is worked out before anything is told."""

    def __init__(
        self, tables: Tables, places: Places, elements: Elements, place: Numbers, lines_before: int
    ) -> None:
        self.tables, self.plan, self.places = tables, tables.plan, places
        self.elements, self.place, self.lines_before = elements, place, lines_before
        self.child = np.cumsum(elements.depth == 1) - 1
        self.children = np.flatnonzero(elements.depth == 1)
        self.is_row = places.mask("row")[place] & (elements.is_filled | ~elements.is_leaf)
        self.rows = {table: self._rows_of(table) for table in self.plan.shapes}
        self.own_row = self._own_rows()
        self.filled = self._filled()
        self.persons = self._persons()

    def frames(self) -> list[tuple[type[Table], pl.DataFrame]]:
        """For each table that has rows here, its frame."""
        found = {table: self._texts(table) for table, rows in self.rows.items() if len(rows)}
        spread = dict(self._spread())
        return [
            *((table, self._frame(table, self.rows[table], texts)) for table, texts in found.items()),
            *((table, self._frame(table, rows, texts)) for table, (rows, texts) in spread.items()),
        ]

    def renamed(self) -> Iterator[tuple[type[Table], str]]:
        """Columns that were filled from elements with the name of an earlier form."""
        for number in np.unique(self.place[self.elements.is_filled]):
            place = self.places.all[number]
            if place.is_former and place.table:
                yield place.table, place.column

    # --- rows -------------------------------------------------------------------------------------------

    def _rows_of(self, table: type[Table]) -> _Rows:
        makes = np.array([place.row is table for place in self.places.all], np.bool_)
        at = np.flatnonzero(self.is_row & makes[self.place])
        return _Rows(at, self.child[at])

    def _own_rows(self) -> Numbers:
        """For each element, the number of its row (or of the row in which it stands) in the row's table."""
        number = np.full(len(self.elements), -1)
        for rows in self.rows.values():
            number[rows.at] = np.arange(len(rows))
        for level in range(2, int(self.elements.depth.max()) + 1):
            inside = np.flatnonzero((self.elements.depth == level) & ~self.is_row)
            number[inside] = number[self.elements.parent[inside]]
        return number

    def _persons(self) -> Texts:
        """What comes down from each child: from its own group, which must be the first thing in it, or keys."""
        person = self.plan.person
        if person is None:
            return self._numbered()
        if not np.array_equal(self.rows[person].at, self.children + 1):
            raise NotPlain
        texts = self._texts(person)
        return {name: texts[name] for name in self.plan.handed if name in texts}

    def _numbered(self) -> Texts:
        """The keys of pupils, who are rows themselves: the file's, and each one's number within it."""
        layout, file = self.plan.layout, self.tables.file
        of_file = {
            layout.file_key: pl.repeat(file, len(self.children), eager=True).to_arrow(compat_level=OLDEST)
        }
        (kind,) = set(self.elements.name[self.children].tolist())
        table, key = self._record(self.places.names.written[kind])
        numbers = self.tables.counts[table] + np.cumsum(self.is_row[self.children])
        return of_file | {
            key: (f"{file}-" + pl.Series(numbers).cast(pl.String)).to_arrow(compat_level=OLDEST)
        }

    def _record(self, written: str) -> tuple[type[Table], str]:
        """The table that an element of one child makes a row of, and the column that numbers it."""
        table = self.plan.rows[plain(written)][0][1]
        return table, self.plan.layout.keys[written]

    # --- values -----------------------------------------------------------------------------------------

    def _filled(self) -> Mapping[tuple[type[Table], str], Numbers]:
        """The leaves with text, by table and column (or by the name of what is spread), in document order."""
        leaves = np.flatnonzero(self.elements.is_filled)
        leaves = leaves[np.argsort(self.place[leaves].astype(np.uint16), kind="stable")]
        found, firsts = np.unique(self.place[leaves], return_index=True)
        parts: dict[tuple[type[Table], str], list[Numbers]] = {}
        for number, those in zip(found, np.split(leaves, firsts[1:]), strict=True):
            place = self.places.all[number]
            if place.table:
                parts.setdefault((place.table, place.column or place.loose), []).append(those)
        return {key: np.sort(np.concatenate(each)) for key, each in parts.items()}

    def _texts(self, table: type[Table]) -> Texts:
        """The columns that elements of the table's own fill."""
        shape, height = self.plan.shapes[table], len(self.rows[table])
        return {
            name: self._column(self.filled[table, name], self.own_row, height)
            for name in dict.fromkeys([*shape.leaves.values(), *self.plan.placed[table].values()])
            if (table, name) in self.filled
        }

    def _column(self, leaves: Numbers, row: Numbers, height: int) -> pa.LargeStringArray:
        """Texts in the rows that they belong to; a second text for one row is the careful reader's."""
        rows = row[leaves]
        if (np.diff(rows) <= 0).any():
            raise NotPlain
        which = np.full(height, -1)
        which[rows] = self.elements.text[leaves]
        return self.elements.texts.take(_arrow(which, which < 0))

    # --- frames -----------------------------------------------------------------------------------------

    def _frame(self, table: type[Table], rows: _Rows, texts: Texts) -> pl.DataFrame:
        """Rows with all columns of their table, numbered on from those before."""
        inherited = self.plan.inherits.get(table, ())
        down = {n: self.persons[n].take(_arrow(rows.child)) for n in inherited if n in self.persons}
        first = self.tables.counts[table] + 1
        lines = self.elements.lines(rows.at) + self.lines_before + 1
        told = {
            **down,
            **self._keys(table, rows),
            **texts,
            "source_row": _arrow(np.arange(first, first + len(rows))).cast(pa.int32()),
            "source_line": _arrow(lines).cast(pa.int32()),
        }
        names = (*self.tables.names[table], "source_row", "source_line")
        nothing = pa.nulls(len(rows), pa.large_string())
        arrays = [told.get(name, nothing) for name in names]
        return cast("pl.DataFrame", pl.from_arrow(pa.Table.from_arrays(arrays, list(names))))

    def _keys(self, table: type[Table], rows: _Rows) -> Texts:
        """The numbers that say what belongs together within a child, at each row; none where nothing was counted."""
        shape = self.plan.shapes.get(table)
        keys = shape.keys if shape else ()
        return {key: self._counted(key, rows.at) for key in keys}

    def _counted(self, key: str, at: Numbers) -> pa.LargeStringArray:
        """How many rows of the key's own table there were since the last row that it begins again with."""
        shapes = self.plan.shapes
        owners = next(self.rows[table].at for table, shape in shapes.items() if shape.counted == key)
        above = [self.rows[table].at for table, shape in shapes.items() if key in shape.restarts]
        restarts = np.sort(np.concatenate([self.children, *above]))
        since = restarts[np.searchsorted(restarts, at, side="right") - 1]
        count = np.searchsorted(owners, at, side="right") - np.searchsorted(owners, since)
        return _arrow(count, count == 0).cast(pa.large_string())

    # --- tables without an element of their own -----------------------------------------------------------

    def _spread(self) -> Iterator[tuple[type[Table], tuple[_Rows, Texts]]]:
        """A row of a spread table where one of its own columns is filled, or its flag says yes."""
        person = self.plan.person
        loose = {tag: leaves for (table, tag), leaves in self.filled.items() if table is person}
        for table, theirs in self.plan.spread.items():
            sent = {name: tag for tag, name in theirs.items() if tag in loose}
            if len(sent) < sum(tag in loose for tag in theirs):  # one column under two names
                raise NotPlain
            flags = [loose[flag] for flag, of in self.plan.flags.items() if of is table and flag in loose]
            has = self._has(flags, [loose[tag] for tag in sent.values()])
            if has.any():
                children = np.flatnonzero(has)
                texts = {name: self._column(loose[tag], self.child, len(has)) for name, tag in sent.items()}
                yield (
                    table,
                    (
                        _Rows(self.children[children], children),
                        {name: text.take(_arrow(children)) for name, text in texts.items()},
                    ),
                )

    def _has(self, flags: list[Numbers], values: list[Numbers]) -> Mask:
        """For each child, whether a flag of its says yes, or a value is there."""
        has = np.zeros(len(self.children), np.bool_)
        for leaves in flags:
            if (np.diff(self.child[leaves]) <= 0).any():  # said twice
                raise NotPlain
            said = pl.Series(self.elements.texts.take(_arrow(self.elements.text[leaves])))
            has[self.child[leaves][said.str.strip_chars().str.to_lowercase().is_in(YES).to_numpy()]] = True
        for leaves in values:
            has[self.child[leaves]] = True
        return has


def _arrow(numbers: Numbers, without: Mask | None = None) -> pa.Int64Array:
    """Numbers as Arrow's, null where there are none.

    By way of polars: `pa.array` of numpy's numbers loads pandas, and every reading process would wait for it.
    """
    series = pl.Series(numbers, dtype=pl.Int64)
    return (series if without is None else series.set(pl.Series(without), None)).to_arrow()
