"""Of which years a daily feed can be believed: those that it saw from the first day to the last.

An authority that feeds its case system to the department every day need not wait for the summer's returns to be
counted. But part of a year would look like a fall. A feed therefore stands in for a yearly return when the
authority has none in force, when the first delivery came by the first day of the year, and when one is dated after its
last. The authority's own return, once it is there, always goes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from assets.ingest.ledger import Entry
from schemas.authorities import is_authority
from schemas.calendar import collection_years, social_care_year, year_of

TARGETS = ("cin", "ssda903")
"""The yearly returns that a feed can stand in for: `<return>.sql` beside this file says how."""


@dataclass(frozen=True)
class Standing:
    """How an authority's feed stands to one return of one year in which it delivered."""

    la: str
    ret: str
    year: int
    has_own: bool
    """The authority's own return is in force, so that the feed is not asked."""
    missing: str
    """What is missing until the year counts, in words; "" when nothing is."""

    @property
    def counts(self) -> bool:
        return not self.has_own and not self.missing


def standings(in_use: Iterable[Entry]) -> list[Standing]:
    """How every feed stands to every year from its first delivery to its latest, in order."""
    own, delivered = set[tuple[str, str, int]](), defaultdict[str, list[Entry]](list)
    for entry in in_use:
        if entry.in_deltas:
            delivered[entry.la].append(entry)
        else:
            own.add((entry.la, entry.ret, entry.year))
    return [
        Standing(la, ret, year, (la, ret, year) in own, missing)
        for la, entries in sorted(delivered.items())
        for year, missing in _years(entries)
        if is_authority(la, year)
        for ret in TARGETS
    ]


def _years(entries: list[Entry]) -> Iterator[tuple[int, str]]:
    """The years in which deliveries lie, each with what is missing. One without a date proves nothing."""
    days = sorted(entry.order[0].date() for entry in entries)
    dated = sorted(entry.sent.date() for entry in entries if entry.sent)
    for year in range(year_of(days[0]), year_of(days[-1]) + 1):
        if year in collection_years():
            yield year, _missing(year, dated)


def _missing(year: int, dated: list[date]) -> str:
    period = social_care_year(year)
    if not dated:
        return "no delivery says of which day it is"
    if dated[0] > period.start:
        return (
            f"the first delivery is of {dated[0]}, and what ended between {period.start} and then it need not tell; "
            "the year needs the authority's own return"
        )
    if dated[-1] <= period.end:
        return (
            f"the latest delivery is of {dated[-1]}; the year is whole with the first one after {period.end}"
        )
    return ""
