"""What the deliveries of a daily feed come to together: each child as the latest of them left it.

A delivery tells of what changed. Which one is later is decided by its own date, whatever order they arrived
in. Of an element that was sent more than once each field is as it was last sent; a list that always comes
whole is as it came last; what was purged, and everything below it, is gone unless it was sent again after.
The deliveries themselves stay as they came, so that what was known on an earlier day is found again.

Every row of every delivery stands, was superseded, or was purged: the three are counted and must be all.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from assets.fingerprint import code_version, fingerprint
from assets.ingest.json_plan import PLAN, RETURN, Node
from assets.ingest.ledger import Entry
from assets.ingest.reading import RowsLost
from assets.store import Store, sql_columns
from schemas.duck import connect, sql_text
from schemas.table import PROVENANCE_NAMES, UNREAD

STATE = "state-"
"""How the name of such a state begins, where a submission's would stand."""
BESIDE = (*PROVENANCE_NAMES, UNREAD)


@dataclass(frozen=True)
class Fates:
    """What became of the rows of one table."""

    sent: int
    standing: int
    superseded: int
    purged: int

    def __post_init__(self) -> None:
        if self.sent != self.standing + self.superseded + self.purged:
            raise RowsLost(
                f"{self.sent} rows were delivered, {self.standing} stand, {self.superseded} were superseded and "
                f"{self.purged} purged"
            )


def in_force(store: Store, entries: Iterable[Entry]) -> list[tuple[int, str, str]]:
    """Year, authority and name of each authority's state; made now where it is not there yet.

    An authority of which every child was purged has none.
    """
    found = defaultdict[tuple[str, str], list[Entry]](list)
    for entry in entries:
        found[entry.la, entry.place[-1]].append(entry)
    places = [_state(store, sorted(of_one, key=in_order)) for of_one in found.values()]
    return sorted(place for place in places if _children(store, place))


def in_order(entry: Entry) -> tuple[object, ...]:
    """By its own date; between two of one date the content decides, so that the answer is always the same."""
    return entry.order, entry.submission


def _state(store: Store, entries: list[Entry]) -> tuple[int, str, str]:
    name = STATE + fingerprint([entry.where for entry in entries], code_version())
    place = max(entry.year for entry in entries), entries[0].la, name
    if not store.typed_path(RETURN, PLAN.table, *place).exists():
        settle(store, entries, place)
    return place


def _states(store: Store, la: str) -> Iterator[Path]:
    """The files of an authority's states, and of what was written of them into the tables of yearly returns."""
    from assets.from_feed import FED, TARGETS  # it needs the ledger, which needs this

    for ret, name in ((RETURN.name, STATE), *((target, FED) for target in TARGETS)):
        yield from store.returns.glob(f"{ret}_*/year=*/la={la}/{name}*.parquet")


def _children(store: Store, place: tuple[int, str, str]) -> int:
    path = store.typed_path(RETURN, PLAN.table, *place)
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def forget(store: Store, la: str) -> None:
    """Take away an authority's states, and what was written of them into the tables of yearly returns: a
    delivery that went into them has been moved or erased."""
    from assets.from_feed import TARGETS  # it needs the ledger, which needs this

    for path in _states(store, la):
        path.unlink()
    for ret in (RETURN.name, *TARGETS):
        shutil.rmtree(store.gathered(ret, 0).parent, ignore_errors=True)


# --- working it out ---------------------------------------------------------------------------------


def settle(store: Store, entries: list[Entry], place: tuple[int, str, str]) -> dict[str, Fates]:
    """Write the state that deliveries, in their order, come to; says what became of their rows, by table."""
    part = store.tmp / place[-1]
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    with connect(scratch=store.tmp) as con:
        _deliveries(con, store, entries)
        fates = {node.table.VIEW: _settled(con, node, lineage, part) for node, lineage in _nodes(PLAN, ())}
    for node, _ in reversed(list(_nodes(PLAN, ()))):  # the children last: where they are, all is
        path = store.typed_path(RETURN, node.table, *place)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(part / node.table.VIEW, path)
    part.rmdir()
    return fates


Lineage = tuple[Node, ...]


def _nodes(node: Node, above: Lineage) -> Iterator[tuple[Node, Lineage]]:
    """Every kind of element after those that it stands in."""
    yield node, above
    for below in node.below.values():
        yield from _nodes(below, (*above, node))


def _deliveries(con: duckdb.DuckDBPyConnection, store: Store, entries: list[Entry]) -> None:
    """The rows as sent, each with the place of its child in the order of all that was delivered."""
    order = pl.DataFrame(
        {"submission": [entry.submission for entry in entries], "delivery": range(len(entries))},
        schema={"submission": pl.String, "delivery": pl.Int64},
    )
    con.register("delivery", order)
    for node, _ in _nodes(PLAN, ()):
        places = (store.typed_path(RETURN, node.table, *entry.where) for entry in entries)
        con.execute(f"create view sent_{node.table.VIEW} as {_read(node, [p for p in places if p.exists()])}")
    con.execute(f"""
        create table mention as
        select submission, source_file, child_row,
               row_number() over (order by delivery, source_file, child_row) as seq
        from sent_{PLAN.table.VIEW} join delivery using (submission)""")


