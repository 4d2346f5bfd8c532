"""The reading processes: one that dies is replaced, and none tells more than it should."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ingest import pool, worker
from assets.ingest.limits import Limits
from assets.ingest.pool import BYTES_TOGETHER, MOST_TOGETHER, ROOT, Job, Pool, _bundles
from assets.ingest.xml_blocks import WORTHWHILE
from schemas.failures import Trouble
from tests.ingest.written import HEADER, cin


def job(tmp_path: Path, name: str, content: bytes) -> Job:
    original = tmp_path / f"{name}.gz"
    original.write_bytes(gzip.compress(content, 1))
    request = {"do": "read", "original": str(original), "sha256": name * 8, "into": str(tmp_path / name)}
    return Job(name, request, len(content))


def test_a_reader_that_dies_is_replaced_and_the_rest_is_read(tmp_path: Path) -> None:
    big = HEADER.encode() + b'"A",F,03/02/2014,WBRI,,0,\n' * 1_500_000
    jobs = [job(tmp_path, "big", big), *(job(tmp_path, f"s{n}", cin()) for n in range(3))]
    answers = {}
    with Pool(Limits(workers=1)) as pool:
        work = pool.run(jobs)
        give = pool._give

        def kill_the_first(process, jobs):  # type: ignore[no-untyped-def]
            yield from give(process, jobs)
            if jobs[0].key == "big":
                os.kill(process.popen.pid, signal.SIGKILL)

        pool._give = kill_the_first  # type: ignore[method-assign]
        answers = {done.key: said for done, said in work}
        alive = [process.popen.pid for process in pool.processes]
    assert answers["big"]["stopped"] == "file.reader_stopped"
    assert all(answers[f"s{n}"]["ret"] == "cin" for n in range(3))
    assert len(alive) == 1
    assert all(not Path(f"/proc/{pid}").exists() for pid in alive)


@pytest.mark.parametrize(("deaths", "becomes"), [(1, "ret"), (2, "stopped")])
def test_a_file_is_not_blamed_for_what_earlier_files_left_behind(
    tmp_path: Path, deaths: int, becomes: str
) -> None:
    large = HEADER.encode() + b'"A",F,03/02/2014,WBRI,,0,\n' * 200_000
    jobs = [job(tmp_path, "first", large), job(tmp_path, "second", cin())]  # the larger one is given first
    killed: list[bool] = []
    with Pool(Limits(workers=1)) as pool:
        give = pool._give

        def kill_with_the_second(process, jobs):  # type: ignore[no-untyped-def]
            yield from give(process, jobs)
            if jobs[0].key == "second" and len(killed) < deaths:
                killed.append(process.is_fresh)
                os.kill(process.popen.pid, signal.SIGKILL)

        pool._give = kill_with_the_second  # type: ignore[method-assign]
        answers = {done.key: said for done, said in pool.run(jobs)}
    assert killed == [False, True][:deaths]
    assert becomes in answers["second"]


def test_of_small_files_read_together_only_the_hostile_one_is_set_aside(tmp_path: Path) -> None:
    jobs = [job(tmp_path, f"s{n}", cin()) for n in range(5)]
    bomb = job(tmp_path, "bomb", b"<EXPSSDA903><CHILD><HEADER>" + b"<a/>" * 3_000_000)
    together = [*jobs, Job(bomb.key, bomb.request, 100)]
    assert len(list(_bundles(together))) == 1
    given = []
    with Pool(Limits(workers=1, memory_bytes=420 << 20, memory_per_byte=0)) as pool:
        give = pool._give
        pool._give = lambda process, jobs: given.append(len(jobs)) or give(process, jobs)  # type: ignore[method-assign,func-returns-value]
        answers = {done.key: said for done, said in pool.run(together)}
    assert given == [6, 1, 1, 1, 1, 1, 1, 1]  # the bomb once more, in a process of its own
    assert answers["bomb"] == {"stopped": "file.limit_reached", "why": "it passed its limit of memory"}
    assert all(answers[f"s{n}"]["ret"] == "cin" for n in range(5))


def test_small_jobs_go_together_and_large_ones_alone() -> None:
    sizes = [10] * 100 + [BYTES_TOGETHER // 2] * 3 + [BYTES_TOGETHER * 9]
    bundles = list(_bundles(Job(str(n), {}, size) for n, size in enumerate(sizes)))
    assert [len(bundle) for bundle in bundles] == [MOST_TOGETHER, 100 - MOST_TOGETHER + 1, 2, 1]
    assert sorted(int(job.key) for bundle in bundles for job in bundle) == list(range(len(sizes)))


def test_a_reader_knows_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATIONAL_OUTCOMES_KEYS", "/somewhere/secret")
    with Pool(Limits(workers=1)) as pool:
        list(pool.run([job(tmp_path, "a", cin())]))
        (process,) = pool.processes
        told = Path(f"/proc/{process.popen.pid}/environ").read_bytes()
        limits = Path(f"/proc/{process.popen.pid}/limits").read_text()
    assert b"secret" not in told
    assert any(line.split()[4:6] == ["0", "0"] for line in limits.splitlines() if "core file" in line)


def answer_to(error: Exception, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a reader answers when reading a file ends in this error."""

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(worker, "read_file", fails)
    return worker.answer({"do": "read"}, Limits())


