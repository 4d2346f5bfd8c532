"""A directory of the synthetic postcodes, so that distances between home and placement can be measured.

It has the columns of the ONS Postcode Directory. Regions stand roughly where they are; an authority's place in its
region and a postcode's place in its authority are made up. It lies beside the landing folder, not in it, because no
authority sends it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from synthetic.days import Floats, Ints
from synthetic.places import Places
from synthetic.rates import stream

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
# Region: easting and northing of its middle, and how far from it the authorities lie, in metres.
REGIONS = {
    "E12000001": (430_000, 560_000, 35_000),
    "E12000002": (365_000, 410_000, 45_000),
    "E12000003": (445_000, 430_000, 45_000),
    "E12000004": (465_000, 320_000, 45_000),
    "E12000005": (400_000, 285_000, 40_000),
    "E12000006": (580_000, 260_000, 55_000),
    "E12000007": (530_000, 180_000, 17_000),
    "E12000008": (495_000, 150_000, 60_000),
    "E12000009": (330_000, 120_000, 85_000),
}


def postcode_directory(places: Places, seed: int) -> pl.DataFrame:
    """pcds, oslaua, oseast1m, osnrth1m, doterm: one row per postcode of the country."""
    la = np.repeat(np.arange(places.count), places.postcode_counts)
    east, north = _authorities(places)
    rng = stream(seed, "postcodes on the map")
    reach = np.where(places.is_london, 3_000, 9_000)[la]
    gss = places.frame["gss_code"].gather(pl.Series(la))
    return pl.DataFrame(
        {
            "pcds": places.postcodes,
            "oslaua": gss,
            "oseast1m": _metres(east[la] + reach * rng.standard_normal(len(la))),
            "osnrth1m": _metres(north[la] + reach * rng.standard_normal(len(la))),
            "doterm": pl.Series([None] * len(la), dtype=pl.String),
        }
    )


def _authorities(places: Places) -> tuple[Floats, Floats]:
    """Authorities on a spiral around the middle of their region."""
    middle = np.array([REGIONS[code] for code in places.frame["region_code"]], dtype=float)
    code = places.frame["la_code"].cast(pl.Int64).to_numpy()
    distance = middle[:, 2] * np.sqrt((code * 37 % 100) / 100)
    angle = code * GOLDEN_ANGLE
    return middle[:, 0] + distance * np.cos(angle), middle[:, 1] + distance * np.sin(angle)


def _metres(values: Floats) -> Ints:
    return np.maximum(np.round(values), 10_000).astype(np.int64)


def write_postcode_directory(places: Places, seed: int, folder: Path) -> None:
    """`onspd.csv` in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    postcode_directory(places, seed).write_csv(folder / "onspd.csv")
