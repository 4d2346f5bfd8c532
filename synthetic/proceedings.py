"""Before care proceedings: the letter, the family's own meeting, the meetings with the parents, the decision.

Collected from 2026-27 on, one group for each run of pre-proceedings inside a case. A run may cross 31 March:
each return holds what happened in its own year, for every date in the group must lie there. What the three
outcomes stand for has not been published; here A goes to court.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.csv_files import text_date
from synthetic.days import FAR, year_end, year_start
from synthetic.matching import pick
from synthetic.rates import happens, stream

SINCE = 2027
OFTEN = 0.3
"""Of children on a protection plan; assumed."""
OUTCOMES = [("A", 0.35), ("B", 0.45), ("C", 0.2)]
TO_COURT = "A"
DATES = {
    "PPStartDate": "start", "LBPSentDate": "letter", "InitialPPMeetingDate": "meeting",
    "StepDecisionDate": "decision", "CourtAppDate": "court", "LetterInitCPDate": "care",
}  # fmt: skip
ELEMENTS = (
    "PPStartDate", "LBPSentDate", "FGDMMeetingOffer", "FGDMMeetingFac", "InitialPPMeetingDate",
    "ReviewMeetingsCount", "StepDecisionDate", "PPOutcome", "CourtAppDate", "LetterInitCPDate",
)  # fmt: skip
GOES_WITH = {
    "FGDMMeetingOffer": "LBPSentDate", "FGDMMeetingFac": "LBPSentDate",
    "ReviewMeetingsCount": "InitialPPMeetingDate", "PPOutcome": "StepDecisionDate",
}  # fmt: skip
"""What is told in the year of another item's date."""


def make_proceedings(episodes: pl.DataFrame, seed: int) -> pl.DataFrame:
    """One row per run: episode, days of each step (`FAR` where it is never reached), and what was decided."""
    rng = stream(seed, "pre-proceedings")
    planned = episodes.filter(pl.col("plan_start") < FAR)
    rows = planned.filter(pl.Series(happens(rng, OFTEN, len(planned)), dtype=pl.Boolean))
    count = len(rows)
    start = rows["plan_start"].to_numpy() + rng.integers(20, 200, count)
    letter = start + rng.integers(2, 10, count)
    meeting = letter + rng.integers(7, 21, count)
    decision = meeting + rng.integers(60, 130, count)
    outcome = pick(rng, OUTCOMES, count)
    court = np.where(outcome == TO_COURT, decision + rng.integers(5, 30, count), FAR)
    offered, held = happens(rng, 0.8, count), happens(rng, 0.6, count)
    days = {"start": start, "letter": letter, "meeting": meeting, "decision": decision, "court": court}
    days["care"] = np.where(court < FAR, court + rng.integers(5, 30, count), FAR)
    told = rows.select("episode", "closure", *(pl.Series(name, day) for name, day in days.items()))
    return told.with_columns(
        pl.Series("FGDMMeetingOffer", np.where(offered, "true", "false").astype(str)),
        pl.Series("FGDMMeetingFac", np.where(offered & held, "true", "false").astype(str)),
        pl.Series("ReviewMeetingsCount", rng.integers(0, 4, count)).cast(pl.String),
        pl.Series("PPOutcome", outcome.astype(str)),
    ).filter(pl.col("start") < pl.col("closure"))


def proceedings_in(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """What a year's return tells of them as text, and nothing before there was such a group."""
    first, last = (year_start(year), year_end(year)) if year >= SINCE else (FAR, FAR)
    in_year = {
        name: pl.when(pl.col(day).is_between(first, last) & (pl.col(day) <= pl.col("closure"))).then(day)
        for name, day in DATES.items()
    }
    dated = rows.with_columns(
        text_date(days, "%Y-%m-%d").alias(name) for name, days in in_year.items()
    ).filter(pl.any_horizontal(pl.col(name).is_not_null() for name in DATES))
    return dated.with_columns(
        pl.when(pl.col(date).is_not_null()).then(name).alias(name) for name, date in GOES_WITH.items()
    ).select("episode", *ELEMENTS)
