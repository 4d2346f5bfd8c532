"""How many children in each authority: the levels that the synthetic England follows, taken from what the
department has published.

The figures stand once, in `schemas/reference/published.csv`; nothing else of the product is used here. An
authority whose figure is withheld takes its own of the nearest year, else its share of the region, else of
England, scaled so that England is whole. Years before and after the published ones take the nearest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from synthetic.days import Bools, Codes, Floats, Ints
from synthetic.places import DATA, Places

PUBLISHED = Path(__file__).parents[1] / "schemas" / "reference" / "published.csv"
TEXTS = {"region_code": pl.String, "la_code": pl.String, "symbol": pl.String}
FIRST, LAST = 2022, 2025
LEAVING_OF_THOSE_THERE, LEAST_ALONE = 0.12, 0.02
COUNTS = ("numerator", "denominator", "value")


def counts(places: Places, indicator: str, year: int) -> Floats:
    """How many there are in each authority, for as many children as it has at this scale."""
    return _column(places, indicator, year, "numerator") * sizes(places)


def arriving_alone(places: Places, year: int) -> Floats:
    """Unaccompanied children who start in care, published for England only.

    They mostly stay until they are grown: where more young people leave care at 17 or 18 than the number of
    looked after children would give, there we take it that many came alone.
    """
    leaving, there, alone = (
        _table(indicator, name)[:, _column_of(year)]
        for indicator, name in (
            ("cl_eet_17_18", "denominator"), ("cla_rate", "numerator"), ("cla_start_rate_uasc", "numerator")
        )
    )  # fmt: skip
    weight = np.maximum(leaving - LEAVING_OF_THOSE_THERE * there, LEAST_ALONE * there)
    expected: Floats = (alone.sum() * weight / weight.sum())[_rows(places)] * sizes(places)
    return expected


def shares(places: Places, indicator: str, year: int) -> Floats:
    """Numerator over denominator in each authority."""
    part, whole = (_column(places, indicator, year, name) for name in ("numerator", "denominator"))
    return np.divide(part, whole, out=np.zeros(places.count), where=whole > 0)


def values(places: Places, indicator: str, year: int) -> Floats:
    """The figure as printed, in the unit of the indicator."""
    return _column(places, indicator, year, "value")


def sizes(places: Places) -> Floats:
    """How many of its children each authority has at this scale."""
    real: Floats = places.children / _populations()[_rows(places)]
    return real


def collection_year(days: Ints) -> Ints:
    """The year of the 31 March on or after each day."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months + 9) // 12 + 1970


def years_of(days: Ints) -> range:
    """The collection years from the first of these days to the last; one where there are no days."""
    years = collection_year(days) if len(days) else np.array([LAST])
    return range(int(years.min()), int(years.max()) + 1)


@dataclass(frozen=True)
class Cells:
    """Every authority in every year, numbered: all authorities in the first year, then in the second…"""

    places: Places
    years: Sequence[int]

    def __len__(self) -> int:
        return self.places.count * len(self.years)

    def holds(self, days: Ints) -> Bools:
        """Which days lie in these years."""
        year = collection_year(days)
        return (year >= self.years[0]) & (year <= self.years[-1])

    def number(self, la: Ints, days: Ints) -> Ints:
        """The cell of each authority and day, which must lie in these years."""
        return (collection_year(days) - self.years[0]) * self.places.count + la

    def count(self, la: Ints, days: Ints) -> Ints:
        """How many there are in each cell; days outside these years are left out."""
        inside = self.holds(days)
        return np.bincount(self.number(la[inside], days[inside]), minlength=len(self))

    def counts(self, indicator: str) -> Floats:
        """The published number of each cell."""
        return np.concatenate([counts(self.places, indicator, year) for year in self.years])

    def shares(self, indicator: str) -> Floats:
        """The published share of each cell."""
        return np.concatenate([shares(self.places, indicator, year) for year in self.years])


def _column(places: Places, indicator: str, year: int, name: str) -> Floats:
    figures: Floats = _table(indicator, name)[_rows(places), _column_of(year)]
    return figures


def _column_of(year: int) -> int:
    return min(max(year, FIRST), LAST) - FIRST


def _rows(places: Places) -> Ints:
    return np.searchsorted(_codes(), places.frame["la_code"].to_numpy().astype(str))


@cache
def _codes() -> Codes:
    return _authorities()["la_code"].unique().sort().to_numpy().astype(str)


@cache
def _populations() -> Ints:
    """Children of each authority in life, in order of code."""
    return _authorities().unique("la_code").sort("la_code")["population_0_17"].to_numpy()


@cache
def _table(indicator: str, name: str) -> Floats:
    """A row per authority in order of code, a column per published year."""
    rows = _of_authorities(indicator).sort("la_code", "year")
    figures = rows[name].cast(pl.Float64).fill_null(0.0).to_numpy()
    return figures.reshape(-1, LAST - FIRST + 1)


