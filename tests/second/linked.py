"""How far a linked figure can be trusted: the share of children found, and what surer or looser links would make of it.

Children of school age are looked for in the school census, those of the age for results among these. Who is not found
is missing from the figure, not from the share of those found. With another strength of linkage some records belong to
other persons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from tests.second.counting import Cell, Unit
from tests.second.indicators import Asked, asked, cells_of
from tests.second.tables import Returns
from tests.second.together import (
    MEASURED,
    Together,
    about_pupil,
    at_school,
    in_groups,
    movable,
    of_age_for,
    of_school_age,
    with_results,
)

KINDS = ("absence_overall", "absence_persistent", "absence_severe", "suspended")
STRENGTHS = ("strict", "loose")


@dataclass(frozen=True)
class Trust:
    """The share of children found, and the figure with the surest links and with less sure ones."""

    found: float | None
    strict: float | None
    loose: float | None


def trust(returns: Returns, years: list[int]) -> dict[Cell, Trust]:
    """Every cell of every indicator that rests on pupils' records, in all its breakdowns."""
    both, wanted = Together(returns), linked()
    shares = {name: replace(one, kind=replace(one.kind, times=Fraction(1))) for name, one in wanted.items()}
    found = cells_of(both, shares, _looked_for(both, years), years)
    values = {s: _values(both.linked(s), wanted, years) for s in STRENGTHS}
    return {
        cell: Trust(share.value, *(values[strength][cell] for strength in STRENGTHS))
        for cell, share in found.items()
    }


def linked() -> dict[str, Asked]:
    return {name: one for name, one in asked().items() if name.startswith((*KINDS, "school_moves", "ks"))}


def _values(both: Together, wanted: dict[str, Asked], years: list[int]) -> dict[Cell, float | None]:
    units = (unit for year in years for of_year in (at_school, with_results) for unit in of_year(both, year))
    return {cell: one.value for cell, one in cells_of(both, wanted, units, years).items()}


def _looked_for(both: Together, years: list[int]) -> Iterator[Unit]:
    """One unit for each child of school age, or of the age for results; the numerator says whether it was found."""
    for year in years:
        for (la, person), group, state in in_groups(both, year):
            own = of_school_age(state.child, year)
            if own is not None:
                about = own | both.school.in_class(person, year)
                is_found = int(both.school.is_found(person, year))
                yield from (Unit(f"{kind}_{group}", year, la, about, is_found) for kind in KINDS)
            for stage, (indicator, _) in MEASURED.items():
                if of_age_for(stage, state, year):
                    has_results = both.results.reached(person, year, stage) is not None
                    about = about_pupil(both, person, state, year)
                    yield Unit(f"{indicator}_{group}", year, la, about, int(has_results))
        for la, moved, about in movable(both, year):
            yield Unit("school_moves", year, la, about, int(moved is not None))
