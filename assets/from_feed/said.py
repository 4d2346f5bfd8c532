"""What the authority, the board and the operator are told of a feed: where it counts, and what is missing where not."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from assets.from_feed.counting import can_stand_in, cannot_tell
from assets.from_feed.standing import Standing, standings
from assets.ingest.ledger import Entry
from schemas.findings import SCHEMA, Finding, findings_frame
from schemas.indicators import counted

COUNTS, WAITS, CANNOT = "feed.counts", "feed.waits", "feed.cannot"


def code(one: Standing) -> str:
    """The finding that says how a feed stands to a return that is not there."""
    if one.missing:
        return WAITS
    return COUNTS if can_stand_in(one.ret) else CANNOT


def sentence(one: Standing) -> str:
    """The same in words, for the operator."""
    if one.has_own:
        return "the authority's own return counts"
    return {
        WAITS: f"does not count: {one.missing}",
        COUNTS: "counts until the return comes",
        CANNOT: f"told, but no figure is made of it: it lacks {lacking(one.ret)}",
    }[code(one)]


def lacking(ret: str) -> str:
    """What the feed lacks of the fields without which figures of a return cannot be told."""
    fields = {field for one in counted() if ret in one.needs for field in cannot_tell(one.fields)}
    return ", ".join(sorted(field.partition(".")[2] for field in fields if field.startswith(f"{ret}.")))


def findings(in_use: Iterable[Entry]) -> pl.DataFrame:
    """What is to be told to authorities, one note for each return that is not there and year of the feed."""
    frames = [
        findings_frame(
            [Finding(code(one), lacking(one.ret) if code(one) == CANNOT else one.missing)],
            **{"return": one.ret, "year": one.year, "term": None, "la": one.la, "submission": None},
        )
        for one in standings(in_use)
        if not one.has_own
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
