"""The figures of a report. Each is counted once, here, for the page and the workbook alike.

A finding counts as often as it says (`n`): one line on unreadable dates may stand for three hundred
cells. Two submissions are compared child by child and rule by rule; row numbers move between exports and are
left out of the comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from quality.report.inputs import COVERAGE, HISTORY, MEDIANS, RECEIPTS, SEVERITIES, shaped

PLACE = ("return", "year", "rule")
SAME = ("return", "year", "term", "rule", "table", "child", "fields")
"""What makes a finding of this run the same as one of the last."""
SLOT = ("return", "year", "term")
"""What is sent as a whole and replaced as a whole."""


@dataclass(frozen=True)
class Compared:
    """This run's findings with `status` new or still, and what the last submission had and this one has not."""

    now: pl.DataFrame
    fixed: pl.DataFrame


def compared(
    now: pl.DataFrame,
    before: pl.DataFrame | None,
    receipts: pl.DataFrame,
    history: pl.DataFrame | None = None,
) -> Compared:
    """Hold findings against those of the submission before; without one the status is blank.

    `before` is what the last report listed. Where it was about the submission that is still in use, what
    it said of a finding stands, however often the report is made again. `history` names the submissions
    that were ever reported on: a return that came for the first time has nothing to be compared with.
    """
    slots = receipts.filter(pl.col("submission").is_not_null()).select(
        "submission", pl.col("term").fill_null("").alias("slot"), day=pl.col("received").str.slice(0, 10)
    )
    slots = slots.unique("submission", keep="first", maintain_order=True)
    now = _in_slot(now, slots).with_columns(first_seen=pl.coalesce("first_seen", "day")).drop("day")
    if before is None:
        return Compared(now.drop("slot").with_columns(status=pl.lit("")), _no_fixed(now))
    in_use = _in_slot(receipts.filter(pl.col("status") == "current"), slots).select(
        *PLACED, in_use="submission"
    )
    before = _in_slot(before, slots).drop("day")
    listed, gone = before.filter(pl.col("status").ne_missing("fixed")), before.filter(status="fixed")
    found = _blank_where_first(_status(_numbered(now), _numbered(listed)), in_use, history)
    vanished = _numbered(listed).join(_numbered(now), on=[*SAME, "turn"], how="anti", nulls_equal=True)
    return Compared(found.drop("turn", "slot"), _fixed(vanished.drop("turn"), gone, in_use))


PLACED = ("return", "year", "slot")


def _in_slot(frame: pl.DataFrame, slots: pl.DataFrame) -> pl.DataFrame:
    """Rows with the term of their submission, as `slot`: a rule on a census names none itself."""
    told = frame.join(slots, on="submission", how="left", maintain_order="left")
    return told.with_columns(slot=pl.coalesce("slot", pl.col("term"), pl.lit("")))


def _numbered(findings: pl.DataFrame) -> pl.DataFrame:
    """Tell several findings of one child and rule apart by their turn."""
    return findings.with_columns(turn=pl.int_range(pl.len()).over(*SAME))


