"""Reads the daily feed of children's social care, sent as JSON, one child at a time.

A delivery is an array of children, an object that says whose they are and holds one or all of them, or a
line of either for each. Children are taken apart one after the other and never held together. Numbers stay
as they were written. An element that nobody declared is kept and reported; one that is no object where the
payload has objects, or lacks the key by which later deliveries find it, is set aside with its place in the
file. A file that breaks is not used; of several lines only the broken ones are set aside.
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from assets.ingest import facts
from assets.ingest.forms import decode
from assets.ingest.json_plan import PLAN, RETURN, Node
from assets.ingest.reading import (
    ASIDE_SCHEMA,
    LONGEST_CELL,
    Reading,
    TableRead,
    frame_of,
    plain,
    refused,
    safe_name,
    safe_names,
)
from schemas.findings import Finding
from schemas.returns.daily_social_care import Children, Payload
from schemas.table import Table, columns

ROWS_AT_ONCE = 10_000
MOST_NAMED = 1_000
"""So many cells or rows of one kind are named one by one; the rest are counted in one finding."""
MOST_BROKEN = 1_000
"""So many broken lines are set aside; a file with more of them is no longer the file that was written."""
BLANKS = re.compile(r"[ \t\r\n]*")
CHILDREN = plain(Children.DFE)
compared = functools.lru_cache(maxsize=4_096)(plain)
"""The comparable name of a field; nearly all files have the same few."""


AROUND = Node(Payload, "", (), "", "", {"lacode": "la_code"}, frozenset(), ("la_code", "given"), {})
"""The object around children."""


class Broken(ValueError):
    """Where the JSON breaks, as an offset into the text; never with a word of what stands there."""

    def __init__(self, at: int) -> None:
        super().__init__("the JSON breaks here")
        self.at = at


class NotANumber(str):
    """What JSON has no number for and some programs write all the same: NaN and Infinity."""


class Fields(dict[str, Any]):
    """An object that names a field more than once: the first is its value, the others are kept here."""

    repeated: tuple[tuple[str, Any], ...] = ()


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    fields, repeated = Fields(), list[tuple[str, Any]]()
    for name, value in pairs:
        if name in fields:
            repeated.append((name, value))
        else:
            fields[name] = value
    fields.repeated = tuple(repeated)
    return fields


DECODER = json.JSONDecoder(
    object_pairs_hook=_fields, parse_int=str, parse_float=str, parse_constant=NotANumber, strict=False
)


def read_json(data: bytes) -> Reading:
    """Read one delivery; a file without a child of the payload is no form that we know."""
    text = decode(data)
    words = text.utf8.decode()
    rows = _Rows(words)
    try:
        for found in deliveries(words):
            rows.take(found)
    except Broken as broken:
        line = words.count("\n", 0, broken.at) + 1
        if not rows.is_known:
            return refused("file.unknown_form", "the JSON holds no child that can be read", line=line)
        return refused("file.json_broken", "the JSON breaks here", ret=RETURN.name, line=line)
    if not rows.is_known:
        return refused("file.unknown_form", "expected children with a la_child_id in the JSON")
    read = rows.finished()
    told = facts.of_tables(RETURN, read)
    return Reading(RETURN.name, True, read, told, (*text.findings, *rows.findings()))


# --- taking the text apart --------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """A child, the object around children, or a line that cannot be read."""

    kind: Literal["child", "payload", "broken"]
    value: Any
    pointer: str
    """Where it stands in its document: of fields and places only."""
    at: int


Walk = Generator[Found, None, int]
"""What is found on the way, and where it ends."""


def deliveries(text: str) -> Iterator[Found]:
    """Every child of a text, then what stands around it; raises `Broken` unless it is one line of several."""
    start, broken = (at := _skip(text, 0)), 0
    while at < len(text):
        try:
            at = yield from _outermost(text, at)
        except Broken:
            broken += 1
            if at == start or text[at - 1] != "\n" or broken > MOST_BROKEN:
                raise
            end = text.find("\n", at) + 1 or len(text)
            yield Found("broken", text[at:end], "", at)
            at = end
        at = _skip(text, at)


def _outermost(text: str, at: int) -> Walk:
    """One outermost value: an array of children, a child, or an object around either."""
    if text[at] == "[":
        return (yield from _array(text, at, ""))
    start, around, has_children = at, list[tuple[str, Any]](), False
    at = _next(text, at, "{")
    while text[at : at + 1] != "}":
        name, at = _value(text, at)
        at = _next(text, at, ":")
        if plain(str(name)) == CHILDREN and text[at : at + 1] in ("[", "{"):
            has_children = True
            at = yield from _around(text, at, f"/{safe_name(str(name))}")
        else:
            value, at = _value(text, at)
            around.append((str(name), value))
        at = _between(text, at, "}")
    yield Found("payload" if has_children else "child", _fields(around), "", start)
    return at + 1


def _around(text: str, at: int, pointer: str) -> Walk:
    """The children of a payload: an array of them, or one by itself."""
    if text[at] == "[":
        at = yield from _array(text, at, pointer)
    else:
        start = at
        value, at = _value(text, at)
        yield Found("child", value, pointer, start)
    return _skip(text, at)


def _array(text: str, at: int, pointer: str) -> Walk:
    """The elements of an array, one after the other; gives back where it ends."""
    at, number = _next(text, at, "["), 0
    while text[at : at + 1] != "]":
        start = at
        value, at = _value(text, at)
        yield Found("child", value, f"{pointer}/{number}", start)
        number += 1
        at = _between(text, at, "]")
    return at + 1


def _value(text: str, at: int) -> tuple[Any, int]:
    """One whole value and where the next thing begins."""
    try:
        value, end = DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        place = error.pos
    except RecursionError:  # nothing that children's services send is nested so deeply
        place = at
    else:
        return value, _skip(text, end)
    raise Broken(place)


def _next(text: str, at: int, mark: str) -> int:
    """Behind a mark that must stand here."""
    if text[at : at + 1] != mark:
        raise Broken(at)
    return _skip(text, at + 1)


def _between(text: str, at: int, end: str) -> int:
    """At the end of an array or object, or behind a comma and at what follows it."""
    if text[at : at + 1] == end:
        return at
    at = _next(text, at, ",")
    if text[at : at + 1] == end:
        raise Broken(at)
    return at


def _skip(text: str, at: int) -> int:
    found = BLANKS.match(text, at)
    return found.end() if found else at


# --- children into rows -----------------------------------------------------------------------------


class _Rows:
    """Rows of every table of one file while it is being read."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.rows: dict[type[Table], list[tuple[Any, ...]]] = {t: [] for t in RETURN.tables}
        self.frames: dict[type[Table], list[pl.DataFrame]] = {t: [] for t in RETURN.tables}
        self.aside: dict[type[Table], list[tuple[object, ...]]] = {t: [] for t in RETURN.tables}
        self.counts: Counter[type[Table]] = Counter()
        self.unknown: Counter[str] = Counter()
        self.repeated: Counter[str] = Counter()
        self.named: dict[str, list[Finding]] = defaultdict(list)
        self.noted: Counter[str] = Counter()

    @property
    def is_known(self) -> bool:
        """Whether there is a child of the payload in it."""
        return self.counts[Children] > len(self.aside[Children])

    def take(self, found: Found) -> None:
        self.line += self.text.count("\n", self.at, found.at) - self.text.count("\n", found.at, self.at)
        self.at = found.at
        if found.kind == "broken":
            self.set_aside(Children, "row.unreadable", found.value, "")
        elif found.kind == "payload":
            self.element(AROUND, found.value, {}, found.pointer)
        else:
            self.element(PLAN, found.value, {"child_row": str(self.counts[Children] + 1)}, found.pointer)

    def element(self, node: Node, value: Any, known: Mapping[str, str], pointer: str) -> None:
        """A row for an element, then for all that stands below it."""
        if not isinstance(value, dict):
            self.set_aside(node.table, "row.not_an_object", value, pointer)
            return
        row = _Row(self, node, pointer)
        row.fill(value)
        if node.key and not row.values.get(node.key, "").strip():
            self.set_aside(node.table, "row.without_key", value, pointer)
            return
        self.add(node, {**known, **row.values, "given": " ".join(row.given)}, row.extra)
        down = {
            name: each for name, each in {**known, **row.values}.items() if name in (*node.keys, "child_row")
        }
        for below, name, inside in row.below:
            self.inside(below, inside, down, f"{pointer}/{name}")

    def inside(self, node: Node, value: Any, known: Mapping[str, str], pointer: str) -> None:
        """The elements of a list; one by itself is a list of one."""
        many = value if isinstance(value, list) else [] if value is None else [value]
        for number, each in enumerate(many):
            place = f"{pointer}/{number}" if isinstance(value, list) else pointer
            if node.item:
                self.bare(node, each, known, place)
            else:
                self.element(node, each, known, place)

    def bare(self, node: Node, value: Any, known: Mapping[str, str], pointer: str) -> None:
        """A row for a bare value of a list."""
        row = _Row(self, node, pointer)
        row.put(node.item, value)
        self.add(node, {**known, **row.values}, row.extra)

    def add(self, node: Node, values: Mapping[str, str], extra: Mapping[str, Any]) -> None:
        table = node.table
        self.counts[table] += 1
        more = _written(extra) if extra else None
        self.rows[table].append((*map(values.get, node.names), more, self.counts[table], self.line))
        if len(self.rows[table]) == ROWS_AT_ONCE:
            self.flush(table)

    def set_aside(self, table: type[Table], code: str, value: Any, pointer: str) -> None:
        self.counts[table] += 1
        text = value if isinstance(value, str) else _written(value)
        self.aside[table].append((self.counts[table], self.line, code, _utf8(text[:LONGEST_CELL])))
        self.note(code, table, pointer, "", self.counts[table])

    def note(self, code: str, table: type[Table], pointer: str, field: str, row: int) -> None:
        """One finding each, up to a thousand of a kind."""
        self.noted[code] += 1
        if self.noted[code] <= MOST_NAMED:
            at = f"at {pointer}" if pointer else ""
            self.named[code].append(Finding(code, at, table=table.DFE, row=row, line=self.line, fields=field))

    def flush(self, table: type[Table]) -> None:
        names = (*(c.name for c in columns(table)), "extra")
        self.frames[table].append(frame_of(names, self.rows[table]))
        self.rows[table] = []

    def finished(self) -> tuple[TableRead, ...]:
        return tuple(self.table(table) for table in RETURN.tables)

    def table(self, table: type[Table]) -> TableRead:
        self.flush(table)
        aside = pl.DataFrame(self.aside[table], schema=ASIDE_SCHEMA, orient="row")
        return TableRead(table, pl.concat(self.frames[table]), aside, self.counts[table])

    def findings(self) -> Iterator[Finding]:
        for code, counted in (("file.unknown_fields", self.unknown), ("file.repeated_fields", self.repeated)):
            if counted:
                yield Finding(code, fields=safe_names(set(counted)), n=counted.total())
        for code, named in sorted(self.named.items()):
            yield from named
            if more := self.noted[code] - len(named):
                yield Finding(code, f"{more} further like these", n=more)


