"""What the returns in force hold: counts by table, as the board and Dagster's pages show them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from assets.night import InForce
from assets.store import Store
from schemas.failures import Trouble
from schemas.returns import Return


def count(store: Store, in_force: InForce, ret: Return, years: Iterable[int]) -> dict[int, dict[str, int]]:
    """Per year that anyone sent: authorities, and rows of each table.

    Reads only the ends of the Parquet files; a file that the ledger names and the store lacks is trouble.
    """
    wanted = set(years)
    by_year: dict[int, list[tuple[str, str]]] = {}
    for year, la, submission in in_force.get(ret.name, []):
        if year in wanted:
            by_year.setdefault(year, []).append((la, submission))
    return {year: _count_year(store, ret, year, sent) for year, sent in sorted(by_year.items())}


def _count_year(store: Store, ret: Return, year: int, sent: list[tuple[str, str]]) -> dict[str, int]:
    counts = {"authorities": len({la for la, _ in sent}), "submissions": len(sent)}
    for table in ret.tables_in(year):
        paths = [store.typed_path(ret, table, year, la, submission) for la, submission in sent]
        counts[f"rows: {table.DFE}"] = _rows([path for path in paths if path.exists()])
    _must_hold_something(counts, store, ret, year)
    return counts


def _rows(paths: list) -> int:  # type: ignore[type-arg]
    return pl.scan_parquet(paths).select(pl.len()).collect().item() if paths else 0


def _must_hold_something(counts: dict[str, int], store: Store, ret: Return, year: int) -> None:
    if not any(n for name, n in counts.items() if name.startswith("rows")):
        raise Trouble(
            f"the ledger says that {counts['submissions']} submissions of {ret.name} {year} were read, but "
            f"{store.returns} holds no row of them; run `outcomes run --full` to read the originals again"
        )