@pytest.mark.parametrize("error", [ValueError("Jane Doe"), MemoryError(), OSError(27, "Jane Doe")])
def test_an_error_inside_comes_out_without_its_words(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    said = answer_to(error, monkeypatch)
    assert said["stopped"] in ("file.reader_stopped", "file.limit_reached")
    assert "Jane" not in str(said)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left", "Jane Doe.csv"),
        FileNotFoundError("No such file or directory (os error 2): Jane Doe.csv"),
        pl.exceptions.ComputeError("underlying IO error: Jane Doe (os error 28)"),
    ],
)
def test_what_the_machine_cannot_do_is_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    said = answer_to(error, monkeypatch)
    assert list(said) == ["machine"]
    assert "Jane" not in str(said)


def test_a_folder_that_went_away_stops_the_run_and_blames_no_file(tmp_path: Path) -> None:
    jobs = [job(tmp_path, f"s{n}", cin()) for n in range(3)]
    jobs[1].request["into"] = str(tmp_path / "gone" / "s1")
    with Pool(Limits(workers=1)) as pool, pytest.raises(Trouble, match="No file was set aside") as told:
        list(pool.run(jobs))
    assert str(tmp_path) not in str(told.value)


def test_a_file_that_only_says_that_the_disk_is_full_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its text may have got into the words of an error."""
    said = worker._stopped(pl.exceptions.ComputeError("got: (os error 28)"))
    jobs = [job(tmp_path, f"s{n}", cin()) for n in range(2)]
    hear = pool._Process.hear

    def told(process: pool._Process) -> object:
        heard = hear(process)
        return [said, heard[1]] if isinstance(heard, list) else heard

    monkeypatch.setattr(pool._Process, "hear", told)
    with Pool(Limits(workers=1)) as readers:
        answers = {done.key: said for done, said in readers.run(jobs)}
    assert answers["s0"]["stopped"] == "file.reader_stopped"
    assert answers["s1"]["ret"] == "cin"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_interrupts_the_run_does_not_stop_a_reader(tmp_path: Path, number: int) -> None:
    """A terminal or a service manager tells all processes of a run at once."""
    with Pool(Limits(workers=1)) as pool:
        list(pool.run([job(tmp_path, "a", cin())]))
        (process,) = pool.processes
        os.kill(process.popen.pid, number)
        ((_, said),) = pool.run([job(tmp_path, "b", cin())])
        assert said["ret"] == "cin"
        assert pool.processes == [process]


def test_what_cannot_be_asked_is_an_error_and_no_crash() -> None:
    assert worker.answer({"do": "dance"}, Limits())["stopped"] == "file.reader_stopped"


READS_A_CENSUS = """
import sys
from pathlib import Path
from assets.ingest import worker, writing
from assets.ingest.limits import Limits
original, into = sys.argv[1:]
asked = {"do": "read", "original": original, "sha256": "0" * 64, "into": into}
(said,) = worker.answers([asked], Limits())
writing.write_parquet(worker.pl.read_ipc_stream(said["tables"][0]["path"]), into)
assert "pyarrow.parquet" in sys.modules
assert "pandas" not in sys.modules
"""


def test_a_reading_process_does_not_wait_for_libraries_that_reading_has_no_use_for(tmp_path: Path) -> None:
    """Of each night two or more of them are started, for an authority's few files as well."""
    many = cin(children=tuple(f"C{n}" for n in range(1 + WORTHWHILE // 100)))
    assert len(many) > WORTHWHILE  # so that they are read all at once
    request = job(tmp_path, "census", many).request
    command = [sys.executable, "-c", READS_A_CENSUS, request["original"], request["into"]]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert ran.returncode == 0, ran.stderr
