"""A country too large for one machine's memory is made in blocks of authorities, one after another.

Each block mixes authorities of all regions, so that families still move and children are still placed
elsewhere within it; nobody leaves a block. Persons, families and schools are numbered through all blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthetic.days import Ints
from synthetic.places import Places

MOST_CHILDREN = 600_000
PERSON_FILE_EVERY = 3
SEEDS_APART = 1_000_003


@dataclass(frozen=True)
class Start:
    """The numbers with which a block goes on."""

    person: int = 0
    family: int = 0
    school: int = 0


@dataclass(frozen=True)
class Block:
    """Authorities that are made together; `canary_la` is the one that has the children who are looked for."""

    number: int
    places: Places
    canary_la: int | None

    def seed(self, seed: int) -> int:
        """The seed of this block; the first block has the country's own."""
        return seed + self.number * SEEDS_APART

    @property
    def with_person_files(self) -> Ints:
        """The third of the authorities that send names."""
        return _senders(self.places)


def blocks(whole: Places, most: int) -> list[Block]:
    """The whole country at once where it has at most `most` children; else blocks of about that many."""
    home = _canary_code(whole)
    parts = [whole.part(rows) for rows in _rows_of_blocks(whole, most)]
    return [Block(number, part, _place_of(part, home)) for number, part in enumerate(parts)]


def _rows_of_blocks(whole: Places, most: int) -> Sequence[Ints]:
    """The largest authority goes to the block with fewest children, and so on; counties stay together."""
    wanted = -(-int(whole.children.sum()) // most)
    if wanted <= 1:
        return [np.arange(whole.count)]
    county = whole.siblings_of_a_county
    of_county = np.bincount(county, weights=whole.children)
    filled, block_of = np.zeros(wanted), np.zeros(len(of_county), dtype=np.int64)
    for one in np.argsort(-of_county, kind="stable"):
        block_of[one] = np.argmin(filled)
        filled[block_of[one]] += of_county[one]
    rows = (np.flatnonzero(block_of[county] == number) for number in range(wanted))
    return [these for these in rows if len(these)]


def _senders(places: Places) -> Ints:
    return np.flatnonzero(places.frame["number"].to_numpy() % PERSON_FILE_EVERY == 0)


def _canary_code(whole: Places) -> str:
    """The largest authority that sends names has them: then every identifier of theirs is in a file."""
    senders = _senders(whole)
    return str(whole.frame["la_code"][int(senders[np.argmax(whole.children[senders])])])


def _place_of(places: Places, code: str) -> int | None:
    codes = places.frame["la_code"].to_list()
    return codes.index(code) if code in codes else None
