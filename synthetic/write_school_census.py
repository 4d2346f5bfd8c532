"""The school census on disk: COLLECT's tables for each authority, or one XML file from each of its schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from synthetic import forms
from synthetic.csv_files import write_by_la
from synthetic.school_census import columns
from synthetic.school_xml import write_schools


def write_school_census(
    tables: Mapping[str, pl.DataFrame], year: int, census: str, folder: Path, las: Sequence[str], *, xml: bool
) -> tuple[int, int]:
    """Write every authority's census in the form that it uses; how many files, and how many bytes.

    `xml` lets some authorities send their schools' own files; without it all send COLLECT's tables.
    """
    from_schools = [la for la in las if xml and forms.sends_census_xml(la)]
    with_tables = [la for la in las if la not in from_schools]
    files = size = 0
    for name, rows in tables.items():
        theirs = rows.filter(pl.col("la").is_in(with_tables)) if from_schools else rows
        header = columns(name, year, census)
        size += write_by_la(
            forms.census_table(theirs), header, folder, f"{year}_{census}_{name}.csv", with_tables
        )
        files += len(with_tables)
    if from_schools:
        more = write_schools(tables, year, census, folder, from_schools)
        files, size = files + more[0], size + more[1]
    return files, size
