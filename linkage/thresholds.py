"""How sure we must be before two records count as one child, said in one place.

A false link gives a child another child's history; a missed link hides a child from the outcome. The
standard decision leans against false links. The strict and the loose one exist so that every headline
can be shown at three strengths of linkage (see `people.person_at`).

Weights are Splink's: log2 of how much more likely the two records are one child than two children, the
prior included. 4.3 is odds of 19 to 1, 10 is about 1000 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """A pair is accepted from `accept` on, when it beats the next best candidate by `margin`."""

    name: str
    accept: float
    margin: float


STRICT = Thresholds("strict", accept=10.0, margin=4.0)
STANDARD = Thresholds("standard", accept=4.3, margin=2.0)
LOOSE = Thresholds("loose", accept=0.0, margin=1.0)

LOCAL_UNIQUE_MOST = 6.0
"""The most that it can weigh to be the only child in need and the only child looked after of one
authority with one birth date, sex and ethnicity: enough for the standard decision, never for the strict."""

REVIEW_FLOOR = 0.0
"""Pairs refused at or above this weight are listed for a human eye in `people.review`."""


@dataclass(frozen=True)
class FileThresholds:
    """Accepting weights for a file of unknown origin, where the file itself trained the model."""

    strict: float
    standard: float
    loose: float


ONE_TO_ONE = FileThresholds(strict=6.6, standard=0.0, loose=-4.0)
"""Each record has at most one partner and must be its partner's best: that is evidence of its own."""
MANY = FileThresholds(strict=10.0, standard=4.3, loose=0.0)
