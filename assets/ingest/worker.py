"""The process that opens untrusted files. It knows no keys, no network and no other authority's data.

It answers one request after another over a pipe, in JSON, so that nothing it says can be code. What
goes wrong inside comes out as the kind of error and its place, never its words: they may hold a value.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from assets.ingest.limits import Limits
from assets.ingest.reader import read_bytes
from assets.ingest.reading import Reading
from assets.ingest.writing import Placed, write_table
from schemas.failures import place_of
from schemas.findings import Finding
from schemas.returns import named

READY = {"ready": True}


def serve(fd: int, limits: Limits) -> None:
    """Answer requests until the parent hangs up."""
    _confine(limits)
    pipe = Connection(fd)
    _say(pipe, READY)
    while True:
        try:
            asked = json.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        _say(pipe, answer(asked, limits))


def _confine(limits: Limits) -> None:
    os.umask(0o077)
    with contextlib.suppress(OSError):  # where memory runs out, the reader goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
    sys.setrecursionlimit(3_000)


def _say(pipe: Connection, words: Mapping[str, Any]) -> None:
    pipe.send_bytes(json.dumps(words).encode())


def answer(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Do what was asked; an error becomes its kind and place."""
    try:
        return {"read": read_file, "write": write_submission}[asked["do"]](asked, limits)
    except MemoryError:
        return {"stopped": "file.limit_reached", "why": "memory"}
    except OSError as error:
        code = "file.limit_reached" if error.errno == errno.EFBIG else "file.reader_stopped"
        return {"stopped": code, "why": f"{type(error).__name__} at {place_of(error)}"}
    except Exception as error:
        return {"stopped": "file.reader_stopped", "why": f"{type(error).__name__} at {place_of(error)}"}


def read_file(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Read one original; put the text of its tables beside each other in `into`."""
    with gzip.open(asked["original"], "rb") as file:
        reading = read_bytes(file.read(), asked["sha256"], limits)
    into = Path(asked["into"])
    into.mkdir(parents=True, exist_ok=True)
    return {**_without_rows(reading), "tables": [_stage(into, read) for read in reading.tables]}


def _without_rows(reading: Reading) -> dict[str, Any]:
    return {
        "ret": reading.ret,
        "whole": reading.whole,
        "facts": asdict(reading.facts),
        "findings": [asdict(finding) for finding in reading.findings],
    }


def _stage(into: Path, read: Any) -> dict[str, Any]:
    kept, aside = into / f"{read.table.VIEW}.parquet", into / f"{read.table.VIEW}.aside.parquet"
    read.frame.write_parquet(kept, compression="lz4", statistics=False)
    if read.aside.height:
        read.aside.write_parquet(aside, compression="lz4", statistics=False)
    return {
        "view": read.table.VIEW,
        "rows_in": read.rows_in,
        "kept": read.frame.height,
        "set_aside": read.aside.height,
        "path": str(kept),
        "aside": str(aside) if read.aside.height else "",
    }


def write_submission(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Type the tables of one submission; put raw and typed Parquet into `into`, named by table."""
    ret, placed = named(asked["ret"]), Placed(**asked["placed"])
    into = Path(asked["into"])
    into.mkdir(parents=True, exist_ok=True)
    findings: list[Finding] = []
    tables = []
    for view, parts in sorted(asked["tables"].items()):
        written = write_table(ret, ret.table(view), parts, placed, into)
        findings.extend(written.findings)
        tables.append({"view": view, "rows": written.rows, "files": written.files})
    return {"tables": tables, "findings": [asdict(finding) for finding in findings]}
