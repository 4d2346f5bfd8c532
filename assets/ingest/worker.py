"""The process that opens untrusted files. It knows no keys, no network and no other authority's data.

It answers one request after another over a pipe, in JSON, so that nothing it says can be code. What
goes wrong inside comes out as the kind of error and its place, never its words: they may hold a value.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import json
import os
import resource
import signal
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, cast

import polars as pl

from assets.ingest import archive
from assets.ingest.forms import LONGEST_HEADING, kind_of
from assets.ingest.limits import Limits
from assets.ingest.originals import GZIP
from assets.ingest.reader import read_bytes, read_stream
from assets.ingest.reading import Reading, RowsLost, Spilled, TableRead, refused
from assets.ingest.spilling import no_rows_of
from assets.ingest.writing import Part, Placed, Sent, write_table
from schemas.failures import place_of, system_error
from schemas.returns import named

READY = {"ready": True}
AT_ONCE = 200_000
"""Rows of one table in one file that are typed at once; of more, never all are in memory."""


def serve(fd: int, limits: Limits) -> None:
    """Answer requests until the parent hangs up.

    Whoever interrupts a run interrupts the parent. A reader that went first would leave the parent to blame the
    file that it was reading.
    """
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    _confine(limits)
    pipe = Connection(fd)
    _say(pipe, READY)
    while True:
        try:
            asked = json.loads(pipe.recv_bytes())
        except (EOFError, OSError):
            return
        _say(pipe, answers(asked, limits))


def _confine(limits: Limits) -> None:
    os.umask(0o077)
    with contextlib.suppress(OSError):  # where memory runs out, the reader goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes))
    sys.setrecursionlimit(3_000)


def _say(pipe: Connection, words: Any) -> None:
    pipe.send_bytes(json.dumps(words).encode())


def answers(asked: Sequence[Mapping[str, Any]], limits: Limits) -> list[dict[str, Any]]:
    """Answer several small requests: what is to be typed together, and one by one where that fails."""
    if len(asked) > 1 and all(each["do"] == "write" for each in asked):
        with contextlib.suppress(Exception):
            return write_submissions(asked)
    return [answer(each, limits) for each in asked]


def answer(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Do what was asked; an error becomes its kind and place."""
    try:
        do = {"read": read_file, "write": write_submission, "explain": read_explained}[asked["do"]]
        return do(asked, limits)
    except RowsLost as error:
        return {"stopped": "file.rows_lost", "why": place_of(error)}
    except MemoryError:
        return {"stopped": "file.limit_reached", "why": "memory"}
    except Exception as error:
        return _stopped(error)


def _stopped(error: Exception) -> dict[str, Any]:
    """What becomes of a file over an error; where the machine failed, no file is to blame."""
    said = system_error(error)
    if said == errno.EFBIG:
        return {"stopped": "file.limit_reached", "why": f"{type(error).__name__} at {place_of(error)}"}
    if said:
        return {"machine": f"{os.strerror(said)}, at {place_of(error)}"}
    return {"stopped": "file.reader_stopped", "why": f"{type(error).__name__} at {place_of(error)}"}


