"""Writing the pages: the index, one per indicator and per authority, and ours beside the published."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from assets.pages import authority, charts, comparison
from assets.pages.indicator import content
from assets.pages.material import SYMBOLS, Material, symbol
from assets.pages.sheet import ENGLAND, Sheet
from schemas.dashboard import OUTCOMES, Theme, themes
from schemas.indicators import Indicator
from schemas.policies import policies
from schemas.returns import RETURNS

FOLDER = Path(__file__).parent / "templates"
HOUSE_STYLE = Path(__file__).parents[2] / "quality" / "report" / "templates"


@functools.cache
def environment() -> jinja2.Environment:
    """Templates of these pages, and the style that all pages of the house share."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([FOLDER, HOUSE_STYLE]), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["symbol"] = symbol
    return made


def write_pages(folder: Path, material: Material) -> None:
    """Write `index.html`, `<indicator_id>.html` each, `authority/<code>.html` each, `comparison.html` and its CSV."""
    folder.mkdir(parents=True, mode=0o700)
    ordered = themes(material.indicators)
    common = _common(material)
    sheets = {one.indicator_id: Sheet(one, material) for theme in ordered for one in theme.indicators}
    _write(folder / "index.html", "index.html", common | _index(material, ordered, sheets))
    for before, (indicator_id, sheet), after in _in_turn(sheets):
        around = {"before": before, "after": after}
        _write(folder / f"{indicator_id}.html", "indicator.html", common | content(sheet) | around)
    write_authorities(folder / "authority", common, ordered, sheets)
    compared = comparison.content(material)
    (folder / "comparison.csv").write_text(compared.pop("csv"), encoding="utf-8", newline="")
    _write(folder / "comparison.html", "comparison.html", common | compared)


def write_authorities(
    folder: Path, common: dict[str, Any], ordered: Sequence[Theme], sheets: Mapping[str, Sheet]
) -> None:
    """A page for each authority that has figures of its own; nothing where none may be shown."""
    material = next(iter(sheets.values())).material
    if not material.authorities:
        return
    folder.mkdir(mode=0o700)
    told = authority.medians(material)
    for code in material.authorities:
        _write(
            folder / f"{code}.html", "authority.html", common | authority.content(code, ordered, sheets, told)
        )


def _write(path: Path, template: str, told: Mapping[str, Any]) -> None:
    path.write_text(environment().get_template(template).render(told), encoding="utf-8", newline="")


def _common(material: Material) -> dict[str, Any]:
    return {
        "release": material.release,
        "made_up": material.made_up,
        "has_authorities": material.has_authorities,
        "sent_by": f"{material.sent_by.day} {material.sent_by:%B %Y}" if material.sent_by else "",
        "symbols": SYMBOLS,
        "fewest": max(policy.fewest for policy in policies().values()),
        "round_to": max(policy.round_to["National"] for policy in policies().values()),
        "most": round(100 * max(policy.most_of_a_place for policy in policies().values())),
    }


def _in_turn(
    sheets: Mapping[str, Sheet],
) -> list[tuple[Indicator | None, tuple[str, Sheet], Indicator | None]]:
    """Each sheet with the indicator before and the one after it."""
    members = [sheet.indicator for sheet in sheets.values()]
    return list(zip([None, *members[:-1]], sheets.items(), [*members[1:], None], strict=True))


def _index(material: Material, ordered: list[Theme], sheets: Mapping[str, Sheet]) -> dict[str, Any]:
    missing = material.coverage.filter(pl.col("geographic_level") == "National").sort("return_name", "year")
    years = sorted({year for sheet in sheets.values() for year in sheet.years})
    return {
        "outcomes": {
            outcome: {
                "title": OUTCOMES.get(outcome, ""),
                "themes": {
                    theme.theme: [_line(sheets[one.indicator_id], years) for one in theme.indicators]
                    for theme in ordered
                    if theme.outcome == outcome
                },
            }
            for outcome in dict.fromkeys(theme.outcome for theme in ordered)
        },
        "years": years,
        "coverage": [row | {"title": RETURNS[row["return_name"]].title} for row in missing.to_dicts()],
        "is_fed": bool(missing["fed_la_count"].sum()),
        "n_apart": len(material.apart),
        "places": _places(material),
        "files": _files(material),
        "n": len(sheets),
    }


def _places(material: Material) -> dict[str, list[dict[str, Any]]]:
    """The authorities of each region, each with the year in which it ended, if it did."""
    found: dict[str, list[dict[str, Any]]] = {}
    for code, (name, region) in material.authorities.items():
        until = material.ended.get(code)
        found.setdefault(region, []).append({"code": code, "name": name, "until": until})
    return found


def _files(material: Material) -> dict[str, list[Indicator]]:
    """Each file for the publishing service, with the indicators that it holds."""
    found: dict[str, list[Indicator]] = {}
    for one in material.indicators:
        for name in material.files[one.indicator_id]:
            found.setdefault(name, []).append(one)
    return dict(sorted(found.items()))


def _line(sheet: Sheet, years: list[int]) -> dict[str, Any]:
    """An indicator on the index: England over the years."""
    cells = dict(zip(sheet.years, sheet.cells(ENGLAND), strict=True))
    values = dict(zip(sheet.years, sheet.line(ENGLAND), strict=True))
    return {
        "indicator": sheet.indicator,
        "cells": [cells.get(year, "x") for year in years],
        "spark": charts.spark([values.get(year) for year in years]),
    }
