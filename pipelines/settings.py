"""Settings that must stand before anything else is imported.

Dagster reads its home and its telemetry switch at import, Great Expectations its analytics switch;
a Makefile that sets them is not enough for someone who types `outcomes run` at a prompt.
"""

from __future__ import annotations

import os
from pathlib import Path

from assets.store import Store, private_files
from schemas.failures import WrongUse

CHECKOUT = Path(__file__).resolve().parent.parent
SILENCE = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}


def home(given: Path | None) -> Path:
    """The store's home: the option, else NATIONAL_OUTCOMES_HOME, else `./store`."""
    return (given or Path(os.environ.get("NATIONAL_OUTCOMES_HOME") or "store")).resolve()


def open_store(given: Path | None = None, landing: Path | None = None) -> Store:
    """The store of a home, with this process's environment made ready for it."""
    store = Store(home(given), landing.resolve() if landing else None)
    prepare_environment(store)
    return store


def existing_store(given: Path | None = None) -> Store:
    """The store of a home on which something has run: a home that is misspelt is not made, it is wrong use."""
    if not Store(home(given)).submissions.is_dir():
        raise WrongUse(
            f"there is no store in {home(given)}; expected the home of a run, given with --home or "
            "NATIONAL_OUTCOMES_HOME"
        )
    return open_store(given)


def prepare_environment(store: Store) -> None:
    """Private files, no telemetry, Dagster's instance in the checkout and its storage in the store."""
    private_files()
    os.environ.update(SILENCE)
    os.environ["NATIONAL_OUTCOMES_HOME"] = str(store.home)
    os.environ["NATIONAL_OUTCOMES_DAGSTER"] = str(store.dagster)
    os.environ["DAGSTER_HOME"] = str(CHECKOUT)
    if store.landing_dir:
        os.environ["NATIONAL_OUTCOMES_LANDING"] = str(store.landing_dir)
    store.dagster.mkdir(parents=True, exist_ok=True, mode=0o700)
