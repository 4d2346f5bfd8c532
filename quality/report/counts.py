"""The figures of a report. Each is counted once, here, for the page and the workbook alike.

A finding counts as often as it says (`n`): one line on unreadable dates may stand for three hundred
cells. Two runs are compared child by child and rule by rule; row numbers move between exports and are
left out of the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from quality.report.inputs import COVERAGE, RECEIPTS, SEVERITIES, shaped

PLACE = ("return", "year", "rule")
SAME = ("return", "year", "term", "rule", "table", "child", "fields")
"""What makes a finding of this run the same as one of the last."""


@dataclass(frozen=True)
class Compared:
    """This run's findings with `status` new or still, and what of the last run is gone."""

    now: pl.DataFrame
    fixed: pl.DataFrame


def compared(now: pl.DataFrame, before: pl.DataFrame | None) -> Compared:
    """Hold this run's findings against the last run's; without a last run the status is blank."""
    if before is None:
        return Compared(now.with_columns(status=pl.lit("")), now.clear())
    now, before = _numbered(now), _numbered(before)
    seen = before.select(*SAME, "turn", seen=True)
    known = now.join(seen, on=[*SAME, "turn"], how="left", nulls_equal=True, maintain_order="left")
    status = pl.when(pl.col("seen")).then(pl.lit("still")).otherwise(pl.lit("new"))
    gone = before.join(now, on=[*SAME, "turn"], how="anti", nulls_equal=True, maintain_order="left")
    return Compared(known.with_columns(status=status).drop("seen", "turn"), gone.drop("turn"))


def _numbered(findings: pl.DataFrame) -> pl.DataFrame:
    """Tell several findings of one child and rule apart by their turn."""
    return findings.with_columns(turn=pl.int_range(pl.len()).over(*SAME))


def by_rule(found: Compared) -> pl.DataFrame:
    """One row per return, year and rule: how many, how many children, new, still, fixed."""
    counted = found.now.group_by(*PLACE, "severity", maintain_order=True).agg(
        n=pl.col("n").sum(),
        children=pl.col("child").drop_nulls().n_unique(),
        new=_sum_where("new"),
        still=_sum_where("still"),
    )
    gone = found.fixed.group_by(*PLACE, "severity", maintain_order=True).agg(fixed=pl.col("n").sum())
    joined = counted.join(gone, on=[*PLACE, "severity"], how="full", coalesce=True)
    order = pl.col("severity").replace_strict(list(SEVERITIES), [0, 1, 2], default=3)
    return joined.with_columns(
        pl.col("n", "children", "new", "still", "fixed").fill_null(0).cast(pl.Int64)
    ).sort(order, -pl.col("n"), -pl.col("children"), *PLACE)


def _sum_where(status: str) -> pl.Expr:
    return pl.col("n").filter(pl.col("status") == status).sum()


def with_rates(rules: pl.DataFrame, receipts: pl.DataFrame, england: pl.DataFrame | None) -> pl.DataFrame:
    """Add findings per 1,000 children counted, and England's median of the same.

    Findings in no child's record (cells of a file, a return as a whole) are no rate of children.
    """
    rated = rules.join(children_counted(receipts), on=["return", "year"], how="left", maintain_order="left")
    of_children = pl.when(pl.col("children") > 0).then(pl.col("n"))
    rated = rated.with_columns(per_1000=per_1000(of_children, pl.col("counted"))).drop("counted")
    if england is None:
        return rated.with_columns(england=pl.lit(None, pl.Float64))
    median = england.select(*PLACE, england="per_1000").unique(list(PLACE), keep="first", maintain_order=True)
    wide = rated.join(median, on=list(PLACE), how="left", maintain_order="left")
    return wide.with_columns(england=pl.when(pl.col("per_1000").is_not_null()).then("england"))


def children_counted(receipts: pl.DataFrame, *by: str) -> pl.DataFrame:
    """Children of the submissions in use, per return and year; terms hold the same children."""
    current = receipts.filter(pl.col("status") == "current")
    return current.group_by(*by, "return", "year").agg(counted=pl.col("children").max())


def per_1000(n: pl.Expr, children: pl.Expr) -> pl.Expr:
    return pl.when(children > 0).then((n * 1000 / children).round(1))


def checks_made(coverage: pl.DataFrame, *by: str) -> pl.DataFrame:
    """How many rules were checked and how many were not, per return and year."""
    return coverage.group_by(*by, "return", "year", maintain_order=True).agg(
        checked=pl.col("checked").fill_null(False).sum().cast(pl.Int64),
        unchecked=(~pl.col("checked").fill_null(False)).sum().cast(pl.Int64),
    )


def not_checked(coverage: pl.DataFrame) -> pl.DataFrame:
    """Rules that were not checked, one row each, with the reason."""
    reason = pl.when(pl.col("reason").fill_null("") == "").then(pl.lit("no reason was recorded"))
    return coverage.filter(~pl.col("checked").fill_null(False)).with_columns(
        reason=reason.otherwise(pl.col("reason"))
    )


def england_medians(
    findings: pl.DataFrame, receipts: pl.DataFrame, coverage: pl.DataFrame | None = None
) -> pl.DataFrame:
    """England's median of findings per 1,000 children, per return, year and rule.

    All three frames are national and have a column `la`. An authority with no finding counts as 0; one
    whose return was not used, or where the rule was not checked, does not count.
    """
    counted = children_counted(receipts, "la").filter(pl.col("counted") > 0)
    found = (
        findings.group_by("la", *PLACE).agg(n=pl.col("n").sum()).with_columns(pl.col("year").cast(pl.Int64))
    )
    counted = counted.with_columns(pl.col("year").cast(pl.Int64))
    every = counted.join(found.select(PLACE).unique(), on=["return", "year"])
    if coverage is not None:
        skipped = not_checked(coverage).with_columns(pl.col("year").cast(pl.Int64))
        every = every.join(skipped, on=["la", *PLACE], how="anti")
    rates = every.join(found, on=["la", *PLACE], how="left").with_columns(
        rate=per_1000(pl.col("n").fill_null(0), pl.col("counted"))
    )
    return rates.group_by(PLACE).agg(per_1000=pl.col("rate").median().round(1)).sort(PLACE)


def tidy_receipts(receipts: pl.DataFrame) -> pl.DataFrame:
    return shaped(receipts, RECEIPTS, "receipts")


def tidy_coverage(coverage: pl.DataFrame) -> pl.DataFrame:
    return shaped(coverage, COVERAGE, "coverage").with_columns(pl.col("checked").fill_null(False))
