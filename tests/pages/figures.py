"""Published figures for tests of the pages: every indicator, invented numbers, every symbol. No marts are needed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from assets.pages import Material
from schemas.authorities import in_year
from schemas.indicators import BREAKDOWNS, Indicator, indicators
from schemas.marts import MARTS
from schemas.table import polars_schema

SCHEMA = polars_schema(MARTS["outcomes.indicator"], provenance=False)
SYMBOLS = (None,) * 12 + ("c", "x", "z", "low")
YEARS = (2023, 2024, 2025)
REGIONS = dict(in_year(2025).select("region_code", "region_name").unique().sort("region_code").iter_rows())


def row(indicator: Indicator, year: int, level: str, **more: Any) -> dict[str, Any]:
    """One row; with `symbol` there is no figure."""
    symbol = more.pop("symbol", None)
    seen = {"numerator": 120, "denominator": 1000, "value": 12.0} | more
    blank = dict.fromkeys(("numerator", "denominator", "value")) if symbol else {}
    return {
        **dict.fromkeys(SCHEMA), "indicator_id": indicator.indicator_id, "indicator_version": indicator.version,
        "year": year, "time_identifier": "Academic year" if indicator.clock == "school" else "Reporting year",
        "geographic_level": level, "breakdown": "Total", "category": "Total", "unit": indicator.unit,
        "missing_la_count": 0, "imputed_la_count": 0, "value_symbol": symbol, **seen, **blank,
    }  # fmt: skip


def rows_of(one: Indicator, years: Sequence[int], drawn: random.Random) -> Iterator[dict[str, Any]]:
    """England, regions, authorities and England's groups of one indicator."""

    def figure() -> dict[str, Any]:
        numerator = drawn.randrange(0, 5000) * 10
        value = round(drawn.uniform(1, 90), one.publication.decimals)
        return {
            "numerator": numerator,
            "denominator": 100_000,
            "value": value,
            "symbol": drawn.choice(SYMBOLS),
        }

    for year in years:
        yield row(one, year, "National", **figure() | {"symbol": None})
        for code in REGIONS:
            yield row(one, year, "Regional", region_code=code, **figure())
        for code, region in in_year(year).select("la_code", "region_code").iter_rows():
            yield row(one, year, "Local authority", la_code=code, region_code=region, **figure())
        for way in (BREAKDOWNS[name] for name in one.by):
            for category in way.categories.values():
                group = {"breakdown": way.title, "category": category}
                yield row(one, year, "National", **figure() | group)


def everything(years: Sequence[int] = YEARS, seed: int = 1) -> pl.DataFrame:
    """All indicators of the registry."""
    drawn = random.Random(seed)
    rows = [one_row for one in indicators().values() for one_row in rows_of(one, years, drawn)]
    return pl.DataFrame(rows, schema=SCHEMA)


def above_authorities(shown: pl.DataFrame) -> pl.DataFrame:
    """What a release of real children may show."""
    in_total = pl.col("breakdown") == "Total"
    return shown.filter((pl.col("geographic_level") != "Local authority") & in_total)


COVERAGE = pl.DataFrame(
    [
        {"return_name": "cin", "year": 2025, "geographic_level": "National", "region_code": None, "la_code": None,
         "expected_la_count": 153, "missing_la_count": 2, "fed_la_count": 0},
        {"return_name": "cin", "year": 2025, "geographic_level": "Regional", "region_code": "E12000001", "la_code": None,
         "expected_la_count": 12, "missing_la_count": 1, "fed_la_count": 0},
    ]
)  # fmt: skip


def material(shown: pl.DataFrame, **more: Any) -> Material:
    usual: dict[str, Any] = {"made_up": "wholly", "scale": 0.01, "apart": frozenset({"383"})}
    return Material(shown, COVERAGE, REGIONS, "r-0123456789ab", **usual | more)
