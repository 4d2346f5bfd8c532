"""Where children live: the authorities of England, with their codes by year, and postcodes that look real.

An authority that was made by splitting a county reports under the county's code until its own first year,
as it did in life (Cumberland was part of 909 Cumbria until March 2023).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl

from synthetic.days import Bools, Ints

DATA = Path(__file__).with_name("data")
FEWEST_CHILDREN = 120
CHILDREN_TO_A_POSTCODE = 8
POSTCODES_TO_A_DISTRICT = 3500
INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True)
class Places:
    """Authorities in order of code, with the number of children that each has at this scale.

    `number` is an authority's place among all that were chosen, `districts` are its postcode districts: both
    stay what they are when only a part of the country is made at a time.
    """

    frame: pl.DataFrame
    children: Ints

    def part(self, rows: Ints) -> Places:
        """Some of the authorities."""
        return Places(self.frame[rows], self.children[rows])

    @property
    def count(self) -> int:
        """How many authorities there are."""
        return len(self.children)

    @cached_property
    def regions(self) -> Ints:
        """A number for each authority's region."""
        return self.frame["region_code"].rank("dense").to_numpy().astype(np.int64)

    @cached_property
    def code_numbers(self) -> Ints:
        """Each authority's own code as a number."""
        return self.frame["la_code"].cast(pl.Int64).to_numpy()

    @cached_property
    def is_london(self) -> Bools:
        """Whether the authority is in London."""
        return (self.frame["region_code"] == "E12000007").to_numpy()

    @cached_property
    def siblings_of_a_county(self) -> Ints:
        """A number shared by the authorities that came from one county; its own for every other authority."""
        county = self.frame.select(pl.coalesce(pl.col("former_la_code").replace("", None), "la_code"))
        return county.to_series().rank("dense").to_numpy().astype(np.int64)

    def codes(self, year: int) -> list[str]:
        """The three-digit code under which each authority reports in a collection year."""
        is_new = pl.col("first_year") <= year
        code = pl.when(is_new).then("la_code").otherwise("former_la_code")
        return self.frame.select(code).to_series().to_list()

    def geography(self, year: int) -> pl.DataFrame:
        """Code and region of each authority that reports in a year, one row per code."""
        codes = pl.Series("la", self.codes(year))
        return self.frame.select("region_code").with_columns(codes).unique("la", maintain_order=True)

    @cached_property
    def postcode_counts(self) -> Ints:
        """How many postcodes each authority has."""
        return _postcode_counts(self.children)

    @cached_property
    def postcode_offsets(self) -> Ints:
        """Where each authority's postcodes begin in the list of all."""
        return np.concatenate([[0], np.cumsum(self.postcode_counts)[:-1]]).astype(np.int64)

    @cached_property
    def postcodes(self) -> pl.Series:
        """Every postcode, authority by authority."""
        numbers = np.arange(self.postcode_counts.sum()) - np.repeat(
            self.postcode_offsets, self.postcode_counts
        )
        districts = self.frame["districts"].explode().alias("postcode")
        needed = self.frame["districts"].list.len().cast(pl.Int64).to_numpy()
        first = np.repeat(np.cumsum(needed) - needed, self.postcode_counts)
        outward = districts.gather(pl.Series(first + numbers // POSTCODES_TO_A_DISTRICT))
        inward = pl.Series(_inward_codes()).gather(pl.Series(numbers % POSTCODES_TO_A_DISTRICT))
        return outward + " " + inward

    def random_postcode(self, rng: np.random.Generator, la: Ints) -> Ints:
        """A postcode of each given authority, as a row of `postcodes`."""
        within = (rng.random(len(la)) * self.postcode_counts[la]).astype(np.int64)
        return self.postcode_offsets[la] + within

    def elsewhere(self, rng: np.random.Generator, la: Ints) -> Ints:
        """Another authority, mostly of the same region; the same one where there is no other to go to.

        Large authorities are chosen more often, so that as many come to each as leave it.
        """
        until = np.cumsum(self.children) / self.children.sum()
        anywhere = np.searchsorted(until, rng.random((6, len(la))), side="right").clip(max=self.count - 1)
        near = (self.regions[anywhere] == self.regions[la]) & self._is_another(anywhere, la)
        far = self._is_another(anywhere, la)
        chosen = la.copy()
        for candidates, suitable in ((anywhere[::-1], far[::-1]), (anywhere[::-1], near[::-1])):
            for row, fits in zip(candidates, suitable, strict=True):
                chosen = np.where(fits, row, chosen)
        return chosen

    def _is_another(self, candidates: Ints, la: Ints) -> Bools:
        county = self.siblings_of_a_county
        differs: Bools = county[candidates] != county[la]
        return differs


def _postcode_counts(children: Ints) -> Ints:
    return np.maximum(15, children // CHILDREN_TO_A_POSTCODE)


def _free(area: str, outwards: list[str]) -> Iterator[str]:
    return (name for number in range(60, 1000) if (name := f"{area}{number}") not in outwards)


def _districts(outwards: list[str], children: Ints) -> list[list[str]]:
    """Each authority's own district, then as many more of its postcode area as it needs: 60 upwards, if free."""
    areas = [outward.rstrip("0123456789") for outward in outwards]
    free = {area: _free(area, outwards) for area in areas}
    more = (_postcode_counts(children) - 1) // POSTCODES_TO_A_DISTRICT
    each = zip(outwards, areas, more.tolist(), strict=True)
    return [[outward, *islice(free[area], further)] for outward, area, further in each]


def _inward_codes() -> list[str]:
    """4,000 inward codes in a scattered order, of which the first 3,500 are used."""
    letters = len(INWARD_LETTERS)
    scattered = [(number * 1667) % 4000 for number in range(4000)]
    return [
        f"{code // 400}{INWARD_LETTERS[code // letters % letters]}{INWARD_LETTERS[code % letters]}"
        for code in scattered
    ]


def read_places(scale: float, las: Sequence[str] | None, full_size: Sequence[str] = ()) -> Places:
    """The chosen authorities, those of `full_size` with all their children and the others at a scale.

    LookupError names a code that is not one of the 153, or one at full size that was not chosen.
    """
    text_columns = {"la_code": pl.String, "former_la_code": pl.String}
    every = pl.read_csv(DATA / "authorities.csv", schema_overrides=text_columns).fill_null("")
    unknown = sorted(set(las or ()) - set(every["la_code"]))
    if unknown:
        raise LookupError(f"expected codes of authorities in data/authorities.csv, got {', '.join(unknown)}")
    chosen = (every.filter(pl.col("la_code").is_in(list(las))) if las else every).sort("la_code")
    absent = sorted(set(full_size) - set(chosen["la_code"]))
    if absent:
        raise LookupError(f"expected codes of chosen authorities at full size, got {', '.join(absent)}")
    sizes = np.where(chosen["la_code"].is_in(list(full_size)).to_numpy(), 1.0, scale)
    children = np.round(chosen["population_0_17"].to_numpy() * sizes).astype(np.int64)
    children = np.maximum(children, FEWEST_CHILDREN)
    districts = pl.Series("districts", _districts(chosen["outward"].to_list(), children))
    return Places(chosen.with_columns(districts).with_row_index("number"), children)
