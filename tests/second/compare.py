"""The two countings side by side, cell by cell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from schemas.duck import connect
from tests.outcomes.drawn import link_by_letter, make_returns, measured
from tests.second.counting import ENGLAND, Cell, Figure
from tests.second.draws import Drawn
from tests.second.tables import Returns, read_returns

LEVELS = ("National", "Regional", "Local authority")
Cells = dict[Cell, Figure]


def product_cells(con: duckdb.DuckDBPyConnection, table: str) -> Cells:
    """The product's cells of England, the regions and the authorities."""
    rows = con.execute(
        f"""select indicator_id, year, geographic_level, coalesce(la_code, region_code, '{ENGLAND[1]}'),
          breakdown, category, numerator, denominator, value
        from {table} where geographic_level in {LEVELS}"""
    ).fetchall()
    return {
        (one, year, (level, code), b, c): Figure(n, d, v) for one, year, level, code, b, c, n, d, v in rows
    }


def differences(theirs: Cells, ours: Cells) -> list[tuple[Cell, Figure | None, Figure]]:
    """Cells that the second counting has and the product has not, or has otherwise."""
    return [(cell, theirs.get(cell), one) for cell, one in ours.items() if not _agree(theirs.get(cell), one)]


def _agree(one: Figure | None, other: Figure) -> bool:
    if one is None or (one.numerator, one.denominator) != (other.numerator, other.denominator):
        return False
    if one.value is None or other.value is None:
        return one.value is other.value
    return abs(one.value - other.value) < 1e-6


@contextlib.contextmanager
def both_of(drawn: Drawn, folder: Path) -> Iterator[tuple[Cells, Returns]]:
    """What the product makes of drawn returns, and the returns themselves."""
    with measured(drawn, folder) as con:
        theirs = product_cells(con, "measured.indicator")
    with connect() as con:
        make_returns(con, drawn)
        link_by_letter(con)
        yield theirs, read_returns(con)
