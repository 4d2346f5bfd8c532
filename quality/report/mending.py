"""What to put right first: the few rules behind most of the harm, and what they do to the figures.

A rule matters by the children in whose records it fails and by the indicators in which those children
count. It is ranked by both together, errors before queries and the latest year before earlier ones, and
a rule that fails year after year is one thing to mend. A file that was set aside from a return in use goes before all
rules: whatever stood in it is in no figure and was held against no rule. Each indicator is shown with these children and
without them: the difference says what rests on records that may be wrong, not what the right value is.
"""

from __future__ import annotations

import polars as pl

from quality.report.authority import Report
from quality.report.counts import PLACE

FIRST = 3
RULE = ("return", "rule")


def ranked(report: Report) -> pl.DataFrame:
    """Errors and queries that are open, worst first: `report.rules` with `touched`, one row per rule."""
    touched = report.mending.group_by(PLACE).agg(touched=pl.len())
    found = report.rules.filter((pl.col("n") > 0) & pl.col("severity").is_in(["error", "query"]))
    known = found.join(touched, on=list(PLACE), how="left", maintain_order="left").with_columns(
        pl.col("touched").fill_null(0),
        is_earlier=pl.col("year") < report.receipts["year"].max(),
        is_query=pl.col("severity") == "query",
        is_row=~_set_aside(report),
        weight=pl.col("children") * (1 + pl.col("touched").fill_null(0)),
    )
    order = ["is_query", "is_earlier", "is_row", "weight", "n", "year"]
    known = known.sort(order, descending=[False, False, False, True, True, True], maintain_order=True)
    return known.unique(list(RULE), keep="first", maintain_order=True)


def _set_aside(report: Report) -> pl.Expr:
    """A finding that tells of a whole file, in a return that is in use without it."""
    used = report.receipts.filter(pl.col("status") == "current")
    place = pl.concat_str("return", "year", separator=" ")
    is_used = place.is_in(used.select(place.alias("place"))["place"].implode())
    return (pl.col("severity") == "error") & pl.col("rule").str.starts_with("file.") & is_used


def worst(report: Report) -> pl.DataFrame:
    """The first few of them, one row per indicator that their children count in, most changed first."""
    return of_rules(report, ranked(report).head(FIRST))


def of_rules(report: Report, rules: pl.DataFrame) -> pl.DataFrame:
    """Those rules beside the indicators that they touch."""
    told = rules.with_row_index("place").join(report.mending, on=list(PLACE), how="left")
    whole = pl.max_horizontal(pl.col("with_them").abs(), pl.col("without_them").abs())
    change = (pl.col("with_them") - pl.col("without_them")).abs() / pl.when(whole > 0).then(whole)
    is_all = pl.col("with_them").is_not_null() & pl.col("without_them").is_null()
    change = pl.when(is_all).then(1.0).otherwise(change.fill_null(0))
    return told.with_columns(change=change).sort(
        "place", "change", "indicator", descending=[False, True, False], nulls_last=True
    )
