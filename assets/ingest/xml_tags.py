"""Finds all elements of some thousand children's XML at once, and proves that they are properly nested.

An authority's system writes the same thirty tags over and over, with a code or a date in between. Looking
for every `<` and `>` of a block in one go, and at each different tag once, costs a tenth of what a parser
takes that stops at every element. No parser that we know of gives us what we need sooner: pugixml and expat
find the elements fast enough, but Python must then fetch each of them; one that fills Arrow tables itself
(xml2arrow) leaves out without a word whatever it was not told of. All that is not plain (entities, comments,
attributes, elements we do not know, stray text) is left to the careful reader, which libxml2 drives.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from assets.ingest.reading import LONGEST_CELL, plain

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

OPEN, CLOSE, LINE, SPACE, LAST_OF_ASCII = ord("<"), ord(">"), ord("\n"), ord(" "), 0x7F
BLANKS = " \t\r\n"
"""All that counts as white space in XML."""
DEEPEST = 32
TAG = re.compile(r"<(/?)([A-Za-z_][A-Za-z0-9_]*)([ \t]*/)?>")


class NotPlain(Exception):
    """Something stands in the XML that is the careful reader's to judge."""


@dataclass(frozen=True)
class Elements:
    """Every element of a block, in document order; a leaf holds no other element."""

    name: Numbers
    """Which of `Names.comparable` it is called."""
    depth: Numbers
    """1 for a child's own element."""
    parent: Numbers
    """Its place among the elements; -1 for a child's own."""
    is_leaf: Mask
    is_filled: Mask
    """A leaf with text."""
    text: Numbers
    """Where the text of a leaf stands in `texts`."""
    texts: pa.LargeStringArray
    """The whole block, tag by tag and what follows each: no copy of it."""
    start: Numbers
    """Where the start tag begins."""
    line_ends: Numbers

    def __len__(self) -> int:
        return len(self.name)

    def lines(self, at: Numbers) -> Numbers:
        """The lines of some elements' start tags within the block, from 0."""
        return np.searchsorted(self.line_ends, self.start[at])


class Names:
    """The tags that were met, by their exact spelling (`<Sex>`, `</Sex>`, `<UPN />`)."""

    def __init__(self, known: Collection[str]) -> None:
        self.known = known
        self.spelt: dict[str, tuple[int, int]] = {}
        """What each tag does to the depth (1, -1, or 0 when it ends at once), and which element it is of."""
        self.elements: dict[str, int] = {}
        self.written: list[str] = []
        self.comparable: list[str] = []
        """The names of elements as they are written, and as they are compared."""

    def look_up(self, tags: pl.Series) -> tuple[Numbers, Numbers]:
        """For each tag, what it does to the depth, and its element."""
        found = self._codes(tags)
        if found.has_nulls():
            for tag in tags.filter(found.is_null()).unique():
                self._learn(tag)
            found = self._codes(tags)
        meaning = np.array([*self.spelt.values()], dtype=np.int64)[found.to_physical().to_numpy()]
        return meaning[:, 0], meaning[:, 1]

    def _codes(self, tags: pl.Series) -> pl.Series:
        return tags.cast(pl.Enum(list(self.spelt)), strict=False)

    def _learn(self, tag: str) -> None:
        found = TAG.fullmatch(tag)
        if not found or (found[1] and found[3]) or plain(found[2]) not in self.known:
            raise NotPlain
        if found[2] not in self.elements:
            self.elements[found[2]] = len(self.elements)
            self.written.append(found[2])
            self.comparable.append(plain(found[2]))
        self.spelt[tag] = (-1 if found[1] else 0 if found[3] else 1), self.elements[found[2]]


