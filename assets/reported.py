"""What was counted in every submission that was ever reported on: the memory behind trend, new and fixed.

Rules look at the submission in use only; once it is replaced, what they had found in it is gone. So the counts
of each are kept, one row per submission, brought up to date as long as it is in use. No child is in them.
"""

from __future__ import annotations

import os

import polars as pl

from assets.ingest import ledger
from assets.store import Store
from quality.report import checks_made
from quality.report.inputs import HISTORY

SCHEMA = {"la": pl.String(), **HISTORY}


def history(store: Store) -> pl.DataFrame:
    """Every submission reported on before, without those that were withdrawn since."""
    if not store.reported.exists():
        return pl.DataFrame(schema=SCHEMA)
    known = ledger.state(store).filter(pl.col("status") != "withdrawn")["submission"]
    told = pl.read_parquet(store.reported)
    return told.filter(pl.col("submission").is_in(known.implode())).select(list(SCHEMA))


def counted(receipts: pl.DataFrame, findings: pl.DataFrame, coverage: pl.DataFrame) -> pl.DataFrame:
    """The submissions in use with what was found in them (`SCHEMA`); findings have `standing`."""
    in_use = receipts.filter(pl.col("status") == "current")
    is_open = pl.col("standing") == ""
    found = findings.group_by("submission").agg(
        *(_sum(is_open & (pl.col("severity") == name), name) for name in ("error", "query")),
        *(_sum(pl.col("standing") == name, name) for name in ("explained", "waived")),
    )
    checked = checks_made(coverage, "la").with_columns(pl.col("year").cast(pl.Int64))
    told = in_use.join(found, on="submission", how="left").join(
        checked, on=["la", "return", "year"], how="left"
    )
    numbers = ("error", "query", "explained", "waived", "checked")
    filled = told.with_columns(pl.col(*numbers).fill_null(0), pl.col("term").fill_null(""))
    return filled.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).sort("la", "submission")


def _sum(which: pl.Expr, name: str) -> pl.Expr:
    return pl.col("n").filter(which).sum().alias(name)


def remember(store: Store, before: pl.DataFrame, now: pl.DataFrame) -> None:
    """Keep what was counted tonight in place of what was counted of the same submissions before."""
    old = before.join(now.select("submission"), on="submission", how="anti")
    part = store.reported.with_name(f".{store.reported.name}.part")
    pl.concat([old, now]).sort("la", "return", "year", "received", "submission").write_parquet(part)
    os.replace(part, store.reported)
