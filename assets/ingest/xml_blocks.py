"""Cuts an XML return into blocks of whole children, so that a file of any size takes the memory of one block.

What stands around the children (the header, the outermost elements) is read once and carefully. Each block
is then read the quick way or, when something in it is not plain, the careful way, between start and end tags
like those that it stood in. Every piece is well-formed by itself, so the file is; where one is not, the file
is read once more from its start, so that its finding says the line on which it breaks.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from lxml import etree

from assets.ingest.reading import plain
from assets.ingest.xml_careful import read_carefully
from assets.ingest.xml_plan import Plan
from assets.ingest.xml_quick import QuickReader
from assets.ingest.xml_tables import Tables
from assets.ingest.xml_tags import NotPlain

BLOCK = 4 << 20
"""Bytes that are read at once; no child is longer."""
WORTHWHILE = 1 << 17
"""A smaller file has been read carefully before the quick way has begun."""
LIKE_ASCII = {"utf-8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"}
"""Encodings in which the bytes of ASCII mean what they mean there."""
UTF8_MARK = b"\xef\xbb\xbf"
BLANKS = b" \t\r\n"
NEXT = re.compile(
    rb"[ \t\r\n]*</([A-Za-z0-9_]+)>[ \t\r\n]*<([A-Za-z_][A-Za-z0-9_]*)>[ \t\r\n]*(?=<([A-Za-z_][A-Za-z0-9_]*)>)"
)
"""From children that stand together to others: the one end, the other start, and the first child."""
EMPTY = re.compile(rb"[ \t\r\n]*<([A-Za-z_][A-Za-z0-9_]*)(?:[ \t\r\n]*/>|>[ \t\r\n]*</\1>)")
START = re.compile(rb"<([A-Za-z_][A-Za-z0-9_]*)(?:\s[^<>]*)?>\s*\Z")
DECLARATION = re.compile(rb"<\?xml\s[^<>]*\?>")
VERSION = re.compile(rb"""\sversion\s*=\s*["']1\.0["']""")
ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def read_plainly(source: IO[bytes], root: str, tables: Tables) -> bool:
    """Fill the tables block by block; whether that could be done. If not, they are of no more use.

    `root` is the name of the outermost element as it is written.
    """
    try:
        _read(source, root, tables)
    except (NotPlain, etree.XMLSyntaxError):
        return False
    return True


def _read(source: IO[bytes], root: str, tables: Tables) -> None:
    source.seek(0)
    first = source.read(BLOCK)
    if len(first) < WORTHWHILE:
        raise NotPlain
    head, around = _begun(first, root, tables.plan)
    read_carefully(io.BytesIO(head + around.end_tags), tables)
    rest, lines = _Rest(source, first[len(head) :]), head.count(b"\n")
    while True:
        lines = _take(rest, around, tables, lines)
        found = around.next_children(rest.left, tables.plan)
        if found is None:
            break
        between, around = found
        rest.left, lines = rest.left[len(between) :], lines + between.count(b"\n")
    if not around.is_end(rest.left, tables.plan) or source.read(1):
        raise NotPlain  # or a child that is longer than a block


def _take(rest: _Rest, around: _Around, tables: Tables, lines: int) -> int:
    """Add all children that stand together, behind so many lines; how many lines there are then."""
    quick = QuickReader(tables, around.names)
    for block in rest.blocks(around.child_ends):
        try:
            _must_be_utf8(block, around.encoding)
            quick.take(block, lines)
        except NotPlain:
            read_carefully(io.BytesIO(around.put_around(block)), tables, lines)
        lines += block.count(b"\n")
    return lines


class _Rest:
    """What of a file is still to be read, and of that what has been fetched."""

    def __init__(self, source: IO[bytes], left: bytes) -> None:
        self.source, self.left = source, left

    def blocks(self, ends: bytes) -> Iterator[bytes]:
        """Children in blocks that end where a child ends, until what comes next is none."""
        while cut := self.left.rfind(ends) + 1:
            cut += len(ends) - 1
            block, self.left = self.left[:cut], self.left[cut:]
            yield block
            self.left += self.source.read(BLOCK)


@dataclass(frozen=True)
class _Around:
    """What stands around children that stand together."""

    declaration: bytes
    encoding: str
    written: tuple[bytes, ...]
    """The names of the elements in which they stand, the outermost first."""
    starts: tuple[bytes, ...]
    """Their start tags, each on one line."""
    child: bytes
    """The name of the children's own elements."""

    @property
    def names(self) -> tuple[str, ...]:
        """The comparable names of those elements."""
        return tuple(plain(name.decode()) for name in self.written)

    @property
    def end_tags(self) -> bytes:
        return b"".join(b"</%b>" % name for name in reversed(self.written))

    @property
    def child_ends(self) -> bytes:
        return b"</%b>" % self.child

    def put_around(self, block: bytes) -> bytes:
        """A document with the children of a block alone."""
        return b"".join([self.declaration, *self.starts, block, self.end_tags])

    def next_children(self, left: bytes, plan: Plan) -> tuple[bytes, _Around] | None:
        """What leads on to children of another kind (those no longer on roll), and what stands around them."""
        found = NEXT.match(left) if len(self.written) > 1 else None  # only one element is outermost
        if found is None or found[1] != self.written[-1] or not _is_child(found[3], found[2], plan):
            return None
        written, starts = (*self.written[:-1], found[2]), (*self.starts[:-1], b"<%b>" % found[2])
        return found[0], replace(self, written=written, starts=starts, child=found[3])

    def is_end(self, left: bytes, plan: Plan) -> bool:
        """Whether nothing comes but the end, and perhaps the place of other children with nobody in it."""
        for name in reversed(self.written):
            if name != self.written[-1] and (empty := EMPTY.match(left)):
                left = left[empty.end() :] if plain(empty[1].decode()) in plan.records.values() else left
            left, end = left.lstrip(BLANKS), b"</%b>" % name
            if not left.startswith(end):
                return False
            left = left[len(end) :]
        return not left.strip(BLANKS)


def _is_child(name: bytes, parent: bytes, plan: Plan) -> bool:
    """Whether an element is a child's own, in the capitals that it must have, within that other one."""
    written = name.decode()
    return written in plan.layout.records and plan.records[plain(written)] == plain(parent.decode())


def _begun(first: bytes, root: str, plan: Plan) -> tuple[bytes, _Around]:
    """All that comes before the first child, and what stands around it, from the first bytes of a file."""
    starts = {at: name for name in plan.layout.records if (at := first.find(b"<%b>" % name.encode())) >= 0}
    if not starts:
        raise NotPlain
    child, head = starts[min(starts)].encode(), first[: min(starts)]
    written = _opened_last(head)
    if not written or not _is_child(child, written[-1], plan):
        raise NotPlain
    if written[0] != root.encode():
        written.insert(0, root.encode())
    declaration, encoding = _declared(head)
    around = _Around(
        declaration, encoding, tuple(written), tuple(_start_tag(n, head) for n in written), child
    )
    return head, around


def _opened_last(head: bytes) -> list[bytes]:
    """The elements whose start tags come last, one directly in the other."""
    names: list[bytes] = []
    while found := START.search(head):
        names.insert(0, found[1])
        head = head[: found.start()]
    return names


def _start_tag(name: bytes, head: bytes) -> bytes:
    """The start tag as it stands in the file, with the namespaces that it declares, on one line."""
    found = re.search(rb"<%b(\s[^<>]*)?>" % re.escape(name), head)
    if found is None:
        raise NotPlain
    return b" ".join(found[0].split())


def _declared(head: bytes) -> tuple[bytes, str]:
    """The XML declaration, on one line, and the encoding; NotPlain where bytes of ASCII may mean other things."""
    has_mark = head.startswith(UTF8_MARK)
    found = DECLARATION.match(head, len(UTF8_MARK) if has_mark else 0)
    if found is None:
        return b"", "utf-8"
    named = ENCODING.search(found[0])
    encoding = named[1].decode().lower() if named else "utf-8"
    if not VERSION.search(found[0]) or encoding not in ({"utf-8"} if has_mark else LIKE_ASCII):
        raise NotPlain
    return b" ".join(found[0].split()), encoding


def _must_be_utf8(block: bytes, encoding: str) -> None:
    """Letters beyond ASCII are as they must be, in the one encoding that needs no changing, and XML has them."""
    if block.isascii():
        return
    if encoding != "utf-8" or b"\xef\xbf\xbe" in block or b"\xef\xbf\xbf" in block:
        raise NotPlain
    try:
        block.decode()
    except UnicodeDecodeError:
        raise NotPlain from None
