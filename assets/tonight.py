"""Tonight's release: the marts, every authority's report, the linkage report, in one place and under one name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from assets import explanations, release, waivers
from assets.gathered import InForce
from assets.linkage_report import write_linkage_report
from assets.mending import Mending
from assets.repaired import Repaired
from assets.reports import Given, state_of_ledger, write_reports
from assets.store import Store


def make_release(store: Store, in_force: InForce, *, today: date | None = None) -> release.Made:
    """Make the release of the submissions in force with everything that belongs into it.

    `today` is the day on which waivers are or are not in force: that of the moment looked at. A release that looks
    back is not what anyone is told: it never becomes current, and later reports are not compared with it.
    """
    is_told = store.as_known_at is None
    accepted = waivers.read(store, today or (store.as_known_at or datetime.now(UTC)).date())
    mending, repaired = Mending(store), Repaired()

    def reports(restricted: Path) -> int:
        given = Given(in_force, accepted, mending.figures, repaired.rows, is_told)
        return write_reports(store, restricted, given)

    return release.nightly(
        store,
        in_force,
        fill=[reports, lambda restricted: write_linkage_report(store, in_force, restricted)],
        parameters={
            "ledger": state_of_ledger(store),
            "explanations": explanations.state(store),
            "waivers": waivers.state(accepted),
        },
        make_current=is_told,
        beside=release.Several(mending, repaired),
    )
