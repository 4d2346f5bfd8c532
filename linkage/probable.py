"""The rest: records that no certain key brought to a pupil are compared by a trained model, and then held
to what is possible.

The model weighs; it does not decide. Twins share everything but a forename and a UPN; two children of one
submission are two children; pupils with UPNs of their own are never merged; without names, a birth date
and a sex say nothing across authorities. Those rules stand in the steps 45, 50 and 55.
"""

from __future__ import annotations

from typing import Any

import duckdb

from linkage.certain import take_out
from linkage.clusters import connected_components, refused_edges
from linkage.comparing import children_ladders
from linkage.model import Model
from linkage.splinking import frequency_columns, score, settings
from linkage.steps import SCRATCH, has_table, number, rows, run_step
from linkage.thresholds import LOCAL_UNIQUE_MOST, Thresholds

BORN = ("{}date_of_birth", "{}date_of_birth")
BORN_IN = ("substr({}date_of_birth, 1, 4)", "substr({}date_of_birth, 1, 4)")
BLOCKS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("{}upn", "{}upn"),),
    (("{}surname", "{}surname"), BORN),
    (("{}forename_common", "{}forename_common"), BORN),
    (("{}postcode", "{}postcode"), BORN),
    (("{}postcode", "{}other_postcode"), BORN),
    (BORN, ("substr({}upn, 1, 7)", "substr({}upn, 1, 7)")),
    (BORN, ("substr({}upn, 8, 6)", "substr({}upn, 8, 6)")),
    (("{}forename", "{}surname"), BORN),
    (("{}forename", "{}surname"), ("{}postcode", "{}postcode")),
    (("{}forename_common", "{}forename_common"), ("{}postcode", "{}postcode")),
    (("{}forename", "{}forename"), ("{}surname", "{}surname"), BORN_IN),
)
"""Pairs worth a comparison: each is a join, and none is wider than a name and a birth date. What must be the same is
said of the child that is looked for and of the one that may be it."""


def as_condition(block: tuple[tuple[str, str], ...]) -> str:
    """A block as Splink reads it."""
    return " and ".join(f"{here.format('l.')} = {there.format('r.')}" for here, there in block)


def _is_looked_for(block: tuple[tuple[str, str], ...]) -> str:
    """SQL: some child without a pupil shares this block."""
    here, there = (", ".join(value.format("") for value in side) for side in zip(*block, strict=True))
    held = " and ".join(f"{value.format('')} is not null" for value, _ in block)
    return f"({there}) in (select ({here}) from {SCRATCH}.residue where {held})"


def _find_pupils(con: duckdb.DuckDBPyConnection) -> None:
    """Table `pupil`: those whom somebody might look for. Nearly all pupils of a country are left where they are."""
    wanted = " or ".join(map(_is_looked_for, BLOCKS))
    con.execute(
        f"""create or replace table {SCRATCH}.pupil as
        select entity_no, forename, forename_common, surname, other_surname, date_of_birth, sex, ethnicity,
          postcode, other_postcode, upn
        from link_entity where is_pupil and ({wanted})"""
    )


def freeze_frequencies(con: duckdb.DuckDBPyConnection, run: str, previous: str) -> dict[str, str]:
    """How common each name and ethnicity is, kept in `people.tf_*` so that weights stay put between nights.

    Counted anew when there are none, or when the store now holds more than twice as many children. A name
    that nobody has any longer is forgotten, for it may be that of a child who was withdrawn; a new one is as
    rare as the rarest, so that a name that is back counts as before.
    """
    _freeze_sizes(con, run)
    columns = frequency_columns(children_ladders())
    children, basis = rows(con, "select (select count(*) from link_entity), children from people.tf_basis")[0]
    known = all(has_table(con, f"{previous}.tf_{column}") for column in columns)
    if children > 2 * basis or not known:
        con.execute("update people.tf_basis set children = ?, run = ?", [children, run])
        known = False
    for column in columns:
        counted = KEPT if known else COUNTED
        con.execute(counted.format(column=column, previous=previous, scratch=SCRATCH))
        con.execute(f"create or replace table people.tf_{column} as from {SCRATCH}.tf_{column}")
    return {column: f"tf_{column}" for column in columns}


