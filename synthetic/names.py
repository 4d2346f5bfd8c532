"""Names and ethnicity: what people are called follows the community they come from.

The lists stand in `data/` and were written for this project; commoner names carry more weight.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from synthetic.days import Bools, Floats, Ints
from synthetic.places import DATA, Places
from synthetic.rates import happens, level


@cache
def ethnicity_table() -> pl.DataFrame:
    """The main codes with share, community, weight for London and a detailed census code."""
    return pl.read_csv(DATA / "ethnicities.csv")


@dataclass(frozen=True)
class _NameList:
    """Names of several groups in one list; each group's names in order, with cumulative weights."""

    names: pl.Series
    groups: dict[tuple[str, ...], tuple[int, Floats]]

    def draw(self, members: dict[tuple[str, ...], Bools], draws: Floats) -> Ints:
        """A row of `names` for each draw between 0 and 1."""
        chosen = np.zeros(len(draws), dtype=np.int64)
        for group, member in members.items():
            first, bounds = self.groups[group]
            chosen[member] = first + np.searchsorted(bounds, draws[member]).clip(max=len(bounds) - 1)
        return chosen


@cache
def _name_list(column: str, *keys: str) -> _NameList:
    table = pl.read_csv(DATA / f"{column}s.csv")
    groups, first = {}, 0
    for key, rows in table.group_by(list(keys), maintain_order=True):
        weight = rows["weight"].to_numpy()
        groups[tuple(str(part) for part in key)] = (first, np.cumsum(weight / weight.sum()))
        first += len(rows)
    return _NameList(table[column], groups)


def ethnicities(rng: np.random.Generator, places: Places, family: Ints, la: Ints, alone: Bools) -> Ints:
    """A row of the ethnicity table for each person; the same within a family."""
    table = ethnicity_table()
    share = table["share"].to_numpy()
    london = share * table["london_factor"].to_numpy()
    families = int(family.max()) + 1
    draws = rng.random(families)[family]
    by_place = np.where(
        places.is_london[la],
        np.searchsorted(np.cumsum(london / london.sum()), draws),
        np.searchsorted(np.cumsum(share / share.sum()), draws),
    )
    codes = table["code"].to_list()
    abroad = np.array([codes.index(code) for code in ("OOTH", "BAFR", "AOTH", "WOTH")])
    return np.where(alone, abroad[rng.choice(4, len(la), p=[0.5, 0.3, 0.12, 0.08])], by_place).clip(max=19)


def draw_names(rng: np.random.Generator, family: Ints, is_girl: Bools, ethnicity: Ints) -> pl.DataFrame:
    """forename, middle_name, surname, former_surname, adoptive_surname: one row per person."""
    count = len(family)
    community = ethnicity_table()["community"].rank("dense").to_numpy().astype(np.int64)[ethnicity]
    both = _forename_members(community, is_girl)
    of_family, own = rng.random(int(family.max()) + 1)[family], rng.random(count)
    differs = happens(rng, level("sibling_with_another_surname"), count)
    surname = _surnames(community, np.where(differs, own, of_family))
    has_former = pl.Series(happens(rng, level("surname_changed_in_life"), count))
    has_middle = pl.Series(happens(rng, 0.65, count))
    forenames = _name_list("forename", "community", "sex")
    middle = forenames.names.gather(pl.Series(forenames.draw(both, rng.random(count))))
    first = forenames.names.gather(pl.Series(_distinct_among_siblings(rng, family, forenames, both)))
    return pl.DataFrame(
        {
            "forename": first,
            "middle_name": middle.set(~has_middle, None),
            "surname": surname,
            "former_surname": _surnames(community, rng.random(count)).set(~has_former, None),
            "adoptive_surname": _surnames(rng.permutation(community), rng.random(count)),
        }
    )


def _community_names() -> list[str]:
    return sorted(set(ethnicity_table()["community"]))


def _forename_members(community: Ints, is_girl: Bools) -> dict[tuple[str, ...], Bools]:
    names = list(enumerate(_community_names(), start=1))
    girls: dict[tuple[str, ...], Bools] = {
        (name, "F"): (community == number) & is_girl for number, name in names
    }
    boys: dict[tuple[str, ...], Bools] = {
        (name, "M"): (community == number) & ~is_girl for number, name in names
    }
    return girls | boys


def _surnames(community: Ints, draws: Floats) -> pl.Series:
    surnames = _name_list("surname", "community")
    members: dict[tuple[str, ...], Bools] = {
        (name,): community == number for number, name in enumerate(_community_names(), start=1)
    }
    return surnames.names.gather(pl.Series(surnames.draw(members, draws)))


def _distinct_among_siblings(
    rng: np.random.Generator, family: Ints, forenames: _NameList, members: dict[tuple[str, ...], Bools]
) -> Ints:
    """Two children of one family rarely share a forename; a second and third draw settle it."""
    names = forenames.draw(members, rng.random(len(family)))
    for _ in range(2):
        again = forenames.draw(members, rng.random(len(family)))
        first = np.zeros(len(family), dtype=bool)
        first[np.unique(family * len(forenames.names) + names, return_index=True)[1]] = True
        names = np.where(first, names, again)
    return names
