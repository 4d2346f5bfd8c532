"""The daily feed in the place of a yearly return: its children in the same tables, and what it cannot tell left out.

    in_force |= from_feed.in_force(store, entries, states)   # years that count from the feed
    from_feed.sent_by_authorities(in_force)                  # what rules may be held against
    from_feed.countable(in_force)                            # what figures may be made of
    from_feed.can_be_told(indicator)                         # whether the feed carries all that it needs

The tables are those of the children in need census and of the SSDA903; columns that the feed does not carry are
blank. Rows bear the name `feed-…` where a submission's would stand, so that all of one authority and year
belong together; file and row are those of the feed's own table, by which the delivery is found that last
told of them.
"""

from __future__ import annotations

from assets.from_feed.counting import can_be_told, cannot_tell, countable
from assets.from_feed.projection import FED, in_force, is_fed, sent_by_authorities
from assets.from_feed.said import code, findings, sentence
from assets.from_feed.standing import TARGETS, Standing, standings

__all__ = [
    "FED",
    "TARGETS",
    "Standing",
    "can_be_told",
    "cannot_tell",
    "code",
    "countable",
    "findings",
    "in_force",
    "is_fed",
    "sent_by_authorities",
    "sentence",
    "standings",
]
