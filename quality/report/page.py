"""The page an officer reads first: is it here, is it right, what comes first, what could not be told.

It names no child and shows no value of a record, so it can be printed and talked about; who is meant
stands in the workbook beside it. One file, nothing loaded from elsewhere, no script.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from quality.report import counts, words
from quality.report.authority import Report
from quality.report.inputs import SEVERITIES
from quality.report.mending import FIRST, of_rules, ranked
from quality.report.page_beside import completeness, trend, waivers

RULES_SHOWN = 60
"""Per severity; the workbook holds them all, and the page stays small enough to send and print."""
REASONS_SHOWN = 60
CODES_SHOWN = 40
INDICATORS_SHOWN = 3
"""Of each rule to begin with; the workbook has them all."""
TROUBLE = {"quarantined": 0, "held": 1, "missing": 2}
HEADINGS = {"error": "Errors: correct these", "query": "Queries: correct or explain", "note": "Notes"}
FILLS = {"new": "#0b0c0c", "still": "#1d70b8", "fixed": "#ffffff"}

Row = Mapping[str, Any]


@functools.cache
def environment() -> jinja2.Environment:
    folder = Path(__file__).parent / "templates"
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined
    )


def write_whole(path: Path, text: str) -> Path:
    """Write a file beside its place, readable by its owner only, and put it there in one step."""
    writing = path.with_name(f".{path.name}.writing")
    writing.unlink(missing_ok=True)
    with os.fdopen(os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode("utf-8"))
    os.replace(writing, path)
    return path


def write_page(report: Report, path: Path) -> Path:
    return write_whole(path, environment().get_template("authority.html").render(_content(report)))


def _content(report: Report) -> dict[str, Any]:
    """Everything that the template says, as words and figures."""
    in_use = report.receipts.filter(pl.col("status") == "current")
    return {
        "la": report.la,
        "la_name": report.la_name,
        "made": words.moment(report.generated),
        "overall": _overall(report),
        "figures": list(_figures(report, in_use)),
        "first": _first(report),
        "nothing_first": _nothing_first(report),
        "receipts": [_receipt(row) for row in _shown(report.receipts).iter_rows(named=True)],
        "replaced": _replaced(report.receipts),
        "groups": list(_groups(report)),
        "nothing_found": _nothing_found(report),
        "england_note": _england_note(report),
        "compare": _compare(report),
        "no_compare": _no_compare(report),
        "trend": trend(report),
        "completeness": completeness(report),
        "waivers": waivers(report),
        "checked_in_words": _checked_in_words(report),
        **_unchecked(report),
    }


def _total(report: Report, severity: str) -> int:
    return int(report.rules.filter(pl.col("severity") == severity)["n"].sum())


# At the top


def _overall(report: Report) -> str:
    errors, queries = _total(report, "error"), _total(report, "query")
    checked, unchecked = report.checked, report.unchecked
    found = f"{words.findings(errors, 'error')} to correct and {words.findings(queries, 'query')} to explain"
    if not checked:
        reading = f" Reading the files found {found}." if errors or queries else ""
        return f"No rule has been checked: what is wrong in the records is not known.{reading}"
    begin = f"{found[0].upper()}{found[1:]}." if errors or queries else "No errors and no queries were found."
    rest = f" {words.several(unchecked, 'rule')} could not be checked." if unchecked else ""
    return f"{begin} {words.several(checked, 'rule')} checked.{rest}{_not_in_use(report)}"


def _not_in_use(report: Report) -> str:
    """A sentence on returns that are not in use, if any."""
    some = report.receipts.filter(pl.col("status").is_in(list(TROUBLE)))["status"].to_list()
    said = {"quarantined": "could not be read", "held": "held back", "missing": "not received"}
    parts = [f"{some.count(status)} {text}" for status, text in said.items() if status in some]
    return f" Of your submissions, {words.listed(parts)}." if parts else ""


def _figures(report: Report, in_use: pl.DataFrame) -> Iterator[dict[str, str]]:
    """The strip of figures: each with a name and a word on what it means."""
    checked, unchecked = report.checked, report.unchecked
    was_looked_for = bool(checked) or not report.rules.is_empty()
    for severity, about in (("error", "to correct"), ("query", "to correct or explain"), ("note", "to know")):
        n = words.number(_total(report, severity) if was_looked_for else None)
        yield {"name": words.SEVERITY[severity][1].capitalize(), "value": n, "about": about}
    about = f"per return and year; {words.number(unchecked)} could not be checked"
    yield {"name": "Rules checked", "value": words.number(checked), "about": about}
    linked = in_use.filter(pl.col("records").is_not_null()).unique(["return", "year"])
    rate = words.percent(int(linked["linked"].sum()), int(linked["records"].sum())) if len(linked) else "–"
    yield {
        "name": "Linked",
        "value": rate,
        "about": "of records joined to a person" if len(linked) else "not known",
    }
    settled = {name: int(report.rules[name].sum()) for name in ("explained", "waived")}
    if any(settled.values()):
        yield {
            "name": "Explained or waived",
            "value": words.number(sum(settled.values())),
            "about": f"{settled['explained']:,} explained, {settled['waived']:,} waived; not counted above",
        }
    yield {
        "name": "Returns in use",
        "value": words.number(len(in_use)),
        "about": f"of {_expected(report)} expected",
    }


def _expected(report: Report) -> int:
    return report.receipts.select("return", "year", "term").n_unique() if len(report.receipts) else 0


# What comes first


def _first(report: Report) -> list[dict[str, Any]]:
    """The three worst things: what is not in use, then the rules that matter most.

    At least one is a rule, where any rule found something: the other returns can be worked on meanwhile.
    """
    rules = ranked(report)
    troubles = [_trouble(row) for row in _in_trouble(report)][: FIRST - min(1, rules.height)]
    first = rules.head(FIRST - len(troubles))
    touched = of_rules(report, first)
    return troubles + [
        _worst(row, report, touched.filter(place=at).to_dicts()) for at, row in enumerate(first.to_dicts())
    ]


def _in_trouble(report: Report) -> list[Row]:
    rows = report.receipts.filter(pl.col("status").is_in(list(TROUBLE))).to_dicts()
    return sorted(rows, key=lambda row: (TROUBLE[row["status"]], -row["year"], row["return"]))


def _trouble(row: Row) -> dict[str, Any]:
    what = f"{words.return_and_year(row)}: {words.STATUS[row['status']].lower()}."
    return {"what": what, "how": words.verdict(row), "figures": [], "more": ""}


def _worst(row: Row, report: Report, touched: list[dict[str, Any]]) -> dict[str, Any]:
    text = report.texts.of(row["return"], row["rule"])
    many = words.findings(row["n"], row["severity"])
    among = f" in the records of {words.children(row['children'])}" if row["children"] else ""
    new = f", {row['new']:,} of them new" if report.has_previous and row["new"] else ""
    advice = report.texts.advice(row["rule"])
    place = f"{words.return_and_year(row)}, rule {row['rule']}"
    fields = f" Look at {text.fields}." if text.fields else ""
    how = f"{place}: {many}{among}{new}.{fields} {advice}".strip()
    figures = [_figure(one) for one in touched if one["indicator"]]
    changed = [one for one in figures if one["with_them"] != one["without_them"]]
    return {
        "what": text.sentence,
        "how": how,
        "figures": changed[:INDICATORS_SHOWN],
        "more": _more_figures(len(figures), len(changed)),
    }


def _more_figures(touched: int, changed: int) -> str:
    """How many more indicators there are, and how many stay as they are."""
    more, same = max(changed - INDICATORS_SHOWN, 0), touched - changed
    parts = [f"{words.several(more, 'more indicator')} in the workbook"] if more else []
    if same:
        same_one = "counts these children and stays" if same == 1 else "count these children and stay"
        parts.append(f"{words.several(same, 'indicator')} {same_one} the same in the decimals shown")
    return f"{'; '.join(parts)}." if parts else ""


def _figure(one: Row) -> dict[str, str]:
    """An indicator with these children and without them."""
    values = {name: _value(one[name], one["decimals"]) for name in ("with_them", "without_them")}
    unit = "" if one["unit"] in one["indicator"] else one["unit"]
    return {"indicator": one["indicator"], "unit": unit, **values}


def _value(value: float | None, decimals: int) -> str:
    return "none left" if value is None else f"{value:,.{decimals}f}"


def _nothing_first(report: Report) -> str:
    checked, unchecked = report.checked, report.unchecked
    if not checked:
        return "This cannot be said yet: no rule has been checked."
    if unchecked:
        return "Nothing that was checked needs to be put right. See below for what could not be checked."
    return "Nothing: every rule was checked and none found an error or a query."


# What was received


def _shown(receipts: pl.DataFrame) -> pl.DataFrame:
    return receipts.filter(pl.col("status") != "superseded")


def _receipt(row: Row) -> dict[str, Any]:
    is_here = row["status"] != "missing"
    return {
        "name": words.return_and_year(row),
        "status": words.STATUS[row["status"]],
        "in_use": row["status"] == "current",
        "received": words.moment(row["received"]),
        "submission": (row["submission"] or "")[:12],
        "children": words.number(row["children"]) if is_here else "–",
        "rows": words.number(row["rows_typed"]) if is_here else "–",
        "aside": words.number(row["rows_quarantined"]) if row["rows_quarantined"] else "",
        "linked": words.percent(row["linked"], row["records"]) if row["status"] == "current" else "–",
        "links": f"{row['linked']:,} of {row['records']:,}"
        if row["status"] == "current" and row["records"]
        else "",
        "verdict": words.verdict(row),
    }


def _replaced(receipts: pl.DataFrame) -> str:
    """Which submissions were replaced by later ones."""
    old = receipts.filter(pl.col("status") == "superseded")
    if old.is_empty():
        return "No submission was replaced by a later one."
    each = old.group_by("return", "year", "term", maintain_order=True).len("times").to_dicts()
    parts = [f"{row['times']} of {words.return_and_year(row)}" for row in each]
    return f"Earlier submissions replaced by later ones: {words.listed(parts)}. They are kept and not used."


# What was found


def _groups(report: Report) -> Iterator[dict[str, Any]]:
    for severity in SEVERITIES:
        of_severity = report.rules.filter(pl.col("severity") == severity)
        rules = of_severity.filter(pl.sum_horizontal("n", "explained", "waived") > 0)
        if not rules.is_empty():
            yield _group(severity, rules, report)


def _group(severity: str, rules: pl.DataFrame, report: Report) -> dict[str, Any]:
    """A rule that fails in several years is one row: its latest year, the years before in small."""
    latest = rules.sort("year", "n", descending=True, maintain_order=True)
    shown = latest.unique(["return", "rule"], keep="first", maintain_order=True)
    years = {
        (ret, rule): rows.to_dicts()[1:]
        for (ret, rule), rows in latest.partition_by("return", "rule", as_dict=True).items()
    }
    longest = max(1, *shown["n"].to_list())
    total = words.findings(int(rules["n"].sum()), severity)
    left = shown.height - RULES_SHOWN
    return {
        "id": severity,
        "heading": HEADINGS[severity],
        "about": words.ABOUT_SEVERITY[severity],
        "caption": f"{total} under {words.several(shown.height, 'rule')}, the latest year and the most frequent first",
        "rules": [
            _rule(row, longest, report, years[row["return"], row["rule"]])
            for row in shown.head(RULES_SHOWN).to_dicts()
        ],
        "more": f"{words.several(left, 'more rule')} with fewer findings: see the workbook."
        if left > 0
        else "",
    }


def _rule(row: Row, longest: int, report: Report, before: list[dict[str, Any]]) -> dict[str, str]:
    text = report.texts.of(row["return"], row["rule"])
    settled = [f"{row[name]:,} {name}" for name in ("explained", "waived") if row[name]]
    return {
        "code": row["rule"],
        "ret": words.short(row),
        "sentence": text.sentence,
        "fields": text.fields,
        "n": words.number(row["n"]),
        "settled": ", ".join(settled),
        "before": ", ".join(f"{one['year']}: {one['n']:,}" for one in before),
        "bar": f"{max(100 * row['n'] / longest, 0.5):.1f}",
        "children": words.number(row["children"]) if row["children"] else "–",
        "rate": words.number(row["per_1000"]),
        "england": "" if row["england"] is None else words.number(row["england"]),
        "since": _since(row) if report.has_previous else "–",
    }


def _since(row: Row) -> str:
    parts = [f"{row[status]:,} {status}" for status in ("new", "still", "fixed") if row[status]]
    return ", ".join(parts)


def _nothing_found(report: Report) -> str:
    checked, unchecked = report.checked, report.unchecked
    if not checked:
        return "Nothing was looked for: no rule has been checked."
    if unchecked:
        return (
            f"The {words.several(checked, 'rule')} that could be checked found nothing."
            f" {words.several(unchecked, 'rule')} could not be checked."
        )
    return f"All {words.several(checked, 'rule')} were checked and found nothing."


def _england_note(report: Report) -> str:
    if not report.has_england:
        return ""
    return (
        "England: the median of all authorities whose return is in use and where the rule was checked."
        " More findings than elsewhere may mean poorer recording, or a different way of working."
    )


# Since the last submission


def _compare(report: Report) -> dict[str, Any] | None:
    if not report.has_previous:
        return None
    n = {status: int(report.rules[status].sum()) for status in FILLS}
    total = sum(n.values())
    if not total:
        return None
    caption = f"{n['new']:,} new, {n['still']:,} still there, {n['fixed']:,} fixed since the last submission."
    return {"caption": caption, "parts": list(_parts(n, total))}


def _parts(n: Mapping[str, int], total: int) -> Iterator[dict[str, str]]:
    at = 0.0
    for status, fill in FILLS.items():
        width = 100 * n[status] / total
        said = "still there" if status == "still" else status
        yield {"x": f"{at:.2f}", "width": f"{width:.2f}", "fill": fill, "words": f"{n[status]:,} {said}"}
        at += width


def _no_compare(report: Report) -> str:
    if report.has_previous:
        return "Nothing was found now or before; what could not be checked is listed below."
    return "There is no earlier submission to compare with."


# What was not checked


def _checked_in_words(report: Report) -> str:
    made = counts.checks_made(report.coverage).sort("year", "return", descending=[True, False])
    if made.is_empty():
        return "No rule has been checked on any return of yours."
    return f"Checked: {'; '.join(_of_all(row) for row in made.to_dicts())}."


def _of_all(row: Row) -> str:
    every = words.several(row["checked"] + row["unchecked"], "rule")
    return f"{words.short(row)}: {row['checked']:,} of {every}"


def _unchecked(report: Report) -> dict[str, Any]:
    """Rules that were not checked, together where the reason is the same."""
    grouped = (
        counts.not_checked(report.coverage)
        .group_by("return", "year", "reason")
        .agg(pl.col("rule").sort(), n=pl.len())
        .sort("year", "return", "n", "reason", descending=[True, False, True, False])
    )
    left = grouped.height - REASONS_SHOWN
    return {
        "unchecked": [_reason(row) for row in grouped.head(REASONS_SHOWN).to_dicts()],
        "unchecked_more": f"{words.several(left, 'more reason')}: see the workbook." if left > 0 else "",
    }


def _reason(row: Row) -> dict[str, str]:
    shown = ", ".join(row["rule"][:CODES_SHOWN])
    more = f" and {row['n'] - CODES_SHOWN:,} more, in the workbook" if row["n"] > CODES_SHOWN else ""
    reason = row["reason"][0].upper() + row["reason"][1:]
    return {"ret": words.short(row), "reason": reason, "n": f"{row['n']:,}", "rules": shown + more}
