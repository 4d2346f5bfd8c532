"""What may be said in public about few children: one policy per publication, as the department's differ.

A policy is a file in `schemas/disclosure/`: which places and groups are told, from how many children on, how
counts are rounded, and which symbol stands where there is no number. It names the published files that it is
for; a file that no policy names falls to `other.toml`, which tells least.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from schemas.failures import Trouble

FOLDER = Path(__file__).parent / "disclosure"
OTHER = "other"

Level = Literal["National", "Regional", "Local authority"]
Symbol = Literal["c", "low", "x", "z"]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]


class Symbols(BaseModel, frozen=True, extra="forbid"):
    """What stands where there is no number: the four that the publishing service takes."""

    hidden: Symbol
    rounds_to_nought: Symbol
    not_available: Symbol
    not_applicable: Symbol


class Policy(BaseModel, frozen=True, extra="forbid"):
    """The rules of one publication."""

    title: str
    follows: str
    """The department's page that says so."""
    files: tuple[str, ...]
    """Names of published files, `*` for any ending."""
    levels: tuple[Level, ...]
    """The places that are told at all."""
    groups_at: tuple[Level, ...]
    """Those of which groups of children (by sex, age, ethnicity) are told too."""
    linking_at: tuple[Level, ...]
    """Those of which it is told how surely children were linked."""
    fewest: Count
    """Counts of children below this, other than nought, are hidden."""
    company: Count
    """Within a sum in which anything is hidden, at least so many are,"""
    together: Count
    """and they hold at least so many children."""
    narrow_below: Count
    """A hidden count with fewer possible values than this is narrow: told of, not refused."""
    fewest_for_link_rate: Count
    """A rate of linkage over fewer children than this says too much about each."""
    most_of_a_place: Share
    """A rate among a smaller share of a place's children than this is no figure of that place."""
    counts_need_every_authority: bool
    round_to: Mapping[Level, Count]
    symbols: Symbols


@functools.cache
def policies() -> Mapping[str, Policy]:
    """Every policy by its name, in order of name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def _read(path: Path) -> Policy:
    try:
        return Policy(**tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
    raise Trouble(f"the policy {path.name} in schemas/disclosure/ is not as it must be: {'; '.join(wrong)}")


def policy_name(file: str, among: Mapping[str, Policy] | None = None) -> str:
    """The policy that a published file falls to: the one that names it, else `other`."""
    given = policies() if among is None else among
    naming = [name for name, policy in given.items() if name != OTHER and _names(policy.files, file)]
    if len(naming) > 1:
        raise Trouble(
            f"expected one policy for the file {file}, came {', '.join(naming)}: see {FOLDER.name}/"
        )
    return naming[0] if naming else OTHER


def _names(patterns: Sequence[str], file: str) -> bool:
    return any(fnmatchcase(file, pattern) for pattern in patterns)


def policy_of(file: str, among: Mapping[str, Policy] | None = None) -> Policy:
    """The rules for a published file; `among` are those of an earlier publication."""
    given = policies() if among is None else among
    return given[policy_name(file, given)]
