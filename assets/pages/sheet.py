"""The published figures of one indicator, laid out as people ask for them: a place, over the years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from assets.pages.material import Material, Row, cell, period
from schemas.indicators import Indicator

Place = tuple[str, str]
"""Geographic level and code."""
ENGLAND: Place = ("National", "")


@dataclass(frozen=True)
class Sheet:
    """The figures of one indicator, laid out by place and year."""

    indicator: Indicator
    material: Material

    @property
    def decimals(self) -> int:
        return self.indicator.publication.decimals

    @cached_property
    def totals(self) -> Mapping[tuple[Place, int], Row]:
        rows = self.material.rows[self.indicator.indicator_id]
        return {(place_of(row), row["year"]): row for row in rows if row["breakdown"] == "Total"}

    @cached_property
    def years(self) -> list[int]:
        return sorted({year for _, year in self.totals})

    @cached_property
    def heads(self) -> list[str]:
        """The years as the indicator counts them."""
        of_england = [(self.totals.get((ENGLAND, year)), year) for year in self.years]
        return [period(row["time_identifier"] if row else "Reporting year", year) for row, year in of_england]

    @property
    def newest(self) -> Row | None:
        return self.totals.get((ENGLAND, self.years[-1]))

    def line(self, place: Place) -> list[float | None]:
        found = [self.totals.get((place, year)) for year in self.years]
        return [row["value"] if row else None for row in found]

    def cells(self, place: Place, source: str = "value") -> list[str]:
        decimals = self.decimals if source == "value" else 0
        return [cell(self.totals.get((place, year)), decimals, source) for year in self.years]

    @cached_property
    def above(self) -> Mapping[Place, tuple[list[str], list[float | None]]]:
        """England and the regions: what is shown of them, and their lines; every authority's page has some of them."""
        regions: list[Place] = [("Regional", code) for code in self.material.regions]
        return {place: (self.cells(place), self.line(place)) for place in (ENGLAND, *regions)}


def place_of(row: Row) -> Place:
    level = row["geographic_level"]
    code = {"National": "", "Regional": row["region_code"]}.get(level, row["la_code"])
    return level, str(code or "")
