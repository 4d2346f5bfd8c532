"""The same returns as another system would have exported them: the same rows, groups and cells elsewhere.

Nothing is added or lost, and every file keeps the dress that its authority's system gives it (a byte-order
mark, Windows line ends, a last line without an end).
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from lxml import etree

from synthetic.hashes import write_hashes

T = TypeVar("T")


def shuffled(things: Sequence[T], chance: random.Random) -> list[T]:
    return chance.sample(things, len(things))


def rows_of_csv(content: bytes, chance: random.Random) -> bytes:
    heading, *rows = _cells(content)
    return _as_csv([heading, *shuffled(rows, chance)], like=content)


def columns_of_csv(content: bytes, chance: random.Random) -> bytes:
    rows = _cells(content)
    order = shuffled(range(len(rows[0])), chance)
    return _as_csv([[row[n] for n in order] for row in rows], like=content)


def _cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _as_csv(rows: list[list[str]], like: bytes) -> bytes:
    """Rows with the byte-order mark and the line ends that the authority's system gives them."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n" if b"\r\n" in like else "\n").writerows(rows)
    whole = text.getvalue().encode("utf-8-sig" if like.startswith(codecs.BOM_UTF8) else "utf-8")
    return whole if like.endswith(b"\n") else whole.rstrip(b"\r\n")


def children_of_xml(content: bytes, chance: random.Random) -> bytes:
    root = etree.fromstring(content)
    children = next(root.iterfind("Children"), root)
    children[:] = shuffled(list(children), chance)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def groups_of_xml(content: bytes, chance: random.Random) -> bytes:
    """Elements of different names change places; those of one name (a child's referrals) keep their order."""
    root = etree.fromstring(content)
    for group in list(root.iter()):
        of_name = {node.tag: iter(group.findall(node.tag)) for node in group}
        group[:] = [next(of_name[tag]) for tag in shuffled([node.tag for node in group], chance)]
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def as_it_is(content: bytes, chance: random.Random) -> bytes:
    """A note beside the files has no rows."""
    del chance
    return content


Change = Callable[[bytes, random.Random], bytes]
ROWS: dict[str, Change] = {".csv": rows_of_csv, ".xml": children_of_xml}
COLUMNS: dict[str, Change] = {".csv": columns_of_csv, ".xml": groups_of_xml}


def written_otherwise(home: Path, place: Path, *changes: dict[str, Change]) -> Path:
    """A home on which nothing has run, whose files say the same and arrived in the opposite order.

    Chance begins with a file's content, so that tables which were alike, as empty ones are, stay alike.
    """
    landing = home / "landing"
    for age, path in enumerate(sorted(landing.rglob("*.*"), reverse=True)):
        content, target = path.read_bytes(), place / path.relative_to(home)
        chance = random.Random(content)
        for change in changes:
            content = change.get(path.suffix, as_it_is)(content, chance)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        os.utime(target, (age * 86_400, age * 86_400))
    shutil.copytree(home / "reference", place / "reference")
    shutil.copy(home / "synthetic.json", place)
    write_hashes(place)
    return place
