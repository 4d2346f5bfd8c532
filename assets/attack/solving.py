"""Whether a hidden count can be worked out: every whole number that the published ones leave room for.

The unknowns are counts; what is published says that sums and shares of them lie between bounds. All is
written as distance from the truth, which only the house that publishes knows: nought everywhere is then an
answer, numbers stay small, and a count is safe as soon as another answer is at hand that differs in it.

First bounds are narrowed until nothing moves. What is left falls into blocks that share no count, and each
is searched by linear programming (HiGHS): pushed in random directions, then cell by cell, a cell of every
block at once. An interval says too much, since children are whole, so each count is proved open by a complete
table of whole numbers that agrees with everything published. A count for which no such table is found counts
as recovered.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from schemas.duck import threads

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

REACH = 100
"""Answers are sought so far around the truth: a count that is open only beyond it counts as recovered."""
NEARLY = 1e-6
PUSHES, FEW = 20, 4
"""So many random directions are tried, and none when so few counts are left to ask for one by one."""
AT_ONCE = 1000
"""Small blocks are put to the solver together until they hold so many counts."""
NODES = 5000
"""A limit to the search in whole numbers; one in seconds would not be repeatable."""


@dataclass(frozen=True)
class System:
    """`below <= matrix @ x <= above` and `least <= x <= most`, with x the distance from the truth."""

    matrix: csr_array
    below: Floats
    above: Floats
    least: Floats
    most: Floats
    is_target: Flags


@dataclass(frozen=True)
class Found:
    """What the attack says of each target."""

    is_recovered: Flags
    is_narrow: Flags
    by_bounds: int
    blocks: int
    programmes: int


@dataclass
class Seen:
    """How far each count of a block was moved, as fractions and as whole numbers."""

    low: Floats
    high: Floats
    is_open: Flags
    programmes: int = 0

    def of(self, block: Indices) -> Seen:
        """What was seen of some of the counts."""
        return Seen(self.low[block], self.high[block], self.is_open[block])

    def values(self) -> Floats:
        """How many whole numbers each count was seen to reach, the truth among them."""
        return np.floor(self.high + NEARLY) - np.ceil(self.low - NEARLY) + 1


def solve(system: System, narrow_below: Floats, *, hasty: bool = False) -> Found:
    """Which targets can have one value only, and which fewer than `narrow_below`.

    In haste it stops before the search by programmes when bounds alone recover something, and asks of no
    count how wide it is once it is open.
    """
    narrowed = propagate(system)
    recovered = system.is_target & (narrowed.least == narrowed.most)
    if hasty and recovered.any():
        return Found(recovered, recovered, int(recovered.sum()), 0, 0)
    narrow = recovered.copy()
    loose, narrow_below = without_idle(narrowed), np.full_like(narrow_below, 2.0) if hasty else narrow_below
    alone, number, programmes = moved_alone(loose), 0, 0

    def searched(labels: Indices) -> tuple[Indices, System, Seen]:
        batch = np.flatnonzero(labels >= 0)
        part = of_block(loose, batch)
        return batch, part, search(part, labels[batch], alone.of(batch), narrow_below[batch])

    all_labels = list(batches(blocks(loose, alone.values() < narrow_below)))
    with ThreadPoolExecutor(threads()) as pool:  # the solver works outside Python's lock
        for labels, (batch, part, seen) in zip(all_labels, pool.map(searched, all_labels), strict=True):
            recovered[batch] |= part.is_target & ~seen.is_open
            narrow[batch] |= part.is_target & (seen.values() < narrow_below[batch])
            number, programmes = number + labels.max() + 1, programmes + seen.programmes
    by_bounds = int((system.is_target & (narrowed.least == narrowed.most)).sum())
    return Found(recovered, narrow | recovered, by_bounds, int(number), programmes)


def propagate(system: System, rounds: int = 100) -> System:
    """Narrow the bounds of every count by every sum and share that it stands in, until nothing moves."""
    entries = system.matrix.tocoo()
    rows, cols, factor = entries.row, entries.col, entries.data
    least, most = system.least.copy(), system.most.copy()
    for _ in range(rounds):
        small, large = _ends(factor, least[cols], most[cols])
        lowest, highest = _sums(rows, small, system.below.size), _sums(rows, large, system.below.size)
        up = (system.above[rows] - (lowest[rows] - small)) / factor
        down = (system.below[rows] - (highest[rows] - large)) / factor
        new_least, new_most = least.copy(), most.copy()
        np.minimum.at(new_most, cols, np.floor(np.where(factor > 0, up, down) + NEARLY))
        np.maximum.at(new_least, cols, np.ceil(np.where(factor > 0, down, up) - NEARLY))
        if (new_least == least).all() and (new_most == most).all():
            break
        least, most = new_least, new_most
    return System(system.matrix, system.below, system.above, least, most, system.is_target)


def _ends(factor: Floats, least: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest that each term of a sum can be."""
    return np.minimum(factor * least, factor * most), np.maximum(factor * least, factor * most)


def _sums(rows: Indices, terms: Floats, size: int) -> Floats:
    return np.bincount(rows, terms, minlength=size).astype(np.float64)


