"""Tonight's release: the marts, every authority's report, the link counts, in one place and under one name."""

from __future__ import annotations

from assets import release
from assets.night import InForce
from assets.reports import state_of_ledger, write_link_summary, write_reports
from assets.store import Store


def make_release(store: Store, in_force: InForce, *, make_current: bool = True) -> release.Made:
    """Make the release of the submissions in force with everything that belongs into it."""
    return release.nightly(
        store,
        in_force,
        fill=[
            lambda folder: write_reports(store, in_force, folder / "quality"),
            lambda folder: write_link_summary(store, folder / "linkage"),
        ],
        parameters={"ledger": state_of_ledger(store)},
        make_current=make_current,
    )
