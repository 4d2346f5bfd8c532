"""Every hostile file ends as a finding: quickly, in little memory, and nobody else notices.

All of them are read in one run, beside two authorities whose files are good. The reading processes are
watched: how long each file took, and how much memory was resident at the worst moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ingest import Limits, all_findings, ingest, ledger, pool
from assets.store import Store
from tests.ingest.hostile.files import HOSTILE
from tests.ingest.hostile.making import LA, Bait, zipped
from tests.ingest.written import NOW, cin, land, land_903

MIB = 1 << 20
TICKS = os.sysconf("SC_CLK_TCK")
SECONDS, RESIDENT = 10.0, 512 * MIB
LIMITS = Limits(workers=2, seconds=60, seconds_per_mib=0, memory_bytes=RESIDENT, memory_per_byte=0)
SECRET = "nobody may read this 7d1f"
GOOD = ("202", "203")


@dataclass
class Watched:
    """What reading each file cost, by its hash."""

    seconds: dict[str, float] = field(default_factory=dict)
    resident: dict[str, int] = field(default_factory=dict)


class Watcher(pool._Process):
    """A reading process whose processor time and memory are looked at: other work on the machine costs neither."""

    told: Watched
    used = 0.0

    def give(self, jobs: pool.Bundle) -> None:
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.popen.pid}/clear_refs").write_text("5")  # forget the peak so far
        self.used = self.processor()
        super().give(jobs)

    def hear(self) -> Any:
        said = super().hear()
        self.note()
        return said

    def end(self) -> None:
        self.note()
        super().end()

    def note(self) -> None:
        for job in self.jobs:
            key = job.request.get("sha256", "")
            self.told.seconds[key] = max(self.processor() - self.used, self.told.seconds.get(key, 0))
            self.told.resident[key] = max(self.peak(), self.told.resident.get(key, 0))

    def processor(self) -> float:
        """Seconds of processor time so far."""
        with contextlib.suppress(OSError):
            told = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(") ")[2].split()
            return (int(told[11]) + int(told[12])) / TICKS
        return 0.0

    def peak(self) -> int:
        with contextlib.suppress(OSError):
            found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.popen.pid}/status").read_text())
            return int(found[1]) * 1024 if found else 0
        return 0


@dataclass(frozen=True)
class Night:
    """What became of everything."""

    store: Store
    folders: dict[str, str]
    watched: Watched
    knocks: int
    seconds: float
    findings: pl.DataFrame
    state: pl.DataFrame


def good(landing: Path) -> None:
    for la in GOOD:
        land(landing, f"cin/2025/{la}/cin.xml", cin(la))
        land_903(landing, f"ssda903/2025/{la}", f"C{la}")


def pictures(store: Store) -> dict[str, str]:
    """Every file of the good authorities, by content."""
    return {
        str(path.relative_to(store.home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for la in GOOD
        for path in sorted(store.home.rglob(f"la={la}/*.parquet"))
    }


@pytest.fixture(scope="module")
def door() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture(scope="module")
def night(door: socket.socket, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One run over all of them."""
    place = tmp_path_factory.mktemp("hostile")
    secret = land(place, "secret.txt", SECRET)
    bait, folders = Bait(str(secret), door.getsockname()[1]), dict[str, str]()
    store = Store(place / "home", place / "landing")
    good(store.landing)
    for name, hostile in HOSTILE.items():
        data = hostile.make(bait)
        where = f"{'cin' if b'<Message' in data[:4096] else 'ssda903'}/2025/{LA}/h{len(folders):03d}"
        land(store.landing, f"{where}/file.csv", data)
        folders[name] = where
    Watcher.told = Watched()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "_Process", Watcher)
        patch.setattr(pool, "MOST_TOGETHER", 1)
        began = time.monotonic()
        ingest(store, now=NOW, limits=LIMITS)
    seconds, knocks = time.monotonic() - began, 0
    with contextlib.suppress(BlockingIOError):
        door.accept()
        knocks = 1
    state = ledger.state(store)
    return Night(store, folders, Watcher.told, knocks, seconds, all_findings(store), state)


def test_there_are_at_least_a_hundred_of_them() -> None:
    assert len(HOSTILE) >= 100


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_as_its_finding(night: Night, name: str) -> None:
    state = night.state.filter(pl.col("folder") == night.folders[name])
    assert state.height >= 1
    found = night.findings.filter(pl.col("submission").is_in(state["submission"].to_list()))
    assert HOSTILE[name].code in found["rule"].to_list()


