"""Explanations that come back: why a record is right although a rule says otherwise, in the officer's words.

An authority fills in the column Explanation of its list and drops the file into `landing/explanations/`,
in any folder, under any name. It is an untrusted file: kept by its hash, read in the limited process that
reads returns, and never believed beyond what it says about findings that are there. What was explained is
kept beside the originals, where identifiers are at home, and is read again only when everything is.

An explanation belongs to a finding of the same authority, return, year, term, rule, table, child and
fields: the one in the same row of the submission that was explained, and in a later submission the one with
the same values. When the record changes, the explanation has nothing left to explain, and that is said.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from assets.fingerprint import fingerprint
from assets.ingest.discover import NOT_SENT
from assets.ingest.explanation_reader import SCHEMA
from assets.ingest.limits import MIB, Limits
from assets.ingest.originals import Landed, keep_one, original_path
from assets.ingest.pool import Job, Pool
from assets.store import Store
from schemas.authorities import authorities
from schemas.findings import Finding, findings_frame

FOLDER = "explanations"
"""Of the landing place."""
LARGEST = 64 * MIB
COUNTED = ("explanations", "formulas", "shortened")
"""What is counted of a file: explanations, those left out for a formula, those that were too long."""
LIMITS = Limits(max_file_bytes=LARGEST, workers=1)
DEEPEST = 8
REGISTER = {**SCHEMA, "sha256": pl.String(), "came": pl.String()}
"""Explanations with the file that they came in and when it was first seen."""
WHERE = ("la", "return", "year", "term", "rule", "table", "child", "fields")
NOBODY = "unknown:explanations"
"""Stands for the authority of a file of which it is not known."""


@dataclass(frozen=True)
class Taken:
    """What came of the explanations that arrived: files read and files that could not be read."""

    files: int = 0
    unreadable: int = 0


def take_in(store: Store, *, now: datetime, full: bool = False) -> Taken:
    """Read the files in the folder for explanations that are not known yet; with `full` all that ever came."""
    store.explanations.mkdir(parents=True, exist_ok=True, mode=0o700)
    came = dict(_kept(store))
    known = {note["sha256"]: note for note in notes(store)}
    erased = {sha for sha, note in known.items() if note.get("erased")}
    for sha256 in erased:
        original_path(store, sha256).unlink(missing_ok=True)
    new = {sha: _note(sha, folder, now) for sha, folder in came.items() if sha not in known}
    again = [note for sha, note in known.items() if full and sha not in erased]
    wanted = [*new.values(), *again]
    read = list(_read(store, wanted))
    for note in read:
        _write(store, note)
    bad = sum(bool(note["reason"]) for note in read if note["sha256"] in new)
    return Taken(len(new), bad)


def notes(store: Store) -> list[dict[str, Any]]:
    """What is known of every file that came: its hash, the folder's authority, what reading it gave."""
    found = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(store.explanations.glob("*.json"))]
    until = store.as_known_at
    return [note for note in found if until is None or datetime.fromisoformat(note["came"]) <= until]


def register(store: Store) -> pl.DataFrame:
    """All explanations, the latest last: a frame of `REGISTER`.

    A folder that names an authority explains that authority's findings and no other's.
    """
    frames = []
    for note in sorted(notes(store), key=lambda note: (note["came"], note["sha256"])):
        path = store.explanations / f"{note['sha256']}.parquet"
        if not note["reason"] and path.exists():
            told = pl.read_parquet(path).with_columns(
                sha256=pl.lit(note["sha256"]),
                came=pl.lit(note["came"]),
                la=pl.lit(note["la"]) if note["la"] else "la",
            )
            frames.append(told.select(list(REGISTER)))
    return pl.concat([pl.DataFrame(schema=REGISTER), *frames])


def state(store: Store) -> str:
    """A fingerprint of all that was explained."""
    return fingerprint([(note["sha256"], note["reason"], note["explanations"]) for note in notes(store)])


