"""Whether this machine, its configuration and the store are fit for a run, each check with its remedy."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.store import Store
from schemas.calendar import year_of
from schemas.machine import machine_memory
from schemas.table import LAST_YEAR


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    ok: bool
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def line(self) -> str:
        mark = "ok     " if self.ok else "NOT OK "
        return f"{mark} {self.what}: {self.found}" + (f"  ->  {self.remedy}" if not self.ok else "")


def examine(store: Store) -> list[Check]:
    """Every check, in the order in which a run would stumble."""
    return [
        *_machine(store), *_store(store), *_keys(), _dagster(store), _telemetry(), _calendar(),
    ]  # fmt: skip


def _machine(store: Store) -> Iterator[Check]:
    import duckdb
    import polars

    version = sys.version_info
    yield Check(
        "Python", (3, 11) <= version[:2] < (3, 14), sys.version.split()[0], "use Python 3.11, 3.12 or 3.13"
    )
    yield Check(
        "DuckDB", duckdb.__version__.startswith("2."), duckdb.__version__, "run make run or make test again"
    )
    yield Check("polars", True, polars.__version__)
    memory = machine_memory() / 2**30
    yield Check("memory", memory >= 4, f"{memory:.0f} GiB", "all of England wants 24 GiB, the demo 4")
    place = next(p for p in (store.home, *store.home.parents) if p.exists())
    free = shutil.disk_usage(place).free / 2**30
    yield Check(
        "disk",
        free >= 5,
        f"{free:.0f} GiB free at the store",
        "free some space or move the store with --home",
    )


def _store(store: Store) -> Iterator[Check]:
    if not store.home.exists():
        yield Check("store", True, "not there yet; the first run creates it")
        return
    yield Check(
        "store", os.access(store.home, os.W_OK), "writable", "give this user write access to the store"
    )
    yield Check(
        "landing", store.landing.is_dir(), "there" if store.landing.is_dir() else "no landing folder",
        "create landing/ in the store or name another with --landing",
    )  # fmt: skip
    open_files = [
        p for p in store.home.rglob("*") if p.is_file() and not _within(p, store.landing) and _is_open(p)
    ]
    yield Check(
        "file modes", not open_files, f"{len(open_files)} file(s) readable by others",
        "run chmod -R go-rwx on the store",
    )  # fmt: skip


def _within(path: Path, folder: Path) -> bool:
    return path.is_relative_to(folder) or "truth" in path.parts


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.lstat().st_mode) & 0o007) and not path.is_symlink()


def _keys() -> Iterator[Check]:
    from assets import keys
    from schemas.failures import Trouble

    try:
        keys.load()
        yield Check("key", True, "there, private and long enough")
    except Trouble as error:
        yield Check("key", False, str(error), "make one with: outcomes keys new")


def _dagster(store: Store) -> Check:
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        quiet = instance.get_settings("telemetry") == {"enabled": False}
        inside = Path(instance.storage_directory()).resolve().is_relative_to(store.home.resolve())
    return Check(
        "Dagster", quiet and inside, "telemetry off, storage in the store" if quiet and inside else "not as it must be",
        "start it with `outcomes run` or `make ui`, which set its environment",
    )  # fmt: skip


def _telemetry() -> Check:
    on = os.environ.get("GX_ANALYTICS_ENABLED") != "false"
    return Check(
        "telemetry",
        not on,
        "off" if not on else "Great Expectations may report",
        "unset GX_ANALYTICS_ENABLED",
    )


def _calendar() -> Check:
    now = year_of(datetime.now(UTC).date())
    return Check(
        "calendar", now <= LAST_YEAR, f"declared to {LAST_YEAR}, this is collection year {now}",
        "declare the new year: see CONTRIBUTING.md, 'a collection year'",
    )  # fmt: skip