# How many children have each value: faces, but those that were joined to others count as one.
HELD = """select {column}, sum(n)::bigint as n from (
  select {column}, count(*) as n from people.face group by all
  union all select {column}, -count(*) from {scratch}.member group by all
  union all select {column}, count(*) from {scratch}.joined_entity group by all)
where {column} is not null group by {column} having sum(n) > 0"""
COUNTED = f"""create or replace table {{scratch}}.tf_{{column}} as
select {{column}}, n / sum(n) over () as tf_{{column}} from ({HELD}) order by {{column}}"""
KEPT = f"""create or replace table {{scratch}}.tf_{{column}} as
select {{column}}, coalesce(tf_{{column}}, (select min(tf_{{column}}) from {{previous}}.tf_{{column}})) as tf_{{column}}
from ({HELD}) left join {{previous}}.tf_{{column}} using ({{column}}) order by {{column}}"""

BASIS = "children bigint, pupils bigint, residue bigint, run text"
"""How many children the frequencies were counted over; and among how many pupils, and how many children
without one, a child is looked for. All three stay until there are twice as many: were the prior of every pair
to follow each night's count, one authority's file would move the links of all others.
"""


def _freeze_sizes(con: duckdb.DuckDBPyConnection, run: str) -> None:
    """`people.tf_basis`, one row: sizes are taken over from the run before unless they have more than doubled."""
    if has_table(con, "people.tf_basis") and not has_table(con, "select residue from people.tf_basis"):
        con.execute("drop table people.tf_basis")  # from a spine of an earlier version, without these sizes
    con.execute(f"create table if not exists people.tf_basis ({BASIS})")
    if not number(con, "select count(*) from people.tf_basis"):
        con.execute("insert into people.tf_basis values (0, 0, 0, ?)", [run])
    for side, children in (("pupils", "link_entity where is_pupil"), ("residue", f"{SCRATCH}.residue")):
        con.execute(
            f"update people.tf_basis set {side} = now.size from (select count(*) as size from {children}) "
            f"now where now.size > 2 * {side}"
        )


def find_candidates(
    con: duckdb.DuckDBPyConnection, model: Model, run: str, previous: str, engine: str = "duckdb"
) -> None:
    """Make `candidate` (a, b, weight, origin) and `judged` from the entities."""
    run_step(con, "40_sides")
    _find_pupils(con)
    frequencies = freeze_frequencies(con, run, previous)
    pupils, residue = rows(con, "select pupils, residue from people.tf_basis")[0]
    con.execute(
        f"create or replace table {SCRATCH}.candidate (a bigint, b bigint, weight double, origin text)"
    )
    for origin, other, among in (("pupil", "pupil", pupils), ("within", None, residue)):
        if all(
            number(con, f"select count(*) from {SCRATCH}.{side}") for side in ("residue", other or "residue")
        ):
            score(
                con,
                _compared(model, among),
                "residue",
                other,
                frequencies=frequencies,
                out="scored",
                engine=engine,
            )
            con.execute(
                f"insert into {SCRATCH}.candidate select a, b, weight, '{origin}' from {SCRATCH}.scored"
            )
    con.execute(f"set variable link_local_most = {LOCAL_UNIQUE_MOST}")
    run_step(con, "47_local_unique")
    con.execute(f"insert into {SCRATCH}.candidate select a, b, weight, 'local' from {SCRATCH}.local_unique")
    run_step(con, "45_judge")


def _compared(model: Model, among: int) -> dict[str, Any]:
    """Splink's settings for looking for a child among so many."""
    return settings(
        children_ladders(),
        [as_condition(block) for block in BLOCKS],
        link_type="dedupe_only",
        unique_id="entity_no",
        prior=model.prior(among),
        parameters=model.parameters,
    )


def decide(con: duckdb.DuckDBPyConnection, thresholds: Thresholds) -> None:
    """Make `accepted` (a, b, weight, stage), `refused` (a, b) and `entity_component` (node, component)."""
    con.execute(f"set variable link_accept = {thresholds.accept}")
    con.execute(f"set variable link_margin = {thresholds.margin}")
    run_step(con, "50_decide")
    edges = f"select a, b from {SCRATCH}.accepted"
    component = f"{SCRATCH}.entity_component"
    connected_components(con, edges, component)
    run_step(con, "55_impossible")
    troubled = f"""select e.a, e.b, e.weight from {SCRATCH}.accepted e join {component} c on c.node = e.a
        where c.component in (select component from {SCRATCH}.impossible)"""
    refused = refused_edges(con, troubled, f"select a, b from {SCRATCH}.impossible")
    take_out(con, f"{SCRATCH}.accepted", refused)
    con.execute(f"create or replace table {SCRATCH}.refused as from {SCRATCH}.taken_out")
    if refused:
        connected_components(con, edges, component)
