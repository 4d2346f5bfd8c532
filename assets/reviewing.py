"""Clerical review of the links: export pairs for people to compare, take back what they decided.

Both live in `people/review/`, readable by their owner only, and never in a release: `pairs.parquet` says which
records a pair stands for, `decisions.parquet` what was decided. Every later night holds to the decisions;
those on a submission that was withdrawn are erased with it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from assets import review_sheet
from assets.deidentify import has_table
from assets.fingerprint import fingerprint
from assets.ingest import ledger
from assets.store import Store
from linkage import review
from schemas.duck import connect
from schemas.failures import WrongUse

OF_EACH = 20
"""Pairs drawn of every kind; enough to see a kind that goes wrong, few enough for an afternoon."""


def folder(store: Store) -> Path:
    return store.people / "review"


def decisions_path(store: Store) -> Path:
    return folder(store) / "decisions.parquet"


def export(
    store: Store, out: Path | None = None, *, page: bool = False, of_each: int = OF_EACH
) -> tuple[Path, int]:
    """Draw pairs and write them for reviewers; returns the file and how many pairs are in it."""
    if not store.spine.exists():
        raise WrongUse(f"there is no spine in {store.people}; run the night first: `outcomes run`")
    sample = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    path = _place(store, out or folder(store) / f"{sample}.{'html' if page else 'xlsx'}")
    with connect(store.spine, read_only=True) as con:
        drawn = review.draw(con, sample, of_each)
        shown = review.values(con, drawn)
    (review_sheet.write_page if page else review_sheet.write_workbook)(path, shown)
    _append(folder(store) / "pairs.parquet", drawn.with_columns(pl.lit(sample).alias("sample")), "pair")
    return path, drawn.height


def _place(store: Store, path: Path) -> Path:
    path = path.resolve()
    if path.is_relative_to(store.releases.resolve()):
        raise WrongUse(f"{path.name} would stand in a release, where no identifier may be; leave --out away")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    return path


def read_back(store: Store, path: Path) -> dict[str, Any]:
    """Take the decisions of a filled-in review and say what they tell: counts, precision, recall."""
    answers = review_sheet.read_answers(path)
    pairs = _table(folder(store) / "pairs.parquet")
    if pairs is None:
        raise WrongUse(f"no review was ever exported from {store.home}; `outcomes linkage review` does it")
    given = pl.DataFrame(
        [answer[1:] for answer in answers],
        schema={"pair": pl.String, "decision": pl.String, "why": pl.String}, orient="row",
    )  # fmt: skip
    strange = given.join(pairs, on="pair", how="anti").height
    if strange:
        raise WrongUse(
            f"{path.name}: {strange} decisions are on pairs that this store did not export; nothing was taken"
        )
    taken = given.unique("pair", keep="last", maintain_order=True).join(pairs, on="pair")
    known = _append(
        decisions_path(store), taken.with_columns(pl.lit(_today()).alias("decided")), "record_a", "record_b"
    )
    return {"taken": taken.height, **counts(taken), **review.estimate(known)}


def counts(taken: pl.DataFrame) -> dict[str, int]:
    found = dict(taken.group_by("decision").len().iter_rows())
    return {name: int(found.get(name, 0)) for name in ("same", "apart")}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _table(path: Path) -> pl.DataFrame | None:
    return pl.read_parquet(path) if path.exists() else None


def _append(path: Path, new: pl.DataFrame, *key: str) -> pl.DataFrame:
    """Add rows to a table of ours, a later one in place of an earlier one with the same key."""
    known = _table(path)
    whole = new if known is None else pl.concat([known, new], how="diagonal")
    whole = whole.unique(list(key), keep="last", maintain_order=True)
    _write(path, whole)
    return whole


def _write(path: Path, table: pl.DataFrame) -> None:
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    table.write_parquet(part)
    os.replace(part, path)


def forget_withdrawn(store: Store) -> None:
    """Erase from pairs and decisions what speaks of a submission that was withdrawn."""
    gone = withdrawn(store)
    for path in (folder(store) / "pairs.parquet", decisions_path(store)):
        known = _table(path)
        if known is None or not gone:
            continue
        sent = [pl.col(name).str.split("|").list.get(1).is_in(gone) for name in ("record_a", "record_b")]
        left = known.filter(~pl.any_horizontal(sent))
        if left.height < known.height:
            _write(path, left)


def withdrawn(store: Store) -> list[str]:
    """The submissions that were withdrawn."""
    return ledger.state(store).filter(pl.col("status") == "withdrawn")["submission"].to_list()


def load_bars(con: duckdb.DuckDBPyConnection, store: Store, previous: str) -> None:
    """Bring along who is not to be linked, from the spine before, without what speaks of a withdrawn submission."""
    con.execute("create schema if not exists people")
    con.execute("set variable withdrawn = ?::text[]", [withdrawn(store)])
    for table, records in (
        ("do_not_link", ("record_a", "record_b")),
        ("do_not_link_standing", ("record_id",)),
    ):
        if has_table(con, f"{previous}.{table}"):
            gone = " or ".join(
                f"list_contains(getvariable('withdrawn'), split_part({one}, '|', 2))" for one in records
            )
            con.execute(
                f"create table if not exists people.{table} as from {previous}.{table} where not ({gone})"
            )


def fingerprint_of(store: Store) -> str:
    """Another night must link anew when anything was decided since."""
    known = decisions(store)
    return "none" if known is None else fingerprint(known.rows())


def decisions(store: Store) -> pl.DataFrame | None:
    """What reviewers had decided by the day that the store is looked at; None where nobody decided anything."""
    known, until = _table(decisions_path(store)), store.as_known_at
    if known is None or until is None:
        return known
    known = known.filter(pl.col("decided") <= until.date().isoformat())
    return known if known.height else None


def load(con: duckdb.DuckDBPyConnection, store: Store) -> None:
    """Make `people.decision` of a spine that is being built: what was decided, and on records of which standing."""
    known = decisions(store)
    if known is not None:
        con.execute("create schema if not exists people")
        con.register("decided", known)
        con.execute(
            """create or replace table people.decision as
            select record_a, record_b, decision, why, standing_a, standing_b
            from decided where decision in ('same', 'apart')"""
        )
        con.unregister("decided")
