"""What a report is made from: receipts, findings, and what was checked, of one authority.

Frames come from different places, so each is brought into one shape here: columns that may be absent
are filled with blanks, rows of other authorities are left out, and rows are put in an order that does
not depend on how they arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from schemas.findings import finding_codes


@dataclass(frozen=True)
class RuleText:
    """What a page says about a rule: its code, our sentence, its fields and the years it applies to."""

    code: str
    sentence: str
    severity: str
    fields: str = ""
    years: str = ""


Shape = Mapping[str, pl.DataType]

RECEIPTS: Shape = {
    "return": pl.String(),
    "year": pl.Int64(),
    "term": pl.String(),
    "status": pl.String(),
    "submission": pl.String(),
    "received": pl.String(),
    "sent": pl.String(),
    "files": pl.Int64(),
    "children": pl.Int64(),
    "rows_typed": pl.Int64(),
    "rows_quarantined": pl.Int64(),
    "reason": pl.String(),
}
"""One row per submission, and one with status `missing` per return that was expected and did not come."""

FINDINGS: Shape = {
    "rule": pl.String(),
    "severity": pl.String(),
    "return": pl.String(),
    "year": pl.Int64(),
    "term": pl.String(),
    "submission": pl.String(),
    "table": pl.String(),
    "row": pl.Int64(),
    "line": pl.Int64(),
    "file_name": pl.String(),
    "child": pl.String(),
    "fields": pl.String(),
    "values": pl.String(),
    "message": pl.String(),
    "first_seen": pl.String(),
    "standing": pl.String(),
    "explanation": pl.String(),
    "waiver": pl.String(),
    "n": pl.Int64(),
}
"""One row per finding; `child` is the authority's own identifier and blank where none is at fault.

`file_name` is the file's name as the authority gave it, for its own list only: it may name a child.
`standing` is `explained` where the authority said why the record is right, `waived` where the finding was
accepted, and blank where somebody still has to look; only the last is counted as an error or a query.
"""

LISTED: Shape = {**FINDINGS, "status": pl.String(), "fixed_by": pl.String()}
"""Findings as a report lists them; those that are fixed name the submission that no longer has them."""

COVERAGE: Shape = {
    "rule": pl.String(),
    "return": pl.String(),
    "year": pl.Int64(),
    "checked": pl.Boolean(),
    "reason": pl.String(),
}
"""One row per rule, return and year; a rule of which it is not known whether it was checked, was not."""
ENGLAND: Shape = {"return": pl.String(), "year": pl.Int64(), "rule": pl.String(), "per_1000": pl.Float64()}
LINK_RATES: Shape = {
    "return": pl.String(),
    "year": pl.Int64(),
    "records": pl.Int64(),
    "linked": pl.Int64(),
}

HISTORY: Shape = {
    "return": pl.String(),
    "year": pl.Int64(),
    "term": pl.String(),
    "submission": pl.String(),
    "received": pl.String(),
    "children": pl.Int64(),
    "error": pl.Int64(),
    "query": pl.Int64(),
    "explained": pl.Int64(),
    "waived": pl.Int64(),
    "checked": pl.Int64(),
}
"""One row per submission that was ever reported on, with what was counted when it last was."""
MEDIANS: Shape = {
    "return": pl.String(),
    "year": pl.Int64(),
    "term": pl.String(),
    "per_1000": pl.Float64(),
}
"""England's median of errors per 1,000 children, per return, year and term."""
COMPLETENESS: Shape = {
    "return": pl.String(),
    "year": pl.Int64(),
    "table": pl.String(),
    "field": pl.String(),
    "rows": pl.Int64(),
    "filled": pl.Int64(),
    "england": pl.Float64(),
}
"""How many rows of a table have anything in a field, and what per cent of England's rows have."""
MENDING: Shape = {
    "return": pl.String(),
    "year": pl.Int64(),
    "rule": pl.String(),
    "indicator": pl.String(),
    "unit": pl.String(),
    "decimals": pl.Int64(),
    "with_them": pl.Float64(),
    "without_them": pl.Float64(),
}
"""Per rule and indicator that its children count in: the value with and without those children."""
WAIVERS: Shape = {
    "return": pl.String(),
    "rule": pl.String(),
    "child": pl.String(),
    "until": pl.String(),
    "reason": pl.String(),
    "state": pl.String(),
}
"""One row per waiver of the authority: `in force` or `ended`; a blank child is every child."""

