"""Opens a spreadsheet (XLSX) that an officer sends, whoever's program saved it: the one place that does.

A return may come in one, and so does our own list with explanations filled in. Both are a stranger's file: a
zip that may unpack to more than a disk holds, and XML that may name other files. Nothing is calculated, no
link is followed, no macro is looked at; a cell is taken as the spreadsheet last showed it, and says whether
a formula stands behind it. Rows come one at a time: a sheet may be larger than memory.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NamedTuple

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from assets.ingest import archive
from assets.ingest.limits import Limits
from assets.ingest.xml_careful import SAFELY

MOST_ROWS = 1_048_576
"""As many as a sheet can have."""
BROKEN = (*archive.BROKEN, etree.XMLSyntaxError, LookupError, OverflowError)
"""What the readers of zip and XML raise when a workbook is not one; none of their words are kept."""
ESCAPED = re.compile(r"_x([0-9a-fA-F]{4})_")


class Cell(NamedTuple):
    """One cell as it was last shown; whole numbers are written without decimals."""

    text: str
    day: datetime | None = None
    is_formula: bool = False

    def written(self, date_form: str) -> str:
        """The text as a table has it: a date in the form given, with its time of day only where it has one."""
        if self.day is None or not date_form:
            return self.text
        day = self.day.strftime(date_form)
        return day if self.day.time() == time() or ":" in day else f"{day} {self.day:%H:%M:%S}"


BLANK = Cell("")
Row = tuple[int, list[Cell]]
"""The number that the spreadsheet shows beside it, and the cells."""


@dataclass(frozen=True)
class _Book:
    """What the cells of every sheet refer to."""

    texts: Sequence[str]
    date_styles: frozenset[str]
    epoch: datetime


def sheets(data: bytes, limits: Limits, most_columns: int) -> Iterator[Iterator[Row]]:
    """The rows of every sheet, in the order of their tabs; raises `archive.Unsound` or one of `BROKEN`.

    Each sheet is to be read before the next is asked for.
    """
    archive.check(data, limits)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        told = (one.get("date1904") for one in _elements(packed, archive.WORKBOOK, "workbookPr"))
        epoch = MAC_EPOCH if next(told, "") in ("1", "true") else WINDOWS_EPOCH
        book = _Book(_texts(packed), _date_styles(packed), epoch)
        for name in _places(packed):
            yield _rows(packed, name, book, most_columns)


def _elements(packed: zipfile.ZipFile, name: str, *tags: str) -> Iterator[Any]:
    """Elements of a part as they end; a document type is refused before anything below it is used."""
    with packed.open(name) as part:
        for _, element in etree.iterparse(part, tag=[f"{{*}}{tag}" for tag in tags], **SAFELY):
            if element.getroottree().docinfo.doctype:
                raise zipfile.BadZipFile("a part of the workbook declares a document type")
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _places(packed: zipfile.ZipFile) -> list[str]:
    """Where the sheets lie in the zip, each once."""
    told = _elements(packed, "xl/_rels/workbook.xml.rels", "Relationship")
    targets = {one.get("Id"): one.get("Target") for one in told if one.get("Type", "").endswith("/worksheet")}
    named = (each for one in _elements(packed, archive.WORKBOOK, "sheet") for each in one.values())
    places = [posixpath.join("/xl", targets[each]).lstrip("/") for each in named if each in targets]
    if not places:
        raise zipfile.BadZipFile("the workbook has no sheet")
    return list(dict.fromkeys(places))


def _texts(packed: zipfile.ZipFile) -> list[str]:
    """The texts that cells point to."""
    name = "xl/sharedStrings.xml"
    return [_text(one) for one in _elements(packed, name, "si")] if name in packed.namelist() else []


def _date_styles(packed: zipfile.ZipFile) -> frozenset[str]:
    """The numbers of the styles in which a number is shown as a day."""
    if "xl/styles.xml" not in packed.namelist():
        return frozenset()
    forms, used = {str(n): form for n, form in BUILTIN_FORMATS.items()}, list[str]()
    for element in _elements(packed, "xl/styles.xml", "numFmt", "cellXfs"):
        if element.get("numFmtId"):
            forms[element.get("numFmtId")] = element.get("formatCode", "")
        else:
            used = [style.get("numFmtId", "0") for style in element]
    dates = {n for n, form in forms.items() if is_date_format(form) and not is_timedelta_format(form)}
    return frozenset(str(at) for at, form in enumerate(used) if form in dates)


# --- rows and cells ---------------------------------------------------------------------------------


def _rows(packed: zipfile.ZipFile, name: str, book: _Book, most_columns: int) -> Iterator[Row]:
    """Every row as it stands; what a sheet says of its own size is not believed, nor that numbers differ."""
    number = 0
    for element in _elements(packed, name, "row"):
        number = int(element.get("r", number + 1))
        if number > MOST_ROWS:
            raise archive.Unsound("a sheet is larger than a spreadsheet can be")
        yield number, _cells(element, book, most_columns)


def _cells(row: Any, book: _Book, most: int) -> list[Cell]:
    """The cells of a row, in the places that their letters say."""
    cells = list[Cell]()
    for element in row.iterchildren("{*}c"):
        letters = element.get("r", "").rstrip("0123456789")
        place = column_index_from_string(letters) - 1 if letters else len(cells)
        if place >= most:
            raise archive.Unsound(f"expected at most {most} columns in a sheet")
        cells.extend([BLANK] * (place + 1 - len(cells)))
        cells[place] = _cell(element, book)
    return cells


def _cell(element: Any, book: _Book) -> Cell:
    parts = {part.tag.rpartition("}")[2]: part for part in element}
    kind, shown = element.get("t", "n"), parts.get("v", parts.get("is"))
    text = "" if shown is None else _text(shown)
    day = None
    if kind == "s" and text:
        text = book.texts[int(text)]
    elif kind == "b":
        text = {"1": "true", "0": "false"}.get(text, text)
    elif kind == "n" and text:
        text, day = _number(text, element.get("s") in book.date_styles, book.epoch)
    return Cell(text, day, "f" in parts)


def _number(text: str, is_date: bool, epoch: datetime) -> tuple[str, datetime | None]:
    """A number, or the day that it counts; a time of day alone has no day."""
    try:
        number = float(text)
        shown = from_excel(number, epoch) if is_date else None
    except (ValueError, OverflowError):
        return text, None
    if shown is not None:
        return str(shown), shown if isinstance(shown, datetime) else None
    return text if text.isdecimal() or not number.is_integer() else str(int(number)), None


def _text(element: Any) -> str:
    """The text of an element without the reading aids that some programs put beside it."""
    parts = element.iter("{*}t") if len(element) else [element]
    text = "".join(part.text or "" for part in parts if not part.getparent().tag.endswith("}rPh"))
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
