"""Which group a child belongs to on 31 March: looked after, on a protection plan, in need, in that order.

Taken from the lives themselves, never from a file: this is the answer that the product should come to.
"""

from __future__ import annotations

import polars as pl

from synthetic.care import looked_after, whole_year
from synthetic.days import year_end
from synthetic.need import open_episodes, open_plans

CINO, CPPO, CLA12, CLA_SHORTER = "CINO", "CPPO", "CLA12", "CLA under 12 months"


def groups_at_year_end(periods: pl.DataFrame, episodes: pl.DataFrame, year: int) -> pl.DataFrame:
    """person, la, group: one row for each child and authority; `la` is the authority responsible."""
    on = year_end(year)
    long_enough = _pairs(whole_year(periods, year)).with_columns(pl.lit(CLA12).alias("group"))
    in_care = _pairs(looked_after(periods, on)).join(long_enough, on=["person", "la"], how="anti")
    in_care = in_care.with_columns(pl.lit(CLA_SHORTER).alias("group"))
    cared_for = pl.concat([long_enough, in_care])
    planned = _pairs(open_plans(episodes, on)).join(cared_for, on=["person"], how="anti")
    planned = planned.with_columns(pl.lit(CPPO).alias("group"))
    known = pl.concat([cared_for, planned])
    in_need = _pairs(open_episodes(episodes, on)).join(known, on=["person"], how="anti")
    return pl.concat([known, in_need.with_columns(pl.lit(CINO).alias("group"))]).sort("person", "la")


def _pairs(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("person", "la").unique(maintain_order=True)
