"""Training a linkage model on the records of a store: on purpose, reviewed like code, never at night."""

from __future__ import annotations

from pathlib import Path

import linkage
from assets import records, reviewing
from assets.gathered import view_returns
from assets.ingest import ledger
from assets.store import Store
from schemas.duck import connect, sql_text


def train_on_store(store: Store, out: Path, seed: int) -> None:
    """Train on the identity records in force and on what reviewers decided; write the model's JSON and its card."""
    out.parent.mkdir(parents=True, exist_ok=True)  # before minutes of learning
    learned_from = store.tmp / "identity_records.parquet"
    learned_from.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with connect(scratch=store.tmp) as con:
            view_returns(con, store, ledger.in_force(store))
            records.build(con)
            con.execute(f"copy people_in.record to {sql_text(learned_from)}")
        linkage.train(learned_from, out, seed, trained_on=_what(store), decided=reviewing.decisions(store))
    finally:
        learned_from.unlink(missing_ok=True)


def _what(store: Store) -> str:
    return "a synthetic England" if store.is_synthetic else "the returns of a store"
