"""How the daily feed is laid out in tables, worked out from the declared tables themselves.

Each table says where its elements stand below the child (`social_care_episodes/child_protection_plans`). The
keys come down to everything below; an element's own key is the one that nothing above it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assets.ingest.reading import plain
from schemas.returns import RETURNS
from schemas.returns.daily_social_care import ITEM, Children
from schemas.table import Table, columns

RETURN = RETURNS["daily_social_care"]
OURS = {"child_row", "given"}
"""Columns that the reader fills in."""


@dataclass(frozen=True)
class Node:
    """One kind of element: its table, what stands in it, and what stands below it."""

    table: type[Table]
    path: str
    above: tuple[str, ...]
    """The keys that come down to it."""
    key: str
    """Its own key, "" where it has none: one of its kind, or a list that always comes whole."""
    item: str
    """The column of a list of bare values, else ""."""
    fields: Mapping[str, str]
    """Comparable names of its own fields, with the column."""
    flags: frozenset[str]
    """Columns that say yes or no."""
    names: tuple[str, ...]
    below: Mapping[str, Node]

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self.above, self.key) if self.key else self.above

    @property
    def comes_whole(self) -> bool:
        """A list in which nothing can be found again is sent whole or not at all."""
        return "given" not in self.names


def _node(table: type[Table], above: tuple[str, ...]) -> Node:
    own = [c for c in columns(table) if c.name not in above and c.name not in OURS]
    key = next((c.name for c in own if c.key), "")
    return Node(
        table=table,
        path=table.ELEMENT,
        above=above,
        key=key,
        item=next((c.name for c in own if c.element == ITEM), ""),
        fields={plain(c.name): c.name for c in own if c.element != ITEM},
        flags=frozenset(c.name for c in own if c.kind is bool),
        names=tuple(c.name for c in columns(table)),
        below=_below(table.ELEMENT, (*above, key) if key else above),
    )


def _below(path: str, keys: tuple[str, ...]) -> dict[str, Node]:
    """The elements that stand directly in the one of this path, by their comparable names."""
    at = {table: table.ELEMENT.rpartition("/") for table in RETURN.tables if table.ELEMENT}
    return {plain(name): _node(table, keys) for table, (parent, _, name) in at.items() if parent == path}


PLAN = _node(Children, ())
