"""Orders that deprive a child of liberty, returned with the SSDA903 from 2026-27.

Each is made for days in one children's home, and is over at the latest when the child leaves it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from synthetic.days import FAR
from synthetic.rates import happens, stream

SINCE = 2027
OFTEN = 0.15
"""Of stays in a children's home; assumed, and more than there are, so that a small country has some."""


def make_orders(care_episodes: pl.DataFrame, seed: int) -> pl.DataFrame:
    """person, la, starts, ends: days as whole numbers, one row per order."""
    rng = stream(seed, "deprivation of liberty")
    long_enough = pl.col("dec") - pl.col("decom") > 30
    stays = care_episodes.filter((pl.col("PLACE") == "K2") & long_enough)
    chosen = stays.filter(pl.Series(happens(rng, OFTEN, len(stays)), dtype=pl.Boolean))
    start = chosen["decom"].to_numpy() + rng.integers(2, 20, len(chosen))
    end = np.minimum(start + rng.integers(28, 400, len(chosen)), chosen["dec"].to_numpy())
    return chosen.select("person", "la", pl.Series("starts", start), pl.Series("ends", end)).filter(
        pl.col("starts") < FAR
    )
