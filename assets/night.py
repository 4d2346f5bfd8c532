"""What one night works on: the store, what is in force in it, and how much is to be redone.

A Dagster resource, so that the schedule, the pages and the command line configure it alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from assets import alone
from assets.gathered import InForce
from assets.ingest import ledger
from assets.store import Store
from schemas.failures import WrongUse


class Night(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where the store is and how the night is to run."""

    home: str
    landing: str = ""
    """Where files arrive, when that is not `landing/` in the home."""
    full: bool = False
    """Redo everything, not only what changed."""
    engine: str = "duckdb"
    """Where the linkage weighs pairs: duckdb or spark."""
    as_known_at: str = ""
    """Rebuild what was known at this time (ISO); such a release is made but never becomes current."""

    _took: bool = PrivateAttr(default=False)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Have the store alone, whatever part of the night Dagster was asked for."""
        self._took = alone.take(self.store_of_tonight())

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        if self._took:
            alone.give_back(self.store_of_tonight())

    def store(self) -> Store:
        """The store as this night is to see it: as it is, or as it was known then."""
        at = self.known_at()
        return self.store_of_tonight() if at is None else self.store_of_tonight().looking_back(at)

    def store_of_tonight(self) -> Store:
        """The store as it is: what arrives is received whatever moment is looked at."""
        return Store(Path(self.home), Path(self.landing) if self.landing else None)

    def known_at(self) -> datetime | None:
        """The moment to look back to; a date without a time is the whole of that day."""
        return moment(self.as_known_at) if self.as_known_at else None

    def in_force(self) -> InForce:
        """The submissions that count tonight."""
        return ledger.in_force(self.store())

    def remember(self, facts: Mapping[str, object]) -> None:
        """Add to what this night has to say to whoever started it: counts and ids."""
        path = summary_path(self.store())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.write_text(json.dumps({**known, **facts}), encoding="utf-8")


def moment(text: str) -> datetime:
    """A date or time as ISO writes it, in UTC where it does not say; of a date the last moment."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None:
        raise WrongUse(f"expected --as-known-at as 2026-06-30 or 2026-06-30T18:00, came {text!r}")
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found + timedelta(days=1, microseconds=-1) if len(text) == len("2026-06-30") else found


def summary_path(store: Store) -> Path:
    """Where a night leaves its summary for the process that started it."""
    return store.tmp / "night.json"