def forget(store: Store, submission: str) -> None:
    """Erase what was said of a submission that is withdrawn, and the originals in which it was said.

    What such a file said of other submissions stays, but the file is not read again.
    """
    for note in notes(store):
        path = store.explanations / f"{note['sha256']}.parquet"
        told = pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=SCHEMA)
        others = told.filter(_blank("submission") != submission)
        if others.height < told.height:
            others.write_parquet(store.explanations / f".{note['sha256']}.part")
            _write(store, {**note, "explanations": others.height, "erased": True})
            original_path(store, note["sha256"]).unlink(missing_ok=True)


# --- reading ----------------------------------------------------------------------------------------


def _kept(store: Store) -> Iterator[tuple[str, str]]:
    """Every file in the folder, its original kept: SHA-256 and the authority that its folder names."""
    top = store.landing / FOLDER
    codes = set(authorities()["la_code"])
    for path in _files(top, DEEPEST):
        named = [part for part in path.relative_to(top).parts[:-1] if part in codes]
        found = path.stat(follow_symlinks=False)
        sha256 = keep_one(store, Landed(path, "", found.st_size, found.st_mtime_ns), LIMITS)
        if sha256:
            yield sha256, named[-1] if named else ""


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """Ordinary files below a folder; links are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and depth and not entry.name.startswith("."):
            yield from _files(Path(entry.path), depth - 1)
        elif entry.is_file(follow_symlinks=False) and not NOT_SENT.fullmatch(entry.name):
            yield Path(entry.path)


def _note(sha256: str, la: str, now: datetime) -> dict[str, Any]:
    return {"sha256": sha256, "la": la, "came": now.astimezone(UTC).isoformat()}


def _read(store: Store, wanted: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each file's note with what reading it gave."""
    jobs = []
    for note in sorted(wanted, key=lambda note: str(note["sha256"])):
        original = original_path(store, note["sha256"])
        if not original.exists():
            why = f"expected at most {LARGEST >> 20} MiB"
            yield {**note, "reason": "explanation.unreadable", "why": why, **dict.fromkeys(COUNTED, 0)}
            continue
        into = str(store.explanations / f".{note['sha256']}.part")
        request = {"do": "explain", "original": str(original), "into": into}
        jobs.append(Job(note["sha256"], request, original.stat().st_size))
    by_sha = {note["sha256"]: note for note in wanted}
    with Pool(LIMITS) as pool:
        for job, said in pool.run(jobs):
            yield {**by_sha[job.key], **_outcome(said)}


def _outcome(said: dict[str, Any]) -> dict[str, Any]:
    stopped = "explanation.unreadable" if said.get("stopped") else ""
    counts = {name: int(said.get(name, 0)) for name in COUNTED}
    return {"reason": stopped, "why": str(said.get("why", "")) if stopped else "", **counts}


def _write(store: Store, note: dict[str, Any]) -> None:
    """Put what was read in its place; the note goes last and says that it is there."""
    part = store.explanations / f".{note['sha256']}.part"
    if not note["reason"]:
        os.replace(part, store.explanations / f"{note['sha256']}.parquet")
    part.unlink(missing_ok=True)
    writing = store.explanations / f".{note['sha256']}.note"
    writing.write_text(json.dumps(note, sort_keys=True), encoding="utf-8")
    os.replace(writing, store.explanations / f"{note['sha256']}.json")


# --- which finding is meant -------------------------------------------------------------------------


