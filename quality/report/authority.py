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
    COMPLETENESS,
    ENGLAND,
    HISTORY,
    LINK_RATES,
    LISTED,
    MENDING,
    WAIVERS,
    RuleText,
    Shape,
    Texts,
    known_statuses,
    of_authority,
    own_findings,
    shaped,
)


@dataclass(frozen=True)
class Beside:
    """What a report shows beside findings, where it is known; frames as `inputs` describes them."""

    history: pl.DataFrame | None = None
    """Every submission that was ever reported on, this run's not yet."""
    medians: pl.DataFrame | None = None
    completeness: pl.DataFrame | None = None
    mending: pl.DataFrame | None = None
    waivers: pl.DataFrame | None = None


@dataclass(frozen=True)
class Report:
    """Everything that the page and the workbook say, counted once."""

    la: str
    la_name: str
    generated: str
    texts: Texts
    receipts: pl.DataFrame
    """One row per submission, with `error`, `query`, `note`, `explained`, `waived`, `checked`, `unchecked`,
    `linked`, `records`."""
    findings: pl.DataFrame
    """This run's findings with `status` against the last submission's."""
    fixed: pl.DataFrame
    rules: pl.DataFrame
    """One row per return, year and rule."""
    coverage: pl.DataFrame
    checked: int
    """Rules checked, counted per return and year."""
    unchecked: int
    has_previous: bool
    has_england: bool
    trend: pl.DataFrame
    """One row per submission reported on, this run's with them: `inputs.HISTORY`, `per_1000`, `england`."""
    completeness: pl.DataFrame
    mending: pl.DataFrame
    waivers: pl.DataFrame


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
    beside: Beside | None = None,
) -> Report:
    """Count what the page and the workbook will say."""
    beside = beside or Beside()
    own = known_statuses(counts.tidy_receipts(of_authority(receipts, la)))
    checks = counts.tidy_coverage(of_authority(coverage, la))
    checked = checks.filter("checked").height
    before = None if previous is None else own_findings(previous, la, "previous findings", LISTED)
    history = None if beside.history is None else _own(beside.history, la, HISTORY, "history")
    found = counts.compared(own_findings(findings, la, "findings"), before, own, history)
    median = None if england is None else shaped(england, ENGLAND, "england")
    links = None if link_rates is None else _own(link_rates, la, LINK_RATES, "link rates")
    told = _with_figures(own, found.now, checks, links)
    return Report(
        la=la,
        la_name=la_name,
        generated=generated,
        texts=Texts(rule_texts),
        receipts=told,
        findings=found.now,
        fixed=found.fixed,
        rules=counts.with_rates(counts.by_rule(found), own, median),
        coverage=checks,
        checked=checked,
        unchecked=checks.height - checked,
        has_previous=_has_previous(found),
        has_england=median is not None,
        trend=counts.trend(told, history, beside.medians),
        completeness=_own(beside.completeness, la, COMPLETENESS, "completeness"),
        mending=_own(beside.mending, la, MENDING, "mending"),
        waivers=_own(beside.waivers, la, WAIVERS, "waivers"),
    )


def _own(frame: pl.DataFrame | None, la: str, shape: Shape, what: str) -> pl.DataFrame:
    """The authority's rows of a frame; of one that is not there, none."""
    return shaped(pl.DataFrame(schema=shape) if frame is None else of_authority(frame, la), shape, what)


def _has_previous(found: counts.Compared) -> bool:
    """Whether anything could be held against an earlier submission."""
    return not found.fixed.is_empty() or bool((found.now["status"] != "").any())


def _with_figures(
    receipts: pl.DataFrame, findings: pl.DataFrame, coverage: pl.DataFrame, links: pl.DataFrame | None
) -> pl.DataFrame:
    """Receipts with what was found in them, how much was checked and how many records were linked."""
    whose = ["return", "year", "submission"]  # rules on a census look at all terms and name none
    found = findings.group_by(whose).agg(
        *(
            pl.col("n").filter(counts.OPEN & (pl.col("severity") == severity)).sum().alias(severity)
            for severity in ("error", "query", "note")
        ),
        *(pl.col("n").filter(pl.col("standing") == name).sum().alias(name) for name in STANDINGS),
    )
    links = pl.DataFrame(schema=LINK_RATES) if links is None else links
    linked = links.group_by("return", "year").agg(pl.col("records", "linked").sum())
    place = ["return", "year"]
    wide = receipts.join(found, on=whose, how="left")
    wide = wide.join(counts.checks_made(coverage), on=place, how="left").join(linked, on=place, how="left")
    numbers = ("error", "query", "note", *STANDINGS, "checked", "unchecked")
    wide = wide.with_columns(pl.col(*numbers).fill_null(0))
    return wide.sort("year", "return", "term", "status", "submission", descending=[True] + [False] * 4)


STANDINGS = ("explained", "waived")


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
    beside: Beside | None = None,
) -> Written:
    """Write `index.html`, `quality.xlsx` and `quality.csv` for one authority into `out_dir`.

    `receipts` has one row per submission (`inputs.RECEIPTS`), `findings` one per finding
    (`inputs.FINDINGS` and `la`), `coverage` one per rule, return and year with whether it was checked
    and why not; `previous` is what the last report listed (`Written.listed`); `england` comes from
    `england_medians`; `link_rates` has `return, year, records, linked`. `generated` is the day, as an ISO
    date. The same input gives the same bytes.
    """
    from quality.report.full_list import write_full_list
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
        beside=beside,
    )
    out_dir.mkdir(parents=True, exist_ok=True)
    return Written(
        write_workbook(report, out_dir / "quality.xlsx"),
        write_page(report, out_dir / "index.html"),
        write_full_list(report, out_dir / "quality.csv"),
        _listed(report),
    )


@dataclass(frozen=True)
class Written:
    """The files of a report, and what the next one is compared with."""

    workbook: Path
    page: Path
    full_list: Path
    listed: pl.DataFrame
    """Findings and what is fixed (`inputs.LISTED`), with the authority's own child identifiers."""


def _listed(report: Report) -> pl.DataFrame:
    now = report.findings.with_columns(fixed_by=pl.lit(None, pl.String))
    gone = report.fixed.select(now.columns)
    return pl.concat([now, gone]).drop("values").with_columns(la=pl.lit(report.la))
