"""One indicator: what it means, how England has moved, how regions, authorities and groups differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from assets.pages import charts, funnel
from assets.pages.material import Row, cell, number, unit_in_words
from assets.pages.sheet import ENGLAND, Place, Sheet
from assets.pages.tiles import FIFTHS, Tile, fifths, tiles
from schemas.indicators import BETTER, BREAKDOWNS, Indicator

LEAST_DRAWN = 3
"""A ranking of fewer authorities than this is no picture."""


def content(sheet: Sheet) -> dict[str, Any]:
    """Everything that the page of an indicator says."""
    return {
        "indicator": sheet.indicator,
        "unit": unit_in_words(sheet.indicator),
        "better": BETTER[sheet.indicator.better],
        "heads": sheet.heads,
        "figures": list(_figures(sheet)),
        "trend": _trend(sheet),
        "strengths": _strengths(sheet),
        "places": [{"name": name, "cells": sheet.cells(place)} for place, name in _above(sheet).items()],
        "counts": {
            "Counted": sheet.cells(ENGLAND, "numerator"),
            "Out of": sheet.cells(ENGLAND, "denominator"),
        },
        "files": sheet.material.files[sheet.indicator.indicator_id],
        "newest": sheet.newest,
        "linked": _linked(sheet),
        "missing": _missing(sheet),
        "restated": _restated(sheet),
        **_authorities(sheet),
        "groups": list(_groups(sheet)),
    }


def _above(sheet: Sheet) -> dict[Place, str]:
    return {ENGLAND: "England"} | {("Regional", code): name for code, name in sheet.material.regions.items()}


# England at a glance


def _figures(sheet: Sheet) -> Iterator[dict[str, str]]:
    """The strip of figures: the newest, the change, the regions' range."""
    decimals, line, year = sheet.decimals, sheet.line(ENGLAND), sheet.years[-1]
    yield {
        "name": f"England, {sheet.heads[-1]}",
        "value": sheet.cells(ENGLAND)[-1],
        "about": unit_in_words(sheet.indicator),
    }
    if len(line) > 1 and line[-1] is not None and line[-2] is not None:
        change = f"{line[-1] - line[-2]:+,.{decimals}f}".replace("-", "−")
        yield {"name": f"Since {sheet.heads[-2]}", "value": change, "about": BETTER[sheet.indicator.better]}
    of_year = [row for (place, when), row in sheet.totals.items() if place[0] == "Regional" and when == year]
    known = [row["value"] for row in of_year if row["value"] is not None]
    if known:
        ends = f"{number(min(known), decimals)} to {number(max(known), decimals)}"
        yield {"name": "Regions", "value": ends, "about": "lowest and highest"}


def _trend(sheet: Sheet) -> Markup | str:
    lines = [sheet.line(place) for place in _above(sheet)]
    if all(value is None for line in lines for value in line):
        return ""
    told = ", ".join(f"{head}: {text}" for head, text in zip(sheet.heads, sheet.cells(ENGLAND), strict=True))
    about = f"England: {told}. The thin lines are the regions; the table below has their figures.{_bounds_told(sheet)}"
    title = f"{sheet.indicator.title}: England and regions"
    return charts.trend(title, about, sheet.heads, lines, sheet.cells(ENGLAND), _bounds(sheet))


# How far England's figure rests on links between returns


def _bounds(sheet: Sheet) -> list[charts.Bounds | None]:
    """England's figure with only the surest links and with less sure ones as well, of years in which both are published."""
    return [_ends(sheet.totals.get((ENGLAND, year))) for year in sheet.years]


def _ends(row: Row | None) -> charts.Bounds | None:
    if row is None or None in (row["value"], row["value_strict"], row["value_loose"]):
        return None
    return row["value_strict"], row["value_loose"]


def _bounds_told(sheet: Sheet) -> str:
    """What the whiskers are."""
    told = ", ".join(
        f"{head}: {number(ends[0], sheet.decimals)} and {number(ends[1], sheet.decimals)}"
        for head, ends in zip(sheet.heads, _bounds(sheet), strict=True)
        if ends
    )
    said = (
        "The whiskers go from England's figure with only the surest links to that with less sure ones as well"
    )
    return f" {said}: {told}." if told else ""


