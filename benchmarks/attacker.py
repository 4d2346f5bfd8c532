"""Time of disclosure control and of the attack on it, and what the attack finds, on a release of a home.

    .venv/bin/python benchmarks/attacker.py ./store

Nothing is published: the figures of the current release are controlled, then attacked as they are before a
publication, once as they would go out and once with only the small counts themselves hidden, which is what
most tables that hide small numbers do. Results are printed as a Markdown table for `benchmarks/results.md`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import polars as pl  # noqa: E402

from assets import disclosure, made_up  # noqa: E402
from assets.attack import Attack, Publication, attack  # noqa: E402
from assets.publish import read_figures  # noqa: E402
from assets.store import Store  # noqa: E402
from schemas.policies import policies  # noqa: E402

T = TypeVar("T")
COLUMNS = (
    "figures attacked", "seconds", "processor", "unknowns", "relations", "hidden", "rows recovered", "narrow", "blocks",
    "programmes",
)  # fmt: skip
HEADING = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """The result, the seconds on the clock and those of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - clock, time.process_time() - processor


def only_small_counts_hidden(
    figures: pl.DataFrame, sizes: pl.DataFrame, apart: frozenset[str]
) -> pl.DataFrame:
    """What would go out without anything hidden beside the small counts."""
    ruled = disclosure.with_policy(disclosure.only_of_whole_places(figures, sizes))
    judged = disclosure.with_children(disclosure.chosen(ruled, apart))
    return disclosure.told(judged).select(figures.columns)


def line(what: str, found: Attack, clock: float, processor: float) -> str:
    share = found.narrow / max(found.hidden, 1)
    return (
        f"| {what} | {clock:.1f} | {processor:.1f} | {found.unknowns:,} | {sum(found.relations.values()):,} "
        f"| {found.hidden:,} | {found.recovered.height:,} | {found.narrow:,} ({share:.1%}) "
        f"| {found.blocks:,} | {found.programmes:,} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    store = Store(parser.parse_args().home.resolve())
    figures, sizes, *_ = read_figures(store.current.resolve() / "restricted" / "marts.duckdb")
    apart, rules = made_up.full_size(store), policies()
    shown, clock, processor = timed(lambda: disclosure.control(figures, sizes, apart=apart))
    print(
        f"disclosure control of {shown.height:,} figures: {clock:.1f} s, {processor:.1f} s of the processor\n"
    )
    print(HEADING)
    plain = only_small_counts_hidden(figures, sizes, apart)
    for what, frame in (("only small counts hidden", plain), ("as they go out", shown)):
        publication = Publication("now", frame, figures, rules)
        print(line(what, *timed(lambda one=publication: attack([one]))))  # type: ignore[misc]


if __name__ == "__main__":
    main()
