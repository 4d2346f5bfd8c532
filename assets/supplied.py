"""Figures from elsewhere, beside ours: hospital admissions, spending, inspections, the workforce.

The agreed outcomes are more than the returns can tell. Whoever has a figure that the registry marks as supplied
puts a table of them into `landing/supplied/`, and it is checked and shown with the rest, as it came. A row that
does not hold up is left out and counted by reason; nothing is guessed or mended. Some of what may be supplied is
counted here where the records for it are held: for one indicator and time there is one or the other, never both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import polars as pl

from schemas import indicators
from schemas.authorities import authorities
from schemas.marts import MARTS
from schemas.table import polars_schema

COLUMNS = ("indicator_id", "time_period", "geographic_level", "la_code", "value")
"""The layout. A region's nine-character code stands in `la_code`; of England it is blank."""
LARGEST = 32 * 2**20
"""Bytes of a file; all supplied indicators of all authorities for ten years are a tenth of that."""
LEVELS = ("National", "Regional", "Local authority")
SYMBOLS = {"c": "c", "x": "x", "z": "z", "low": "low", "k": "low", "u": "x"}
"""What may stand instead of a number, and the symbol that we show for it."""
REASONS = {"c": "few children", "x": "not collected", "z": "nobody", "low": "rounds to nought"}
REASONS |= {"k": REASONS["low"], "u": REASONS["x"]}
"""What each of them says of the figure, in the words of `why_no_value`."""
NUMBER = r"^-?\d+(\.\d+)?$"
COUNTED_HERE = "row: that time is counted here from what authorities sent"


@dataclass(frozen=True)
class Supplied:
    """What was given: rows of `outcomes.indicator`, and how many were left out for which reason."""

    rows: pl.DataFrame
    left_out: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    """SHA-256 of every file that was looked at."""


def read(folder: Path) -> Supplied:
    """Read every CSV in a folder; without one nothing is supplied."""
    paths = sorted(p for p in folder.glob("*.csv") if p.is_file() and not p.is_symlink())
    refused: dict[str, int] = {}
    frames, hashes = [], []
    for path in paths:
        frame, digest, why = _read_one(path)
        hashes.append(digest)
        frames.append(frame)
        if why:
            refused[why] = refused.get(why, 0) + 1
    judged = _judged(pl.concat([_empty(), *frames]))
    return Supplied(_as_figures(judged), {**refused, **_reasons(judged)}, tuple(sorted(hashes)))


def _read_one(path: Path) -> tuple[pl.DataFrame, str, str]:
    """The text of a file, its hash, and why there is nothing of it; never a word of what it holds."""
    if path.stat().st_size > LARGEST:
        return _empty(), f"larger than {LARGEST} bytes", "file: too large"
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    try:
        frame = pl.read_csv(data.removeprefix(b"\xef\xbb\xbf"), infer_schema=False)
    except pl.exceptions.PolarsError:
        return _empty(), digest, "file: not a table in UTF-8"
    if set(frame.columns) != set(COLUMNS):
        return _empty(), digest, f"file: expected the columns {', '.join(COLUMNS)}"
    return frame.select(pl.col(c).str.strip_chars().replace("", None) for c in COLUMNS), digest, ""


def _empty() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))


def _judged(text: pl.DataFrame) -> pl.DataFrame:
    """Every row with its year, its place and, where it cannot stand, the first reason (`why`)."""
    facts = pl.DataFrame(
        [{"indicator_id": i.indicator_id, "unit": i.unit, "indicator_version": i.version,
          "since": i.since, "is_of_school": i.clock == "school"} for i in indicators.suppliable()]
    )  # fmt: skip
    told = text.unique().with_columns(*_time(), number=_number()).join(facts, on="indicator_id", how="left")
    placed = told.join(_places(), left_on="la_code", right_on="code", how="left", suffix="_place")
    stands = (pl.col("valid_from") <= pl.col("day")) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("day"))
    )
    dated = placed.sort(~stands.fill_null(False)).unique(COLUMNS, keep="first", maintain_order=True)
    key = ["indicator_id", "year", "geographic_level", "la_code"]
    return dated.with_columns(why=_why(stands.fill_null(False), pl.len().over(key) > 1))


def _time() -> Iterable[pl.Expr]:
    """Four digits are a year that ends in March or is named so by its source; six are a school year."""
    period = pl.col("time_period")
    is_school = period.str.contains(r"^20\d{4}$")
    first, last = period.str.slice(0, 4).cast(pl.Int32, strict=False), period.str.slice(4, 2)
    follows = (first + 1) % 100 == last.cast(pl.Int32, strict=False)
    year = pl.when(is_school & follows).then(first + 1).when(period.str.contains(r"^20\d{2}$")).then(first)
    yield year.alias("year")
    yield pl.date(year, 3, 31).alias("day")
    yield is_school.alias("names_school_year")


def _number() -> pl.Expr:
    value = pl.col("value")
    return pl.when(value.str.contains(NUMBER)).then(value).cast(pl.Float64, strict=False).round(6)


