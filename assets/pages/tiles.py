"""England as tiles: a square for every authority, so that a small borough is seen as well as a large county.

Regions lie roughly as on a map; within one, authorities follow the alphabet. A tile tells in which fifth of the
authorities its figure is, by a number as well as by its shade; one without a figure bears the symbol that says why. The
table below has the figures themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

FIFTHS = 5
TILE, LABEL = 24, 1
"""The side of a tile, and the rows of tiles that the name of a region takes."""
PLACES: Mapping[str, tuple[int, int, int]] = {
    "North East": (8, 0, 5),
    "North West": (0, 2, 6),
    "Yorkshire and The Humber": (8, 4, 6),
    "East Midlands": (8, 8, 5),
    "West Midlands": (1, 7, 5),
    "East of England": (15, 8, 4),
    "London": (15, 12, 6),
    "South East": (8, 13, 5),
    "South West": (0, 13, 6),
}
"""Of each region the column and row in which it begins, and how many tiles are side by side."""
WIDE, HIGH = 21, 19


@dataclass(frozen=True)
class Tile:
    """An authority on the map: its value, none where there is none, and what is shown of it."""

    name: str
    region: str
    value: float | None
    shown: str
    page: str = ""
    """The page about it, where there is one."""


def tiles(title: str, description: str, authorities: Sequence[Tile]) -> Markup:
    """The map; authorities of no region of England are left to the table."""
    ends = fifths([tile.value for tile in authorities if tile.value is not None])
    parts = [part for region in PLACES for part in _region(region, authorities, ends)]
    told = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    head = f'<svg class="chart tiles" role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDE * TILE} {HIGH * TILE}">'
    return Markup(f"{head}{told}{''.join(parts)}</svg>")  # noqa: S704


def fifths(values: Sequence[float]) -> list[float]:
    """Where the first to the fourth fifth of the values end; what is equal is in one fifth, the lowest that it can be."""
    ordered, n = sorted(values), len(values)
    return [ordered[-(-n * part // FIFTHS) - 1] for part in range(1, FIFTHS)] if ordered else []


def fifth(value: float, ends: Sequence[float]) -> int:
    """In which fifth a value is: 1 for the lowest."""
    return 1 + sum(value > end for end in ends)


def _region(region: str, authorities: Sequence[Tile], ends: Sequence[float]) -> list[str]:
    column, row, wide = PLACES[region]
    own = sorted((tile for tile in authorities if tile.region == region), key=lambda tile: tile.name)
    if not own:
        return []
    named = f'<text class="name" x="{column * TILE}" y="{(row + LABEL) * TILE - 6}">{escape(region)}</text>'
    places = ((column + n % wide, row + LABEL + n // wide) for n in range(len(own)))
    return [named, *(_tile(tile, *place, ends) for tile, place in zip(own, places, strict=True))]


def _tile(tile: Tile, column: int, row: int, ends: Sequence[float]) -> str:
    x, y, side = column * TILE, row * TILE, TILE - 2
    kind = "none" if tile.value is None else f"fifth{fifth(tile.value, ends)}"
    said = tile.shown if tile.value is None else str(fifth(tile.value, ends))
    drawn = (
        f'<g class="{kind}"><title>{escape(tile.name)}: {escape(tile.shown)}</title>'
        f'<rect x="{x}" y="{y}" width="{side}" height="{side}"/>'
        f'<text x="{x + side / 2:g}" y="{y + side / 2 + 4:g}" text-anchor="middle">{escape(said)}</text></g>'
    )
    # The table below has the same links in an order that a keyboard can follow: 153 stops more would be in its way.
    return f'<a href="{tile.page}" tabindex="-1">{drawn}</a>' if tile.page else drawn
