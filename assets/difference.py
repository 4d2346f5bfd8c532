"""What moved between two releases, and why: a late return, one sent again, new links, another method.

History is restated whenever a return comes late or again, so that last month's figure and this month's may
both be right. Each figure that moved is told with what changed beneath it: the returns of its authorities that
its indicator needs, who is linked with whom, the definition, the code, the populations. A figure that moved
for none of these reasons is told as unexplained, which is a fault of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.attack import CELL
from assets.publish import read_figures, read_published
from assets.release import MANIFEST, read_manifest
from assets.store import Store
from schemas.authorities import authorities, neighbours
from schemas.indicators import indicators

TOLD = ["numerator", "denominator", "value", "value_symbol", "imputed_la_count"]
REASONS = {
    "late": "a return came that was not there before",
    "again": "a return was sent again",
    "withdrawn": "a return is there no more",
    "links": "other children are linked with one another",
    "definition": "what the registry declares changed",
    "method": "the indicator's method changed, or the code that makes the figures",
    "reference": "populations or postcodes changed",
    "hidden": "the same figure, but what may be told of it changed",
    "unexplained": "nothing that it rests on changed",
}
"""Why a figure may move, in words."""


@dataclass(frozen=True)
class Difference:
    """What moved from one release to another."""

    before: str
    after: str
    is_published: bool
    """Whether the figures are as published; else as made, for those who may see the restricted release."""
    compared: int
    moved: pl.DataFrame
    """One row per cell that moved: the columns of TOLD before and after, `reasons`, `la_count` behind them."""
    returns: pl.DataFrame
    """One row per return, year and authority whose submissions differ, and `reason`."""

    def by_reason(self) -> dict[str, int]:
        """How many cells moved for each reason; one may have several."""
        counts = self.moved.explode("reasons").group_by("reasons").len().sort("reasons")
        return dict(counts.iter_rows())


def difference(store: Store, before: str, after: str) -> Difference:
    """Compare two releases, as published where both are."""
    manifests = [read_manifest(store, name) for name in (before, after)]
    made = [read_figures(store.release(name) / "restricted" / "marts.duckdb")[0] for name in (before, after)]
    public = [store.release(name) / "public" for name in (before, after)]
    is_published = all((folder / MANIFEST).exists() for folder in public)
    told = (
        [read_published(folder, truth) for folder, truth in zip(public, made, strict=True)]
        if is_published
        else made
    )
    returns = changed_returns(*(manifest["inputs"] for manifest in manifests))
    moved = cells_that_moved(*told)
    same = moved.join(cells_that_moved(*made), on=CELL, how="anti", nulls_equal=True).select(CELL)
    explained = with_reasons(moved, returns, changed_throughout(*manifests), same)
    compared = told[0].join(told[1], on=CELL, how="full", nulls_equal=True).height
    return Difference(before, after, is_published, compared, explained, returns)


def changed_returns(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Returns whose submissions differ: `return_name, year, la_code, reason`."""
    schema = {"return": pl.String, "year": pl.Int64, "la": pl.String, "submission": pl.String}
    old, new = (pl.DataFrame(list(inputs), schema=schema) for inputs in (before, after))
    key = list(schema)
    gone = old.join(new, on=key, how="anti").select(*key[:3], is_new=False)
    come = new.join(old, on=key, how="anti").select(*key[:3], is_new=True)
    is_new = pl.col("is_new")
    reason = (
        pl.when(is_new.all()).then(pl.lit("late")).when(~is_new.any()).then(pl.lit("withdrawn")).otherwise(pl.lit("again"))
    )  # fmt: skip
    grouped = pl.concat([gone, come]).group_by(key[:3]).agg(reason=reason)
    return grouped.rename({"return": "return_name", "la": "la_code"}).sort("return_name", "year", "la_code")