OPTIONAL = {
    *("term", "reason", "values", "message", "first_seen", "line", "file_name", "files", "received", "sent"),
    *("standing", "explanation", "waiver", "explained", "waived", "status", "fixed_by"),
    *("region", "mark", "page"),
}
STATUSES = ("current", "superseded", "held", "quarantined", "missing")
SEVERITIES = ("error", "query", "note")


def shaped(frame: pl.DataFrame, shape: Shape, what: str) -> pl.DataFrame:
    """The frame with exactly these columns, of these types, in a stable order."""
    absent = [name for name in shape if name not in frame.columns]
    needed = [name for name in absent if name not in OPTIONAL]
    if needed:
        raise ValueError(f"{what}: expected the columns {', '.join(shape)}; {', '.join(needed)} did not come")
    filled = frame.with_columns(pl.lit(None).alias(name) for name in absent)
    return filled.select(_cast(filled, name, kind) for name, kind in shape.items()).sort(
        list(shape), nulls_last=True, maintain_order=True
    )


def _cast(frame: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Expr:
    """A column in its type; lists of fields or values become text with commas."""
    if isinstance(frame.schema[name], pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(", ", ignore_nulls=True)
    return pl.col(name).cast(kind)


def of_authority(frame: pl.DataFrame, la: str) -> pl.DataFrame:
    """Only the rows of one authority, where the frame says whose they are."""
    return frame.filter(pl.col("la").cast(pl.String) == la) if "la" in frame.columns else frame


def own_findings(frame: pl.DataFrame, la: str, what: str, shape: Shape = FINDINGS) -> pl.DataFrame:
    """Findings of one authority. They name children, so whose they are must be said."""
    if "la" not in frame.columns:
        raise ValueError(f"{what}: expected a column la, to be sure that no other authority's child is named")
    tidy = shaped(of_authority(frame, la), shape, what)
    blank = pl.col("child").str.strip_chars() == ""
    return tidy.with_columns(
        pl.col("standing", "explanation", "waiver").fill_null(""),
        child=pl.when(blank).then(None).otherwise(pl.col("child")),
        n=pl.col("n").fill_null(1),
    )


def known_statuses(receipts: pl.DataFrame) -> pl.DataFrame:
    """The receipts, if each has a status that we can put into words."""
    unknown = set(receipts["status"].to_list()) - set(STATUSES)
    if unknown:
        raise ValueError(f"receipts: expected a status of {', '.join(STATUSES)}; {len(unknown)} other came")
    return receipts


@dataclass(frozen=True)
class Texts:
    """Sentences for rules: the rule books' by code, ours for what reading a file found out."""

    rules: Mapping[str, RuleText]

    def of(self, ret: str, code: str) -> RuleText:
        """The text of a rule of a return; a code that is used by two returns may be keyed `return.code`."""
        found = self.rules.get(f"{ret}.{code}") or self.rules.get(code)
        return found or self._own(code)

    def _own(self, code: str) -> RuleText:
        ours = finding_codes().get(code)
        if ours is None:
            return RuleText(code, "The rule book in use here holds no sentence for this rule.", "error")
        return RuleText(code, ours.meaning, ours.severity)

    def advice(self, code: str) -> str:
        """What to do about a finding of ours; the numbered rules say it in their sentence."""
        ours = finding_codes().get(code)
        return ours.what_to_do if ours else ""