def without_idle(system: System) -> System:
    """Without the rows that no value within the bounds can break; counts with one value drop out by being nought."""
    entries = system.matrix.tocoo()
    small, large = _ends(entries.data, system.least[entries.col], system.most[entries.col])
    lowest = _sums(entries.row, small, system.below.size)
    highest = _sums(entries.row, large, system.below.size)
    binds = (lowest < system.below - NEARLY) | (highest > system.above + NEARLY)
    free = (system.least < system.most)[entries.col] & binds[entries.row]
    shape = system.matrix.shape
    kept = csr_array((entries.data[free], (entries.row[free], entries.col[free])), shape=shape)
    rows = np.flatnonzero(np.diff(kept.indptr))
    return System(
        kept[rows], system.below[rows], system.above[rows], system.least, system.most, system.is_target
    )


def moved_alone(system: System, steps: int = 2) -> Seen:
    """How far each count moves when everything else stays: most of what rounding protects is open so."""
    size = system.least.size
    low, high = np.zeros(size), np.zeros(size)
    entries = system.matrix.tocoo()
    for sign, end in ((-1.0, low), (1.0, high)):
        for step in range(1, steps + 1):
            moved = sign * step * entries.data
            breaks = (moved < system.below[entries.row]) | (moved > system.above[entries.row])
            fits = np.bincount(entries.col, breaks, minlength=size) == 0
            fits &= (sign * step >= system.least) & (sign * step <= system.most) & (abs(end) == step - 1)
            end[fits] = sign * step
    return Seen(low, high, (low < 0) | (high > 0))


def blocks(system: System, is_short: Flags) -> Iterator[Flags]:
    """The counts of each connected block that holds a target of more than one value that is not seen wide enough."""
    asked = system.is_target & (system.least < system.most) & is_short
    links = abs(system.matrix.T) @ abs(system.matrix)
    _, label = connected_components(links, directed=False)
    for one in np.unique(label[asked]):
        yield label == one


def batches(found: Iterator[Flags]) -> Iterator[Indices]:
    """Blocks to be searched together: for each count the number of its block in the batch, -1 for the others."""
    labels, held, number = None, 0, 0
    for block in found:
        if labels is not None and held + block.sum() > AT_ONCE:
            yield labels
            labels = None
        if labels is None:
            labels, held, number = np.full(block.size, -1), 0, 0
        labels[block], held, number = number, held + int(block.sum()), number + 1
    if labels is not None:
        yield labels


def of_block(system: System, block: Indices) -> System:
    """The part of a system that is about the counts of one block."""
    matrix = csr_array(system.matrix[:, block])
    rows = np.flatnonzero(np.diff(matrix.indptr))
    asked = (system.is_target & (system.least < system.most))[block]
    return System(
        csr_array(matrix[rows]), system.below[rows], system.above[rows],
        system.least[block], system.most[block], asked,
    )  # fmt: skip


def search(part: System, labels: Indices, seen: Seen, narrow_below: Floats) -> Seen:
    """Move every target as far as the rest lets it, first in fractions and then in whole numbers."""
    near = within(part, float(narrow_below.max()) - 1)
    rng = np.random.default_rng(1)
    for whole in (False, True):
        for _ in range(PUSHES):
            wanted = _wanted(part, seen, narrow_below, whole=whole)
            if wanted.sum() <= FEW:
                break
            signs = rng.choice([-1.0, 1.0], wanted.size) * wanted
            push(near, seen, signs, whole=whole)
            push(near, seen, -signs, whole=whole)
        ask(part, labels, seen, narrow_below, whole=whole)
    return seen


def ask(part: System, labels: Indices, seen: Seen, narrow_below: Floats, *, whole: bool) -> None:
    """Each target by itself, both ways; one of every block at a time, since blocks do not touch one another."""
    left = _wanted(part, seen, narrow_below, whole=whole)
    while left.any():
        at = np.flatnonzero(left)
        first = at[np.unique(labels[at], return_index=True)[1]]
        signs = np.zeros(left.size)
        signs[first] = 1.0
        push(part, seen, signs, whole=whole)
        push(part, seen, -signs, whole=whole)
        left[first] = False
        left &= _wanted(part, seen, narrow_below, whole=whole)


def within(block: System, reach: float) -> System:
    """The same block with little room for its targets, so that one push moves many instead of one far."""
    least = np.where(block.is_target, np.maximum(block.least, -reach), block.least)
    most = np.where(block.is_target, np.minimum(block.most, reach), block.most)
    return System(block.matrix, block.below, block.above, least, most, block.is_target)


def _wanted(block: System, seen: Seen, narrow_below: Floats, *, whole: bool) -> Flags:
    """Targets not yet known to be wide enough; of whole numbers, those that could still be open."""
    if not whole:
        return block.is_target & (seen.values() < narrow_below)
    return block.is_target & ~seen.is_open & (seen.values() > 1)


def push(block: System, seen: Seen, signs: Floats, *, whole: bool) -> None:
    """Move a block in one direction and note how far each count went."""
    answer = milp(
        -signs,
        integrality=np.full(signs.size, int(whole)),
        bounds=Bounds(block.least, block.most),
        constraints=LinearConstraint(block.matrix, block.below, block.above),
        options={"node_limit": NODES} if whole else {},
    )
    seen.programmes += 1
    if answer.x is None:
        return
    np.minimum(seen.low, answer.x, out=seen.low)
    np.maximum(seen.high, answer.x, out=seen.high)
    rounded = np.rint(answer.x)
    if agrees(block, rounded):
        seen.is_open |= rounded != 0


def agrees(block: System, answer: Floats) -> bool:
    """Whether a table of whole numbers breaks nothing that was published; exact, with no tolerance."""
    sums = block.matrix @ answer
    in_rows = bool((sums >= block.below).all() and (sums <= block.above).all())
    return in_rows and bool((answer >= block.least).all() and (answer <= block.most).all())