def cells_that_moved(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Cells told otherwise than before, or new, or gone: each of TOLD with `_before` and `_after`."""
    kept = [*CELL, "indicator_version", *TOLD]
    both = before.select(kept).join(
        after.select(kept), on=CELL, how="full", coalesce=True, nulls_equal=True, suffix="_after"
    )
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in ("indicator_version", *TOLD)]
    moved = both.filter(pl.any_horizontal(differs)).rename(
        {name: f"{name}_before" for name in kept[len(CELL) :]}
    )
    return moved.sort(CELL, nulls_last=False)


def changed_throughout(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    """What changed for every authority at once, by what the manifests say the releases were made from."""
    asked = {
        "links": ("people",),
        "definition": ("indicator_registry",),
        "method": ("code_version",),
        "reference": ("postcodes",),
    }
    found = {reason for reason, names in asked.items() if any(before[n] != after[n] for n in names)}
    sizes = [manifest["parameters"].get("populations") for manifest in (before, after)]
    return frozenset(found | ({"reference"} if sizes[0] != sizes[1] else set()))


def needed_returns() -> pl.DataFrame:
    """Which returns of which year a figure rests on: `indicator_id, return_name, back` years before its own.

    A census of the autumn after carries the summer term, so that it is looked for one year on as well.
    """
    rows = [
        (one.indicator_id, name, back)
        for one in indicators().values()
        for name in (*one.needs, *(("school_census",) if one.needs_census else ()))
        for back in range(-1 if name == "school_census" else 0, one.years_before + 1)
    ]
    return pl.DataFrame(rows, schema=["indicator_id", "return_name", "back"], orient="row")


def reasons_by_place(returns: pl.DataFrame) -> pl.DataFrame:
    """Changed returns as reasons of figures: of the authority, those whose neighbour it is, its region, England."""
    region = authorities().group_by("la_code").agg(pl.col("region_code").first())
    own = (
        needed_returns()
        .join(returns, on="return_name")
        .with_columns(pl.col("year") + pl.col("back"))
        .join(region, on="la_code", how="left")
        .select("indicator_id", "year", "region_code", "la_code", "reason")
        .unique()
    )
    place = ["indicator_id", "year", "geographic_level", "region", "la", "reason"]
    levels = [
        ("Local authority", "region_code", "la_code"),
        ("Regional", "region_code", ""),
        ("National", "", ""),
    ]
    parts = [
        own.with_columns(
            geographic_level=pl.lit(level),
            region=pl.col(region) if region and level == "Regional" else pl.lit(None, pl.String),
            la=pl.col(la) if la else pl.lit(None, pl.String),
        )
        .group_by(place)
        .agg(pl.col("la_code").n_unique().alias("la_count"))
        for level, region, la in levels
    ]
    return pl.concat([*parts, _as_neighbours(own).select(parts[0].columns)])


def _as_neighbours(own: pl.DataFrame) -> pl.DataFrame:
    """The same for the figures of statistical neighbours, which stand under the code of whose they are."""
    whose = neighbours().rename({"la_code": "la", "neighbour_la_code": "la_code"})
    return (
        own.join(whose, on="la_code")
        .group_by("indicator_id", "year", "la", "reason")
        .agg(pl.col("la_code").n_unique().alias("la_count"))
        .with_columns(geographic_level=pl.lit("Statistical neighbours"), region=pl.lit(None, pl.String))
    )


def with_reasons(
    moved: pl.DataFrame, returns: pl.DataFrame, throughout: frozenset[str], same: pl.DataFrame
) -> pl.DataFrame:
    """Beside each cell its `reasons`, the nearest first, and how many authorities' returns are behind them."""
    placed = moved.with_row_index("at").with_columns(
        region=pl.when(pl.col("geographic_level") == "Regional").then("region_code"), la="la_code"
    )
    on = ["indicator_id", "year", "geographic_level", "region", "la"]
    found = placed.with_columns(pl.col("year").cast(pl.Int64)).join(
        reasons_by_place(returns), on=on, nulls_equal=True
    )
    told = [
        found.select("at", "reason", "la_count"),
        _where(placed.join(same, on=CELL, how="semi", nulls_equal=True), "hidden"),
        _where(placed.filter(_has_another_method()), "method"),
    ]
    linked = pl.col("indicator_id").is_in([key for key, one in indicators().items() if one.links])
    out_of_people = pl.col("indicator_id").is_in(
        [key for key, one in indicators().items() if one.out_of == "population" or one.rests_on]
    )
    tests = {"links": linked, "method": pl.lit(True), "reference": out_of_people, "definition": pl.lit(True)}
    told += [_where(placed.filter(tests[reason]), reason) for reason in sorted(throughout)]
    every = pl.concat(told).group_by("at").agg(pl.col("reason").unique().sort(), pl.col("la_count").max())
    joined = placed.join(every, on="at", how="left").sort("at")
    reasons = pl.col("reason").fill_null(pl.lit(["unexplained"]))
    return joined.with_columns(reasons=reasons, la_count=pl.col("la_count").fill_null(0)).drop(
        "at", "region", "la", "reason"
    )


def _has_another_method() -> pl.Expr:
    """Whether the indicator's version, which is raised with its method, is another."""
    old, new = pl.col("indicator_version_before"), pl.col("indicator_version_after")
    return old.is_not_null() & new.is_not_null() & (old != new)


def _where(cells: pl.DataFrame, reason: str) -> pl.DataFrame:
    return cells.select("at", reason=pl.lit(reason), la_count=pl.lit(0, pl.UInt32))


def as_dict(found: Difference) -> dict[str, object]:
    """All of it, for machines."""
    return {
        "from": found.before,
        "to": found.after,
        "figures": "published" if found.is_published else "restricted",
        "compared": found.compared,
        "moved": found.moved.height,
        "by_reason": found.by_reason(),
        "returns": json.loads(found.returns.write_json()),
        "cells": json.loads(found.moved.write_json()),
    }
