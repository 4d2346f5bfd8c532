"""Tonight's release: the marts, every authority's report, the link counts, in one place and under one name."""

from __future__ import annotations

from assets import release
from assets.gathered import InForce
from assets.reports import state_of_ledger, write_reports
from assets.store import Store


def make_release(store: Store, in_force: InForce, *, make_current: bool = True) -> release.Made:
    """Make the release of the submissions in force with everything that belongs into it."""
    return release.nightly(
        store,
        in_force,
        fill=[lambda restricted: write_reports(store, in_force, restricted)],
        parameters={"ledger": state_of_ledger(store)},
        make_current=make_current,
    )
