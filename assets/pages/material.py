"""What the pages are made from: the figures as published, and what has to be said beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

import polars as pl
from markupsafe import Markup

from assets.ees import file_names
from schemas.authorities import authorities
from schemas.indicators import Indicator, indicators

MadeUp = Literal["wholly", "partly", "no"]
Row = Mapping[str, Any]

SYMBOLS = {
    "c": "hidden, because it rests on few children",
    "x": "not available: a return that it needs is missing, it was not collected, or there is nothing to divide by",
    "z": "not applicable: there is nobody of whom it could be asked",
    "low": "more than nought, but rounds to nought",
}

EXPLAINED = {
    sign: Markup('<abbr title="{}">{}</abbr>').format(about, sign) for sign, about in SYMBOLS.items()
}


@dataclass(frozen=True)
class Earlier:
    """An earlier publication: its release, and what it showed, with the columns of `outcomes.indicator`."""

    release: str
    shown: pl.DataFrame

    @cached_property
    def of_england(self) -> Mapping[tuple[str, int], dict[str, Any]]:
        """England's figures in total by indicator and year."""
        own = self.shown.filter((pl.col("geographic_level") == "National") & (pl.col("breakdown") == "Total"))
        return {(row["indicator_id"], row["year"]): row for row in own.to_dicts()}


@dataclass(frozen=True)
class Material:
    """One publication. `shown` has the columns of `outcomes.indicator` and holds only what may be shown."""

    shown: pl.DataFrame
    coverage: pl.DataFrame
    regions: Mapping[str, str]
    release: str
    made_up: MadeUp
    scale: float = 1.0
    """What part of England's children a synthetic country has."""
    apart: frozenset[str] = frozenset()
    """Authorities with figures of their own that are left out of England and their region."""
    sent_by: date | None = None
    """The newest day on which a return behind these figures says that it was sent."""
    earlier: Earlier | None = None
    """The publication before this one, where there is one."""

    @cached_property
    def rows(self) -> Mapping[str, list[dict[str, Any]]]:
        """The rows of each indicator."""
        parts = self.shown.partition_by("indicator_id", as_dict=True)
        return {str(key[0]): part.to_dicts() for key, part in parts.items()}

    @cached_property
    def files(self) -> Mapping[str, list[str]]:
        """The files for the publishing service that hold the totals of each indicator, without their endings."""
        return {
            key: file_names(
                indicators()[key].publication.file,
                {row["time_identifier"] for row in rows if row["breakdown"] == "Total"},
            )
            for key, rows in self.rows.items()
        }

    @cached_property
    def indicators(self) -> list[Indicator]:
        """Those of which there is any figure."""
        return [one for key, one in indicators().items() if key in self.rows]

    @cached_property
    def authority_names(self) -> Mapping[str, tuple[str, str]]:
        """Name and region of every authority that there is or was."""
        rows = authorities().sort("valid_from").select("la_code", "la_name", "region_name").iter_rows()
        return {code: (name, region or "") for code, name, region in rows}

    @cached_property
    def authorities(self) -> Mapping[str, tuple[str, str]]:
        """Name and region of those with figures of their own, by code, in the order of both."""
        own = self.shown.filter(pl.col("geographic_level") == "Local authority")["la_code"].unique()
        known = {code: self.authority_names[code] for code in own if code in self.authority_names}
        return dict(sorted(known.items(), key=lambda item: (*reversed(item[1]), item[0])))

    @cached_property
    def ended(self) -> Mapping[str, int]:
        """In which year an authority's code ended: another one may bear its name."""
        rows = (
            authorities().drop_nulls("valid_to").select("la_code", pl.col("valid_to").dt.year()).iter_rows()
        )
        return dict(rows)

    @property
    def has_authorities(self) -> bool:
        return "Local authority" in self.shown["geographic_level"]


def number(value: float | None, decimals: int) -> str:
    """`1,234.5`; nothing where there is none."""
    return "" if value is None else f"{value:,.{decimals}f}"


def cell(row: Row | None, decimals: int, source: str = "value") -> str:
    """A figure as text, or the symbol that says why there is none."""
    if row is None:
        return "x"
    value = row[source]
    return str(row["value_symbol"] or "x") if value is None else number(value, decimals)


def symbol(text: str) -> Markup | str:
    """A symbol with its meaning at hand; a number as it is."""
    return EXPLAINED.get(text, text)


def period(identifier: str, year: int) -> str:
    """`2025`, or `2024/25, autumn term`."""
    if identifier == "Reporting year":
        return str(year)
    term = "" if identifier == "Academic year" else f", {identifier.lower()}"
    return f"{year - 1}/{year % 100:02d}{term}"


def unit_in_words(indicator: Indicator) -> str:
    return {"%": "per cent", "score": "points"}.get(indicator.unit, indicator.unit)
