"""What the figures of an authority would be without the children in whose records a rule fails.

"Rule 142 fails for 30 children" says little to someone who has a day for mending; "and five indicators count
those children" says more. While the marts are made, the records at fault are followed to their persons, and
every indicator is counted once more over those children alone: taken off the whole, the rest is the figure
without them. Only figures leave: neither a child nor a pseudonym is in what this gives.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from assets import deidentify
from assets.checking import findings_of_rules
from assets.store import Store
from schemas.indicators import Indicator
from schemas.indicators import counted as counted_by_us
from schemas.returns import RETURNS, Return
from schemas.table import Table

AT_FAULT = "at_fault"
"""The file of persons at fault, beside the de-identified rows; it is gone when the marts are made."""
SCHEMA: dict[str, pl.DataType] = {
    "la": pl.String(),
    "return": pl.String(),
    "year": pl.Int64(),
    "rule": pl.String(),
    "indicator": pl.String(),
    "unit": pl.String(),
    "decimals": pl.Int64(),
    "with_them": pl.Float64(),
    "without_them": pl.Float64(),
}
COUNTED: dict[str, pl.DataType] = {
    **{name: pl.String() for name in ("indicator_id", "la", "return", "rule")},
    **{name: pl.Int64() for name in ("year", "n", "d")},
}


class Mending:
    """Works beside the making of the marts (`release.Beside`); `figures` are there afterwards."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.figures = pl.DataFrame(schema=SCHEMA)

    def where_persons_meet(self, con: duckdb.DuckDBPyConnection, working: Path) -> None:
        """Write who is at fault: authority, year, return, rule and the person's pseudonym."""
        findings = findings_of_rules(self.store).filter(pl.col("severity") != "note")
        con.register("found", findings.select("return", "year", "rule", "submission", "file", "table", "row"))
        tables = [_persons(ret, table) for ret, table in _of_children()]
        query = " union ".join(tables)
        con.execute(f"copy ({query}) to '{working / AT_FAULT}.parquet' (format parquet)")
        con.unregister("found")

    def where_figures_are(self, con: duckdb.DuckDBPyConnection) -> None:
        """Count every indicator over the persons at fault, and take that off what was measured."""
        counted = pl.concat([pl.DataFrame(schema=COUNTED), *(_counted(con, one) for one in _all())])
        self.figures = _without(_measured(con), counted)


def _all() -> list[Indicator]:
    return list(counted_by_us())


def _of_children() -> list[tuple[Return, type[Table]]]:
    returns = [RETURNS[name] for name in deidentify.MEASURED]
    return [(ret, table) for ret in returns for table in ret.tables if deidentify.has_child(ret, table)]


def _persons(ret: Return, table: type[Table]) -> str:
    """The persons of the rows of one table that a rule of the return finds at fault."""
    key = deidentify.record_key(ret, table, "t")
    return f"""select t.la, f.year::bigint as year, f."return" as return_name, f.rule, c.child
      from found f join returns."{ret.stored_as(table)}" t on t.submission = f.submission
        and t.source_file = f.file and t.source_row = f.row
      join child_of c on c.source = '{ret.name}' and c.record_id = {key}
      where f."return" = '{ret.name}' and f."table" = '{table.DFE}'"""


def _counted(con: duckdb.DuckDBPyConnection, one: Indicator) -> pl.DataFrame:
    """Numerator and denominator of one indicator over the children at fault, rule by rule."""
    base = "1" if one.out_of in ("rows", "population") else one.out_of
    sql = f"""
      with mine as (select la, year, child, {one.sum_of} as adds, ({one.counting}) as counts, {base} as base
        from cohorts.{one.among} where ({one.where}) and ({one.measured}))
      select '{one.indicator_id}' as indicator_id, a.la, a.return_name as return, a.rule, a.year::bigint as year,
        coalesce(sum(m.adds) filter (where m.counts), 0)::bigint as n, sum(m.base)::bigint as d
      from stored.{AT_FAULT} a join mine m on m.la = a.la and m.year = a.year and m.child = a.child
      group by all"""
    found: pl.DataFrame = con.sql(sql).pl()
    return found.select(pl.col(name).cast(kind) for name, kind in COUNTED.items())


def _measured(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The figures of authorities as they were measured."""
    found: pl.DataFrame = con.sql(
        """select indicator_id, year::bigint as year, la_code as la, numerator::bigint as numerator,
          denominator::bigint as denominator from measured.indicator
        where geographic_level = 'Local authority' and category = 'Total' and denominator is not null"""
    ).pl()
    return found


def _without(measured: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Each figure with and without the children of a rule; one to which none is left has no value."""
    facts = pl.DataFrame(
        [
            {
                "indicator_id": one.indicator_id, "indicator": one.title, "unit": one.unit,
                "decimals": one.publication.decimals, "multiplier": float(one.multiplier),
                "is_rate": one.out_of == "population",
            }
            for one in _all()
        ]
    )  # fmt: skip
    both = counted.join(measured, on=["indicator_id", "year", "la"]).join(facts, on="indicator_id")
    left = pl.when("is_rate").then("denominator").otherwise(pl.col("denominator") - pl.col("d"))
    told = both.with_columns(
        with_them=_value(pl.col("numerator"), pl.col("denominator")),
        without_them=_value(pl.col("numerator") - pl.col("n"), left),
    )
    order = ["la", "return", "year", "rule", "indicator"]
    return told.select(list(SCHEMA)).cast(dict(SCHEMA)).sort(order)  # type: ignore[arg-type]


def _value(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    value = numerator * pl.col("multiplier") / denominator
    return pl.when(denominator > 0).then(value.round(4))