def _places() -> pl.DataFrame:
    """Every code of a place with its level, its region and how long it was valid."""
    own = authorities().select(
        code="la_code", level=pl.lit("Local authority"), region_code="region_code",
        valid_from="valid_from", valid_to="valid_to",
    )  # fmt: skip
    regions = own.select(
        pl.col("region_code").alias("code"), pl.lit("Regional").alias("level"), "region_code",
        pl.lit(None, pl.Date).alias("valid_to"), valid_from=pl.date(2000, 1, 1),
    ).unique().drop_nulls("code")  # fmt: skip
    return pl.concat([own, regions.select(own.columns)])


def _why(stands: pl.Expr, is_twice: pl.Expr) -> pl.Expr:
    """The first reason for which a row cannot stand; none for one that can."""
    level, symbol = pl.col("geographic_level"), pl.col("value").is_in(list(SYMBOLS))
    is_england = (level == "National") & pl.col("la_code").is_null()
    is_place = is_england | ((level == pl.col("level")) & stands).fill_null(False)
    reasons = {
        "row: no supplied indicator of that name": pl.col("unit").is_null(),
        "row: expected a time period like 2025, or 202425 of a school year": pl.col("year").is_null()
        | (pl.col("names_school_year") != pl.col("is_of_school")),
        "row: before the first year of the indicator": pl.col("year") < pl.col("since"),
        f"row: expected one of the levels {', '.join(LEVELS)}": ~level.is_in(LEVELS).fill_null(False),
        "row: no such place in that year": ~is_place,
        "row: expected a number or one of the symbols": pl.col("number").is_null() & ~symbol.fill_null(False),
        "row: a percentage is from 0 to 100, everything else from 0": (pl.col("number") < 0)
        | ((pl.col("unit") == "%") & (pl.col("number") > 100)),
        "row: another row tells of the same place and time otherwise": is_twice,
    }
    return pl.coalesce(pl.when(wrong.fill_null(False)).then(pl.lit(why)) for why, wrong in reasons.items())


def _reasons(judged: pl.DataFrame) -> dict[str, int]:
    counts = judged.filter(pl.col("why").is_not_null()).group_by("why").len().sort("why")
    return dict(counts.iter_rows())


def _as_figures(judged: pl.DataFrame) -> pl.DataFrame:
    """The rows that stand, in the columns of the mart."""
    is_authority = pl.col("geographic_level") == "Local authority"
    own = judged.filter(pl.col("why").is_null()).with_columns(
        time_identifier=pl.when("is_of_school")
        .then(pl.lit("Academic year"))
        .otherwise(pl.lit("Reporting year")),
        la_code=pl.when(is_authority).then("la_code"),
        breakdown=pl.lit("Total"),
        category=pl.lit("Total"),
        value_symbol=pl.col("value").replace_strict(SYMBOLS, default=None, return_dtype=pl.String),
        value="number",
        why_no_value=pl.col("value").replace_strict(REASONS, default=None, return_dtype=pl.String),
        missing_la_count=0,
        imputed_la_count=0,
    )
    schema = polars_schema(MARTS["outcomes.indicator"], provenance=False)
    blank = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in own.columns]
    return own.with_columns(*blank).select(pl.col(name).cast(kind) for name, kind in schema.items())


def put_beside(con: duckdb.DuckDBPyConnection, given: Supplied) -> Supplied:
    """Put the supplied figures into `measured.indicator`, beside those that were counted; returns what was put.

    A time of which any authority's figure could be counted is ours, and what is supplied of it is left out. Of
    another, what is supplied takes the place of the rows that say that there is nothing.
    """
    counted = _counted(con)
    time = ["indicator_id", "year"]
    put = given.rows.join(counted, on=time, how="anti")
    con.register("supplied_frame", put)
    con.execute(
        "delete from measured.indicator where (indicator_id, year) in (select (indicator_id, year) from supplied_frame)"
    )
    con.execute("insert into measured.indicator by name from supplied_frame")
    con.unregister("supplied_frame")
    out = given.rows.height - put.height
    return replace(given, rows=put, left_out={**given.left_out, **({COUNTED_HERE: out} if out else {})})


def _counted(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The indicators and years of which at least one authority's figure could be counted."""
    found: pl.DataFrame = con.sql(
        "select distinct indicator_id, year::bigint as year from measured.place "
        "where is_usable and la_code in (select la_code from reference.authorities)"
    ).pl()
    return found


def told_apart(figures: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `outcomes.indicator`: those counted by us, and the supplied ones of England and its regions.

    What is supplied has been published by its source; hiding parts of it anew would protect nobody.
    """
    judged = figures.with_columns(is_supplied=_is_supplied())
    above = pl.col("geographic_level").is_in(["National", "Regional"])
    ours, given = judged.filter(~pl.col("is_supplied")), judged.filter(pl.col("is_supplied") & above)
    return ours.drop("is_supplied"), given.drop("is_supplied")


def _is_supplied() -> pl.Expr:
    """Whether a row came from elsewhere: of what may be counted or supplied, a time that says something and never
    out of how many. What was counted tells that somewhere; where nothing could be counted, every row is not available.
    """
    time = ["indicator_id", "year"]
    never_out_of = pl.col("denominator").is_null().all().over(time)
    says_something = (pl.col("value_symbol").ne_missing("x")).any().over(time)
    always = [one.indicator_id for one in indicators.supplied()]
    either = [one.indicator_id for one in indicators.indicators().values() if one.may_be_supplied]
    told = pl.col("indicator_id").is_in(either) & never_out_of & says_something
    return pl.col("indicator_id").is_in(always) | told
