"""`outcomes validate`: an authority's own files against the rules, with no store around them.

Only what reading and checking need is imported, so that a small return is answered at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from assets.ingest import ReadResult, read_paths
from pipelines.words import answer, number
from quality import listing
from quality.lists import POSTCODES, PROVIDERS, REFERENCE, REFERENCE_NAMES, read_list
from quality.registry import rules
from quality.run import validate
from schemas.failures import WrongUse
from schemas.findings import findings_frame
from schemas.returns import RETURNS
from schemas.table import FIRST_YEAR, LAST_YEAR

ENDINGS = (".csv", ".parquet", ".json", ".xlsx")
WORSE = {"": (), "error": ("error",), "query": ("error", "query"), "note": ("error", "query", "note")}
NOBODY = "000"
"""Stands for the authority where neither the files nor the command say it."""


def validate_files(
    paths: Sequence[Path],
    *,
    ret: str,
    year: int,
    out: Path,
    term: str,
    la: str,
    last_year: Sequence[Path],
    fail_on: str,
    as_json: bool,
    providers: Path | None = None,
    postcodes: Path | None = None,
) -> int:
    """Read, check, write the list; the exit code: 0 when it could read, 1 by `--fail-on`."""
    _must_be_possible(paths, ret, year, out, fail_on)
    _must_not_overwrite(out, [*paths, *last_year, *(path for path in (providers, postcodes) if path)])
    lists = _lists(ret, year, {PROVIDERS: providers, POSTCODES: postcodes})
    now = read_paths(list(paths), ret, year, la or None, term or None)
    before = read_paths(list(last_year), ret, year - 1, la or None, term or None) if last_year else None
    whose = _whose(now)
    found = validate(
        now.tables,
        ret=ret,
        year=year,
        la=whose,
        last_year=before.tables if before else None,
        providers=lists.get(PROVIDERS),
        postcodes=lists.get(POSTCODES),
        term=term or None,
    )
    about_files = findings_frame(
        now.findings, **{"return": ret, "year": year, "la": whose, "term": term or None}
    )
    every = pl.concat([found.findings, about_files])
    rows = listing.listing(every, now.tables, ret=ret, unread=now.unread, names=now.names)
    listing.write(rows, listing.not_checked(found.coverage), out)
    _tell(now, rows, found.coverage, out, as_json)
    return 1 if rows["severity"].is_in(WORSE[fail_on]).any() else 0


def _whose(read: ReadResult) -> str:
    """The authority that the command or the files' own header names."""
    return read.la if len(read.la) == 3 and read.la.isdigit() else NOBODY


def _must_be_possible(paths: Sequence[Path], ret: str, year: int, out: Path, fail_on: str) -> None:
    if ret not in RETURNS:
        raise WrongUse(f"--return {ret} is not known; expected one of {', '.join(RETURNS)}")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise WrongUse(f"--year {year} is not known; expected {FIRST_YEAR} to {LAST_YEAR}")
    if out.suffix.lower() not in ENDINGS:
        raise WrongUse(f"--out must end in {', '.join(ENDINGS)}; it ends in {out.suffix or 'nothing'}")
    if fail_on not in WORSE:
        raise WrongUse(f"--fail-on {fail_on} is not known; expected error, query or note")
    absent = [n for n, path in enumerate(paths, start=1) if not path.exists()]
    if absent:
        raise WrongUse(
            f"path {', '.join(map(str, absent))} of {len(paths)} does not exist; expected files or folders"
        )


def _must_not_overwrite(out: Path, given: Sequence[Path]) -> None:
    """The list must not take the place of what was sent, nor be read as such the next time."""
    read = {path.resolve() for path in given}
    if out.resolve() in read or out.resolve().parent in read:
        raise WrongUse("--out is one of the files to read, or in a folder to read; expected another place")
    if not out.resolve().parent.is_dir():
        raise WrongUse("--out stands in a folder that does not exist; expected one that does")


def _lists(ret: str, year: int, given: Mapping[str, Path | None]) -> dict[str, pl.DataFrame]:
    """The lists that were given; one that no rule reads, or that is no such list, is wrong use."""
    found = {name: _list(name, path) for name, path in given.items() if path is not None}
    known = {name for rule in rules(ret, year) for name in rule.reads} | (
        {POSTCODES} if ret == "ssda903" else set()
    )
    unread = sorted(found.keys() - known)
    if unread:
        raise WrongUse(
            f"--{unread[0]} is read by no rule of {ret} in {year}; expected it with --return ssda903"
        )
    return found


def _list(name: str, path: Path) -> pl.DataFrame:
    """A list from a file; nothing of what stands in it is said."""
    first = next(iter(REFERENCE[name]))
    try:
        rows = read_list(name, path)
    except (OSError, pl.exceptions.PolarsError):
        rows = pl.DataFrame()
    if first not in rows.columns:
        raise WrongUse(f"--{name} is not {REFERENCE_NAMES[name]}: expected a CSV with a column {first}")
    return rows


def _tell(now: ReadResult, rows: pl.DataFrame, coverage: pl.DataFrame, out: Path, as_json: bool) -> None:
    by_severity = dict(rows.group_by("severity").len().iter_rows())
    unchecked = coverage.filter(~pl.col("checked"))["rule"].n_unique()
    counts = {name: frame.height for name, frame in sorted(now.tables.items())}
    result: dict[str, object] = {
        "tables": counts, "findings": by_severity, "rules": coverage["rule"].n_unique(),
        "rules_not_checked": unchecked, "out": str(out),
    }  # fmt: skip
    answer(
        result,
        as_json,
        "read: "
        + (", ".join(f"{name} {number(n)}" for name, n in counts.items()) or "nothing that is this return"),
        f"found: {number(rows.height)} ("
        + ", ".join(f"{number(by_severity.get(s, 0))} {s}" for s in ("error", "query", "note"))
        + f"); {unchecked} of {result['rules']} rules could not be checked",
        f"list: {out}",
    )