def _strengths(sheet: Sheet) -> dict[str, list[str]]:
    """The table beside the whiskers; nothing where there is none."""
    columns = {
        "Only the surest links": "value_strict", "As published": "value", "Less sure links as well": "value_loose",
    }  # fmt: skip
    rows = [sheet.totals.get((ENGLAND, year)) for year in sheet.years]
    told = {name: [cell(row, sheet.decimals, column) for row in rows] for name, column in columns.items()}
    return told if any(_bounds(sheet)) else {}


def pupils_found(one: Indicator, share: str) -> str:
    """What was looked for in pupils' records, and of how many it was found."""
    if one.needs_census:
        return f"a school record was found for {share} of England's children of school age in the group"
    return f"results were found for {share} of England's children in the group who were of the age for them"


def _linked(sheet: Sheet) -> str:
    """How far the newest figure rests on links between returns."""
    row = sheet.newest
    if row is None or row["link_rate"] is None:
        return ""
    said = f"In {sheet.heads[-1]} " + pupils_found(sheet.indicator, f"{100 * row['link_rate']:.1f} per cent")
    if row["value_strict"] is None or row["value_loose"] is None:
        return f"{said}."
    strict, loose = (number(row[name], sheet.decimals) for name in ("value_strict", "value_loose"))
    return f"{said}; with only the surest links England's figure is {strict}, with less sure ones as well {loose}."


def _missing(sheet: Sheet) -> str:
    """In which years England's figure is that of some authorities only, and how many are not in it."""
    told = [
        f"{row['missing_la_count']} in {head}"
        for head, year in zip(sheet.heads, sheet.years, strict=True)
        if (row := sheet.totals.get((ENGLAND, year))) and row["value"] is not None and row["missing_la_count"]
    ]
    return (
        f"Authorities whose return is missing and who are not in England's figure: {', '.join(told)}."
        if told
        else ""
    )


def _restated(sheet: Sheet) -> str:
    """Which of England's figures are others than in the publication before this one."""
    earlier = sheet.material.earlier
    if earlier is None:
        return ""
    was = [earlier.of_england.get((sheet.indicator.indicator_id, year)) for year in sheet.years]
    if not any(was):
        return f"Not in release {earlier.release}, the publication before this one."
    then = [cell(row, sheet.decimals) if row else "" for row in was]
    told = [
        f"{head} was {before}"
        for head, before, now in zip(sheet.heads, then, sheet.cells(ENGLAND), strict=True)
        if before not in ("", now)
    ]
    method = any(row and row["indicator_version"] != sheet.indicator.version for row in was)
    one = sheet.indicator
    since = f": since version {one.version} {one.changed}" if one.changed else ""
    why = f" It was counted in another way then{since}." if method else ""
    beside = f"England's figures beside release {earlier.release}, the publication before this one: "
    return f"{beside}{', '.join(told) or 'none has changed'}.{why}"


# Authorities


def _authorities(sheet: Sheet) -> dict[str, Any]:
    """Every authority, highest first, those without a figure last; nothing where none may be shown."""
    codes = {
        code for (level, code), year in sheet.totals if level == "Local authority" and year == sheet.years[-1]
    }
    rows = [_authority(sheet, code) for code in codes]
    rows.sort(key=lambda row: (row["value"] is None, -(row["value"] or 0), row["name"], row["la"]))
    known = sorted(row["value"] for row in rows if row["value"] is not None)
    top = charts.most(known)
    for row in rows:
        row["bar"] = bar(row["value"], top)
    return {
        "authorities": rows,
        "map": _map(sheet, rows, known) if len(known) >= FIFTHS else "",
        **_funnel_or_ranking(sheet, rows, known),
    }


