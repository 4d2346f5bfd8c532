"""One authority: every published figure of its children, beside its statistical neighbours, its region and England.

A director of children's services reads one page about their own place rather than a hundred pages with a line about it
in each. Nothing new is published by it: the figures are those of the published files, and what stands for the
neighbours is the median of the figures that are published of them. It is worked out from these alone and never
from the marts, so that a hidden figure is in no median. The marts tell of all ten neighbours together as if they were
one place, which would give away what is hidden of one of them; that figure is not published.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
from markupsafe import Markup, escape

from assets.pages import charts
from assets.pages.material import Material, number, symbol, unit_in_words
from assets.pages.sheet import ENGLAND, Place, Sheet
from schemas.authorities import neighbours
from schemas.dashboard import OUTCOMES, Theme
from schemas.indicators import BETTER

FEWEST_NEIGHBOURS = 5
"""With figures of fewer neighbours there is no median: it would be the figure of one or two of them."""


class Beside(NamedTuple):
    """What is published of an authority's neighbours: the median, and how many of them have a figure."""

    median: float | None
    n: int


Medians = Mapping[tuple[str, int, str], Beside]
"""By indicator, year and the authority whose neighbours they are."""


def medians(material: Material) -> Medians:
    """The median of the neighbours' published figures; neighbours that stand apart are not among them."""
    own = material.shown.filter(
        (pl.col("geographic_level") == "Local authority") & (pl.col("breakdown") == "Total"),
        pl.col("value").is_not_null() & ~pl.col("la_code").is_in(sorted(material.apart)),
    )
    found = (
        own.join(_scales(material), on="indicator_id")
        .join(neighbours(), left_on="la_code", right_on="neighbour_la_code", suffix="_whose")
        .group_by("indicator_id", "year", "la_code_whose", "times")
        .agg(_median(), pl.len().alias("n"))
    )
    columns = found.select("indicator_id", "year", "la_code_whose", "median", "n").iter_rows()
    return {
        (one, year, la): Beside(median if n >= FEWEST_NEIGHBOURS else None, n)
        for one, year, la, median, n in columns
    }


def _scales(material: Material) -> pl.DataFrame:
    """By how much a figure is multiplied to be a whole number."""
    rows = [(one.indicator_id, 10**one.publication.decimals) for one in material.indicators]
    return pl.DataFrame(rows, schema={"indicator_id": pl.String, "times": pl.Int64}, orient="row")


def _median() -> pl.Expr:
    """Of whole numbers, so that the middle of two is rounded half up and not as its binary fraction falls."""
    whole = (pl.col("value") * pl.col("times")).round()
    return ((whole.median() + 0.5).floor() / pl.col("times").first()).alias("median")


def content(
    code: str, ordered: Sequence[Theme], sheets: Mapping[str, Sheet], told: Medians
) -> dict[str, Any]:
    """Everything that the page of an authority says, indicators in the dashboard's order."""
    material = next(iter(sheets.values())).material
    name, region = material.authorities[code]
    has = {key for key, sheet in sheets.items() if any((_own(code), y) in sheet.totals for y in sheet.years)}
    lines = {key: _line(sheets[key], code, _region(material, region), told) for key in has}
    return {
        "name": name,
        "region": region,
        "is_apart": code in material.apart,
        "neighbours": _neighbours(code, material),
        "fewest_neighbours": FEWEST_NEIGHBOURS,
        "n": len(lines),
        "n_known": sum(line["is_known"] for line in lines.values()),
        "outcomes": _by_outcome(ordered, lines),
        "left_out": [one for theme in ordered for one in theme.indicators if one.indicator_id not in has],
    }


def _own(code: str) -> Place:
    return "Local authority", code


def _region(material: Material, name: str) -> Place:
    return "Regional", next((code for code, known in material.regions.items() if known == name), "")


@functools.cache
def neighbours_of() -> Mapping[str, list[str]]:
    """The codes of each authority's neighbours, most alike first."""
    ranked = neighbours().sort("la_code", "rank").group_by("la_code", maintain_order=True)
    return dict(ranked.agg("neighbour_la_code").iter_rows())


def _neighbours(code: str, material: Material) -> list[tuple[str, str]]:
    """Code and name of those whose figures the medians are made from, most alike first."""
    listed = neighbours_of().get(code, [])
    here = [la for la in listed if la in material.authorities and la not in material.apart]
    return [(la, material.authorities[la][0]) for la in here]


def _by_outcome(ordered: Sequence[Theme], lines: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Outcomes with their themes, and of each theme the lines of those indicators that there are."""
    found: dict[str, dict[str, Any]] = {}
    for theme in ordered:
        own = [lines[one.indicator_id] for one in theme.indicators if one.indicator_id in lines]
        if own:
            told = found.setdefault(theme.outcome, {"title": OUTCOMES[theme.outcome], "themes": {}})
            told["themes"][theme.theme] = own
    return found


def _line(sheet: Sheet, code: str, region: Place, told: Medians) -> dict[str, Any]:
    """An indicator: for every year the authority, its neighbours, its region and England; and the same drawn."""
    one, own = sheet.indicator, sheet.line(_own(code))
    near = [told.get((one.indicator_id, year, code), Beside(None, 0)) for year in sheet.years]
    beside = [f"{number(it.median, sheet.decimals) or '–'} ({it.n})" for it in near]
    (regional, above), (national, england) = sheet.above.get(region, _blank(sheet)), sheet.above[ENGLAND]
    others = {"above": above, "near": [it.median for it in near], "all": england}
    return {
        "indicator": one,
        "unit": unit_in_words(one),
        "better": BETTER[one.better],
        "n_rows": len(sheet.years),
        "rows": _rows(sheet.heads, sheet.cells(_own(code)), beside, regional, national),
        "is_known": own[-1] is not None,
        # Where the authority has no figure there is no picture: the others are drawn on the indicator's page.
        "trend": charts.small(own, others) if any(value is not None for value in own) else "",
    }


def _rows(heads: Sequence[str], *columns: Sequence[str]) -> Markup:
    """The rows of the table. A template would take longer over the 50,000 of all authorities than all else together."""
    between = Markup('</td><td class="n">')
    rows = (
        f'<tr><th scope="row">{escape(head)}</th><td class="n">{between.join(map(symbol, texts))}</td></tr>'
        for head, *texts in zip(heads, *columns, strict=True)
    )
    return Markup("\n".join(rows))  # noqa: S704


def _blank(sheet: Sheet) -> tuple[list[str], list[float | None]]:
    """Of an authority that is of no region."""
    return [""] * len(sheet.years), [None] * len(sheet.years)
