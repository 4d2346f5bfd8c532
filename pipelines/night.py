"""The nightly run in this process: the same Dagster job that the schedule starts, no daemon needed."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from dataclasses import dataclass
from typing import Any

from assets import keys
from assets.alone import alone
from assets.store import Store
from pipelines.settings import CHECKOUT, prepare_environment
from schemas.failures import Trouble, WrongUse


@dataclass(frozen=True)
class Outcome:
    """How a night went."""

    release: str
    is_new: bool
    new_trouble: int
    """Files first seen tonight that were quarantined or held."""

    @property
    def exit_code(self) -> int:
        return 1 if self.new_trouble else 0


def run(store: Store, *, full: bool = False, as_known_at: str = "", engine: str = "duckdb") -> Outcome:
    """Run the nightly job on a store and say how it went; Trouble when a stage failed or another run has it."""
    prepare_environment(store)
    keys.load(outside=store.home)  # nobody wants to hear of it after hours
    with alone(store):
        try:
            _execute(store, full, as_known_at, engine)
        finally:
            shutil.rmtree(store.aside, ignore_errors=True)
        summary = json.loads((store.tmp / "night.json").read_text(encoding="utf-8"))
    return Outcome(summary["release"], summary["is_new"], summary["new_trouble"])


def _execute(store: Store, full: bool, as_known_at: str, engine: str) -> None:
    os.chdir(CHECKOUT)
    warnings.filterwarnings("ignore", category=UserWarning)
    warnings.filterwarnings("ignore", message=".*beta.*")
    import dagster as dg

    from assets.night import Night
    from pipelines.definitions import WHOLE_RANGE, defs

    night = Night(
        home=str(store.home),
        landing=str(store.landing_dir or ""),
        full=full,
        as_known_at=as_known_at,
        engine=engine,
    )
    night.known_at()  # a date that is none is said before anything is read
    with dg.DagsterInstance.get() as instance:
        result = defs.resolve_job_def("nightly").execute_in_process(
            instance=instance,
            tags=WHOLE_RANGE,
            resources={"night": night},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    if not result.success:
        raise _why(result)


def _why(result: Any) -> Trouble:
    """Our own words of the first step that failed; a library's words never got this far."""
    for event in result.get_step_failure_events():
        error = event.event_specific_data.error
        if error is not None and error.cls_name == "DagsterExecutionInterruptedError":
            raise KeyboardInterrupt
        while error is not None and error.cause is not None:
            error = error.cause
        kind = {"Trouble": Trouble, "WrongUse": WrongUse, "Refused": Trouble}.get(
            error.cls_name if error else ""
        )
        if kind is not None:
            return kind(f"the stage {event.step_key} failed: {error.message.split(': ', 1)[-1].strip()}")
        return Trouble(f"the stage {event.step_key} failed ({error.cls_name if error else 'unknown'})")
    return Trouble("the nightly run failed before its first stage")
