"""What an element of a return means by where it stands: `Child/CINdetails/Section47/DateOfInitialCPC`.

The careful reader asks that of every element of every child. A return has some eighty such places, so whoever
reads thousands of children at once asks once for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from assets.ingest.xml_plan import Plan
from assets.ingest.xml_tags import Elements, Mask, Names, NotPlain, Numbers
from schemas.table import Table

PERSONS_VALUE = 3
"""Depth of a value right below the child's own group."""


@dataclass(frozen=True)
class Place:
    """One place, by the comparable names of the elements from the child's down to it."""

    path: tuple[str, ...]
    row: type[Table] | None
    """The table that an element here makes a row of."""
    around: tuple[type[Table], ...]
    """The tables of the rows in which it stands, the nearest last; a pupil's own row is one."""
    table: type[Table] | None
    """The table of the row that text here is a value of."""
    column: str
    """The column of that value."""
    loose: str
    """The name under which text here belongs to a table spread over the child's group."""
    is_former: bool
    """Whether the element has the name of an earlier form."""
    may_hold: bool
    """Whether other elements may stand in it."""

    @property
    def may_say(self) -> bool:
        """Whether text may stand in it."""
        return bool(self.column or self.loose)


class Places:
    """The places that were met in one file."""

    def __init__(self, plan: Plan, names: Names, outside: Iterable[str]) -> None:
        self.plan, self.names = plan, names
        self.outside = frozenset(outside)
        """The comparable names of the elements in which the children stand."""
        self.all: list[Place] = []
        self.below: dict[tuple[int, int], int] = {}
        """The place of an element by that of its parent (-1 for a child's own) and its name."""

    def of(self, elements: Elements) -> Numbers:
        """The place of each element; NotPlain when one stands where only the careful reader may judge it."""
        place = np.full(len(elements), -1)
        for level in range(1, int(elements.depth.max()) + 1):
            here = np.flatnonzero(elements.depth == level)
            above = place[elements.parent[here]] if level > 1 else np.full(len(here), -1)
            place[here] = self._find(above, elements.name[here])
        if (elements.is_filled & ~self.mask("may_say")[place]).any():
            raise NotPlain
        if (~elements.is_leaf & ~self.mask("may_hold")[place]).any():
            raise NotPlain
        return place

    def mask(self, what: str) -> Mask:
        """For each place, whether something is so."""
        return np.array([bool(getattr(place, what)) for place in self.all], np.bool_)

    def _find(self, above: Numbers, name: Numbers) -> Numbers:
        """Places by those of the parents and by names; each pair is looked up once."""
        width = len(self.names.comparable)
        pairs = (above + 1) * width + name
        found = np.zeros((len(self.all) + 1) * width, np.int64)
        for pair in np.flatnonzero(np.bincount(pairs)):
            found[pair] = self._below(int(pair) // width - 1, int(pair) % width)
        places: Numbers = found[pairs]
        return places

    def _below(self, above: int, name: int) -> int:
        if (above, name) not in self.below:
            parent = self.all[above] if above >= 0 else None
            self.all.append(self._place(parent, name))
            self.below[above, name] = len(self.all) - 1
        return self.below[above, name]

    def _place(self, parent: Place | None, name: int) -> Place:
        tag = self.names.comparable[name]
        if parent is None:
            return self._record(tag, self.names.written[name])
        plan, path = self.plan, (*parent.path, tag)
        around = (*parent.around, parent.row) if parent.row else parent.around
        row = self._row(path)
        if row in around or tag in plan.records:  # the careful reader numbers the inner row first
            raise NotPlain
        table = row or (around[-1] if around else None)
        column = self._column(table, path)
        place = Place(
            path=path,
            row=row,
            around=around,
            table=table,
            column=column,
            loose="" if column or table is not plan.person or not self._is_spread(tag) else tag,
            is_former=tag in plan.former.get(table, ()) if table else False,
            may_hold=bool(row) or tag in plan.groups,
        )
        if not place.may_say and not place.may_hold:  # an element that nobody declared
            raise NotPlain
        return place

    def _record(self, tag: str, written: str) -> Place:
        """A child's own element, below which everything begins."""
        if written not in self.plan.layout.records or self.plan.records[tag] not in self.outside:
            raise NotPlain
        row = self._row((tag,))
        return Place((tag,), row, (), row, "", "", is_former=False, may_hold=True)

    def _row(self, path: tuple[str, ...]) -> type[Table] | None:
        """The table that an element makes a row of, by its name and by what it stands in."""
        around = self.outside.union(path[:-1])
        return next((table for within, table in self.plan.rows.get(path[-1], ()) if within <= around), None)

    def _column(self, table: type[Table] | None, path: tuple[str, ...]) -> str:
        """The column that text here fills; a key or what comes down from the child may not be sent again."""
        if table is None:
            return ""
        shape = self.plan.shapes[table]
        name = shape.leaves.get(path[-1]) or self.plan.placed[table].get((path[-2], path[-1]), "")
        if name in shape.keys or name in shape.inherits:
            raise NotPlain
        if table is self.plan.person and name in self.plan.handed and len(path) != PERSONS_VALUE:
            raise NotPlain
        return name

    def _is_spread(self, tag: str) -> bool:
        return tag in self.plan.flags or any(tag in theirs for theirs in self.plan.spread.values())
