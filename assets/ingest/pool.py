"""Keeps a few reading processes at work, and watches what each of them costs.

Processes are started once and read one file after another. One that dies, hangs or takes more memory
than its file deserves is killed; its file is set aside and a fresh process goes on with the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any

from assets.ingest.limits import Limits
from schemas.duck import threads

ROOT = Path(__file__).resolve().parents[2]
START = (
    "import sys, json; sys.path.insert(0, sys.argv[1]); "
    "from assets.ingest.limits import Limits; from assets.ingest.worker import serve; "
    "serve(int(sys.argv[2]), Limits(**json.loads(sys.argv[3])))"
)
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
"""All that a reading process learns of our environment: no keys, no home."""
TICK = 0.05
TIME_TO_START = 120.0
LONGEST_ANSWER = 1 << 28
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Job:
    """One request to a reading process, and the bytes it is about: they set its limits."""

    key: str
    request: dict[str, Any]
    size: int


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
        self.job: Job | None = None
        self.ready = False
        self.since = time.monotonic()

    def give(self, job: Job) -> None:
        self.job, self.since = job, time.monotonic()
        self.pipe.send_bytes(json.dumps(job.request).encode())

    def overstepped(self) -> str:
        """Which limit the process has passed, if any."""
        waited = time.monotonic() - self.since
        if self.job is None:
            return "time to start" if not self.ready and waited > TIME_TO_START else ""
        if waited > self.limits.time_for(self.job.size):
            return "time"
        return "memory" if self.memory() > self.limits.memory_for(self.job.size) else ""

    def memory(self) -> int:
        """Resident bytes; 0 where the system does not say."""
        try:
            return int(Path(f"/proc/{self.popen.pid}/statm").read_text().split()[1]) * PAGE
        except (OSError, IndexError, ValueError):
            return 0

    def hear(self) -> dict[str, Any] | None:
        """What the process said; None when it has gone."""
        try:
            said = json.loads(self.pipe.recv_bytes(LONGEST_ANSWER))
        except (EOFError, OSError, ValueError):
            return None
        return said if isinstance(said, dict) else None

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
        waiting = sorted(jobs, key=lambda job: (job.size, job.key))  # the largest is popped first
        while waiting or any(process.job for process in self.processes):
            self._start(len(waiting))
            for process in self.processes:
                if process.ready and process.job is None and waiting:
                    yield from self._give(process, waiting.pop())
            yield from self._listen()

    def _start(self, waiting: int) -> None:
        """As many processes as there is work for, up to one per core."""
        idle = sum(process.job is None for process in self.processes)
        for _ in range(min(self.most - len(self.processes), waiting - idle)):
            self.processes.append(_Process(self.limits))

    def _give(self, process: _Process, job: Job) -> Iterator[tuple[Job, dict[str, Any]]]:
        try:
            process.give(job)
        except OSError:
            yield self._gone(process, "the reading process had ended")

    def _listen(self) -> Iterator[tuple[Job, dict[str, Any]]]:
        spoken = wait([process.pipe for process in self.processes], timeout=TICK)
        for process in list(self.processes):
            if process.pipe in spoken:
                yield from self._heard(process)
            elif limit := process.overstepped():
                if process.job is None:
                    raise RuntimeError(f"a reading process did not start within {TIME_TO_START:.0f} seconds")
                yield self._gone(process, f"it passed its limit of {limit}", "file.limit_reached")

    def _heard(self, process: _Process) -> Iterator[tuple[Job, dict[str, Any]]]:
        said, job = process.hear(), process.job
        if said is None and job is None:
            code = process.popen.wait()
            raise RuntimeError(f"a reading process ended with code {code} before it was given work")
        if said is None:
            yield self._gone(process, "the reading process ended")
        elif job is None:
            process.ready = True
        else:
            process.job = None
            self._retire_if_swollen(process)
            yield job, said

    def _gone(
        self, process: _Process, why: str, code: str = "file.reader_stopped"
    ) -> tuple[Job, dict[str, Any]]:
        self.processes.remove(process)
        with contextlib.suppress(OSError):
            process.end()
        if process.job is None:
            raise RuntimeError("a reading process ended while it had no work")
        return process.job, {"stopped": code, "why": why}

    def _retire_if_swollen(self, process: _Process) -> None:
        """A process that keeps much memory after a large file makes room for a fresh one."""
        if process.memory() > self.limits.memory_bytes // 2:
            self.processes.remove(process)
            process.end()