def explained(findings: pl.DataFrame, told: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Findings with `standing` and `explanation`, and the explanations that fit none of them.

    `findings` name child and values; `told` is the register. Of several explanations of one finding the
    latest counts.
    """
    numbered = findings.with_row_index("at")
    hits = _hits(numbered.filter(_may_be_meant(told)), told.with_row_index("said"))
    last = hits.sort("said").group_by("at").agg(pl.col("explanation").last())
    shown = numbered.join(last, on="at", how="left", maintain_order="left").drop("at")
    standing = pl.when(pl.col("explanation").is_not_null()).then(pl.lit("explained"))
    unmatched = told.with_row_index("said").join(hits, on="said", how="anti").drop("said")
    return shown.with_columns(
        standing=standing.otherwise(pl.lit("")), explanation=pl.col("explanation").fill_null("")
    ), unmatched


def _may_be_meant(told: pl.DataFrame) -> pl.Expr:
    """Of a million findings only those of authorities and rules that somebody explains are compared."""
    return pl.col("la").is_in(told["la"].unique().implode()) & pl.col("rule").is_in(
        told["rule"].unique().implode()
    )


def _hits(findings: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a finding and what was said of it: `at`, `said`, `explanation`.

    In the submission that was explained the row decides. In another one rows have moved: there the values
    decide, and of several findings alike no more are explained than were, in their order.
    """
    alike = [*WHERE, "values"]
    ours = findings.select("at", *_comparable(findings), _blank("values"), "row", "submission")
    ours = ours.with_columns(turn=pl.col("row").rank("dense").over([*alike, "submission"]))
    theirs = told.select(
        "said", *_comparable(told), _blank("values").alias("values_told"), "explanation",
        row_told=pl.col("row").cast(pl.Int32), submission_told=_blank("submission"),
    ).with_columns(turn_told=pl.col("row_told").rank("dense").over([*WHERE, "values_told", "submission_told"]))  # fmt: skip
    both = ours.join(theirs, on=list(WHERE), how="inner")
    submission = pl.col("submission_told")
    is_same = (submission == "") | pl.col("submission").str.starts_with(submission)
    in_place = pl.col("row").eq_missing(pl.col("row_told"))
    as_then = (
        (pl.col("values_told") != "")
        & (pl.col("values") == pl.col("values_told"))
        & pl.col("turn").eq_missing(pl.col("turn_told"))
    )
    return both.filter(pl.when(is_same).then(in_place).otherwise(as_then)).select("at", "said", "explanation")


def _comparable(frame: pl.DataFrame) -> list[pl.Expr]:
    """The place of a finding as text: blanks are blanks, however they came."""
    return [
        pl.col("year").cast(pl.Int64) if name == "year" else _blank(name) if name in frame.columns else _none(name)
        for name in WHERE
    ]  # fmt: skip


def _blank(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String).fill_null("").str.strip_chars().alias(name)


def _none(name: str) -> pl.Expr:
    return pl.lit("").alias(name)


# --- what cannot be used ----------------------------------------------------------------------------


def findings_about(store: Store, unmatched: pl.DataFrame) -> pl.DataFrame:
    """Findings about explanations (`schemas.findings.SCHEMA` with `child`): unreadable, unmatched, a formula, cut."""
    frames = [_about_file(note) for note in notes(store)]
    return pl.concat([_about_rows(unmatched), *frames], how="diagonal")


def _about_file(note: dict[str, Any]) -> pl.DataFrame:
    found = []
    if note["reason"]:
        found.append(Finding(note["reason"], note["why"], file=note["sha256"][:12]))
    if note["formulas"]:
        found.append(Finding("explanation.formula", file=note["sha256"][:12], n=note["formulas"]))
    if note.get("shortened"):  # a file that was read before this was counted says nothing of it
        found.append(Finding("explanation.shortened", file=note["sha256"][:12], n=note["shortened"]))
    whose = note["la"] or NOBODY
    return findings_frame(
        found, **{"return": FOLDER, "year": None, "term": None, "la": whose, "submission": None}
    )


def _about_rows(told: pl.DataFrame) -> pl.DataFrame:
    """One finding per explanation that fits nothing, in the place that it names."""
    from schemas.findings import SCHEMA as FOUND
    from schemas.findings import finding_codes

    code = finding_codes()["explanation.unmatched"]
    is_known = pl.col("la").is_in(authorities()["la_code"].implode()) | pl.col("la").str.starts_with(
        "unknown:"
    )
    said = pl.format("line {} of the list, about rule {}", "line", "rule")
    shown = told.select(
        "term", "table", "row", "child", "fields", "year", detail=said,
        la=pl.when(is_known).then("la").otherwise(pl.lit(NOBODY)),
        **{"return": pl.when(pl.col("return") != "").then("return").otherwise(pl.lit(FOLDER))},
        rule=pl.lit(code.code), severity=pl.lit(code.severity), file=pl.col("sha256").str.slice(0, 12),
        submission=pl.lit(None, pl.String), line=pl.lit(None, pl.Int32), n=pl.lit(1, pl.Int64),
    )  # fmt: skip
    return shown.select(*(pl.col(name).cast(kind, strict=False) for name, kind in FOUND.items()), "child")