def elements_of(block: bytes, names: Names) -> Elements:
    """The elements of a block that holds whole children; NotPlain when it may not, or holds anything odd."""
    view = np.frombuffer(block, np.uint8)
    starts, ends = _tags(block, view)
    pieces = _pieces(block, starts, ends)
    alternating = pl.Series(pieces)
    step, name = names.look_up(alternating.gather_every(2))
    texts = alternating.gather_every(2, 1)
    depth = _depths(step, name)
    at = np.flatnonzero(step >= 0)
    closed_next = np.append(step[1:] < 0, False)[at]
    is_open_leaf = closed_next & (step[at] > 0)
    length = np.append(starts[1:], len(block)) - ends - 1
    is_filled = is_open_leaf & (length[at] > 0)
    first = view[ends[at[is_filled]] + 1]
    _texts_must_be_plain(block, texts, length, at[is_filled], (first <= SPACE) | (first > LAST_OF_ASCII))
    return Elements(
        name=name[at],
        depth=depth[at],
        parent=_parents(depth[at]),
        is_leaf=is_open_leaf | (step[at] == 0),
        is_filled=is_filled,
        text=2 * at + 1,
        texts=pieces,
        start=starts[at],
        line_ends=np.flatnonzero(view == LINE),
    )


def _tags(block: bytes, view: Bytes) -> tuple[Numbers, Numbers]:
    """Where each tag begins and ends, when there is nothing but tags and text."""
    starts, ends = np.flatnonzero(view == OPEN), np.flatnonzero(view == CLOSE)
    if not len(starts) or len(starts) != len(ends) or ends[-1] != len(block) - 1:
        raise NotPlain
    if (starts > ends).any() or (ends[:-1] > starts[1:]).any() or block[: starts[0]].strip():
        raise NotPlain
    controls = np.count_nonzero(view < SPACE)
    if b"&" in block or controls != sum(np.count_nonzero(view == ord(blank)) for blank in "\t\r\n"):
        raise NotPlain
    return starts, ends


def _pieces(block: bytes, starts: Numbers, ends: Numbers) -> pa.LargeStringArray:
    """Tag, what follows it, the next tag, and so on; nothing is copied for it."""
    bounds = np.empty(2 * len(starts) + 1, np.int64)
    bounds[:-1:2], bounds[1::2], bounds[-1] = starts, ends + 1, len(block)
    held = [None, pa.py_buffer(bounds), pa.py_buffer(block)]
    return pa.Array.from_buffers(pa.large_string(), len(bounds) - 1, held)


def _depths(step: Numbers, name: Numbers) -> Numbers:
    """How deep each tag stands, once it is proved that each start tag has its own end tag.

    On one depth, start tags and end tags take turns, for only so can the depth be reached again. So
    when neighbours there have one name, every element ends where it must.
    """
    after = np.cumsum(step)
    depth = after + (step <= 0)
    if depth.min() < 1 or after[-1] or depth.max() > DEEPEST:
        raise NotPlain
    pairs = np.flatnonzero(step)
    by_depth = name[pairs[np.argsort(depth[pairs].astype(np.uint8), kind="stable")]]
    if (by_depth[::2] != by_depth[1::2]).any():
        raise NotPlain
    return depth


def _texts_must_be_plain(
    block: bytes, texts: pl.Series, length: Numbers, filled: Numbers, may_be_blank: Mask
) -> None:
    """Text in leaves alone, none of it blank, endless, or with a line end that XML would change."""
    if may_be_blank.any() and (texts[filled[may_be_blank]].str.strip_chars() == "").any():
        raise NotPlain
    if (length[filled] > LONGEST_CELL).any():
        raise NotPlain
    if b"\r" in block and texts[filled].str.contains("\r", literal=True).any():
        raise NotPlain
    outside = length > 0
    outside[filled] = False
    if outside.any() and (texts[np.flatnonzero(outside)].str.strip_chars(BLANKS) != "").any():
        raise NotPlain


def _parents(depth: Numbers) -> Numbers:
    """The last element before each that is one less deep."""
    parent, places = np.full(len(depth), -1), np.arange(len(depth))
    for level in range(2, int(depth.max()) + 1):
        below = depth == level
        parent[below] = np.maximum.accumulate(np.where(depth == level - 1, places, 0))[below]
    return parent
