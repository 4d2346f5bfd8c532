"""Reads the children of an XML return one by one, whatever an authority's system made of them.

Groups may come in any order, elements may be empty, and there may be elements and text that no guidance
knows: those are counted, kept as sent, and reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any

from lxml import etree

from assets.ingest.reading import LONGEST_CELL, plain
from assets.ingest.xml_plan import Shape
from assets.ingest.xml_tables import Tables
from schemas.table import Table
from schemas.text import YES

CHILDREN_AT_ONCE = 20_000
LINES_KNOWN = 65_535
SAFELY: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,  # no return needs a 10 MB value or 256 levels
    "remove_comments": True,
    "remove_pis": True,
}


def read_carefully(source: IO[bytes], tables: Tables, lines_before: int = 0) -> None:
    """Take every child in a well-formed document, and count what is odd around them.

    `lines_before` are the file's lines before the document, when that is only a part of the file. Raises
    lxml's XMLSyntaxError where the document breaks.
    """
    _Reader(tables, lines_before).read(source)


def local(tag: object) -> str:
    """The name of an element without its namespace."""
    return str(tag).rpartition("}")[2]


def _line(element: Any) -> int | None:
    """The line of an element's start tag.

    Up to 65,535 libxml2 knows it; beyond, it gives the line on which the first text inside ends.
    """
    line: int | None = element.sourceline
    if line is None or line < LINES_KNOWN:
        return line
    if element.text:
        return line - str(element.text).count("\n")
    return _line(element[0]) if len(element) else line


class _Tags(dict[Any, str]):
    """The comparable names of elements by their tags; each is worked out once."""

    def __missing__(self, tag: Any) -> str:
        self[tag] = name = plain(local(tag))
        return name


class _Reader:
    """Goes from child to child, and forgets each when it has been read."""

    def __init__(self, tables: Tables, lines_before: int) -> None:
        self.tables, self.lines_before = tables, lines_before
        self.plan = plan = tables.plan
        self.tags = _Tags()
        self.header = plain(plan.layout.header)
        self.taken = [name for name in (*plan.layout.records, plan.layout.header) if name]
        """Elements that are read as they come; each in its usual capitals, for XML does not disregard them."""
        self.person = plain(plan.person.ELEMENT) if plan.person else ""
        self.unusual = frozenset(plan.rows).union(*plan.former.values())
        """Names that may mean a row, or that an earlier form gave to a value."""

    def read(self, source: IO[bytes]) -> None:
        records = self.plan.records
        parse = etree.iterparse(source, tag=[f"{{*}}{name}" for name in self.taken], **SAFELY)
        seen = 0
        for _, element in parse:
            parent, tag = element.getparent(), self.tags[element.tag]
            if tag == self.header and not self.is_in_child(element):
                _Child(self, element, header=True).take()
            elif parent is not None and self.tags[parent.tag] == records.get(tag):
                self.strays(parent, element)
                _Child(self, element).take()
                seen += 1
            else:
                continue
            self.forget(element)
            if seen % CHILDREN_AT_ONCE == 0:
                self.tables.flush()
        self.unclaimed(parse.root)

    def forget(self, element: Any) -> None:
        """Free what has been read: the element itself and what stands before it, which is named."""
        element.clear(keep_tail=True)
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            self.name_unclaimed(parent[0])
            del parent[0]

    def unclaimed(self, element: Any) -> None:
        """Name what stands beside the records and the header and is neither."""
        for child in element:
            if self.tags[child.tag] in self.plan.layout.above:
                self.unclaimed(child)
            else:
                self.name_unclaimed(child)

    def name_unclaimed(self, element: Any) -> None:
        name = local(element.tag)
        if name not in self.taken and self.tags[element.tag] not in self.plan.layout.above:
            self.tables.unknown[name] += 1

    def is_in_child(self, element: Any) -> bool:
        return any(self.tags[above.tag] in self.plan.records for above in element.iterancestors())

    def strays(self, parent: Any, element: Any) -> None:
        """Count text that stands between elements."""
        if parent[0] is element and parent.text and parent.text.strip():
            self.tables.stray += 1
        before = element.getprevious()
        if before is not None and before.tail and before.tail.strip():
            self.tables.stray += 1

    def line(self, element: Any) -> int | None:
        line = _line(element)
        return None if line is None else line + self.lines_before


class _Row:
    """One row being filled: its table, its values, and what no column is declared for."""

    __slots__ = ("extra", "names", "table", "values")

    def __init__(self, table: type[Table], values: dict[str, str], names: Mapping[str, str]) -> None:
        self.table, self.values, self.names = table, values, names
        self.extra: dict[str, str] = {}


NO_NAMES: Mapping[str, str] = {}


class _Child:
    """One child (or the file's header) and everything below it."""

    def __init__(self, reader: _Reader, element: Any, *, header: bool = False) -> None:
        self.reader, self.tables, self.plan = reader, reader.tables, reader.plan
        self.element, self.header = element, header
        self.numbers: dict[str, int] = {}
        self.person: dict[str, str] = {}
        self.loose: dict[str, str] = {}

    def take(self) -> None:
        person = self.plan.person
        if person and not self.header:
            self.find_person(person)
            self.walk(self.element, None)
            self.spread()
        elif table := self.table_of(self.element):
            self.number(table)
            self.new_row(self.element, table)

    def number(self, table: type[Table]) -> None:
        """The keys that come down: the file's, and the pupil's within it, by the row that is to come."""
        tables, layout = self.tables, self.plan.layout
        key = layout.keys.get(table.ELEMENT)
        if layout.file_key:
            self.person[layout.file_key] = tables.file
        if key:
            self.person[key] = f"{tables.file}-{tables.counts[table] + 1}"

    def find_person(self, table: type[Table]) -> None:
        """The child's own group first, wherever it stands: its columns come down to all other rows."""
        wanted = self.reader.person
        for at, node in enumerate(self.element):
            if self.reader.tags[node.tag] == wanted:
                self.tables.notes["file.reordered_elements"] += at > 0
                self.hand_down(node, self.plan.shapes[table].leaves)
                return

    def hand_down(self, group: Any, leaves: Mapping[str, str]) -> None:
        """Only what other tables want: most of what says who a child is stays in its own row."""
        for leaf in group:
            name = leaves.get(self.reader.tags[leaf.tag])
            if name in self.plan.handed and leaf.text and len(leaf.text) <= LONGEST_CELL and not len(leaf):
                self.person.setdefault(name, leaf.text)
                if len(self.person) == len(self.plan.handed):
                    return

    def walk(self, parent: Any, row: _Row | None) -> None:
        """Everything directly below an element: rows of their own, groups, and values of this row.

        Most elements are a value of the row that comes once. Those are taken here, for a call costs more than
        the value; all others are looked at in `other`.
        """
        tables, tags, unusual = self.tables, self.reader.tags, self.reader.unusual
        names, values = (row.names, row.values) if row else (NO_NAMES, {})
        if (text := parent.text) and not text.isspace():
            tables.stray += 1
        for node in parent:
            tag = tags[node.tag]
            name, text = names.get(tag), node.text
            if (
                name is not None
                and text
                and name not in values
                and tag not in unusual
                and not text.isspace()
                and len(text) <= LONGEST_CELL
                and not len(node)
            ):
                values[name] = text
            else:
                self.other(node, tag, row)
            if (text := node.tail) and not text.isspace():
                tables.stray += 1

    def other(self, node: Any, tag: str, row: _Row | None) -> None:
        """What is not simply a value of this row: a row of its own, a group, or a value to be looked at."""
        tables, plan = self.tables, self.plan
        table = plan.sole.get(tag) or (self.table_of(node) if tag in plan.rows else None)
        if table:
            self.new_row(node, table)
        elif len(node):
            if tag not in plan.groups and not self.header:
                tables.unknown[local(node.tag)] += 1
            self.walk(node, row)
        elif tag not in plan.groups or (row and tag in row.names):
            self.leaf(node, tag, row)
        else:
            tables.notes["file.empty_elements"] += 1

    def table_of(self, node: Any) -> type[Table] | None:
        """The table that this element makes a row of, by its name and by what it stands in."""
        tags = self.reader.tags
        candidates = self.plan.rows[tags[node.tag]]
        around = {tags[element.tag] for element in node.iterancestors()}
        return next((table for within, table in candidates if within <= around), None)

    def new_row(self, node: Any, table: type[Table]) -> None:
        """A row of the table that this element makes, unless the element is wholly empty."""
        if not len(node) and not (node.text and node.text.strip()):
            self.tables.notes["file.empty_elements"] += 1
            return
        shape, person = self.plan.shapes[table], self.person
        row = _Row(table, {name: person[name] for name in shape.inherits if name in person}, shape.leaves)
        self.count(shape, row.values)
        if len(node):
            self.walk(node, row)
        else:
            self.leaf(node, self.reader.tags[node.tag], row)
        self.tables.add(table, row.values, row.extra, self.reader.line(node))

    def inherited(self, table: type[Table]) -> Iterator[str]:
        return (name for name in self.plan.inherits.get(table, ()) if name in self.person)

    def count(self, shape: Shape, values: dict[str, str]) -> None:
        """Move the table's own key on, begin again the keys below it, and note all keys in the row."""
        numbers = self.numbers
        if key := shape.counted:
            numbers[key] = numbers.get(key, 0) + 1
            for below in shape.restarts:
                numbers[below] = 0
        for name in shape.keys:
            if number := numbers.get(name):
                values[name] = str(number)

    def leaf(self, node: Any, tag: str, row: _Row | None) -> None:
        """A value of this row; the first counts, also over one that came down from the child."""
        text = node.text
        if not text or not text.strip():
            text = None
            self.tables.notes["file.empty_elements"] += 1
        elif len(text) > LONGEST_CELL:
            text = None
            self.tables.notes["cell.too_long"] += 1
        name = row.names.get(tag) or self.placed(node, tag, row.table) if row else None
        if row is None or name is None:
            self.undeclared(node, tag, text, row)
        elif text and (name not in row.values or self.came_down(row, name)):
            row.values[name] = text
            if tag in self.plan.former.get(row.table, ()):
                self.tables.renamed[row.table].add(name)
        elif text:
            self.tables.repeated[local(node.tag)] += 1
            row.extra.setdefault(local(node.tag), text)

    def placed(self, node: Any, tag: str, table: type[Table]) -> str | None:
        """The column that an element is right below another one."""
        places = self.plan.placed[table]
        return places.get((self.reader.tags[node.getparent().tag], tag)) if places else None

    def came_down(self, row: _Row, name: str) -> bool:
        inherited = name in self.plan.inherits.get(row.table, ())
        return inherited and row.values.get(name) == self.person.get(name)

    def undeclared(self, node: Any, tag: str, text: str | None, row: _Row | None) -> None:
        """Part of a table spread over the child's group, or an element that nobody declared."""
        if row and row.table is self.plan.person and self.belongs_to_spread(tag):
            if text is not None:
                self.loose.setdefault(tag, text)
            return
        self.tables.unknown[local(node.tag)] += 1
        if row and text is not None:
            row.extra.setdefault(local(node.tag), text)

    def belongs_to_spread(self, tag: str) -> bool:
        return tag in self.plan.flags or any(tag in theirs for theirs in self.plan.spread.values())

    def spread(self) -> None:
        """A row of a spread table where one of its own columns is filled, or its flag says yes."""
        flagged = {
            table
            for flag, table in self.plan.flags.items()
            if self.loose.get(flag, "").strip().lower() in YES
        }
        for table, theirs in self.plan.spread.items():
            values = {name: self.loose[tag] for tag, name in theirs.items() if tag in self.loose}
            if values or table in flagged:
                known = {name: self.person[name] for name in self.inherited(table)}
                self.tables.add(table, {**known, **values}, {}, self.reader.line(self.element))
