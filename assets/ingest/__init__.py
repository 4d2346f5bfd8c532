"""How an authority's files come into the store: read in limited processes, kept by hash, typed, never lost.

    summary = ingest(store, now=datetime.now(UTC))      # what arrived since last time
    ledger.in_force(store)                              # what counts today, or on any earlier day
    read_paths([folder], "ssda903", 2025, la="202")     # the same reading without a store

A file is understood or set aside whole with a reason; a row is kept or set aside with its line. One
authority's bad file changes nothing for the other 152.
"""

from __future__ import annotations

from assets.ingest.direct import ReadResult, read_paths
from assets.ingest.discover import Candidate, discover
from assets.ingest.findings import all_findings
from assets.ingest.limits import Limits
from assets.ingest.run import IngestSummary, ingest
from assets.ingest.submission import FileRows

__all__ = [
    "Candidate",
    "FileRows",
    "IngestSummary",
    "Limits",
    "ReadResult",
    "all_findings",
    "discover",
    "ingest",
    "read_paths",
]