class _Row:
    """One element being taken apart."""

    def __init__(self, rows: _Rows, node: Node, pointer: str) -> None:
        self.rows, self.node, self.pointer = rows, node, pointer
        self.values: dict[str, str] = {}
        self.given: list[str] = []
        self.extra: dict[str, Any] = {}
        self.below: list[tuple[Node, str, Any]] = []

    def fill(self, value: Mapping[str, Any]) -> None:
        taken = set[str]()
        for name, inside in value.items():
            tag = compared(name)
            column, below = self.node.fields.get(tag), self.node.below.get(tag)
            if tag in taken:
                self.again(name, column, inside)
            elif column:
                self.put(column, inside)
                self.given.append(column)
            elif below:
                self.below.append((below, below.table.DFE, inside))
                self.given.append(below.table.VIEW)
            else:
                self.keep(name, inside, self.rows.unknown)
            taken |= {tag} if column or below else set()
        for name, inside in value.repeated if isinstance(value, Fields) else ():
            self.again(name, self.node.fields.get(plain(name)), inside)

    def again(self, name: str, column: str | None, value: Any) -> None:
        """A field once more. The payload itself prints a child's `purge` in two places: either one counts."""
        if column == "purge" and value is True:
            self.values[column] = "true"
        elif column is None or self.values.get(column) != self.as_text(column, value):
            self.keep(name, value, self.rows.repeated)

    def keep(self, name: str, value: Any, counted: Counter[str]) -> None:
        """What no column is for: named in a finding, and kept as far as a cell may be long."""
        counted[name] += 1
        if len(_written(value)) > LONGEST_CELL:
            self.wrong("cell.too_long", safe_name(name))
        else:
            self.extra.setdefault(name, value)

    def put(self, column: str, value: Any) -> None:
        """A value as text; a blank and a finding for what is no value of the kind."""
        text = self.as_text(column, value)
        if text is not None:
            self.values[column] = text
        elif type(value) is str:
            self.wrong("cell.too_long", column)
        elif value is not None:
            self.keep(column, value, Counter())
            self.wrong("cell.wrong_kind", column)

    def as_text(self, column: str, value: Any) -> str | None:
        """The text of a value that may stand in this column, else None."""
        if type(value) is bool and column in self.node.flags:
            return "true" if value else "false"
        return _utf8(value) if type(value) is str and len(value) <= LONGEST_CELL else None

    def wrong(self, code: str, field: str) -> None:
        table = self.node.table
        self.rows.note(code, table, self.pointer, field, self.rows.counts[table] + 1)


def _written(value: Any) -> str:
    return _utf8(json.dumps(value, ensure_ascii=False))


def _utf8(text: str) -> str:
    """JSON can name half of a pair that makes a letter; nothing else can hold it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
