"""What moved between two releases, told to a person: first why, then what happened to England."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from assets.difference import REASONS, Difference
from pipelines.words import number, several
from schemas.indicators import named

MOST_RETURNS, MOST_CELLS = 10, 20
"""How many are told by name; `--json` has all."""


def lines(found: Difference) -> Iterator[str]:
    """The difference in words."""
    kind = "as published" if found.is_published else "as made, not published: not to be passed on"
    moved, compared = number(found.moved.height), number(found.compared)
    others = number(found.moved.filter(_has_another_value()).height)
    yield f"{found.before} to {found.after}: {moved} of {compared} figures moved ({kind})"
    if found.moved.height:
        yield f"  {others} to another value or symbol; of the others a count or the definition's version is another"
    for reason, count in sorted(found.by_reason().items(), key=lambda pair: -pair[1]):
        yield f"  {number(count)}: {REASONS[reason]}"
    yield from _returns(found.returns)
    yield from _england(found.moved)


def _returns(returns: pl.DataFrame) -> Iterator[str]:
    told = {"late": "came", "again": "sent again", "withdrawn": "no more there"}
    for reason, words in told.items():
        own = returns.filter(reason=reason)
        if own.height:
            names = [
                f"{la} {ret} {year}" for ret, year, la in own.select("return_name", "year", "la_code").rows()
            ]
            more = f" and {number(len(names) - MOST_RETURNS)} more" if len(names) > MOST_RETURNS else ""
            yield f"returns {words}: {', '.join(names[:MOST_RETURNS])}{more}"


def _england(moved: pl.DataFrame) -> Iterator[str]:
    own = moved.filter(pl.col("geographic_level") == "National", pl.col("breakdown") == "Total")
    seen = [row for row in own.sort("indicator_id", "year").to_dicts() if len(set(_both(row))) > 1]
    if own.height:
        yield f"of England, {number(own.height)} moved, {number(len(seen))} of them as it is shown:"
    for row in seen[:MOST_CELLS]:
        before, after = _both(row)
        behind = f", {several(row['la_count'], 'authority', 'authorities')}" if row["la_count"] else ""
        yield f"  {row['indicator_id']} {row['year']}: {before} to {after} ({', '.join(row['reasons'])}{behind})"
    if len(seen) > MOST_CELLS:
        yield f"  and {number(len(seen) - MOST_CELLS)} more; --json tells all"


def _has_another_value() -> pl.Expr:
    pairs = [(pl.col(f"{name}_before"), pl.col(f"{name}_after")) for name in ("value", "value_symbol")]
    return pl.any_horizontal(before.ne_missing(after) for before, after in pairs)


def _both(row: dict[str, Any]) -> tuple[str, str]:
    return _told(row, "before"), _told(row, "after")


def _told(row: dict[str, Any], when: str) -> str:
    """A value or its symbol; nothing where there was no such figure."""
    value, symbol = row[f"value_{when}"], row[f"value_symbol_{when}"]
    if value is None:
        return str(symbol or "none")
    return f"{value:,.{named(row['indicator_id']).publication.decimals}f}"
