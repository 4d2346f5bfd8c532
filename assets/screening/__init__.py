"""What the department's publishing service would say about our files, asked before it is.

The checks are those that the department's screener names; ours do the same work in our own words, so that a
file which passes here is not sent back. Where the service holds a list that we do not have (its data
dictionary) the registry of indicators stands in for it.
"""

from __future__ import annotations

from pathlib import Path

from assets.screening import of_data, of_files, of_meta, of_places
from assets.screening.sent import Check, Sent, meta_beside, read

__all__ = ["CHECKS", "Sent", "complaints", "screen"]

CHECKS: dict[str, Check] = {
    **of_files.MUST_PASS, **of_files.CHECKS, **of_meta.CHECKS, **of_places.CHECKS, **of_data.CHECKS,
}  # fmt: skip
"""Every check by the department's name for it."""


def screen(path: Path) -> list[str]:
    """What is wrong with a data file and the description beside it; each complaint begins with its check."""
    meta = meta_beside(path)
    if not meta.exists():
        return [f"check_filenames_match: expected {meta.name} beside {path.name}"]
    return complaints(read(path))


def complaints(sent: Sent) -> list[str]:
    """Every complaint; those without which the rest cannot be asked come alone."""
    return _of(of_files.MUST_PASS, sent) or _of(CHECKS, sent)


def _of(checks: dict[str, Check], sent: Sent) -> list[str]:
    return [f"{name}: {words}" for name, check in checks.items() for words in check(sent)]