def read_file(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Read one original; the text of its tables waits in `into` for the submission to be known.

    Of a zip that stands for a folder, the files wait there instead, to be read like any others.
    """
    path = Path(asked["original"])
    with gzip.open(path) as source:
        head = source.read(LONGEST_HEADING)
    if head.startswith(archive.MARK) and asked.get("unpack"):
        data = gzip.decompress(path.read_bytes())
        if archive.is_folder(data):
            return _unpacked(asked, data, limits)
    if kind_of(head) == "xml":
        with gzip.open(path) as source:
            return _told(read_stream(cast("IO[bytes]", source), asked["sha256"], into=asked["into"]), asked)
    return _told(_read_original(path, head, asked["sha256"], limits), asked)


def _told(reading: Reading, asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "ret": reading.ret,
        "whole": reading.whole,
        "facts": asdict(reading.facts),
        "findings": [asdict(replace(finding, file=asked["sha256"][:12])) for finding in reading.findings],
        "tables": [_stage(f"{asked['into']}.{read.table.VIEW}", read) for read in reading.tables],
    }


def _read_original(path: Path, head: bytes, sha256: str, limits: Limits) -> Reading:
    """The file, read; a large one that begins as nothing we know is not even unpacked whole."""
    told_below = kind_of(head) == "json" or head.startswith(archive.MARK)
    if len(head) == LONGEST_HEADING and not told_below:
        reading = read_bytes(head, sha256, limits)
        if not reading.usable:
            return reading
    return read_bytes(gzip.decompress(path.read_bytes()), sha256, limits)


def _unpacked(asked: Mapping[str, Any], data: bytes, limits: Limits) -> dict[str, Any]:
    """The files in a zip, each hashed and compressed like an original, for the parent to put in place."""
    try:
        kept = [_kept(asked, n, member) for n, member in enumerate(archive.members(data, limits))]
    except archive.Unsound as unsound:
        return _told(archive.not_unpacked(unsound), asked)
    if not kept:
        return _told(refused("file.empty", "nothing is in the zip"), asked)
    opened = Reading(findings=(archive.about(len(kept)),))
    return {**_told(opened, asked), "members": kept}


def _kept(asked: Mapping[str, Any], n: int, member: archive.Member) -> dict[str, Any]:
    place, packer = Path(f"{asked['into']}.{n}.gz"), zlib.compressobj(1, wbits=GZIP)
    place.write_bytes(packer.compress(member.data) + packer.flush())
    place.chmod(0o400)
    sha256 = hashlib.sha256(member.data).hexdigest()
    return {"name": member.name, "sha256": sha256, "bytes": len(member.data), "path": str(place)}


def read_explained(asked: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """Read a list that came back with explanations; its rows wait in `into`."""
    from assets.ingest.explanation_reader import Unreadable, read_explanations

    try:
        found, formulas = read_explanations(gzip.decompress(Path(asked["original"]).read_bytes()), limits)
    except Unreadable as error:
        return {"stopped": "explanation.unreadable", "why": str(error)}
    found.write_parquet(asked["into"])
    return {"explanations": found.height, "formulas": formulas, "shortened": int(found["is_cut"].sum())}


def _stage(place: str, read: TableRead) -> dict[str, Any]:
    aside = f"{place}.aside" if read.aside.height else ""
    if not read.spilled:
        read.frame.write_ipc_stream(place, compression="lz4")
    if aside:
        read.aside.write_ipc_stream(aside, compression="lz4")
    return {
        "view": read.table.VIEW,
        "rows_in": read.rows_in,
        "kept": read.kept,
        "set_aside": read.aside.height,
        "path": read.spilled.path if read.spilled else place,
        "aside": aside,
    }


def write_submission(asked: Mapping[str, Any], _: Limits) -> dict[str, Any]:
    """Type the tables of one submission; put raw and typed Parquet beside `into`, named by table."""
    return write_submissions([asked])[0]


def write_submissions(asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Type the tables of several submissions, each table of all of them at once."""
    said: list[dict[str, Any]] = [{"tables": [], "findings": []} for _ in asked]
    for name, view in sorted({(each["ret"], view) for each in asked for view in each["tables"]}):
        those = [n for n, each in enumerate(asked) if each["ret"] == name and view in each["tables"]]
        sent = [Sent(Placed(**asked[n]["placed"]), _parts(asked[n]["tables"][view])) for n in those]
        places = [asked[n]["into"] for n in those]
        ret = named(name)
        for n, written in zip(those, write_table(ret, ret.table(view), sent, places), strict=True):
            said[n]["tables"].append({"view": view, "rows": written.rows, "files": written.files})
            said[n]["findings"].extend(asdict(finding) for finding in written.findings)
    return said


def _parts(told: Iterable[Mapping[str, Any]]) -> list[Part]:
    """The text of a table from each file, in an order that the content decides."""
    return [_part(part) for part in sorted(told, key=lambda part: str(part["sha256"]))]


def _part(told: Mapping[str, Any]) -> Part:
    """The text of a table from one file; a large one stays on disk until it is typed, portion by portion."""
    aside = pl.read_ipc_stream(told["aside"]) if told["aside"] else None
    if told["kept"] > AT_ONCE:
        waiting = Spilled(told["path"], told["kept"])
        return Part(told["sha256"], no_rows_of(waiting), not told["whole"], aside, waiting)
    return Part(told["sha256"], pl.read_ipc_stream(told["path"]), not told["whole"], aside)