def _funnel_or_ranking(sheet: Sheet, rows: list[dict[str, Any]], known: list[float]) -> dict[str, Any]:
    """A funnel tells more than a ranking, where there can be one; the table ranks them anyway."""
    names, shown = ({row["la"]: row[told] for row in rows} for told in ("name", "now"))
    beside, top = funnel.content(sheet, names, shown), charts.most(known)
    is_ranked = len(known) >= LEAST_DRAWN and not beside["funnel"]
    about = _about_authorities(sheet, rows, len(known))
    if beyond := sum(value > top for value in known):
        drawn = "The chart and the bars" if is_ranked else "The bars"
        about += f" {drawn} end at {number(top, sheet.decimals)}; beyond it: {beyond}."
    ranking = _ranking(sheet, about, known) if is_ranked else ""
    return {**beside, "about_authorities": about, "ranking": ranking}


def _authority(sheet: Sheet, code: str) -> dict[str, Any]:
    name, region = sheet.material.authority_names.get(code, (code, ""))
    place = ("Local authority", code)
    value = sheet.line(place)[-1]
    is_apart = code in sheet.material.apart
    cells = sheet.cells(place)
    page = f"authority/{code}.html" if code in sheet.material.authorities else ""
    return {
        "la": code, "page": page, "name": name, "region": region, "is_apart": is_apart, "value": value, "cells": cells,
        "now": cells[-1],
    }  # fmt: skip


def _about_authorities(sheet: Sheet, rows: list[dict[str, Any]], n: int) -> str:
    said = f"{n} of {len(rows)} authorities have a figure for {sheet.heads[-1]}"
    if n < LEAST_DRAWN:
        return f"{said}."
    highest, lowest = (f"{row['name']} ({row['cells'][-1]})" for row in (rows[0], rows[n - 1]))
    return f"{said}, from {lowest} to {highest}."


def _ranking(sheet: Sheet, about: str, known: list[float]) -> Markup:
    title = f"{sheet.indicator.title}: authorities, {sheet.heads[-1]}"
    return charts.ranked(title, about, known, sheet.line(ENGLAND)[-1], sheet.cells(ENGLAND)[-1])


def _map(sheet: Sheet, rows: list[dict[str, Any]], known: list[float]) -> Markup:
    """A tile for every authority that counts in England's figure; the others are named in the table."""
    title = f"{sheet.indicator.title}: authorities by region, {sheet.heads[-1]}"
    ends = ", ".join(number(value, sheet.decimals) for value in fifths(known))
    about = (
        f"Authorities in fifths, 1 the lowest and 5 the highest; the first to the fourth end at {ends}. "
        "A tile without a figure bears its symbol. The table below has the figures."
    )
    shown = [
        Tile(row["name"], row["region"], row["value"], row["cells"][-1], row["page"])
        for row in rows
        if not row["is_apart"]
    ]
    return tiles(title, about, shown)


def bar(value: float | None, top: float) -> str:
    """The length of a bar in hundredths of the longest; none where there is no value."""
    return "" if value is None or top <= 0 else f"{min(100 * value / top, 100):.0f}"


# Groups of children


def _groups(sheet: Sheet) -> Iterator[dict[str, Any]]:
    """England by sex, age, ethnicity: each group's value, or its count and share where there is no rate."""
    rows = sheet.material.rows[sheet.indicator.indicator_id]
    for way in (BREAKDOWNS[name] for name in sheet.indicator.by):
        own = [row for row in rows if row["geographic_level"] == "National" and row["breakdown"] == way.title]
        found = {(row["category"], row["year"]): row for row in own}
        if not found:
            continue
        source = "value" if any(row["value"] is not None for row in found.values()) else "numerator"
        newest = [row[source] or 0 for (_, year), row in found.items() if year == sheet.years[-1]]
        yield {
            "title": way.title,
            "is_count": source == "numerator",
            "rows": [
                _group(sheet, name, found, source, max(newest, default=0)) for name in way.categories.values()
            ],
        }


def _group(
    sheet: Sheet, name: str, found: Mapping[tuple[str, int], Row], source: str, top: float
) -> dict[str, Any]:
    newest = found.get((name, sheet.years[-1]))
    value = newest[source] if newest else None
    every = sheet.newest["numerator"] if sheet.newest else None
    decimals = sheet.decimals if source == "value" else 0
    return {
        "name": name,
        "cells": [cell(found.get((name, year)), decimals, source) for year in sheet.years],
        "share": f"{100 * value / every:.0f}%" if source == "numerator" and value and every else "",
        "bar": bar(value, top),
    }
