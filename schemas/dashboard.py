"""The order in which people know the indicators: that of the department's dashboard, by outcome and theme.

An analyst looks for a figure where the dashboard has it. Outcomes carry the numbers of the National
Framework of 2023; since March 2026 the dashboard shows 2 and 3 the other way round.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from schemas.authorities import FOLDER
from schemas.indicators import Indicator

OUTCOMES = {
    "Outcome 1": "Children, young people and families stay together and get the help they need",
    "Outcome 2": "Children and young people are supported by their family network",
    "Outcome 3": "Children and young people are safe in and outside of their homes",
    "Outcome 4": "Children in care and care leavers have stable, loving homes",
    "Enabler 2": "Leaders drive conditions for effective practice",
    "Enabler 3": "The workforce is equipped and effective",
}
BESIDE = "Beside the dashboard"
"""The theme of an indicator that the dashboard does not have."""


@dataclass(frozen=True)
class Theme:
    """Indicators that stand together, in order."""

    outcome: str
    theme: str
    indicators: tuple[Indicator, ...]


@functools.cache
def _listed() -> dict[str, tuple[int, str]]:
    """Position and theme by indicator."""
    rows = pl.read_csv(FOLDER / "dashboard.csv").select("indicator_id", "theme").iter_rows()
    return {indicator_id: (at, theme) for at, (indicator_id, theme) in enumerate(rows)}


def ordered(wanted: Iterable[Indicator]) -> list[Indicator]:
    """Indicators in the dashboard's order."""
    return [one for theme in themes(wanted) for one in theme.indicators]


def themes(wanted: Iterable[Indicator]) -> list[Theme]:
    """Indicators by outcome and theme in the dashboard's order; those it lacks end their outcome."""
    listed, groups = _listed(), dict[tuple[str, str], list[Indicator]]()
    last = (len(listed), BESIDE)
    for one in sorted(
        wanted,
        key=lambda one: (list(OUTCOMES).index(one.outcome), *listed.get(one.indicator_id, last), one.title),
    ):
        groups.setdefault((one.outcome, listed.get(one.indicator_id, last)[1]), []).append(one)
    return [Theme(outcome, theme, tuple(members)) for (outcome, theme), members in groups.items()]
