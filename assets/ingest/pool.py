"""Keeps a few reading processes at work, and watches what each of them costs.

Processes are started once and given one file after another, small ones several at a time. One that dies,
hangs or takes more memory than its files deserve is killed. Of several files each is then tried alone; one
that was alone in a fresh process is set aside. In a process that had read other files before it, what these
left behind in memory may be to blame: then it is tried once more in a fresh one.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any

from assets.ingest.limits import MIB, Limits
from assets.ingest.portions import portions
from schemas.duck import threads
from schemas.failures import Trouble

ROOT = Path(__file__).resolve().parents[2]
START = (
    "import sys, json; sys.path.insert(0, sys.argv[1]); "
    "from assets.ingest.limits import Limits; from assets.ingest.worker import serve; "
    "serve(int(sys.argv[2]), Limits(**json.loads(sys.argv[3])))"
)
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
"""All that a reading process learns of our environment: no keys, no home."""
MOST_TOGETHER = 64
BYTES_TOGETHER = 2 * MIB
LEAST_ROOM, TIMES_ROOM = 16 * MIB, 4
"""The room that reading and typing a file may need: so many bytes, and so many times its own."""
TICK = 0.05
UNTOUCHED = 256 * MIB
"""Memory that libraries set aside and never touch: it is not resident, so it is not counted against a file."""
TIME_TO_START = 120.0
PASSED = "it passed its limit of {}"
LONGEST_ANSWER = 1 << 28
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Job:
    """One request to a reading process, and the bytes it is about: they set its limits."""

    key: str
    request: dict[str, Any]
    size: int


Bundle = list[Job]
"""Small jobs that a process is given together; after a mishap, each is given alone."""


class _Process:
    """One reading process and what it is doing."""

    def __init__(self, limits: Limits) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.popen = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [
                    sys.executable,
                    "-P",
                    "-c",
                    START,
                    str(ROOT),
                    str(theirs.fileno()),
                    json.dumps(limits.as_json()),
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # third-party words may hold values
                env=_environment(),
                close_fds=True,
            )
        self.pipe = Connection(ours.detach())
        self.limits = limits
        self.jobs: Bundle = []
        self.ready = False
        self.is_fresh = True
        self.since = time.monotonic()

    def give(self, jobs: Bundle) -> None:
        self.jobs, self.since = jobs, time.monotonic()
        self._bound(self.limits.memory_for(sum(job.size for job in jobs)) + UNTOUCHED)
        self.pipe.send_bytes(json.dumps([job.request for job in jobs]).encode())

    def _bound(self, most: int) -> None:
        """What the process cannot take even between two looks at it; where the system knows such a bound."""
        with contextlib.suppress(AttributeError, OSError):
            resource.prlimit(self.popen.pid, resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))

    def overstepped(self) -> str:
        """Which limit the process has passed, if any."""
        waited = time.monotonic() - self.since
        if not self.jobs:
            return "time to start" if not self.ready and waited > TIME_TO_START else ""
        size = sum(job.size for job in self.jobs)
        if waited > self.limits.time_for(size):
            return "time"
        return "memory" if self.memory() > self.limits.memory_for(size) else ""

    def memory(self) -> int:
        """Resident bytes; 0 where the system does not say."""
        try:
            return int(Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0

    def hear(self) -> Any:
        """What the process said; None when it has gone."""
        try:
            return json.loads(self.pipe.recv_bytes(LONGEST_ANSWER))
        except (EOFError, OSError, ValueError):
            return None

    def end(self) -> None:
        self.pipe.close()
        self.popen.kill()
        self.popen.wait()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class Pool:
    """Reading processes; use as a context manager, so that none outlives its work."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.most = limits.workers or threads()
        self.processes: list[_Process] = []
        self.waiting: list[Bundle] = []
        self.doubted: list[Bundle] = []
        """Jobs that failed in a process which had read others; each waits for a fresh one."""

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.end()
        self.processes.clear()

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, dict[str, Any]]]:
        """Every job with its answer, as they come; what was stopped says `stopped` and `why`."""
        self.waiting = list(_bundles(jobs))  # the largest are popped first
        while self.waiting or self.doubted or any(process.jobs for process in self.processes):
            self._start(len(self.waiting) + len(self.doubted))
            for process in list(self.processes):
                if process.ready and not process.jobs:
                    yield from self._employ(process)
            yield from self._listen()

    def _employ(self, process: _Process) -> Iterator[tuple[Job, dict[str, Any]]]:
        """The next work for an idle process; one that is no longer fresh makes room when only doubted jobs are left."""
        if process.is_fresh and self.doubted:
            yield from self._give(process, self.doubted.pop())
        elif self.waiting:
            yield from self._give(process, self.waiting.pop())
        elif self.doubted:
            self._retire(process)

    def _start(self, waiting: int) -> None:
        """As many processes as there is work for, up to one per core."""
        idle = sum(not process.jobs for process in self.processes)
        for _ in range(min(self.most - len(self.processes), waiting - idle)):
            self.processes.append(_Process(self.limits))

    def _give(self, process: _Process, jobs: Bundle) -> Iterator[tuple[Job, dict[str, Any]]]:
        try:
            process.give(jobs)
        except OSError:
            yield from self._gone(process, "the reading process had ended")

    def _listen(self) -> Iterator[tuple[Job, dict[str, Any]]]:
        spoken = wait([process.pipe for process in self.processes], timeout=TICK)
        for process in list(self.processes):
            if process.pipe in spoken:
                yield from self._heard(process)
            elif limit := process.overstepped():
                if not process.jobs:
                    raise RuntimeError(f"a reading process did not start within {TIME_TO_START:.0f} seconds")
                yield from self._gone(process, PASSED.format(limit), "file.limit_reached")

    def _heard(self, process: _Process) -> Iterator[tuple[Job, dict[str, Any]]]:
        said, jobs = process.hear(), process.jobs
        if said is None and not jobs:
            code = process.popen.wait()
            raise RuntimeError(f"a reading process ended with code {code} before it was given work")
        if not jobs:
            process.ready = True
        elif isinstance(said, list) and len(said) == len(jobs):
            was_fresh, process.is_fresh, process.jobs = process.is_fresh, False, []
            self._retire_if_swollen(process)
            for job, each in zip(jobs, said, strict=True):
                if each.get("why") == "memory" and not was_fresh:
                    self.doubted.append([job])
                else:
                    yield job, _unless_the_machine_failed(job, each)
        else:
            yield from self._gone(process, "the reading process ended")

    def _gone(
        self, process: _Process, why: str, code: str = "file.reader_stopped"
    ) -> Iterator[tuple[Job, dict[str, Any]]]:
        """Of one job that a fresh process had it is known that it is to blame; others are each tried again alone."""
        with contextlib.suppress(OSError):
            self._retire(process)
        if len(process.jobs) > 1:
            self.waiting.extend([job] for job in process.jobs)
        elif not process.is_fresh and why != PASSED.format("time"):
            self.doubted.append(process.jobs)
        else:
            yield process.jobs[0], {"stopped": code, "why": why}

    def _retire_if_swollen(self, process: _Process) -> None:
        """A process that keeps much memory after a large file makes room for a fresh one."""
        if process.memory() > self.limits.memory_bytes * 3 // 4:
            self._retire(process)

    def _retire(self, process: _Process) -> None:
        self.processes.remove(process)
        process.end()


def _unless_the_machine_failed(job: Job, said: dict[str, Any]) -> dict[str, Any]:
    """A full disk or a lost folder is no fault of a file: nothing is set aside for it, and the run stops.

    The reader is not believed, for somebody may have made it say so: it is tried whether there is room.
    """
    if "machine" not in said:
        return said
    if _has_room(Path(job.request["into"]).parent, max(LEAST_ROOM, TIMES_ROOM * job.size)):
        return {"stopped": "file.reader_stopped", "why": said["machine"]}
    raise Trouble(
        f"reading what arrived stopped, because the system said: {said['machine']}. Expected room and leave to write "
        "in the home. No file was set aside for it; run again when that is mended"
    )


def _has_room(folder: Path, needed: int) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, needed)
    except OSError:
        return False
    return True


def _bundles(jobs: Iterable[Job]) -> Iterator[Bundle]:
    """Small jobs together, the smallest first: most files of most authorities are a few kilobytes."""
    in_order = sorted(jobs, key=lambda job: (job.size, job.key))
    return portions(in_order, most=MOST_TOGETHER, most_bytes=BYTES_TOGETHER)