@cache
def _published() -> pl.DataFrame:
    frame = pl.read_csv(PUBLISHED, schema_overrides=TEXTS).filter(pl.col("category") == "Total")
    return frame.with_columns(pl.col("region_code", "la_code").fill_null(""))


@cache
def _authorities() -> pl.DataFrame:
    """Every authority of today and year, with the code that it reported under and its share of that code."""
    texts = {"la_code": pl.String, "former_la_code": pl.String}
    frame = pl.read_csv(DATA / "authorities.csv", schema_overrides=texts)
    years = pl.DataFrame({"year": list(range(FIRST, LAST + 1))})
    is_new = pl.col("first_year") <= pl.col("year")
    rows = frame.join(years, how="cross").with_columns(
        code=pl.when(is_new).then("la_code").otherwise("former_la_code")
    )
    children = pl.col("population_0_17")
    return rows.select(
        "la_code", "year", "code", "region_code", "population_0_17",
        of_code=children / children.sum().over("year", "code"),
        of_region=children / children.sum().over("year", "region_code"),
        of_england=children / children.sum().over("year"),
    )  # fmt: skip


@cache
def _of_authorities(indicator: str) -> pl.DataFrame:
    """la_code, year, numerator, denominator, value: one row per authority of today and published year.

    What is estimated is scaled so that with what is known it makes up the published England.
    """
    figures = _published().filter(pl.col("indicator_id") == indicator)
    if figures.is_empty():
        raise LookupError(f"expected an indicator of {PUBLISHED.name}, got {indicator}")
    own = _divided(_part_of(figures, "Local authority", ["year", "la_code"], ["year", "code"], "of_code"))
    region = _part_of(figures, "Regional", ["year", "region_code"], ["year", "region_code"], "of_region")
    england = _part_of(figures, "National", ["year"], ["year"], "of_england")
    known = own.select(pl.col("numerator").is_not_null().alias("known")).to_series()
    sources = [_nearest_year(own), _for_own_denominator(region, own), _for_own_denominator(england, own)]
    chosen = [pl.coalesce(*(part[name] for part in sources)).alias(name) for name in COUNTS]
    rows = own.select("la_code", "year").with_columns(*chosen, known, england["whole"])
    return rows.with_columns((pl.col("numerator") * _to_make_up_england()).alias("numerator"))


def _divided(own: pl.DataFrame) -> pl.DataFrame:
    """A county's figure goes to the authorities made of it as their own first figures stand to one another."""
    under_own_code = pl.col("code") == pl.col("la_code")
    known = own.filter(under_own_code, pl.col("numerator").is_not_null()).sort("year")
    first = known.unique("la_code", keep="first", maintain_order=True).select("la_code", first="numerator")
    rows = own.join(first, on="la_code", how="left", maintain_order="left")
    of_county = (pl.col("first") / pl.col("first").sum().over("year", "code")).fill_nan(None)
    part = pl.when(~under_own_code).then(pl.col("whole") * of_county)
    return rows.with_columns(pl.coalesce(part, "numerator").alias("numerator")).drop("first")


def _to_make_up_england() -> pl.Expr:
    """What England has beyond the known figures, over what was estimated for it."""
    numerator, known = pl.col("numerator"), pl.col("known")
    rest = pl.col("whole").first() - numerator.filter(known).sum()
    estimated = numerator.filter(~known).sum()
    factor = (rest / estimated).clip(0.0, 2.0).over("year")
    return pl.when(~known & factor.is_finite()).then(factor).otherwise(1.0)


def _part_of(
    figures: pl.DataFrame, level: str, theirs: list[str], ours: list[str], share: str
) -> pl.DataFrame:
    """An authority's own figure, or its part of the figure of a larger place; `whole` is that place's."""
    rows = figures.filter(pl.col("geographic_level") == level).select(*theirs, *COUNTS)
    joined = _authorities().join(rows, left_on=ours, right_on=theirs, how="left", maintain_order="left")
    return joined.with_columns(
        pl.col("numerator", "denominator") * pl.col(share), pl.col("numerator").alias("whole")
    )


def _for_own_denominator(rows: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The larger place's share of the authority's own denominator, where that is known."""
    denominator = pl.coalesce(own["denominator"], rows["denominator"])
    share = pl.col("numerator") / pl.col("denominator")
    return rows.with_columns((share * denominator).alias("numerator"), denominator.alias("denominator"))


def _nearest_year(rows: pl.DataFrame) -> pl.DataFrame:
    """A withheld figure is that of the year before, else of the year after."""
    whole = (pl.col("denominator") > 0) & pl.coalesce("numerator", "value").is_not_null()
    kept = [pl.when(whole).then(pl.col(name)).alias(name) for name in COUNTS]
    filled = [pl.col(name).forward_fill().backward_fill().over("la_code", order_by="year") for name in COUNTS]
    return rows.with_columns(kept).with_columns(filled)
