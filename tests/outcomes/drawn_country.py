"""A whole England drawn for disclosure control: every authority of 2025, counts as wanted, sums as they fall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from schemas.authorities import in_year
from schemas.indicators import named
from schemas.marts import MARTS
from schemas.table import polars_schema

SCHEMA = polars_schema(MARTS["outcomes.indicator"], provenance=False)
Counts = Mapping[str, tuple[int, int]]
"""Numerator and denominator by authority."""
NORTH_EAST = "E12000001"


def authorities_of(region: str = NORTH_EAST) -> list[str]:
    return in_year(2025).filter(pl.col("region_code") == region)["la_code"].to_list()


def everywhere(numerator: int, denominator: int) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(in_year(2025)["la_code"], (numerator, denominator))


def figures(counts: Mapping[str, Counts], groups: Mapping[str, Sequence[int]] | None = None) -> pl.DataFrame:
    """Rows of `outcomes.indicator` from the authorities' counts; `groups` are England's numerators by sex."""
    rows = [row for indicator, by_la in counts.items() for row in _rows(indicator, by_la)]
    for indicator, numerators in (groups or {}).items():
        for category, numerator in zip(("Male", "Female", "Unknown"), numerators, strict=True):
            rows.append(_row(indicator, (numerator, 0), breakdown="Sex", category=category))
    return pl.DataFrame(rows, schema=SCHEMA)


def _rows(indicator: str, by_la: Counts) -> list[dict[str, Any]]:
    regions = dict(in_year(2025).select("la_code", "region_code").iter_rows())
    levels = {"Local authority": {la: (la, r) for la, r in regions.items()}}
    levels["Regional"] = {r: (None, r) for r in sorted(set(regions.values()))}
    rows = []
    for la, region in regions.items():
        rows.append(_row(indicator, by_la[la], "Local authority", la_code=la, region_code=region))
    for region in sorted(set(regions.values())):
        own = [by_la[la] for la, r in regions.items() if r == region]
        rows.append(_row(indicator, _sum(own), "Regional", region_code=region))
    return [*rows, _row(indicator, _sum(list(by_la.values())))]


def _sum(counts: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(n for n, _ in counts), sum(d for _, d in counts)


def _row(indicator: str, counts: tuple[int, int], level: str = "National", **more: Any) -> dict[str, Any]:
    one, (n, d) = named(indicator), counts
    value = round(float(one.multiplier * n / d), 6) if d else None
    return {
        **dict.fromkeys(SCHEMA), "indicator_id": indicator, "indicator_version": one.version, "year": 2025,
        "time_identifier": "Academic year" if one.links else "Reporting year", "geographic_level": level,
        "breakdown": "Total", "category": "Total", "numerator": n, "denominator": d or None, "value": value,
        "value_symbol": None if d else "x", "why_no_value": None if d else "no population", "unit": one.unit,
        "missing_la_count": 0, "imputed_la_count": 0, **more,
    }  # fmt: skip


def populations() -> pl.DataFrame:
    return in_year(2025).select("la_code", year=pl.lit(2025), population=pl.lit(1000))


def planted() -> pl.DataFrame:
    """Three children in foster care in one authority and six in another, none anywhere else.

    The region's 9 of 100 are 9 per cent, which no other whole number is: whoever sees all its other
    authorities knows of the three.
    """
    other, _, _, hidden, *_ = authorities_of()
    foster = everywhere(0, 8) | {hidden: (3, 8), other: (6, 12)}
    return figures({"place_foster": foster, "place_homes": everywhere(0, 8) | {other: (0, 12)}})
