"""The two countings side by side, cell by cell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import duckdb

from schemas.duck import connect
from tests.outcomes.drawn import link_by_letter, make_returns, measured
from tests.second.counting import ENGLAND, Cell, Figure
from tests.second.draws import Drawn
from tests.second.linked import Trust, linked
from tests.second.tables import Returns, read_returns

LEVELS = ("National", "Regional", "Local authority", "Statistical neighbours")
Cells = dict[Cell, Figure]
Trusts = dict[Cell, Trust]
OTHERWISE = """
  select p.record_id, 'strict' as level, p.record_id as person_id
  from people.person p where p.record_id like '%3' or p.record_id like '%b'
  union all
  select p.record_id, 'loose', left(p.person_id, -1) || 'a' from people.person p where p.person_id like '%c'"""
"""Who would be another at other strengths of linkage: alone when strict, one with a stranger when loose."""


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


def product_trust(con: duckdb.DuckDBPyConnection, table: str) -> Trusts:
    """The product's link rates and bounds of linked figures, at the same places."""
    names = ", ".join(f"'{name}'" for name in linked())
    rows = con.execute(
        f"""select indicator_id, year, geographic_level, coalesce(la_code, region_code, '{ENGLAND[1]}'),
          breakdown, category, link_rate, value_strict, value_loose
        from {table} where geographic_level in {LEVELS} and indicator_id in ({names})"""
    ).fetchall()
    return {(one, year, (level, code), b, c): Trust(*told) for one, year, level, code, b, c, *told in rows}


def distrust(theirs: Trusts, ours: Trusts) -> list[tuple[Cell, Trust | None, Trust]]:
    """Cells whose link rate or bounds the second counting has otherwise."""
    return [
        (cell, theirs.get(cell), one)
        for cell, one in ours.items()
        if not (_as_sure(theirs[cell], one) if cell in theirs else _is_group(cell) and not any(astuple(one)))
    ]


def _as_sure(one: Trust, other: Trust) -> bool:
    pairs = zip(astuple(one), astuple(other), strict=True)
    return all(a == b or (a is not None and b is not None and abs(a - b) < 1e-6) for a, b in pairs)


def differences(theirs: Cells, ours: Cells) -> list[tuple[Cell, Figure | None, Figure]]:
    """Cells that the second counting has and the product has not, or has otherwise.

    Of an authority whose returns are not there the product tells in total only: it must have no group of its children.
    """
    return [
        (cell, theirs.get(cell), one)
        for cell, one in ours.items()
        if (cell in theirs if _is_group(cell) and one == Figure() else not _agree(theirs.get(cell), one))
    ]


def _is_group(cell: Cell) -> bool:
    """Whether a cell is of a group of one authority's children."""
    return cell[2][0] == "Local authority" and cell[3] != "Total"


def _agree(one: Figure | None, other: Figure) -> bool:
    if one is None or (one.numerator, one.denominator) != (other.numerator, other.denominator):
        return False
    if one.value is None or other.value is None:
        return one.value is other.value
    return abs(one.value - other.value) < 1e-6


@contextlib.contextmanager
def both_of(drawn: Drawn, folder: Path) -> Iterator[tuple[Cells, Trusts, Returns]]:
    """What the product makes of drawn returns, how far it says to trust that, and the returns themselves."""
    with measured(drawn, folder, person_at=OTHERWISE) as con:
        theirs = product_cells(con, "measured.indicator"), product_trust(con, "measured.indicator")
    with connect() as con:
        make_returns(con, drawn)
        link_by_letter(con)
        con.execute(f"create table people.person_at as {OTHERWISE}")
        yield *theirs, read_returns(con)
