"""What figures may stand on a daily feed: those that need nothing which it does not carry.

An indicator says which fields of returns it cannot be told without (`Indicator.fields`); which of them the feed
fills is read off the selects beside this file. Neither list is written down twice. An indicator that names no
field of a return that it needs is not told from the feed at all: silence is no permission.
"""

from __future__ import annotations

from collections.abc import Iterable

from assets.from_feed.projection import carried, is_fed
from assets.from_feed.standing import TARGETS
from assets.gathered import InForce
from schemas.indicators import Indicator, counted


def cannot_tell(fields: Iterable[str]) -> list[str]:
    """Those of some fields (`return.view.Field`) of a yearly return that a feed leaves blank."""
    return [one for one in fields if one.partition(".")[0] in TARGETS and one not in carried()]


def can_be_told(one: Indicator) -> bool:
    """Whether the feed carries every field that an indicator needs of the yearly returns."""
    named = {field.partition(".")[0] for field in one.fields}
    return named >= set(one.needs) & set(TARGETS) and not cannot_tell(one.fields)


def can_stand_in(ret: str) -> bool:
    """Whether any figure that needs the return can be told from the feed."""
    return any(ret in one.needs and can_be_told(one) for one in counted())


def countable(in_force: InForce) -> InForce:
    """Without the fed returns from which no figure can be told.

    The SSDA903 is one: without legal status its rows would make short breaks into care, also in years for which
    the authority's own returns say otherwise. It is not there when cohorts are made.
    """
    return {
        ret: [place for place in places if can_stand_in(ret) or not is_fed(place[2])]
        for ret, places in in_force.items()
    }
