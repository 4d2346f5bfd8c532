"""The store: everything that a running system owns, under one home, and the only place that knows paths.

    landing/  submissions/  raw/  returns/  findings/  people/  releases/<id>/  current  tmp/  dagster/

Files are made readable by their owner only; a release may be opened to a configured group afterwards.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from schemas.returns import Return
from schemas.table import PROVENANCE, UNREAD, Table, columns


def private_files() -> None:
    """Make everything this process creates readable by its owner only, and leave no core dump."""
    import resource

    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@dataclass(frozen=True)
class Store:
    """Paths of one home. Making a Store touches nothing; `prepare` creates the folders."""

    home: Path
    landing_dir: Path | None = field(default=None)
    """Where authorities' files arrive; by default `landing/` in the home. Never written by us."""
    as_known_at: datetime | None = None
    """The moment up to which the ledger, explanations, waivers and decisions are read; None is now.

    What is worked out for an earlier moment stands `aside`, so that looking back changes nothing of tonight's.
    """

    def looking_back(self, moment: datetime) -> Store:
        """The same home as it was known at a moment."""
        return replace(self, as_known_at=moment if moment.tzinfo else moment.replace(tzinfo=UTC))

    @property
    def aside(self) -> Path:
        """What was worked out looking back; it is gone when the next night begins."""
        return self.tmp / "as_known"

    @property
    def landing(self) -> Path:
        return self.landing_dir or self.home / "landing"

    @property
    def supplied(self) -> Path:
        """Figures from elsewhere that are shown beside ours."""
        return self.landing / "supplied"

    @property
    def submissions(self) -> Path:
        """The originals by SHA-256, compressed and read-only, and the ledger."""
        return self.home / "submissions"

    @property
    def ledger(self) -> Path:
        return self.submissions / "ledger.jsonl"

    @property
    def explanations(self) -> Path:
        """What authorities wrote beside findings of theirs, by the SHA-256 of the file it came in."""
        return self.submissions / "explanations"

    @property
    def waivers(self) -> Path:
        """The register of accepted findings, kept by hand by whoever collects the returns."""
        return self.home / "waivers.csv"

    @property
    def waivers_kept(self) -> Path:
        """The register as it was on earlier nights, one copy whenever it had changed."""
        return self.submissions / "waivers"

    @property
    def reported(self) -> Path:
        """Every submission that was ever reported on, with what was counted: no child is in it."""
        return self.findings / "reported.parquet"

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    @property
    def returns(self) -> Path:
        return self.home / "returns"

    @property
    def findings(self) -> Path:
        return self.home / "findings"

    @property
    def people(self) -> Path:
        return self.home / "people"

    @property
    def spine(self) -> Path:
        """Identity records, links, person ids: identifiers meet here only."""
        return self.kept_spine if self.as_known_at is None else self.aside / "spine.duckdb"

    @property
    def kept_spine(self) -> Path:
        """The spine of the latest night, from which every run takes over the persons' ids."""
        return self.people / "spine.duckdb"

    @property
    def postcodes(self) -> Path:
        """The postcode directory (its columns pcds, oseast1m and osnrth1m), without which no distance is known."""
        return self.home / "reference" / "onspd.csv"

    @property
    def providers(self) -> Path:
        """Ofsted's list of providers (URN, placement codes, provider codes, end of registration, postcode, authority)."""
        return self.home / "reference" / "providers.csv"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """A symlink to the release that readers open."""
        return self.home / "current"

    @property
    def compared_with(self) -> Path:
        """The release that tonight's reports are held against; a night that looks back has none."""
        return self.current if self.as_known_at is None else self.aside / "no release"

    @property
    def tmp(self) -> Path:
        return self.home / "tmp"

    @property
    def dagster(self) -> Path:
        return self.home / "dagster"

    @property
    def is_synthetic(self) -> bool:
        """Whether `synth` made this home's landing files: only then are synthetic UPNs known."""
        return (self.home / "synthetic.json").exists()

    def prepare(self) -> None:
        """Create the folders and take away what a run that is over left half made."""
        for left in (self.tmp, *self.releases.glob(".*.building")):
            shutil.rmtree(left, ignore_errors=True)
        for folder in (self.home, self.submissions, self.raw, self.returns, self.findings, self.people):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.releases, self.tmp, self.dagster):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def typed_path(self, ret: Return, table: type[Table], year: int, la: str, submission: str) -> Path:
        """`returns/ssda903_episodes/year=2025/la=202/<submission>.parquet`."""
        return self.returns / ret.stored_as(table) / f"year={year}" / f"la={la}" / f"{submission}.parquet"

    def raw_path(self, ret: Return, table: type[Table], year: int, la: str, submission: str) -> Path:
        """The same place under `raw/`: text as sent."""
        return self.raw / ret.stored_as(table) / f"year={year}" / f"la={la}" / f"{submission}.parquet"

    def gathered(self, ret: str, year: int) -> Path:
        """A return's year with all authorities in one file per table; made of `returns/`, and only a copy."""
        place = self.returns if self.as_known_at is None else self.aside
        return place / "gathered" / ret / f"year={year}"

    def ingest_findings_path(self, ret: str, year: int, la: str, submission: str) -> Path:
        """What reading one submission found: `findings/ingest/cin/year=2025/la=202/<submission>.parquet`."""
        return self.findings / "ingest" / ret / f"year={year}" / f"la={la}" / f"{submission}.parquet"

    def rule_findings_path(self, ret: str, year: int) -> Path:
        """What the rules of one return and year found, all authorities: one file, rewritten whole."""
        return self.rule_findings / ret / f"year={year}.parquet"

    @property
    def rule_findings(self) -> Path:
        return (self.findings if self.as_known_at is None else self.aside) / "rules"

    def release(self, release_id: str) -> Path:
        return self.releases / release_id


TERM_COLUMNS = ("term", "collected_in")
"""In returns with terms: the term whose attendance is carried, and the census that carried it."""


def sql_columns(table: type[Table], *, has_terms: bool = False) -> str:
    """Column list of a typed table with its provenance, for `create table` of an empty one."""
    types = {"Int16": "SMALLINT", "Int32": "INTEGER", "String": "VARCHAR"}
    own = [f'"{c.name}" {c.sql_type}' for c in columns(table)]
    terms = [f"{name} VARCHAR" for name in TERM_COLUMNS] if has_terms else []
    places = [f'"{name}" {types[str(kind)]}' for name, kind, _ in PROVENANCE]
    return ", ".join([*own, *places, f"{UNREAD} VARCHAR", *terms])
