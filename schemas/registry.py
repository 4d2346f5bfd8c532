"""The agreed outcomes as others can read them: a document of every indicator, and what each published figure must be.

The registry is made from `schemas/outcomes/`. It is exported as JSON with the JSON Schema that it obeys, and as
the page `docs/indicators.md`; a second schema says what one published figure looks like. What is published is
held against the same declarations, so that nobody reads a figure that the registry does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import polars as pl

from schemas.failures import Refused
from schemas.indicators import BREAKDOWNS, Indicator, indicators, registry_version
from schemas.policies import Level, Symbol

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TOTAL = ("Total", "Total")
KEY = [
    "indicator_id", "year", "time_identifier", "geographic_level", "region_code", "la_code", "breakdown", "category",
]  # fmt: skip
SYMBOLS: dict[str, str] = {
    "c": "hidden: it rests on few children, or would give away another that does",
    "low": "more than nought, but rounds to nought",
    "x": "not available: a return that it needs is missing or was not collected that year",
    "z": "not applicable: there was nobody to count it among",
}
"""Why there is no value. A value is never nought for want of a figure."""
WHY: dict[str, str] = {
    "few children": "c", "rounds to nought": "low", "nobody": "z", "not collected": "x", "no return": "x",
    "no population": "x", "too few authorities": "x",
}  # fmt: skip
"""The same in words, finer than the symbols that the publishing service takes: each with its symbol."""


def registry() -> dict[str, Any]:
    """Every indicator as declared, and the ways of dividing them."""
    return {
        "version": registry_version(),
        "indicators": [one.model_dump(mode="json") for one in indicators().values()],
        "breakdowns": {name: way.model_dump(mode="json") for name, way in BREAKDOWNS.items()},
        "symbols": SYMBOLS,
        "why_no_value": WHY,
    }


def registry_schema() -> dict[str, Any]:
    """JSON Schema of the document that `registry` makes."""
    entry = Indicator.model_json_schema(mode="serialization")
    definitions = entry.pop("$defs", {})
    return {
        "$schema": DRAFT,
        "title": "Registry of national outcomes for children",
        "type": "object",
        "required": ["version", "indicators", "breakdowns", "symbols"],
        "properties": {
            "version": {"type": "string", "pattern": "^[0-9a-f]{12}$"},
            "indicators": {"type": "array", "items": entry},
            "breakdowns": {"type": "object"},
            "symbols": {"type": "object", "propertyNames": {"enum": list(get_args(Symbol))}},
        },
        "$defs": definitions,
    }


def figure_schema() -> dict[str, Any]:
    """JSON Schema of one published figure, a row of `outcomes.indicator`: for each indicator what is its own."""
    count = {"type": ["integer", "null"], "minimum": 0}
    share = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    number = {"type": ["number", "null"], "minimum": 0}
    properties = {
        "indicator_id": {"enum": list(indicators())},
        "indicator_version": {"type": "integer", "minimum": 1},
        "year": {"type": "integer"},
        "time_identifier": {"type": "string"},
        "geographic_level": {"enum": list(get_args(Level))},
        "region_code": {"type": ["string", "null"], "pattern": "^E12[0-9]{6}$"},
        "la_code": {"type": ["string", "null"], "pattern": "^[0-9]{3}$"},
        "breakdown": {"type": "string"},
        "category": {"type": "string"},
        "numerator": count, "denominator": count,
        "value": number, "value_strict": number, "value_loose": number,
        "value_symbol": {"enum": [*get_args(Symbol), None]},
        "why_no_value": {"enum": [*WHY, None]},
        "unit": {"type": "string"},
        "link_rate": share,
        "missing_la_count": {"type": "integer", "minimum": 0},
        "imputed_la_count": {"type": "integer", "minimum": 0},
    }  # fmt: skip
    return {
        "$schema": DRAFT,
        "title": "A published figure",
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "allOf": [_value_or_symbol(), _no_counts_where_hidden(), *map(_own, indicators().values())],
    }


def _value_or_symbol() -> dict[str, Any]:
    no_value = {"properties": {"value": {"type": "null"}}}
    no_symbol = {"properties": {"value_symbol": {"type": "null"}}}
    return {"oneOf": [no_value, no_symbol]}


def _no_counts_where_hidden() -> dict[str, Any]:
    blank = {name: {"type": "null"} for name in ("numerator", "denominator", "value", "link_rate")}
    hidden = {"properties": {"value_symbol": {"const": "c"}}, "required": ["value_symbol"]}
    return {"if": hidden, "then": {"properties": blank}}


def _own(one: Indicator) -> dict[str, Any]:
    most = {"value": {"type": ["number", "null"], "maximum": 100}} if one.unit == "%" else {}
    groups = [
        {"properties": {"breakdown": {"const": way}, "category": {"enum": names}}}
        for way, names in groups_of(one).items()
    ]
    told = {"indicator_version": {"const": one.version}, "unit": {"const": one.unit}, **most}
    is_it = {"properties": {"indicator_id": {"const": one.indicator_id}}, "required": ["indicator_id"]}
    return {"if": is_it, "then": {"properties": told, "anyOf": groups}}


def groups_of(one: Indicator) -> Mapping[str, list[str]]:
    """The ways in which an indicator is divided, each with its categories."""
    ways = [BREAKDOWNS[name] for name in one.by]
    return {TOTAL[0]: [TOTAL[1]], **{way.title: list(way.categories.values()) for way in ways}}


def refuse_what_breaks_it(published: pl.DataFrame) -> None:
    """Refused when any figure is not as the registry declares it; says how many and how, not which children."""
    wrong = {words: published.filter(test).height for words, test in _breaches(published).items()}
    wrong["rows of the same figure"] = published.height - published.unique(KEY).height
    found = [f"{number} {words}" for words, number in wrong.items() if number]
    if found:
        raise Refused(
            f"expected every figure to be as the registry in schemas/outcomes/ declares it, came {'; '.join(found)}; "
            "nothing was published"
        )


def _breaches(published: pl.DataFrame) -> dict[str, pl.Expr]:
    """What may be wrong with a row, in words, and the rows in which it is."""
    declared = pl.DataFrame(
        [
            (one.indicator_id, one.version, one.unit, way, category)
            for one in indicators().values()
            for way, categories in groups_of(one).items()
            for category in categories
        ],
        schema=["indicator_id", "indicator_version", "unit", "breakdown", "category"],
        orient="row",
    )
    told = ["indicator_id", "indicator_version", "unit", "breakdown", "category"]
    known = pl.struct(told).is_in(declared.select(pl.struct(told)).to_series().implode())
    level, symbol, value = pl.col("geographic_level"), pl.col("value_symbol"), pl.col("value")
    counts = pl.any_horizontal(pl.col("numerator", "denominator", "link_rate").is_not_null())
    return {
        "figures of indicators, versions, units or groups that are not declared": ~known,
        "figures with both a value and a symbol, or neither": value.is_null() == symbol.is_null(),
        "symbols that are none of ours": symbol.is_not_null() & ~symbol.is_in(list(SYMBOLS)),
        "symbols without their reason": symbol.ne_missing(
            pl.col("why_no_value").replace_strict(WHY, default=None, return_dtype=pl.String)
        ),
        "hidden figures with a count": symbol.eq_missing("c") & counts,
        "figures below nought": pl.any_horizontal(pl.col("numerator", "denominator", "value") < 0),
        "shares above a hundred per cent": (pl.col("unit") == "%") & (value > 100),
        "authorities without a code, or codes without an authority": (level == "Local authority")
        != pl.col("la_code").is_not_null(),
        "places that are no level of ours": ~level.is_in(list(get_args(Level))),
    }


def pages() -> dict[str, str]:
    """The exported documents by file name."""
    made = {
        "registry.json": registry(),
        "registry.schema.json": registry_schema(),
        "figure.schema.json": figure_schema(),
    }
    return {
        name: json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        for name, told in made.items()
    }


def write(folder: Path) -> None:
    """Write the documents into a new folder."""
    folder.mkdir(parents=True, mode=0o700)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
