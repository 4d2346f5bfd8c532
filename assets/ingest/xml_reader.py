"""Reads the CIN census, the SSDA903 and the school census sent as XML, one child at a time, into their tables.

Groups may come in any order, elements may be empty, and there may be elements and text that no
guidance knows: those are counted, kept as sent, and reported. A document type is refused; a file that
breaks before its end is refused whole, because half a return is a wrong number.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from lxml import etree

from assets.ingest import facts
from assets.ingest.reading import (
    LONGEST_CELL,
    NO_ASIDE,
    Reading,
    TableRead,
    frame_of,
    plain,
    refused,
    safe_names,
)
from assets.ingest.xml_plan import Plan, Shape, is_shared, plan_for, tells
from schemas.findings import Finding
from schemas.table import Table, columns
from schemas.text import YES

CHILDREN_AT_ONCE = 20_000
LINES_KNOWN = 65_535
HOLDS_EMPTY_ELEMENTS = {"ssda903"}
"""Returns whose form itself asks for elements that may be empty."""
SAFELY: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,  # no return needs a 10 MB value or 256 levels
    "remove_comments": True,
    "remove_pis": True,
}


def read_xml(data: bytes) -> Reading:
    """Read one XML file; refuses a document type, a broken end, and roots that no return has."""
    try:
        root, below, has_doctype = _outermost(data)
    except etree.XMLSyntaxError as broken:
        return refused("file.xml_broken", "the first element cannot be read", line=broken.position[0])
    if has_doctype:
        return refused("file.doctype")
    plan = plan_for(root, below)
    if plan is None:
        return refused("file.unknown_form", "the outermost element belongs to no return that we know")
    ret = plan.layout.ret.name
    try:
        tables = _Tables(plan, hashlib.sha256(data).hexdigest()[:12]).read(data)
    except etree.XMLSyntaxError as broken:
        return refused("file.xml_broken", "the XML breaks here", ret=ret, line=broken.position[0])
    read = tables.finished()
    if plan.layout.collection and not _is_collection(plan, read):
        return refused(
            "file.unknown_form", f"expected {plan.layout.collection} as the collection in the header"
        )
    told = facts.of_tables(plan.layout.ret, read)
    if plan.layout.file_key:
        told = replace(told, schools=facts.schools(read))
    return Reading(ret, True, read, told, tuple(tables.findings()))


def _outermost(data: bytes) -> tuple[str, str, bool]:
    """The outermost element, the one below that tells the form, and whether a document type came first."""
    elements = (element for _, element in etree.iterparse(io.BytesIO(data), events=("start",), **SAFELY))
    first = next(elements, None)
    if first is None:
        return "", "", False
    root, info = _local(first.tag), first.getroottree().docinfo
    has_doctype = bool(info.doctype) or info.internalDTD is not None
    below = "" if has_doctype or not is_shared(root) else _telling(elements, first, root)
    return root, below, has_doctype


def _telling(elements: Iterator[Any], first: Any, root: str) -> str:
    """The first element right below the outermost one that only one form has; "" when there is none."""
    with contextlib.suppress(etree.XMLSyntaxError):  # where it breaks is found again when all is read
        for element in elements:
            if element.getparent() is first and tells(root, _local(element.tag)):
                return _local(element.tag)
    return ""


def _is_collection(plan: Plan, tables: tuple[TableRead, ...]) -> bool:
    """A header that names another collection makes it another return; no header at all is tolerated."""
    header = next(t.frame for t in tables if plan.layout.header == t.table.ELEMENT)
    name = next(c for c in header.columns if c.lower() == "collection")
    named = header[name].drop_nulls().str.strip_chars().str.to_uppercase()
    return not len(named) or plan.layout.collection in named.to_list()


def _local(tag: object) -> str:
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
        self[tag] = name = plain(_local(tag))
        return name


class _Tables:
    """Rows of every table of one file while it is being read; `file` is its name among all files."""

    def __init__(self, plan: Plan, file: str) -> None:
        self.plan, self.file = plan, file
        # a table that XML has no place for was not sent
        tables = [t for t in plan.layout.ret.tables if t.ELEMENT or t in plan.spread]
        self.names = {t: [c.name for c in columns(t)] for t in tables}
        self.rows: dict[type[Table], list[tuple[Any, ...]]] = {t: [] for t in tables}
        self.frames: dict[type[Table], list[pl.DataFrame]] = {t: [] for t in tables}
        self.counts: Counter[type[Table]] = Counter()
        self.unknown: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self.stray = 0
        self.notes: Counter[str] = Counter()
        """Whatever else was tolerated, by the code of its finding."""
        self.renamed: dict[type[Table], set[str]] = defaultdict(set)
        """Columns whose element had the name of an earlier form."""
        self.tags = _Tags()
        self.header = plain(plan.layout.header)
        self.around = frozenset([*plan.records, *plan.layout.above, self.header])
        """Elements that hold a record or are one."""
        self.person = plain(plan.person.ELEMENT) if plan.person else ""
        self.unusual = frozenset(plan.rows).union(*plan.former.values())
        """Names that may mean a row, or that an earlier form gave to a value."""

    def read(self, data: bytes) -> _Tables:
        layout, records = self.plan.layout, self.plan.records
        wanted = [f"{{*}}{name}" for name in (*layout.records, layout.header) if name]
        parse = etree.iterparse(io.BytesIO(data), tag=wanted, **SAFELY)
        seen = 0
        for _, element in parse:
            parent, tag = element.getparent(), self.tags[element.tag]
            if tag == self.header:
                _Child(self, element, header=True).take()
            elif parent is not None and self.tags[parent.tag] == records[tag]:
                self.strays(parent, element)
                _Child(self, element).take()
                seen += 1
            else:
                continue
            self.forget(element)
            if seen % CHILDREN_AT_ONCE == 0:
                self.flush()
        self.unclaimed(parse.root)
        return self

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
        if self.tags[element.tag] not in self.around:
            self.unknown[_local(element.tag)] += 1

    def strays(self, parent: Any, element: Any) -> None:
        """Count text that stands between elements."""
        if parent[0] is element and parent.text and parent.text.strip():
            self.stray += 1
        before = element.getprevious()
        if before is not None and before.tail and before.tail.strip():
            self.stray += 1

    def add(
        self, table: type[Table], values: dict[str, str], extra: dict[str, str], line: int | None
    ) -> None:
        self.counts[table] = number = self.counts[table] + 1
        more = json.dumps(extra, ensure_ascii=False, sort_keys=True) if extra else None
        self.rows[table].append((*map(values.get, self.names[table]), more, number, line))

    def flush(self) -> None:
        for table, rows in self.rows.items():
            if rows or not self.frames[table]:
                self.frames[table].append(frame_of((*self.names[table], "extra"), rows))
            self.rows[table] = []

    def finished(self) -> tuple[TableRead, ...]:
        self.flush()
        return tuple(
            TableRead(
                table, pl.concat(frames), NO_ASIDE, self.counts[table], tuple(sorted(self.renamed[table]))
            )
            for table, frames in self.frames.items()
        )

    def findings(self) -> Iterator[Finding]:
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


class _Row:
    """One row being filled: its table, its values, and what no column is declared for."""

    __slots__ = ("extra", "names", "table", "values")

    def __init__(self, table: type[Table], values: dict[str, str], names: Mapping[str, str]) -> None:
        self.table, self.values, self.names = table, values, names
        self.extra: dict[str, str] = {}


NO_NAMES: Mapping[str, str] = {}


class _Child:
    """One child (or the file's header) and everything below it."""

    def __init__(self, tables: _Tables, element: Any, *, header: bool = False) -> None:
        self.tables, self.plan, self.element, self.header = tables, tables.plan, element, header
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
        wanted = self.tables.person
        for at, node in enumerate(self.element):
            if self.tables.tags[node.tag] == wanted:
                self.tables.notes["file.reordered_elements"] += at > 0
                self.hand_down(node, self.plan.shapes[table].leaves)
                return

    def hand_down(self, group: Any, leaves: Mapping[str, str]) -> None:
        """Only what other tables want: most of what says who a child is stays in its own row."""
        for leaf in group:
            name = leaves.get(self.tables.tags[leaf.tag])
            if name in self.plan.handed and leaf.text and len(leaf.text) <= LONGEST_CELL and not len(leaf):
                self.person.setdefault(name, leaf.text)
                if len(self.person) == len(self.plan.handed):
                    return

    def walk(self, parent: Any, row: _Row | None) -> None:
        """Everything directly below an element: rows of their own, groups, and values of this row.

        Most elements are a value of the row that comes once. Those are taken here, for a call costs more than
        the value; all others are looked at in `other`.
        """
        tables, tags, unusual = self.tables, self.tables.tags, self.tables.unusual
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
                tables.unknown[_local(node.tag)] += 1
            self.walk(node, row)
        elif tag not in plan.groups or (row and tag in row.names):
            self.leaf(node, tag, row)
        else:
            tables.notes["file.empty_elements"] += 1

    def table_of(self, node: Any) -> type[Table] | None:
        """The table that this element makes a row of, by its name and by what it stands in."""
        tags = self.tables.tags
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
            self.leaf(node, self.tables.tags[node.tag], row)
        self.tables.add(table, row.values, row.extra, _line(node))

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
            self.tables.repeated[_local(node.tag)] += 1
            row.extra.setdefault(_local(node.tag), text)

    def placed(self, node: Any, tag: str, table: type[Table]) -> str | None:
        """The column that an element is right below another one."""
        places = self.plan.placed[table]
        return places.get((self.tables.tags[node.getparent().tag], tag)) if places else None

    def came_down(self, row: _Row, name: str) -> bool:
        inherited = name in self.plan.inherits.get(row.table, ())
        return inherited and row.values.get(name) == self.person.get(name)

    def undeclared(self, node: Any, tag: str, text: str | None, row: _Row | None) -> None:
        """Part of a table spread over the child's group, or an element that nobody declared."""
        if row and row.table is self.plan.person and self.belongs_to_spread(tag):
            if text is not None:
                self.loose.setdefault(tag, text)
            return
        self.tables.unknown[_local(node.tag)] += 1
        if row and text is not None:
            row.extra.setdefault(_local(node.tag), text)

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
                self.tables.add(table, {**known, **values}, {}, _line(self.element))
