"""What the rules found, as asset checks: Dagster's pages show which return is how far from clean.

They warn and never stop a night: what is wrong in a record is the authority's to mend, and a national run
that waits for 153 clean returns never ends. The check that does stop a release is the gate's.
"""

# no `from __future__ import annotations` here: Dagster looks at the type of `night` itself
from collections.abc import Iterator, Mapping

import dagster as dg
import polars as pl

from assets.checking import coverage_of_rules, findings_of_rules
from assets.night import Night
from assets.stages import counted, findings_key
from assets.store import Store
from quality.registry import rules
from schemas.failures import guarded
from schemas.returns import RETURNS

CHECKED = tuple(ret for ret in RETURNS.values() if rules(ret.name))
NAME = "no_errors"


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(
            NAME,
            asset=findings_key(ret),
            description="No rule of severity error finds a row in a submission in use, and every rule could be checked.",
        )
        for ret in CHECKED
    ]
)
def rules_hold(night: Night) -> Iterator[dg.AssetCheckResult]:
    """One result per return, over all authorities and years."""
    for ret, counts in found(night.store()).items():
        yield dg.AssetCheckResult(
            passed=not counts["errors"] and not counts["could not be checked"],
            asset_key=findings_key(RETURNS[ret]),
            check_name=NAME,
            severity=dg.AssetCheckSeverity.WARN,
            metadata=counted(counts),
        )


@guarded("counting what the rules found")
def found(store: Store) -> dict[str, dict[str, int]]:
    """Per return, all authorities and years: findings by severity, rules checked, rules that could not be."""
    severities = findings_of_rules(store).group_by("return", "severity").agg(pl.col("n").sum()).rows()
    per = {(ret, severity): n for ret, severity, n in severities}
    checks = coverage_of_rules(store).group_by("return").agg(pl.col("checked").sum(), of=pl.len())
    covered = {ret: (int(checked), int(of)) for ret, checked, of in checks.rows()}
    return {ret.name: _counts(per, ret.name, *covered.get(ret.name, (0, 0))) for ret in CHECKED}


def _counts(per: Mapping[tuple[str, str], int], ret: str, checked: int, of: int) -> dict[str, int]:
    words = {"error": "errors", "query": "queries", "note": "notes"}
    named = {many: per.get((ret, one), 0) for one, many in words.items()}
    return {**named, "rules checked": checked, "could not be checked": of - checked}