def _status(now: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """New or still; what the last report said of the same submission stands, and so does the first day."""
    known = before.select(
        *SAME, "turn", was_of="submission", was="status", since="first_seen", seen=pl.lit(True)
    )
    joined = now.join(known, on=[*SAME, "turn"], how="left", nulls_equal=True, maintain_order="left")
    same = pl.col("was_of").eq_missing(pl.col("submission")) & pl.col("was").is_not_null()
    status = pl.when(pl.col("seen") & same).then("was").when("seen").then(pl.lit("still"))
    return joined.with_columns(
        status=status.otherwise(pl.lit("new")), first_seen=pl.coalesce("since", "first_seen")
    ).drop("was_of", "was", "since", "seen")


def _blank_where_first(
    found: pl.DataFrame, in_use: pl.DataFrame, history: pl.DataFrame | None
) -> pl.DataFrame:
    if history is None:
        return found
    told = history.with_columns(slot=pl.col("term").fill_null(""))
    reported = told.join(in_use, on=list(PLACED), how="left")
    earlier = reported.filter(pl.col("submission").ne_missing(pl.col("in_use"))).select(PLACED).unique()
    had = found.join(
        earlier.with_columns(had=True), on=list(PLACED), how="left", nulls_equal=True, maintain_order="left"
    )
    return had.with_columns(
        status=pl.when(pl.col("had").fill_null(False)).then("status").otherwise(pl.lit(""))
    ).drop("had")


def _fixed(vanished: pl.DataFrame, before: pl.DataFrame, in_use: pl.DataFrame) -> pl.DataFrame:
    """What this submission no longer has, and what an earlier report already said that it no longer has."""
    now = vanished.join(in_use, on=list(PLACED)).with_columns(fixed_by="in_use")
    told = before.join(in_use, on=list(PLACED)).filter(pl.col("fixed_by") == pl.col("in_use"))
    return pl.concat([now, told]).drop("in_use", "slot").with_columns(status=pl.lit("fixed"))


def _no_fixed(now: pl.DataFrame) -> pl.DataFrame:
    return now.drop("slot").clear().with_columns(status=pl.lit("fixed"), fixed_by=pl.lit(""))


OPEN = pl.col("standing") == ""
"""Findings that somebody still has to look at."""


def by_rule(found: Compared) -> pl.DataFrame:
    """One row per return, year and rule: how many are open, how many children, new, still, fixed.

    What was explained or waived is counted apart.
    """
    counted = found.now.group_by(*PLACE, "severity", maintain_order=True).agg(
        n=pl.col("n").filter(OPEN).sum(),
        children=pl.col("child").filter(OPEN).drop_nulls().n_unique(),
        new=_sum_where("new"),
        still=_sum_where("still"),
        explained=pl.col("n").filter(pl.col("standing") == "explained").sum(),
        waived=pl.col("n").filter(pl.col("standing") == "waived").sum(),
    )
    gone = found.fixed.group_by(*PLACE, "severity", maintain_order=True).agg(fixed=pl.col("n").sum())
    joined = counted.join(gone, on=[*PLACE, "severity"], how="full", coalesce=True, nulls_equal=True)
    order = pl.col("severity").replace_strict(list(SEVERITIES), [0, 1, 2], default=3)
    numbers = ("n", "children", "new", "still", "explained", "waived", "fixed")
    return joined.with_columns(pl.col(*numbers).fill_null(0).cast(pl.Int64)).sort(
        order, -pl.col("n"), -pl.col("children"), *PLACE
    )


def _sum_where(status: str) -> pl.Expr:
    return pl.col("n").filter(OPEN & (pl.col("status") == status)).sum()


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
        still_open(findings)
        .group_by("la", *PLACE)
        .agg(n=pl.col("n").sum())
        .with_columns(pl.col("year").cast(pl.Int64))
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


def still_open(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings that are neither explained nor waived; a frame that does not say has only such."""
    if "standing" not in findings.columns:
        return findings
    return findings.filter(pl.col("standing").fill_null("") == "")


def error_medians(history: pl.DataFrame) -> pl.DataFrame:
    """England's median of errors per 1,000 children, from the submissions in use of all authorities.

    One that nothing was checked on, or that has no children, does not count.
    """
    rated = history.filter((pl.col("checked") > 0) & (pl.col("children") > 0)).with_columns(
        rate=per_1000(pl.col("error"), pl.col("children"))
    )
    return rated.group_by(SLOT).agg(per_1000=pl.col("rate").median().round(1)).sort(SLOT)


def trend(receipts: pl.DataFrame, history: pl.DataFrame | None, medians: pl.DataFrame | None) -> pl.DataFrame:
    """Every submission that was reported on, oldest first, with errors per 1,000 children and England's median.

    Those in use are counted anew; of those that were replaced stands what was counted when they were in use.
    `receipts` carry the figures of this run.
    """
    now = shaped(receipts.filter(status="current"), HISTORY, "receipts")
    old = pl.DataFrame(schema=HISTORY) if history is None else history
    every = pl.concat([now, old.join(now.select("submission"), on="submission", how="anti")])
    every = every.with_columns(pl.col("term").fill_null(""))
    median = shaped(pl.DataFrame(schema=MEDIANS) if medians is None else medians, MEDIANS, "medians")
    rated = every.with_columns(
        per_1000=pl.when(pl.col("checked") > 0).then(per_1000(pl.col("error"), pl.col("children")))
    )
    median = median.rename({"per_1000": "england"}).with_columns(pl.col("term").fill_null(""))
    told = rated.join(median, on=list(SLOT), how="left")
    return told.sort("return", "year", "received", "term", "submission", nulls_last=True)


def tidy_receipts(receipts: pl.DataFrame) -> pl.DataFrame:
    return shaped(receipts, RECEIPTS, "receipts")


def tidy_coverage(coverage: pl.DataFrame) -> pl.DataFrame:
    return shaped(coverage, COVERAGE, "coverage").with_columns(pl.col("checked").fill_null(False))
