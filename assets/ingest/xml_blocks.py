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
from dataclasses import dataclass
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
WORTHWHILE = 1 << 18
"""A smaller file has been read carefully before the quick way has begun."""
LIKE_ASCII = {"utf-8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"}
"""Encodings in which the bytes of ASCII mean what they mean there."""
UTF8_MARK = b"\xef\xbb\xbf"
START = re.compile(rb"<([A-Za-z_][A-Za-z0-9_]*)(?:\s[^<>]*)?>\s*\Z")
DECLARATION = re.compile(rb"<\?xml\s[^<>]*\?>")
VERSION = re.compile(rb"""\sversion\s*=\s*["']1\.0["']""")
ENCODING = re.compile(rb"""\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")


def read_plainly(source: IO[bytes], root: str, tables: Tables) -> bool:
    """Fill the tables block by block; whether that could be done. If not, they are of no more use.

    `root` is the name of the outermost element as it is written.
    """
    if len(tables.plan.records) > 1 or tables.plan.person is None:
        return False
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
    around = _around(first, root, tables.plan)
    read_carefully(io.BytesIO(around.head + around.end_tags), tables)
    quick = QuickReader(tables, around.names)
    lines = around.head.count(b"\n")
    for block in _blocks(first[len(around.head) :], source, around):
        try:
            _must_be_utf8(block, around.encoding)
            quick.take(block, lines)
        except NotPlain:
            read_carefully(io.BytesIO(around.put_around(block)), tables, lines)
        lines += block.count(b"\n")


@dataclass(frozen=True)
class _Around:
    """What stands around the children of a file."""

    head: bytes
    """All that comes before the first of them."""
    declaration: bytes
    encoding: str
    start_tags: bytes
    """Of the elements in which they stand, on one line."""
    end_tags: bytes
    child_ends: bytes
    names: tuple[str, ...]
    """The comparable names of those elements."""

    def put_around(self, block: bytes) -> bytes:
        """A document with the children of a block alone."""
        return b"".join([self.declaration, self.start_tags, block, self.end_tags])


def _around(first: bytes, root: str, plan: Plan) -> _Around:
    """What stands around the children, from the first bytes of a file."""
    (record,) = plan.layout.records
    name = record.encode()
    at = first.find(b"<%b>" % name)
    head = first[: max(at, 0)]
    parent = START.search(head)
    if parent is None or plain(parent[1].decode()) != plan.records[plain(record)]:
        raise NotPlain
    names = [parent[1]] if plain(root) == plan.records[plain(record)] else [root.encode(), parent[1]]
    declaration, encoding = _declared(head)
    return _Around(
        head=head,
        declaration=declaration,
        encoding=encoding,
        start_tags=b"".join(_start_tag(name, head) for name in names),
        end_tags=b"".join(b"</%b>" % name for name in reversed(names)),
        child_ends=b"</%b>" % name,
        names=tuple(plain(name.decode()) for name in names),
    )


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


def _blocks(start: bytes, source: IO[bytes], around: _Around) -> Iterator[bytes]:
    """The children, in blocks that end where a child ends; nothing but end tags may come behind the last."""
    left = start
    while cut := left.rfind(around.child_ends) + 1:
        cut += len(around.child_ends) - 1
        yield left[:cut]
        left = left[cut:] + source.read(BLOCK)
    if b"".join(left.split()) != around.end_tags or source.read(1):
        raise NotPlain  # or a child that is longer than a block
