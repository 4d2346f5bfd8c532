"""The rules over every authority at once: what is wrong in which row, and what could not be checked.

One file of findings and one of coverage per return and year, rewritten whole when anything they depend on
has changed: the year's submissions, last year's, the other returns of the year, or the code.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from assets import gathered, provider_lists
from assets.fingerprint import code_version, fingerprint, is_unchanged, write_note
from assets.from_feed import is_fed, sent_by_authorities
from assets.gathered import InForce
from assets.store import Store
from quality.engine import COVERAGE, Found, find
from quality.lists import POSTCODES, PROVIDERS, read_list
from quality.registry import rules
from quality.views import LAST_YEAR, from_frames, from_store
from schemas.authorities import ENGLAND
from schemas.duck import connect
from schemas.returns import RETURNS, Return


def check(
    store: Store, in_force: InForce, ret: Return, years: Iterable[int], *, full: bool = False
) -> dict[int, dict[str, int]]:
    """Check one return in those of the years that anyone sent or a feed tells of; returns counts per year."""
    sent_years = {year for year, _, _ in in_force.get(ret.name, [])}
    lists = {name: _digest(path) for name, path in _lists(store, ret).items()}
    wanted = sorted(sent_years & set(years))
    return {year: _check_year(store, in_force, ret, year, lists, full) for year in wanted}


def _check_year(
    store: Store, in_force: InForce, ret: Return, year: int, lists: Mapping[str, str], full: bool
) -> dict[str, int]:
    path = store.rule_findings_path(ret.name, year)
    note = path.with_suffix(".made_from")
    sent, fed = sent_by_authorities(in_force), _fed(in_force, ret, year)
    inputs = fingerprint(_depends_on(sent, ret, year), fed, code_version(), lists)
    if full or not is_unchanged(note, inputs):
        found = _found(store, sent, ret, year)
        _write(path, Found(found.findings, pl.concat([found.coverage, _not_checked(ret, year, fed)])))
        write_note(note, inputs)
    return _counts(path)


def _depends_on(in_force: InForce, ret: Return, year: int) -> InForce:
    """The submissions that can change what this return's rules find in this year."""
    return {
        name: sorted(one for one in sent if one[0] == year or (name == ret.name and one[0] == year - 1))
        for name, sent in sorted(in_force.items())
    }


def _fed(in_force: InForce, ret: Return, year: int) -> list[str]:
    """The authorities whose return of the year the daily feed stands in for."""
    return sorted(la for when, la, name in in_force.get(ret.name, []) if when == year and is_fed(name))


NOT_SENT = "the return was not sent; the daily feed stands in for it, and rules are about what was sent"


def _not_checked(ret: Return, year: int, fed: list[str]) -> pl.DataFrame:
    """No rule is held against the feed: nothing of it is at fault, and nothing is clean."""
    rows = [(rule.code, la, year, ret.name, False, NOT_SENT) for la in fed for rule in rules(ret.name, year)]
    return pl.DataFrame(rows, schema=COVERAGE, orient="row")


def _found(store: Store, in_force: InForce, ret: Return, year: int) -> Found:
    with connect(scratch=store.tmp) as con:
        gathered.view_returns(con, store, _depends_on(in_force, ret, year))
        sent = _sent(store, in_force, ret, year)
        lists = {name: read_list(name, path) for name, path in _lists(store, ret).items()}
        received = provider_lists.in_force(con, year) if ret.name == "ssda903" else {}
        if ENGLAND in received:
            lists[PROVIDERS] = received[ENGLAND]
        with from_frames(con, lists) as given:
            found = find(con, ret.name, year, from_store(con, ret.name, year) | given, sent=sent)
        own = {la: lists | {PROVIDERS: listed} for la, listed in received.items() if la != ENGLAND}
        return provider_lists.by_their_own(con, ret.name, year, found, own, sent)


def _lists(store: Store, ret: Return) -> dict[str, Path]:
    """The lists from elsewhere that the operator has put into the home, for the return that needs them."""
    known = {POSTCODES: store.postcodes, PROVIDERS: store.providers}
    return {name: path for name, path in known.items() if ret.name == "ssda903" and path.exists()}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sent(store: Store, in_force: InForce, ret: Return, year: int) -> dict[str, set[str]]:
    """Which authorities sent which table, with or without rows."""
    sent: dict[str, set[str]] = {}
    abroad = [(f"{other.name}.", other, year) for other in RETURNS.values() if other is not ret]
    for prefix, of, when in [("", ret, year), (f"{LAST_YEAR}.", ret, year - 1), *abroad]:
        places = [place for place in in_force.get(of.name, []) if place[0] == when]
        told = gathered.sent(store, of, places).group_by("view").agg("la").rows()
        by_view = {view: set(las) for view, las in told}
        sent |= {f"{prefix}{table.VIEW}": by_view.get(table.VIEW, set()) for table in of.tables}
    return sent


def coverage_path(findings: Path) -> Path:
    """Where the coverage of a findings file stands: what could not be checked, for whom, and why."""
    return findings.with_suffix(".coverage.parquet")


def _write(path: Path, found: Found) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for place, frame in ((coverage_path(path), found.coverage), (path, found.findings)):
        part = place.with_name(f".{place.name}.part")
        frame.write_parquet(part)
        os.replace(part, place)


def _counts(path: Path) -> dict[str, int]:
    by_severity = pl.read_parquet(path, columns=["severity", "rule"]).group_by("severity").len().rows()
    coverage = pl.read_parquet(coverage_path(path))
    return {
        "findings": sum(n for _, n in by_severity),
        **{f"findings: {severity}": n for severity, n in sorted(by_severity)},
        "rules": coverage["rule"].n_unique(),
        "could not be checked": coverage.height - int(coverage["checked"].sum()),
    }


def findings_of_rules(store: Store, la: str | None = None) -> pl.DataFrame:
    """Stored findings of the rules, of one authority or all."""
    return _read(store, "*/year=*.parquet", la, coverage=False)


def coverage_of_rules(store: Store, la: str | None = None) -> pl.DataFrame:
    """What could and could not be checked, of one authority or all."""
    return _read(store, "*/year=*.parquet", la, coverage=True)


def _read(store: Store, pattern: str, la: str | None, *, coverage: bool) -> pl.DataFrame:
    paths = sorted(store.rule_findings.glob(pattern))
    wanted = [p for p in paths if p.name.endswith(".coverage.parquet") is coverage]
    if not wanted:
        from schemas.findings import SCHEMA

        return pl.DataFrame(schema=COVERAGE if coverage else SCHEMA)
    frame = pl.scan_parquet(wanted)
    return (frame.filter(pl.col("la") == la) if la else frame).collect()
