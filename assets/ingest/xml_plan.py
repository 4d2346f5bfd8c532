"""How an XML return is laid out in tables, worked out from the declared tables themselves.

Each declared table says which element makes its rows. From that follow the rest: which numbers are
counted in document order (a whole-number column ending in ID, owned by the first table that has it),
what comes down from the child to everything below (the child's identifier, the date of birth), and
which tables are spread over the child's own group (care leavers and adoption in the SSDA903).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from assets.ingest.headings import declared
from assets.ingest.reading import plain
from schemas.returns import RETURNS, Return
from schemas.table import Table, columns


@dataclass(frozen=True)
class Layout:
    """One XML form: its outermost element, the element of one child, and where that stands."""

    ret: Return
    record: str
    within: str
    """The parent of a record: an element of the same name elsewhere is not one."""
    header: str = ""
    """The element that says who sent the file, where there is one."""
    collection: str = ""
    """What `Collection` in the header must say, where several returns share the outermost element."""


LAYOUTS: Mapping[str, Layout] = {
    "message": Layout(RETURNS["cin"], "Child", "children", "Header", "CIN"),
    "expssda903": Layout(RETURNS["ssda903"], "CHILD", "expssda903"),
}
"""By the name of the outermost element."""


@dataclass(frozen=True)
class Plan:
    """What to do with each element, by its comparable name."""

    layout: Layout
    rows: Mapping[str, type[Table]]
    """Elements that make a row, and of which table."""
    leaves: Mapping[type[Table], Mapping[str, str]]
    """For each table: elements that are its columns."""
    groups: frozenset[str]
    """Elements that only hold others together."""
    person: type[Table]
    """The table with one row per child, whose shared columns come down to the child's other rows."""
    inherits: Mapping[type[Table], tuple[str, ...]]
    counted: Mapping[type[Table], str]
    """The key that a new row of this table moves on by one."""
    restarts: Mapping[str, tuple[str, ...]]
    """Keys that begin again at 1 when this key moves on."""
    keys: Mapping[type[Table], tuple[str, ...]]
    """The counted keys that a row of this table carries."""
    spread: Mapping[type[Table], Mapping[str, str]]
    """Tables without an element of their own: the columns of theirs that stand in the child's group."""
    flags: Mapping[str, type[Table]]
    """Yes/no elements in the child's group that stand for a row of a spread table."""


@functools.cache
def plan_for(root: str) -> Plan | None:
    """The plan for an outermost element; None when no return has it."""
    layout = LAYOUTS.get(plain(root))
    return _plan(layout) if layout else None


def _plan(layout: Layout) -> Plan:
    tables = layout.ret.tables
    with_element = [t for t in tables if t.ELEMENT]
    person = next(t for t in with_element if layout.ret.child in {c.name for c in columns(t)})
    own = {c.name for c in columns(person)}
    counted = _counted(with_element)
    spread = [t for t in tables if not t.ELEMENT]
    return Plan(
        layout=layout,
        rows={plain(t.ELEMENT): t for t in with_element},
        leaves={t: declared(t) for t in with_element},
        groups=frozenset(plain(t.DFE) for t in with_element if t.DFE != t.ELEMENT),
        person=person,
        inherits={t: tuple(c.name for c in columns(t) if c.name in own) for t in tables if t is not person},
        counted=counted,
        restarts={key: _below(key, owner, counted) for owner, key in counted.items()},
        keys={t: tuple(c.name for c in columns(t) if c.name in counted.values()) for t in with_element},
        spread={t: _only_theirs(t, own) for t in spread},
        flags={plain(t.VIEW): t for t in spread},
    )


def _counted(tables: list[type[Table]]) -> dict[type[Table], str]:
    """The first table that declares a whole-number column ending in ID owns that number."""
    owners: dict[str, type[Table]] = {}
    for table in tables:
        for column in columns(table):
            if column.kind is int and column.name.endswith("ID"):
                owners.setdefault(column.name, table)
    return {table: key for key, table in owners.items()}


def _below(key: str, owner: type[Table], counted: Mapping[type[Table], str]) -> tuple[str, ...]:
    """The keys whose owners carry this key too: they are counted within it."""
    return tuple(k for t, k in counted.items() if t is not owner and key in {c.name for c in columns(t)})


def _only_theirs(table: type[Table], own: set[str]) -> dict[str, str]:
    return {heading: name for heading, name in declared(table).items() if name not in own}
