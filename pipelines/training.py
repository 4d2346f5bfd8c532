"""Training a linkage model on the records of a store: on purpose, reviewed like code, never at night."""

from __future__ import annotations

from pathlib import Path

import linkage
from assets import records
from assets.ingest import ledger
from assets.store import Store, view_returns
from schemas.duck import connect


def train_on_store(store: Store, out: Path, seed: int) -> None:
    """Train on all identity records of the submissions in force and write the model's JSON."""
    with connect(scratch=store.tmp) as con:
        view_returns(con, store, ledger.in_force(store))
        records.build(con)
        linkage.train(con, records="people_in.record", out=out, seed=seed)
