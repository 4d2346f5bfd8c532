"""The list of pairs that reviewers fill in: written as a spreadsheet or a page, read back as an untrusted file.

Two lines per pair, one under the other, for that is how an eye compares. Cells that differ are shaded. What
comes back may have been anywhere, so it is opened in a process of its own with limits on time, memory and
output; of all that is in it only the pair's name, the decision and the reason are taken.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from linkage.review import SHOWN
from schemas.failures import WrongUse

HEADINGS = ("Pair", "Same child?", "Why", "Record")
CHOICES = {
    "same": "same",
    "yes": "same",
    "apart": "apart",
    "no": "apart",
    "unsure": "unsure",
    "cannot tell": "unsure",
}
IN_WORDS = {
    "source": "Return", "la": "Authority", "la_child_id": "Child id", "upn": "UPN", "former_upn": "Former UPN",
    "nhs_number": "NHS number", "school_urn": "School",
}  # fmt: skip
MOST_BYTES = 32 << 20
MOST_ROWS = 100_000
SECONDS = 60
PLAIN = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}
TEMPLATES = Path(__file__).parent / "pages" / "templates"

Row = tuple[int, str, str, str]
"""Row number in the file, pair, decision and reason, as they were written."""


def headings() -> list[str]:
    """The columns as a reviewer reads them."""
    return [*HEADINGS, *(IN_WORDS.get(name, name.replace("_", " ").capitalize()) for name in SHOWN)]


def write_workbook(path: Path, values: pl.DataFrame) -> None:
    """Plain text cells, nothing live; the column to fill in offers its three answers."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), PLAIN) as book:
        sheet = book.add_worksheet("Pairs")
        head, shaded = (
            book.add_format({"bold": True, "text_wrap": True}),
            book.add_format({"bg_color": "#FFE699"}),
        )
        sheet.freeze_panes(1, len(HEADINGS))
        for at, title in enumerate(headings()):
            sheet.write_string(0, at, title, head)
        for at, (first, cells, differs) in enumerate(_lines(values), start=1):
            for column, text in enumerate((*first, *cells)):
                is_shaded = column >= len(HEADINGS) and differs[column - len(HEADINGS)]
                sheet.write_string(at, column, text, shaded if is_shaded else None)
        sheet.data_validation(
            1, 1, max(values.height, 1), 1, {"validate": "list", "source": ["same", "apart", "unsure"]}
        )
        sheet.set_column(0, len(headings()) - 1, 13)
    path.chmod(0o600)


def _lines(values: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], list[str], list[bool]]]:
    """Per record: pair and side, its values, and which of them the other record contradicts."""
    sent = values.rows()
    for one, other in zip(sent[::2], sent[1::2], strict=True):
        differs = [
            name not in ("source", "year", "school_urn") and a is not None and b is not None and a != b
            for name, a, b in zip(SHOWN, one[2:], other[2:], strict=True)
        ]
        for row in (one, other):
            yield (row[0], "", "", row[1]), [cell or "" for cell in row[2:]], differs


def write_page(path: Path, values: pl.DataFrame) -> None:
    """The same as one page with buttons, which saves the answers as a CSV file on the reviewer's machine."""
    found = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    lines = list(_lines(values))
    pairs = [
        {"pair": one[0][0], "records": [list(zip(line[1], line[2], strict=True)) for line in (one, other)]}
        for one, other in zip(lines[::2], lines[1::2], strict=True)
    ]
    told = found.get_template("review.html").render(pairs=pairs, headings=headings()[len(HEADINGS) :])
    path.write_text(told, encoding="utf-8")
    path.chmod(0o600)


