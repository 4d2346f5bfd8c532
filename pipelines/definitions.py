"""What Dagster loads: the assets of the nightly run, its job, its schedule and a sensor for new files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

from pipelines.settings import open_store  # sets the environment; must come before Dagster

LANDING = os.environ.get("NATIONAL_OUTCOMES_LANDING", "")
STORE = open_store(landing=Path(LANDING) if LANDING else None)

import dagster as dg  # noqa: E402

from assets.checks import rules_hold  # noqa: E402
from assets.night import Night  # noqa: E402
from assets.stages import ASSETS, YEARS  # noqa: E402
from schemas.failures import guarded  # noqa: E402

warnings.filterwarnings("ignore", category=dg.BetaWarning)

WHOLE_RANGE = {
    "dagster/asset_partition_range_start": YEARS.get_partition_keys()[0],
    "dagster/asset_partition_range_end": YEARS.get_partition_keys()[-1],
}
"""One run does all years: a run per partition would pay a process start for each."""

nightly_job = dg.define_asset_job(
    "nightly",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    tags=WHOLE_RANGE,
    description="From the files that arrived to a restricted release, redoing only what changed.",
)

nightly_schedule = dg.ScheduleDefinition(
    job=nightly_job, cron_schedule="0 2 * * *", execution_timezone="Europe/London"
)


@dg.sensor(job=nightly_job, minimum_interval_seconds=300)
def new_files(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for a run when the landing folder holds something it did not hold at the last look.

    Sizes and times only: names of files may hold names of children and stay out of Dagster's storage.
    """
    seen = landing_state()
    if seen == context.cursor:
        yield dg.SkipReason("nothing new has arrived")
        return
    context.update_cursor(seen)
    yield dg.RunRequest(run_key=seen, tags=WHOLE_RANGE)


@guarded("looking at what arrived")
def landing_state() -> str:
    """A fingerprint of the landing folder: how many files, how large, how recent.

    A file that goes while we look would name itself in the error, and Dagster keeps errors.
    """
    from assets.fingerprint import fingerprint

    files = [path.stat() for path in sorted(STORE.landing.rglob("*")) if path.is_file()]
    return fingerprint([(stat.st_size, stat.st_mtime_ns) for stat in files])


defs = dg.Definitions(
    assets=ASSETS,
    asset_checks=[rules_hold],
    jobs=[nightly_job],
    schedules=[nightly_schedule],
    sensors=[new_files],
    resources={"night": Night(home=str(STORE.home), landing=LANDING)},
    executor=dg.in_process_executor,
)
