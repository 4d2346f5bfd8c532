"""Rows of a table that are no records: the headings once more, and the totals that a spreadsheet puts below.

Two exports copied one below the other leave the headings of the second among the rows, and a report leaves a line that
says "Total". Read as records they would be a child called CHILD or Total in every count.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import polars as pl

from assets.ingest.headings import Recognised
from assets.ingest.reading import LONGEST_CELL
from schemas.table import columns

WORDS = ("total", "totals", "grand total", "sub total", "subtotal")
TOTALS = tuple(
    f"{way(word)}{end}"
    for word, way, end in itertools.product(
        WORDS, (str.lower, str.upper, str.title, str.capitalize), ("", ":")
    )
)
"""What stands where the child's identifier does."""


def without_no_records(
    frame: pl.DataFrame, aside: pl.DataFrame, headings: Sequence[str], found: Recognised
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows, and those set aside with the rows that are no records among them.

    One look at the first column is all that a file without any costs.
    """
    first = pl.col(found.names[0]).str.strip_chars()
    again = first == headings[0].strip()
    total = first.is_in(TOTALS) if _names_a_child(found) else pl.lit(value=False)
    if not frame.select((again | total).any()).item():
        return frame, aside
    same = (
        pl.col(n).str.strip_chars().fill_null("") == h.strip()
        for n, h in zip(found.names, headings, strict=True)
    )
    reason = (
        pl.when(pl.all_horizontal(same))
        .then(pl.lit("row.headings_again"))
        .when(total)
        .then(pl.lit("row.total"))
    )
    told = frame.with_columns(reason=reason)
    text = pl.concat_str(list(found.names), separator="\t", ignore_nulls=True).str.slice(0, LONGEST_CELL)
    out = told.filter(pl.col("reason").is_not_null())
    kept = told.filter(pl.col("reason").is_null()).drop("reason")
    return kept, pl.concat([aside, out.select("source_row", "source_line", "reason", text=text)]).sort(
        "source_row"
    )


def _names_a_child(found: Recognised) -> bool:
    """Whether the first column tells children apart; in others a total may be a category like any."""
    return any(c.name == found.names[0] and c.identifies for c in columns(found.table))
