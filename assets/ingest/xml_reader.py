"""Reads the CIN census, the SSDA903 and the school census sent as XML, one child at a time, into their tables.

A document type is refused; a file that breaks before its end is refused whole, because half a return is a
wrong number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

from lxml import etree

from assets.ingest import facts
from assets.ingest.reading import Reading, TableRead, refused
from assets.ingest.xml_blocks import read_plainly
from assets.ingest.xml_careful import SAFELY, local, read_carefully
from assets.ingest.xml_plan import Plan, is_shared, plan_for, tells
from assets.ingest.xml_tables import Tables


def read_xml(source: IO[bytes], sha256: str, into: str = "") -> Reading:
    """Read one XML file; refuses a document type, a broken end, and roots that no return has.

    By the first digits of the hash of its content it has a name among all files. With `into`, tables of many
    rows wait on disk, in files that begin with it.
    """
    try:
        root, below, has_doctype = _outermost(source)
    except etree.XMLSyntaxError as broken:
        return refused("file.xml_broken", "the first element cannot be read", line=broken.position[0])
    if has_doctype:
        return refused("file.doctype")
    plan = plan_for(root, below)
    if plan is None:
        return refused("file.unknown_form", "the outermost element belongs to no return that we know")
    ret = plan.layout.ret.name
    try:
        tables = _tables(plan, root, source, sha256[:12] if plan.layout.file_key else "", into)
    except etree.XMLSyntaxError as broken:
        return refused("file.xml_broken", "the XML breaks here", ret=ret, line=broken.position[0])
    read = tables.finished()
    if plan.layout.collection and not _is_collection(plan, read):
        tables.discard()
        return refused(
            "file.unknown_form", f"expected {plan.layout.collection} as the collection in the header"
        )
    told = facts.of_tables(plan.layout.ret, read)
    if plan.layout.file_key:
        told = replace(told, schools=facts.schools(read))
    return Reading(ret, True, read, told, tuple(tables.findings()))


def _tables(plan: Plan, root: str, source: IO[bytes], file: str, into: str) -> Tables:
    """All rows: the quick way where the file is plain, else the careful one."""
    tables = Tables(plan, file, into)
    if not read_plainly(source, root, tables):
        tables.discard()
        tables = Tables(plan, file, into)
        source.seek(0)
        try:
            read_carefully(source, tables)
        except etree.XMLSyntaxError:
            tables.discard()
            raise
    return tables


def _outermost(source: IO[bytes]) -> tuple[str, str, bool]:
    """The outermost element, the one below that tells the form, and whether a document type came first."""
    source.seek(0)
    elements = (element for _, element in etree.iterparse(source, events=("start",), **SAFELY))
    first = next(elements, None)
    if first is None:
        return "", "", False
    root, info = local(first.tag), first.getroottree().docinfo
    has_doctype = bool(info.doctype) or info.internalDTD is not None
    below = "" if has_doctype or not is_shared(root) else _telling(elements, first, root)
    return root, below, has_doctype


def _telling(elements: Iterator[Any], first: Any, root: str) -> str:
    """The first element right below the outermost one that only one form has; "" when there is none."""
    with contextlib.suppress(etree.XMLSyntaxError):  # where it breaks is found again when all is read
        for element in elements:
            if element.getparent() is first and tells(root, local(element.tag)):
                return local(element.tag)
    return ""


def _is_collection(plan: Plan, tables: tuple[TableRead, ...]) -> bool:
    """A header that names another collection makes it another return; no header at all is tolerated."""
    header = next(t.frame for t in tables if plan.layout.header == t.table.ELEMENT)
    name = next(c for c in header.columns if c.lower() == "collection")
    named = header[name].drop_nulls().str.strip_chars().str.to_uppercase()
    return not len(named) or plan.layout.collection in named.to_list()