def read_answers(path: Path) -> list[Row]:
    """Pair, decision and reason of every line that has a decision; `WrongUse` says in which row one is odd."""
    if not path.is_file() or path.suffix.lower() not in (".xlsx", ".csv"):
        raise WrongUse(
            f"{path.name} is no review that can be read; expected the .xlsx or .csv that was filled in"
        )
    if path.stat().st_size > MOST_BYTES:
        raise WrongUse(f"{path.name} has more than {MOST_BYTES >> 20} MiB; expected a filled-in review")
    read = _in_a_process(path)
    odd = [number for number, _, decision, _ in read if decision.strip().lower() not in CHOICES]
    if odd:
        raise WrongUse(
            f"{path.name}: the decision in row {odd[0]} is not same, apart or unsure ({len(odd)} such rows); "
            "correct them and read the file again: nothing was taken from it"
        )
    return [(number, pair, CHOICES[decision.strip().lower()], why) for number, pair, decision, why in read]


def _in_a_process(path: Path) -> list[Row]:
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", "assets.review_sheet", str(path.resolve())],
            cwd=Path(__file__).parents[1], capture_output=True, timeout=SECONDS, check=True,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        read = None
    else:
        read = [tuple(row) for row in json.loads(done.stdout)]
    if read is None:
        raise WrongUse(
            f"{path.name} could not be read within its limits; expected the sheet `Pairs` with the columns "
            f"{', '.join(HEADINGS[:3])} as it was exported. Save it again as .xlsx or .csv."
        )
    return read


# What follows runs in the limited process.


def _confine() -> None:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


def _answers(path: Path) -> list[Row]:
    table = _csv_rows(path) if path.suffix.lower() == ".csv" else _xlsx_rows(path)
    _, head = next(table)
    at = [[cell.strip().lower() for cell in head].index(name.lower()) for name in HEADINGS[:3]]
    found = []
    for number, row in table:
        if number > MOST_ROWS:
            raise ValueError("too many rows")
        pair, decision, why = ((row[i] if i < len(row) else "")[:500] for i in at)
        if decision.strip():
            found.append((number, pair.strip(), decision, why.strip()))
    return found


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    text = path.read_text(encoding="utf-8-sig")
    yield from enumerate(csv.reader(io.StringIO(text)), start=1)


def _xlsx_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with zipfile.ZipFile(path) as book:
        shared = [_text(item) for item in _xml(book, "xl/sharedStrings.xml")] if _has(book) else []
        for row in _xml(book, "xl/worksheets/sheet1.xml").iter("{*}row"):
            cells: dict[int, str] = {}
            for cell in row.iter("{*}c"):
                cells[_column(cell.get("r", ""))] = _cell(cell, shared)
            yield int(row.get("r")), [cells.get(i, "") for i in range(max(cells, default=-1) + 1)]


def _has(book: zipfile.ZipFile) -> bool:
    return "xl/sharedStrings.xml" in book.namelist()


def _xml(book: zipfile.ZipFile, name: str) -> Any:
    """A part of the workbook; one that is huge when unpacked, or that declares a DOCTYPE, is refused."""
    from lxml import etree

    if book.getinfo(name).file_size > 4 * MOST_BYTES:
        raise ValueError("a part of the workbook is too large")
    root = etree.fromstring(book.read(name), etree.XMLParser(resolve_entities=False, no_network=True))
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a workbook has no DOCTYPE")
    return root


def _text(item: Any) -> str:
    return "".join(part.text or "" for part in item.iter("{*}t"))


def _column(reference: str) -> int:
    """`B7` is 1."""
    place = 0
    for letter in re.match("[A-Z]{1,3}", reference)[0]:  # type: ignore[index]
        place = 26 * place + ord(letter) - 64
    return place - 1


def _cell(cell: Any, shared: list[str]) -> str:
    value = cell.find("{*}v")
    if cell.get("t") == "inlineStr":
        return _text(cell)
    if value is None or value.text is None:
        return ""
    return shared[int(value.text)] if cell.get("t") == "s" else str(value.text)


if __name__ == "__main__":
    _confine()
    sys.stdout.write(json.dumps(_answers(Path(sys.argv[1]))))