def _read(node: Node, paths: list[Path]) -> str:
    if not paths:
        nothing = ", ".join(f"null::{kind} as {name}" for name, kind in _kinds(node))
        return f"select {nothing} where false"
    return f"from read_parquet([{', '.join(map(sql_text, paths))}], hive_partitioning = false)"


def _kinds(node: Node) -> Iterator[tuple[str, str]]:
    for told in sql_columns(node.table).split(", "):
        name, _, kind = told.partition(" ")
        yield name, kind


def _settled(con: duckdb.DuckDBPyConnection, node: Node, lineage: Lineage, into: Path) -> Fates:
    """Decide the fate of each row of one table and write what stands."""
    view = node.table.VIEW
    con.execute(f"create table fate_{view} as {_fates(node, lineage)}")
    if "purge" in node.names:
        con.execute(f"""
            create table purged_{view} as
            select {", ".join(node.keys)}, max(seq) as until from fate_{view} where purge group by all""")
    stands = _whole(node) if node.comes_whole else _field_by_field(node)
    con.execute(f"copy ({stands}) to {sql_text(into / view)} (format parquet)")
    ((sent,),) = con.execute(f"select count(*) from sent_{view}").fetchall()
    counted = dict(con.execute(f"select fate, count(*) from fate_{view} group by all").fetchall())
    ((written,),) = con.execute(f"select count(*) from read_parquet({sql_text(into / view)})").fetchall()
    return Fates(sent, written, counted.get("superseded", 0), counted.get("purged", 0))


def _fates(node: Node, lineage: Lineage) -> str:
    """Each row with `seq`, the child's place in the order; `nth`, for a key that comes twice; and its fate.

    A purge takes what was sent with it and before it, whichever element around the row was purged.
    """
    view, keys = node.table.VIEW, ", ".join(node.keys)
    purges = [f"purge_{one.table.VIEW}.until" for one in lineage if "purge" in one.names]
    joins = [
        f"left join purged_{one.table.VIEW} as purge_{one.table.VIEW} using ({', '.join(one.keys)})"
        for one in lineage
        if "purge" in one.names
    ]
    own = f"max(seq) filter (purge) over (partition by {keys})" if "purge" in node.names else "0"
    until = ", ".join(f"coalesce({each}, 0)" for each in (*purges, own))
    latest = f"max(seq) over (partition by {keys}, nth)"
    if node.comes_whole:
        above = lineage[-1]
        joins.append(f"left join {_last_given(node, above)} as given_last using ({', '.join(above.keys)})")
        latest = "last_given"
    return f"""
        with numbered as (
            select s.*, seq, row_number() over (partition by seq, {keys} order by source_row) as nth
            from sent_{view} s join mention using (submission, source_file, child_row))
        select numbered.*, case when seq <= greatest({until}, 0) then 'purged'
                                when seq < {latest} then 'superseded' else 'standing' end as fate
        from numbered {" ".join(joins)}"""


def _last_given(node: Node, above: Node) -> str:
    """Where the element around a list last carried it, be it empty."""
    return f"""(
        select {", ".join(above.keys)}, max(seq) as last_given from fate_{above.table.VIEW}
        where list_contains(string_split(given, ' '), '{node.table.VIEW}') group by all)"""


def _whole(node: Node) -> str:
    return f"""
        select {", ".join(f'"{name}"' for name in (*node.names, *BESIDE))} from fate_{node.table.VIEW}
        where fate = 'standing' order by {", ".join(node.keys)}, seq, source_row"""


def _field_by_field(node: Node) -> str:
    """One row per key: each field as it was last sent, an empty one too; where it stood, of the last row."""
    told = {*node.keys, "given", "child_row", "purge"}
    fields = [
        f"""max_by({{'v': "{name}"}}, seq) filter (list_contains(string_split(given, ' '), '{name}')).v as "{name}" """
        if name not in told
        else f'max_by({{\'v\': "{name}"}}, seq).v as "{name}"'
        for name in node.names
        if name not in node.keys
    ]
    beside = [f'max_by({{\'v\': "{name}"}}, seq).v as "{name}"' for name in BESIDE]
    keys = ", ".join(node.keys)
    return f"""
        select {", ".join(f'"{name}"' for name in (*node.names, *BESIDE))} from (
            select {keys}, nth, {", ".join((*fields, *beside))} from fate_{node.table.VIEW}
            where fate <> 'purged' group by {keys}, nth)
        order by {keys}, nth"""
