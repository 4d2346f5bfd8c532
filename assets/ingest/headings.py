"""Which table a CSV is, told by its headings and never by its file name.

Authorities name their files as they like; the department's headings are the only thing they share.
A heading that few tables have says more than one that all have, so headings are weighed by how rare
they are within their return.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from assets.ingest.reading import plain
from schemas.returns import RETURNS, Return
from schemas.table import PROVENANCE_NAMES, Table, columns

NOT_CSV = {"cin", "daily_social_care"}
"""Returns whose tables are never sent as CSV."""
ENOUGH = 0.5
"""At least half of the weight of a file's headings must be the table's."""


@dataclass(frozen=True)
class Recognised:
    """A table, and under which name each column of the file is kept, in the file's order."""

    ret: Return
    table: type[Table]
    names: tuple[str, ...]
    unknown: tuple[str, ...]
    """Headings as sent that the table does not declare; their columns are kept."""
    repeated: tuple[str, ...]
    """Declared columns that the file has more than once; the first is used."""
    respelt: tuple[str, ...]
    """Columns whose heading has other capitals, spaces or underscores than the department's."""
    variants: tuple[str, ...]
    """Columns that were sent under another known name."""
    renamed: tuple[str, ...]
    """Columns that were sent under the name of an earlier year's form."""
    score: tuple[float, float]


@functools.cache
def declared(table: type[Table]) -> Mapping[str, str]:
    """Every heading under which a column may be sent, in comparable form, with the column's name."""
    return {plain(heading): c.name for c in columns(table) for heading in reversed(c.headings)}


@functools.cache
def _tables_with(ret: str) -> Counter[str]:
    """In how many tables of a return a heading occurs."""
    return Counter(heading for table in RETURNS[ret].tables for heading in declared(table))


def _score(headings: set[str], ret: Return, table: type[Table]) -> tuple[float, float]:
    """Share of the headings' weight that the table explains, and that weight; 0 if no heading is its own.

    One heading alone tells nothing: `value` or `code` may stand in any file.
    """
    known = headings & declared(table).keys()
    if len(known) < 2 or not any(_tables_with(ret.name)[heading] == 1 for heading in known):
        return 0.0, 0.0
    weight = sum(1 / _tables_with(ret.name)[heading] for heading in known)
    return weight / (weight + len(headings - known)), weight


def recognise(headings: list[str]) -> Recognised | None:
    """The table that these headings belong to; None when no table, or more than one, would do."""
    sent = {plain(heading) for heading in headings if plain(heading)}
    scored = [
        (_score(sent, ret, table), ret, table)
        for ret in RETURNS.values()
        if ret.name not in NOT_CSV
        for table in ret.tables
    ]
    best = max(score for score, _, _ in scored)
    fitting = [(ret, table) for score, ret, table in scored if score == best]
    if best[0] < ENOUGH or len(fitting) > 1:
        return None
    return _named(headings, *fitting[0], best)


def _named(headings: list[str], ret: Return, table: type[Table], score: tuple[float, float]) -> Recognised:
    known, names, unknown, repeated = declared(table), list[str](), list[str](), list[str]()
    taken = {name.lower() for name in (*PROVENANCE_NAMES, "term", "collected_in", "extra", *known.values())}
    used: dict[str, str] = {}
    for heading in headings:
        name = known.get(plain(heading), "")
        if name and name not in used:
            used[name] = heading
            names.append(name)
            continue
        if name:
            repeated.append(name)
        elif heading.strip():
            unknown.append(heading.strip())
        names.append(_free(heading.strip() or "unnamed", taken))
    respelt, variants = _otherwise(used)
    renamed = _formerly(table, used)
    if ret.has_terms:  # COLLECT itself writes these headings, and each of its editions calls some otherwise
        variants = ()
    return Recognised(
        ret, table, tuple(names), tuple(unknown), tuple(repeated), respelt, variants, renamed, score
    )


def _otherwise(used: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the columns with their headings as sent: those only spelt otherwise, and those called otherwise."""
    other = [name for name, heading in used.items() if plain(heading) != plain(name)]
    respelt = [name for name, heading in used.items() if heading != name and name not in other]
    return tuple(respelt), tuple(other)


def _formerly(table: type[Table], used: Mapping[str, str]) -> tuple[str, ...]:
    former = {c.name: {plain(name) for name in c.formerly} for c in columns(table) if c.name in used}
    return tuple(name for name, names in former.items() if plain(used[name]) in names)


def _free(wanted: str, taken: set[str]) -> str:
    """A column name that nothing else has, without regard to case."""
    name, n = wanted, 1
    while name.lower() in taken:
        n += 1
        name = f"{wanted}_sent_{n}" if n > 2 else f"{wanted}_sent"
    taken.add(name.lower())
    return name
