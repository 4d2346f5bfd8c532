"""A rule, indicator, finding, table, field or code set in plain words, from the declarations."""

from __future__ import annotations

from collections.abc import Iterator

from schemas import code_sets
from schemas.failures import WrongUse
from schemas.findings import finding_codes
from schemas.returns import RETURNS
from schemas.table import columns


def explanations(what: str) -> list[str]:
    """Everything that bears this name; WrongUse when nothing does."""
    found = [*_rules(what), *_indicators(what), *_findings(what), *_tables(what), *_codes(what)]
    if not found:
        raise WrongUse(
            f"nothing is called {what}; expected a rule (142), an indicator (cin_rate), a finding "
            "(file.empty), a table (Episodes), a field (DECOM) or a code set (ssda903_place)"
        )
    return found


def _rules(what: str) -> Iterator[str]:
    from quality.pages import explain

    try:
        yield explain(what)
    except LookupError:
        return


def _indicators(what: str) -> Iterator[str]:
    from schemas.indicators import explain

    try:
        yield explain(what)
    except LookupError:
        return


def _findings(what: str) -> Iterator[str]:
    found = finding_codes().get(what)
    if found:
        yield f"{found.code} ({found.severity}): {found.meaning} What to do: {found.what_to_do}"


def _tables(what: str) -> Iterator[str]:
    for ret in RETURNS.values():
        for table in ret.tables:
            if what.lower() in (table.VIEW.lower(), table.DFE.lower()):
                fields = ", ".join(c.name for c in columns(table))
                yield f"{ret.title}, table {table.DFE}: {table.about()} Fields: {fields}."
            for c in columns(table):
                if c.name.lower() == what.lower():
                    codes = f" Codes: {c.codes}." if c.codes else ""
                    yield f"{ret.title}, {table.DFE}.{c.name}: {c.about}{codes}"


def _codes(what: str) -> Iterator[str]:
    if what in code_sets.names():
        rows = code_sets.code_set(what).select("code", "label", "since", "until").iter_rows()
        yield f"Code set {what}: " + "; ".join(f"{c} {label} ({s}-{u})" for c, label, s, u in rows)
