"""The national boards: one page per collection year, the latest first, and the same facts as a file.

A board holds counts and words about authorities, and leads on to each authority's own report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from assets.made_up import full_size
from assets.store import Store
from quality.report import board, read_before
from schemas.authorities import in_year

FULL_SIZE = "full size"


def write_boards(
    store: Store, out: Path, frames: Mapping[str, pl.DataFrame], reports: Mapping[str, str], generated: str
) -> list[Path]:
    """Write `<out>/index.html` for the latest year of which anything is in use, `<out>/<year>.html` before.

    `frames` are those that the authorities' reports are made from; `reports` is the folder in `out` of
    each authority that has a report.
    """
    pages = {
        year: f"{year}.html" if at else "index.html" for at, year in enumerate(_years(frames["receipts"]))
    }
    marked = dict.fromkeys(full_size(store), FULL_SIZE)
    before = store.compared_with / "restricted" / "quality"
    return [
        board(
            out / page,
            year=year,
            authorities=_authorities(year, reports, marked),
            generated=generated,
            before=read_before(before / f"board_{year}.csv"),
            others={other: pages[other] for other in pages if other != year},
            **frames,
        )
        for year, page in pages.items()
    ]


def _years(receipts: pl.DataFrame) -> list[int]:
    """Years of which anything is in use, latest first; without one, the latest of which anything came."""
    used = receipts.filter(pl.col("status") == "current")["year"].unique().sort(descending=True).to_list()
    return used or receipts["year"].unique().sort(descending=True).to_list()[:1]


def _authorities(year: int, reports: Mapping[str, str], marked: Mapping[str, str]) -> pl.DataFrame:
    """Those that owed returns that year, with the way to the report of each."""
    of_year = in_year(year).select("la_name", la="la_code", region="region_name")
    return of_year.with_columns(
        mark=pl.col("la").replace_strict(marked, default=None, return_dtype=pl.String),
        page=pl.col("la").replace_strict(
            {la: f"{folder}/index.html" for la, folder in reports.items()},
            default=None,
            return_dtype=pl.String,
        ),
    )
