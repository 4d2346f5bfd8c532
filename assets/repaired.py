"""Where an authority's returns of several years disagree about a child, told to the authority, row by row.

While the years are stacked into one history of each child, some rows are set aside and some ends are worked out
(`assets/cohorts/care_episode_version.sql` and the stages after it). The history is better for it and the case system
is not: so every such row becomes a finding in the authority's own list, with the child and the values, as a note.
That a later return tells a row again (repair 3) is how returns are, and no finding.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from assets.from_feed import FED
from schemas.findings import SCHEMA, finding_codes
from schemas.returns import RETURNS

CODES = {
    "1": "history.went_on",
    "1A": "history.began_anew",
    "2": "history.gone",
    "3A": "history.told_otherwise",
    "4": "history.overlap",
    "5": "history.gap",
}
"""The finding that tells of each repair."""
TOLD_BY = {
    ("ssda903", "Episodes"): ("DECOM", "DEC"),
    ("cin", "CINdetails"): ("CINreferralDate", "CINclosureDate"),
    ("cin", "ChildProtectionPlans"): ("CPPstartDate", "CPPendDate"),
}
"""Of each table the date by which a row is known from year to year, and the date of its end."""
ROWS: dict[str, pl.DataType] = {
    **dict.fromkeys(("return_name", "table_name", "la", "submission", "repair"), pl.String()),
    **dict.fromkeys(("year", "source_row"), pl.Int64()),
    "told_date": pl.Date(),
}


class Repaired:
    """Works beside the making of the marts (`release.Beside`); `rows` are those that were repaired."""

    def __init__(self) -> None:
        self.rows = pl.DataFrame(schema=ROWS)

    def where_persons_meet(self, con: duckdb.DuckDBPyConnection, working: Path) -> None:
        """Nothing is needed from where persons meet."""

    def where_figures_are(self, con: duckdb.DuckDBPyConnection) -> None:
        """Take note of the repaired rows: places in returns, nothing of a child."""
        found: pl.DataFrame = con.sql("from cohorts.repaired_row where repair <> '3'").pl()
        self.rows = found.select(pl.col(name).cast(kind) for name, kind in ROWS.items())


def findings(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> pl.DataFrame:
    """The repaired rows as findings (`schemas.findings.SCHEMA`); `con` holds `returns.*`."""
    con.register("repaired", rows)
    frames = [_of_table(con, ret, name) for ret, name in TOLD_BY]
    con.unregister("repaired")
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames])


def _of_table(con: duckdb.DuckDBPyConnection, ret: str, name: str) -> pl.DataFrame:
    """The findings of one table: a submission may hold it in several files, so the day tells which row is meant.

    Rows of the daily feed were sent in no return.
    """
    table = next(t for t in RETURNS[ret].tables if name == t.DFE)
    told, ended = TOLD_BY[ret, name]
    found: pl.DataFrame = con.sql(
        f"""select r.repair, r.return_name as "return", r.year, r.la, r.submission, t.source_file as file,
          r.table_name as "table", t.source_row as row, t.source_line as line
        from repaired r join returns."{RETURNS[ret].stored_as(table)}" t on t.submission = r.submission
          and t.source_row = r.source_row and t."{told}" = r.told_date
        where r.return_name = '{ret}' and r.table_name = '{name}' and not starts_with(r.submission, '{FED}')
        order by all"""
    ).pl()
    code = pl.col("repair").replace_strict(CODES, return_dtype=pl.String)
    severity = {one.code: one.severity for one in finding_codes().values()}
    shown = found.with_columns(
        rule=code,
        severity=code.replace_strict(severity, return_dtype=pl.String),
        term=pl.lit(None),
        fields=pl.when(pl.col("repair") == "3A").then(pl.lit(told)).otherwise(pl.lit(ended)),
        detail=pl.lit(""),
        n=pl.lit(1),
    )
    return shown.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
