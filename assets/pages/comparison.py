"""Ours beside the published: does our number equal the department's, and where it does not, by how much.

In a synthetic country the question is how lifelike it is, and counts are compared after scaling them up. In
a real one the same page is a check on both. What cannot be compared is said, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import polars as pl

from assets.pages.material import SYMBOLS, Material, number
from schemas.dashboard import ordered
from schemas.indicators import Indicator
from schemas.published import totals

LEAST_AUTHORITIES = 10
"""A correlation over fewer says nothing."""
KEY = ["indicator_id", "year"]
THEIR_SYMBOLS = {**SYMBOLS, "k": "rounds to nought", "u": "not reliable"}


@dataclass(frozen=True)
class Compared:
    """One indicator and year, England's figures and how the authorities' lie."""

    indicator_id: str
    title: str
    unit: str
    year: int
    ours: float | None
    published: float | None
    difference_percent: float | None
    our_count: int | None
    """Scaled up to England where the country is a sample."""
    published_count: int | None
    count_difference_percent: float | None
    authorities: int
    """Those that have a figure here and there."""
    correlation: float | None
    reason: str
    """Why something could not be compared; empty when all was."""


COLUMNS = [field.name for field in fields(Compared)]


def compare(material: Material) -> list[Compared]:
    """Every indicator of ours that the department publishes, for every year that both have."""
    ours, theirs = _england(material), _by_key(totals("National"))
    correlations = _correlations(material)
    return [
        _compared(one, year, ours.get(one.indicator_id, {}).get(year), theirs[one.indicator_id, year],
                  correlations.get((one.indicator_id, year), (0, None)), material)
        for one in ordered(material.indicators)
        for year in sorted(ours.get(one.indicator_id, {}))
        if (one.indicator_id, year) in theirs
    ]  # fmt: skip


def not_comparable(material: Material, compared: list[Compared]) -> list[tuple[Indicator, str]]:
    """Our indicators for which nothing could be held beside ours, each with the reason."""
    done, held = {one.indicator_id for one in compared}, set(totals("National")["indicator_id"])
    return [
        (one, "no year in common" if one.indicator_id in held else "no published figure is held")
        for one in ordered(material.indicators)
        if one.indicator_id not in done
    ]


def _england(material: Material) -> dict[str, dict[int, dict[str, Any]]]:
    rows = material.shown.filter(pl.col("geographic_level") == "National", pl.col("breakdown") == "Total")
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows.to_dicts():
        found.setdefault(row["indicator_id"], {})[row["year"]] = row
    return found


def _by_key(rows: pl.DataFrame) -> dict[tuple[str, int], dict[str, Any]]:
    return {(row["indicator_id"], row["year"]): row for row in rows.to_dicts()}


def _correlations(material: Material) -> dict[tuple[str, int], tuple[int, float | None]]:
    """How many authorities have both figures, and Pearson's correlation between the two."""
    ours = material.shown.filter(
        pl.col("geographic_level") == "Local authority", pl.col("breakdown") == "Total"
    )
    theirs = totals("Local authority").select(*KEY, "la_code", published="value")
    both = ours.select(*KEY, "la_code", "value").join(
        theirs.with_columns(pl.col("year").cast(ours.schema["year"])), on=[*KEY, "la_code"]
    )
    found = (
        both.drop_nulls(["value", "published"])
        .group_by(KEY)
        .agg(pl.len().alias("n"), pl.corr("value", "published").alias("r"))
    )
    return {
        (indicator, year): (n, _told(n, r))
        for indicator, year, n, r in found.select(*KEY, "n", "r").iter_rows()
    }


def _told(n: int, r: float | None) -> float | None:
    """Two decimals; none over too few authorities, or where all have the same figure."""
    return None if n < LEAST_AUTHORITIES or r is None or r != r else round(r, 2) + 0.0


