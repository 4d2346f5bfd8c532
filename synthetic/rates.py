"""How often things happen and how often they are written down wrongly: one file of figures, each with its
source.

A figure that nobody has published says `assumed`, so that a reader knows what the synthetic England can
prove and what it cannot. Change `rates.toml`, not the code.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from synthetic.days import Bools

RATES_FILE = Path(__file__).with_name("rates.toml")


@cache
def sections() -> dict[str, dict[str, dict[str, Any]]]:
    """The whole file: section, name, then `value` and `source`."""
    return tomllib.loads(RATES_FILE.read_text(encoding="utf-8"))


def level(name: str) -> float:
    """A level of the country at full size, such as referrals in a year."""
    return float(sections()["levels"][name]["value"])


@dataclass(frozen=True)
class Rates:
    """Error and fault rates, all of them so many times what the file says; nought makes a clean country."""

    times: float = 1.0

    def error(self, name: str) -> float:
        """How often an identifier is wrong or missing."""
        return min(1.0, self.times * float(sections()["errors"][name]["value"]))

    def fault(self, name: str) -> float:
        """How often a row gets a planted fault, as a share of the rows that could carry it."""
        return min(1.0, self.times * float(sections()["faults"][name]["value"]))


def stream(seed: int, name: str) -> np.random.Generator:
    """Chance for one stage of the making, independent of every other stage."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, crc32(name.encode())])))


def happens(rng: np.random.Generator, how_often: float, times: int) -> Bools:
    """A coin for each of `times` cases."""
    return rng.random(times) < how_often