@pytest.mark.parametrize("name", HOSTILE)
def test_it_costs_little_time_and_memory(night: Night, name: str) -> None:
    entries = [e for e in ledger.entries(night.store).values() if e.folder == night.folders[name]]
    files = {file["sha256"] for entry in entries for file in entry.files}
    assert files & night.watched.resident.keys()
    for sha256 in files:
        assert night.watched.seconds.get(sha256, 0) < SECONDS
        assert night.watched.resident.get(sha256, 0) < RESIDENT + 64 * MIB


def test_nobody_knocked_at_the_door_and_nobody_read_the_secret(night: Night) -> None:
    assert night.knocks == 0
    for path in night.store.home.rglob("*"):
        if path.is_file() and path.suffix != ".gz":
            assert SECRET.encode() not in path.read_bytes()


def test_the_good_authorities_have_the_same_files_to_the_byte(night: Night, tmp_path: Path) -> None:
    alone = Store(tmp_path / "home", tmp_path / "landing")
    good(alone.landing)
    ingest(alone, now=NOW, limits=LIMITS)
    assert len(pictures(alone)) > 40
    assert pictures(night.store) == pictures(alone)


def test_nothing_was_written_outside_the_store(night: Night) -> None:
    beside = {path.name for path in night.store.home.parent.iterdir()}
    assert beside == {"home", "landing", "secret.txt"}


# --- names and what is no file ------------------------------------------------------------------------

NAMES = [
    "=cmd|' /C calc'!A0.csv", "$(touch x).csv", "`id`.csv", "; rm -rf ~.csv", "-rf", "..csv", "...", "%00.csv",
    "a\nb.csv", "\x1b[31m.csv", "\u202evsc.csv", "n" * 251 + ".csv", "CON.csv", "<script>.csv", "'; drop table x;--.csv",
    os.fsdecode(b"\xff\xfe.csv"), "😀.csv", " .csv", "submission.toml.csv", "{{7*7}}.csv",
]  # fmt: skip


def test_names_do_no_harm_and_are_told_to_nobody_but_the_operator(tmp_path: Path, here: None) -> None:
    store = Store(tmp_path / "home", tmp_path / "landing")
    good(store.landing)
    for n, name in enumerate(NAMES):
        land(store.landing, f"ssda903/2025/{LA}/f{n}/{name}", f"Name,Colour\nx,{n}\n")
    ingest(store, now=NOW, limits=LIMITS)
    hidden = {"...", "..csv"}  # systems hide what begins with a full stop, and so do we
    assert ledger.state(store).filter(la=LA).height == len(NAMES) - len(hidden)
    told = all_findings(store).write_csv()
    assert not any(name in told for name in NAMES if len(name) > 4)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "landing"}


def test_what_is_no_file_is_never_opened(tmp_path: Path, here: None) -> None:
    store = Store(tmp_path / "home", tmp_path / "landing")
    good(store.landing)
    place = store.landing / f"ssda903/2025/{LA}"
    place.mkdir(parents=True)
    for name, target in {
        "zero": "/dev/zero",
        "self": "self",
        "up": "..",
        "gone": "nowhere",
        "etc": "/etc",
    }.items():
        (place / name).symlink_to(target)
    os.mkfifo(place / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as door:
        with contextlib.chdir(place):  # the system takes no long name for a door
            door.bind("socket")
        began = time.monotonic()
        ingest(store, now=NOW, limits=LIMITS)
    assert time.monotonic() - began < SECONDS
    found = all_findings(store).filter(rule="file.not_ordinary")
    assert found.height == 7


@pytest.mark.parametrize(
    "note",
    [b"\0" * 99, b"x" * 10_000_000, b"[" * 16_000, b'la = "../../x"', b"year = 99999999999999999999", b'return = ["cin"]',
     b'sent = "9999-99-99"', b"la = nan", b'"' * 99, "la = '\u202e202'".encode(), zipped({"a": "b"})],
    ids=range(11),
)  # fmt: skip
def test_a_hostile_note_says_nothing(tmp_path: Path, here: None, note: bytes) -> None:
    store = Store(tmp_path / "home", tmp_path / "landing")
    land_903(store.landing, "tray")
    land(store.landing, "tray/submission.toml", note)
    ingest(store, now=NOW, limits=LIMITS)
    assert ledger.state(store)["la"].to_list() == ["unknown:tray"]
