"""Every finding in one plain file, in the columns of the workbook: for those who filter with other tools.

It has no limit of rows and no sheets. It may come back with explanations filled in, as the workbook may.
"""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl

from quality.listing import without_formulas
from quality.report.authority import Report
from quality.report.workbook import CHILD_COLUMNS, all_findings


def write_full_list(report: Report, path: Path) -> Path:
    """Write all findings as CSV beside its place and put it there in one step."""
    rows = all_findings(report)
    titled = rows.select(pl.col(heading.source).alias(heading.title) for heading in CHILD_COLUMNS)
    writing = path.with_name(f".{path.name}.writing")
    writing.unlink(missing_ok=True)
    with os.fdopen(os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        without_formulas(titled).write_csv(file, include_bom=True)  # with the mark Excel reads it as UTF-8
    os.replace(writing, path)
    return path