def _compared(
    one: Indicator,
    year: int,
    ours: dict[str, Any] | None,
    theirs: dict[str, Any],
    authorities: tuple[int, float | None],
    material: Material,
) -> Compared:
    value = ours["value"] if ours else None
    count = _count(one, ours, material.scale)
    their_count = theirs["numerator"] if count is not None else None
    n, correlation = authorities
    return Compared(
        indicator_id=one.indicator_id,
        title=one.title,
        unit=one.unit,
        year=year,
        ours=value,
        published=theirs["value"],
        difference_percent=_difference(value, theirs["value"]),
        our_count=count if their_count is not None else None,
        published_count=their_count,
        count_difference_percent=_difference(count, their_count),
        authorities=n,
        correlation=correlation,
        reason="; ".join(_reasons(ours, theirs, n, correlation, material)),
    )


def _count(one: Indicator, ours: dict[str, Any] | None, scale: float) -> int | None:
    """Our count of children or cases, scaled up; sums of sessions, scores and days are not counts."""
    if ours is None or ours["numerator"] is None or one.sum_of != "1":
        return None
    return round(int(ours["numerator"]) / scale)


def _difference(ours: float | None, theirs: float | None) -> float | None:
    if ours is None or not theirs:
        return None
    return round(100 * (ours - theirs) / theirs, 1)


def _reasons(
    ours: dict[str, Any] | None, theirs: dict[str, Any], n: int, correlation: float | None, material: Material
) -> list[str]:
    said = []
    if ours is None or ours["value"] is None:
        said.append(f"ours is {SYMBOLS.get(str(ours and ours['value_symbol']), 'not available')}")
    elif ours["time_identifier"] not in ("Reporting year", "Academic year"):
        said.append(f"ours is of the {ours['time_identifier'].lower()} only, the published of the whole year")
    if theirs["value"] is None:
        said.append(f"the published is {THEIR_SYMBOLS.get(theirs['symbol'], 'not held')}")
    if not material.has_authorities:
        said.append("authorities: not shown in this release")
    elif correlation is None:
        said.append(f"authorities: {n} have both figures, too few or too alike for a correlation")
    return said


def as_csv(compared: list[Compared]) -> str:
    """All of it as a file."""
    rows = [{name: getattr(one, name) for name in COLUMNS} for one in compared]
    kinds = {"indicator_id": pl.String, "title": pl.String, "unit": pl.String, "reason": pl.String,
             "year": pl.Int64, "our_count": pl.Int64, "published_count": pl.Int64, "authorities": pl.Int64}  # fmt: skip
    return pl.DataFrame(rows, schema={name: kinds.get(name, pl.Float64) for name in COLUMNS}).write_csv()


def content(material: Material) -> dict[str, Any]:
    """What the page says: the newest year of each indicator, and what could not be compared."""
    compared = compare(material)
    newest = {one.indicator_id: one for one in compared}
    decimals = {one.indicator_id: one.publication.decimals for one in material.indicators}
    known = [one.difference_percent for one in newest.values() if one.difference_percent is not None]
    return {
        "rows": [_row(one, decimals[one.indicator_id]) for one in newest.values()],
        "left_out": not_comparable(material, compared),
        "csv": as_csv(compared),
        "within": sum(abs(difference) <= CLOSE for difference in known),
        "with_both": len(known),
        "close": CLOSE,
        "scale": f"{material.scale:g}",
    }


CLOSE = 2
"""Per cent: what is said to agree."""


def _row(one: Compared, decimals: int) -> dict[str, Any]:
    return {
        "id": one.indicator_id, "title": one.title, "unit": one.unit, "year": one.year,
        "ours": number(one.ours, decimals) or "–", "published": _as_published(one.published, decimals),
        "difference": _signed(one.difference_percent),
        "our_count": number(one.our_count, 0) or "–", "published_count": number(one.published_count, 0) or "–",
        "count_difference": _signed(one.count_difference_percent),
        "authorities": number(one.authorities, 0), "correlation": number(one.correlation, 2).replace("-", "−") or "–",
        "reason": one.reason, "is_far": one.difference_percent is not None and abs(one.difference_percent) > CLOSE,
    }  # fmt: skip


def _as_published(value: float | None, decimals: int) -> str:
    """With the decimal it was published with, which the difference is worked out from: not 6 where it was 5.4."""
    return number(value, decimals if value is None or value.is_integer() else max(decimals, 1)) or "–"


def _signed(difference: float | None) -> str:
    return "–" if difference is None else f"{difference:+,.1f}%".replace("-", "−")
