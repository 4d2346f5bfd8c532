"""A pair of files as the publishing service gets them, and the lists that it holds them against."""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from schemas.authorities import authorities

Check = Callable[["Sent"], Iterator[str]]
"""Says what is wrong, one complaint at a time; nothing when all is well."""

TIME = ("time_period", "time_identifier")
ALWAYS = (*TIME, "geographic_level", "country_code", "country_name")
"""Columns that every data file has."""
META = (
    "col_name", "col_type", "label", "indicator_grouping", "indicator_unit", "indicator_dp", "filter_hint",
    "filter_grouping_column",
)  # fmt: skip
META_TOO = ("filter_default", "parent_filter")
"""Columns that a description may have besides."""

LEVELS: dict[str, tuple[str, ...]] = {
    "National": ("country_code", "country_name"),
    "Regional": ("region_code", "region_name"),
    "Local authority": ("old_la_code", "new_la_code", "la_name"),
    "Local authority district": ("lad_code", "lad_name"),
    "RSC region": ("rsc_region_lead_name",),
    "Parliamentary constituency": ("pcon_code", "pcon_name"),
    "Local skills improvement plan area": ("lsip_code", "lsip_name"),
    "Local enterprise partnership": ("local_enterprise_partnership_code", "local_enterprise_partnership_name"),
    "English devolved area": ("english_devolved_area_code", "english_devolved_area_name"),
    "Opportunity area": ("opportunity_area_code", "opportunity_area_name"),
    "Ward": ("ward_code", "ward_name"),
    "MAT": ("trust_id", "trust_name"),
    "Sponsor": ("sponsor_id", "sponsor_name"),
    "School": ("school_urn", "school_laestab", "school_name"),
    "Provider": ("provider_ukprn", "provider_name"),
    "Institution": ("institution_id", "institution_name"),
    "Planning area": ("planning_area_code", "planning_area_name"),
    "Police force area": ("pfa_code", "pfa_name"),
}  # fmt: skip
"""The levels that the service knows, each with the columns that name a place of it, codes first."""
PLACES = tuple(column for columns in LEVELS.values() for column in columns)
NO_PLACE = ("x", "Not available")
"""Code and name of a place that is not known."""

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
TERMS = ("Autumn term", "Spring term", "Summer term")
QUARTERS = tuple(f"Financial year Q{n}" for n in range(1, 5))
HALVES = ("Part 1 (April to September)", "Part 2 (October to March)")
MIXABLE: tuple[tuple[int, tuple[str, ...]], ...] = (
    (4, ("Calendar year",)), (4, ("Reporting year",)), (6, ("Academic year",)), (6, ("Financial year",)),
    (6, QUARTERS), (6, HALVES), (6, ("Tax year",)), (6, TERMS), (6, ("Autumn and spring term",)),
    (4, MONTHS), (4, tuple(f"Week {n}" for n in range(1, 53))),
)  # fmt: skip
"""Time identifiers that may stand in one file together, and how many digits their periods have."""
DIGITS = {name: digits for digits, names in MIXABLE for name in names}
GROUP = {name: at for at, (_, names) in enumerate(MIXABLE) for name in names}


@dataclass(frozen=True)
class Sent:
    """A data file and its description."""

    name: str
    header: list[str]
    rows: list[dict[str, str]]
    meta_name: str
    meta_header: list[str]
    meta: list[dict[str, str]]

    def of_type(self, kind: str) -> list[dict[str, str]]:
        """The descriptions of filters or of indicators."""
        return [row for row in self.meta if row.get("col_type") == kind]

    def named(self, kind: str) -> list[str]:
        """The columns that are filters or indicators and are there."""
        return [row["col_name"] for row in self.of_type(kind) if row["col_name"] in self.header]

    def groupings(self) -> list[str]:
        """The columns that group the items of filters and are there."""
        found = [row.get("filter_grouping_column") or "" for row in self.of_type("Filter")]
        return [name for name in found if name in self.header]

    def values(self, column: str) -> set[str]:
        return {row.get(column) or "" for row in self.rows}

    def own(self) -> list[str]:
        """The data columns that a description must describe."""
        return [c for c in self.header if c not in ALWAYS and c not in PLACES and c not in self.groupings()]


def read(path: Path) -> Sent:
    """A data file with the description beside it, which must be there."""
    meta = meta_beside(path)
    return Sent(path.name, *_read(path), meta.name, *_read(meta))


def meta_beside(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".csv") + ".meta.csv")


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


@functools.cache
def known_places() -> dict[str, frozenset[tuple[str, ...]]]:
    """By level, the codes and names that belong together: regions and authorities, whenever they were."""
    frame = authorities()
    regions = frame.select("region_code", "region_name").drop_nulls().unique().rows()
    own = frame.select("la_code", "new_la_code", "la_name").unique().rows()
    country = ("E92000001", "England")
    return {"National": frozenset({country}), "Regional": frozenset(regions), "Local authority": frozenset(own)}  # fmt: skip
