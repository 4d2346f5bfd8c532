"""How tests read a page: as text, and its tables by caption and row."""

from __future__ import annotations

import re
from pathlib import Path


def text(page: Path) -> str:
    """The page as it is read."""
    without = re.sub(
        r"<style>.*?</style>|<desc>.*?</desc>|<[^>]+>", " ", page.read_text(encoding="utf-8"), flags=re.S
    )
    return " ".join(without.replace("&#39;", "'").replace("&amp;", "&").split())


def rows(page: Path, caption: str) -> dict[str, list[str]]:
    """The cells of a table by the row's heading."""
    table = page.read_text(encoding="utf-8").split(f"<caption>{caption}")[1].split("</table>")[0]
    found = {}
    for row in table.split("<tbody>")[1].split("</tr>")[:-1]:
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, flags=re.S)
        cells = [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in cells]
        found[cells[0]] = cells[1:]
    return found
