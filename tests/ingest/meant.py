"""What a made-up country sent, cell by cell, beside what the readers make of its files.

The maker's tables are text; they are given their types here by other means than the product's own, so that
a reader and this file must both be right for the two to agree.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from schemas.returns import RETURNS, Return
from schemas.table import Column, Table, columns
from schemas.text import typed

OTHER_NAMES = {
    "previous_permanence": "prev_perm", "addressesonroll": "addresses", "fsmperiodsonroll": "fsmperiod",
}  # fmt: skip
"""Files of the maker that have another name than the view."""
WRITTEN = {
    "ssda903": "%d/%m/%Y", "school_census": "%Y-%b-%d 00:00:00", "cin": "%Y-%m-%d",
    "person_identifiers": "%Y-%m-%d", "daily_attendance": "%Y-%m-%d",
}  # fmt: skip
SAID_OF_UNTIDY = {"file.byte_order_mark"}
LOST_IN_UNTIDY = {"cell.not_a_date"}
"""What is said of a country with faults: of how a file begins, and of the one date that cannot be."""
FLAGS = {"0": False, "1": True, "false": False, "true": True}
Cells = dict[tuple[str, str, str], pl.DataFrame]
"""(authority, census, view) -> typed rows."""


@dataclass(frozen=True)
class Meant:
    """A country on disk, with its tables of truth; in an untidy one some cells cannot be read."""

    root: Path
    is_clean: bool = True

    def paths(self, ret: str, year: int, pattern: str = "*") -> list[Path]:
        """The files of a return and year, in the order of authorities and names."""
        found = (self.root / "landing" / ret / str(year)).glob(f"*/{pattern}")
        return sorted(path for path in found if path.is_file() and path.name != "submission.toml")

    @cache  # noqa: B019 - a handful of countries, each gone with the tests that made it
    def tables(self, ret: str, year: int) -> Cells:
        """What was meant, typed."""
        of, found = RETURNS[ret], Cells()
        for path in sorted((self.root / "truth" / "tables" / ret / str(year)).glob("*.parquet")):
            census, name = path.stem.split("_", 1) if of.has_terms else ("", path.stem)
            table = of.table(OTHER_NAMES.get(name, name))
            rows = as_meant(of, table, pl.read_parquet(path), strict=self.is_clean)
            for (la,), part in rows.group_by("la", maintain_order=True):
                found[str(la), census, table.VIEW] = part.drop("la")
        return found

    @cache  # noqa: B019
    def read(self, ret: str, year: int) -> Cells:
        """What the readers make of the files, typed; a finding on the way fails."""
        parts: dict[tuple[str, str, str], list[pl.DataFrame]] = {}
        for path in self.paths(ret, year):
            census = path.name.split("_")[1] if RETURNS[ret].has_terms else ""
            reading = read(path.read_bytes())
            said = {finding.rule for finding in reading.findings}
            assert reading.ret == ret
            assert said <= (set() if self.is_clean else SAID_OF_UNTIDY), said
            for one in reading.tables:
                parts.setdefault((path.parent.name, census, one.table.VIEW), []).append(one.frame)
        whole = {key: pl.concat(frames, how="diagonal") for key, frames in parts.items()}
        return {key: self.in_types(ret, key[2], rows) for key, rows in whole.items() if rows.height}

    def in_types(self, ret: str, view: str, rows: pl.DataFrame) -> pl.DataFrame:
        """Text as read, typed by the product; in a clean country no cell may be lost."""
        found, lost = in_types(ret, view, rows)
        assert lost <= (set() if self.is_clean else LOST_IN_UNTIDY), (view, lost)
        return found


def in_types(ret: str, view: str, rows: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """Text as read, typed by the product, and why cells of it could not be."""
    table = RETURNS[ret].table(view)
    found, lost = typed(table, rows, RETURNS[ret])
    return found.select(c.name for c in columns(table)), {finding.rule for finding in lost}


def read(data: bytes) -> Reading:
    """One file, by the product's reader, under the hash by which it is kept."""
    return read_bytes(data, hashlib.sha256(data).hexdigest(), Limits())


def as_meant(ret: Return, table: type[Table], rows: pl.DataFrame, *, strict: bool) -> pl.DataFrame:
    """The maker's text in the types of the declared columns; a column nobody declared fails."""
    left = {name.lower(): name for name in rows.columns if name != "la"}
    chosen = []
    for column in columns(table):
        sent = next((left.pop(heading) for heading in column.headings if heading in left), None)
        text = pl.col(sent) if sent else pl.lit(None, pl.String)
        chosen.append(_value(ret, column, text, strict).alias(column.name))
    assert not left, (table.DFE, sorted(left))
    return rows.select("la", *chosen)


def _value(ret: Return, column: Column, text: pl.Expr, strict: bool) -> pl.Expr:
    if column.kind is date:
        return text.str.to_date(WRITTEN[ret.name], strict=strict)
    if column.kind is bool:
        return text.replace_strict(FLAGS, return_dtype=pl.Boolean)
    return text.cast({int: pl.Int64(), float: pl.Float64()}.get(column.kind, pl.String()))


def in_any_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows sorted by all their columns."""
    return rows.sort(rows.columns, nulls_last=True)
