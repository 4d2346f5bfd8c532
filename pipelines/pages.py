"""Pages derived from the declarations: the data dictionary, findings, rules, indicators, marts.

Nothing here is written by hand; `make docs` rebuilds it and a test fails when that was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.code_sets import code_set
from schemas.findings import finding_codes
from schemas.returns import RETURNS, Return
from schemas.table import FIRST_YEAR, LAST_YEAR, Column, Table, columns

DOCS = Path(__file__).resolve().parent.parent / "docs"
KINDS = {"str": "text", "int": "whole number", "float": "number", "bool": "0 or 1", "date": "date"}


def pages() -> dict[str, str]:
    """Every derived page: path below `docs/` and text."""
    from quality.pages import rule_pages
    from schemas import registry
    from schemas.indicators import indicator_page

    made = {f"dictionary/{ret.name}.md": dictionary_page(ret) for ret in RETURNS.values()}
    made["dictionary/marts.md"] = marts_page()
    made["dictionary/codes.md"] = codes_page()
    made["findings.md"] = findings_page()
    made["indicators.md"] = indicator_page()
    made |= {f"registry/{name}": text for name, text in registry.pages().items()}
    return {**made, **{name.removeprefix("docs/"): text for name, text in rule_pages().items()}}


def write_pages(*, check: bool = False) -> list[str]:
    """Write the pages that differ; with `check` write nothing. Returns the paths that were old."""
    old = []
    for path, text in sorted(pages().items()):
        place = DOCS / path
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            old.append(f"docs/{path}")
            if not check:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
    return old


def dictionary_page(ret: Return) -> str:
    """One return: its tables, columns, types, code sets and years."""
    lines = [
        f"# {ret.title}",
        "",
        f"Stored as `returns.{ret.name}_…`; dates are written {ret.expected_date}.",
        "",
        *_forms(ret),
    ]
    for table in ret.tables:
        lines += _table(table, f"returns.{ret.stored_as(table)}")
    return "\n".join(lines)


def _forms(ret: Return) -> list[str]:
    """Of which years the form was read, and which are assumed."""
    if len(ret.seen) == LAST_YEAR - FIRST_YEAR + 1:
        return []
    assumed = _spans(year for year in range(FIRST_YEAR, LAST_YEAR + 1) if ret.is_assumed(year))
    said = (
        f"The form was read of {_spans(ret.seen)}. That of {assumed} is *assumed*: put together from what is"
    )
    return [
        said,
        "said to have changed. Columns and tables that no form we have read holds are marked *assumed*.",
        "",
    ]


def _spans(years: Iterable[int]) -> str:
    """`2017 to 2020, 2022`."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def marts_page() -> str:
    """The marts that analysts query."""
    from schemas.marts import MARTS

    lines = ["# Marts", "", "In `marts.duckdb` of a release. No column identifies a child.", ""]
    for name, table in MARTS.items():
        lines += _table(table, name)
    return "\n".join(lines)


def _table(table: type[Table], name: str) -> list[str]:
    heading = f"## {table.DFE or name.split('.')[-1]}"
    years = f" Collected {_years(table.SINCE, table.UNTIL)}." if table.SINCE > FIRST_YEAR else ""
    years += f" In {' and '.join(table.CENSUSES)} only." if table.CENSUSES else ""
    years += " *Assumed.*" if table.ASSUMED else ""
    rows = [f"| `{c.name}` | {_kind(c)} | {_codes(c)} | {c.about}{_notes(c)} |" for c in columns(table)]
    head = ["| column | type | codes | meaning |", "|---|---|---|---|"]
    return [heading, "", f"`{name}`. {table.about()}{years}", "", *head, *rows, ""]


def _kind(column: Column) -> str:
    return KINDS[column.kind.__name__] + (f", {column.unit}" if column.unit else "")


def _codes(column: Column) -> str:
    return f"[{column.codes}](codes.md#{column.codes})" if column.codes else ""


def _notes(column: Column) -> str:
    years = (
        f" ({_years(column.since, column.until)})"
        if (column.since, column.until) != (FIRST_YEAR, LAST_YEAR)
        else ""
    )
    former = "".join(f" To {until} headed `{name}`." for name, until in column.formerly.items())
    censuses = f" In {' and '.join(column.censuses)} only." if column.censuses else ""
    marks = {"**Identifies.**": column.identifies, "*Assumed.*": column.assumed, "*Key.*": column.key}
    return years + former + censuses + "".join(f" {mark}" for mark, holds in marks.items() if holds)


def _years(since: int, until: int) -> str:
    if since <= FIRST_YEAR:
        return f"to {until}"
    return f"from {since}" if until >= LAST_YEAR else f"{since} to {until}"


def codes_page() -> str:
    """Every code set that a column uses."""
    used = sorted({c.codes for ret in RETURNS.values() for t in ret.tables for c in columns(t) if c.codes})
    lines = ["# Code sets", "", "Years are collection years, both inclusive.", ""]
    for name in used:
        lines += [
            f"## {name}",
            "",
            "| code | meaning | from | to |",
            "|---|---|---|---|",
            *_code_rows(name),
            "",
        ]
    return "\n".join(lines)


def _code_rows(name: str) -> Iterator[str]:
    for code, label, since, until in code_set(name).select("code", "label", "since", "until").iter_rows():
        shown = code.replace("\\", "\\\\").replace("|", "\\|")
        yield f"| {shown} | {label} | {since if since > FIRST_YEAR else ''} | {until if until < LAST_YEAR else ''} |"


def findings_page() -> str:
    """What reading a file can find, and what to do about each."""
    rows = [f"| `{f.code}` | {f.severity} | {f.meaning} | {f.what_to_do} |" for f in finding_codes().values()]
    head = [
        "# Findings about files", "",
        "What reading a submission can find. The department's numbered rules have pages of their own.", "",
        "| code | severity | meaning | what to do |", "|---|---|---|---|",
    ]  # fmt: skip
    return "\n".join([*head, *rows, ""])
