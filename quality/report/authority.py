"""One authority's report: a page that says how things stand, a workbook that says where.

Both are made from one set of figures, so that they cannot disagree. The page names no child; the
workbook does, by the authority's own identifier, and belongs to that authority only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from quality.report import counts
from quality.report.inputs import (
    ENGLAND,
    LINK_RATES,
    RuleText,
    Texts,
    known_statuses,
    of_authority,
    own_findings,
    shaped,
)


@dataclass(frozen=True)
class Report:
    """Everything that the page and the workbook say, counted once."""

    la: str
    la_name: str
    generated: str
    texts: Texts
    receipts: pl.DataFrame
    """One row per submission, with `error`, `query`, `note`, `checked`, `unchecked`, `linked`, `records`."""
    findings: pl.DataFrame
    """This run's findings with `status` against the last run's."""
    fixed: pl.DataFrame
    rules: pl.DataFrame
    """One row per return, year and rule."""
    coverage: pl.DataFrame
    checked: int
    """Rules checked, counted per return and year."""
    unchecked: int
    has_previous: bool
    has_england: bool


def prepare(
    *,
    la: str,
    la_name: str,
    receipts: pl.DataFrame,
    findings: pl.DataFrame,
    coverage: pl.DataFrame,
    rule_texts: Mapping[str, RuleText],
    previous: pl.DataFrame | None,
    england: pl.DataFrame | None,
    link_rates: pl.DataFrame | None,
    generated: str,
) -> Report:
    """Count what the page and the workbook will say."""
    own = known_statuses(counts.tidy_receipts(of_authority(receipts, la)))
    checks = counts.tidy_coverage(of_authority(coverage, la))
    checked = checks.filter("checked").height
    before = None if previous is None else own_findings(previous, la, "previous findings")
    found = counts.compared(own_findings(findings, la, "findings"), before)
    median = None if england is None else shaped(england, ENGLAND, "england")
    links = None if link_rates is None else shaped(of_authority(link_rates, la), LINK_RATES, "link rates")
    return Report(
        la=la,
        la_name=la_name,
        generated=generated,
        texts=Texts(rule_texts),
        receipts=_with_figures(own, found.now, checks, links),
        findings=found.now,
        fixed=found.fixed,
        rules=counts.with_rates(counts.by_rule(found), own, median),
        coverage=checks,
        checked=checked,
        unchecked=checks.height - checked,
        has_previous=before is not None,
        has_england=median is not None,
    )


def _with_figures(
    receipts: pl.DataFrame, findings: pl.DataFrame, coverage: pl.DataFrame, links: pl.DataFrame | None
) -> pl.DataFrame:
    """Receipts with what was found in them, how much was checked and how many records were linked."""
    found = findings.group_by("return", "year", "term").agg(
        pl.col("n").filter(pl.col("severity") == severity).sum().alias(severity)
        for severity in ("error", "query", "note")
    )
    links = pl.DataFrame(schema=LINK_RATES) if links is None else links
    linked = links.group_by("return", "year").agg(pl.col("records", "linked").sum())
    place = ["return", "year"]
    wide = receipts.join(found, on=[*place, "term"], how="left", nulls_equal=True)
    wide = wide.join(counts.checks_made(coverage), on=place, how="left").join(linked, on=place, how="left")
    wide = wide.with_columns(pl.col("error", "query", "note", "checked", "unchecked").fill_null(0))
    return wide.sort("year", "return", "term", "status", "submission", descending=[True] + [False] * 4)


def authority_report(
    out_dir: Path,
    *,
    la: str,
    la_name: str,
    receipts: pl.DataFrame,
    findings: pl.DataFrame,
    coverage: pl.DataFrame,
    rule_texts: Mapping[str, RuleText],
    previous: pl.DataFrame | None,
    england: pl.DataFrame | None,
    link_rates: pl.DataFrame | None,
    generated: str,
) -> list[Path]:
    """Write `index.html` and `quality.xlsx` for one authority into `out_dir`; the same input, the same bytes.

    `receipts` has one row per submission (`inputs.RECEIPTS`), `findings` one per finding
    (`inputs.FINDINGS` and `la`), `coverage` one per rule, return and year with whether it was checked
    and why not; `previous` is the last run's findings; `england` comes from `england_medians`;
    `link_rates` has `return, year, records, linked`. `generated` is the day, as an ISO date.
    """
    from quality.report.page import write_page
    from quality.report.workbook import write_workbook

    report = prepare(
        la=la,
        la_name=la_name,
        receipts=receipts,
        findings=findings,
        coverage=coverage,
        rule_texts=rule_texts,
        previous=previous,
        england=england,
        link_rates=link_rates,
        generated=generated,
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    return [write_workbook(report, out_dir / "quality.xlsx"), write_page(report, out_dir / "index.html")]
