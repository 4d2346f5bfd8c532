"""How well children of social care are found in school, cell by cell: UPN right, absent or wrong; name known or not.

    .venv/bin/outcomes synth HOME --scale 0.1 --seed 29 --las … && .venv/bin/outcomes run --home HOME
    .venv/bin/python benchmarks/linkage_cells.py HOME

A pooled figure hides the children for whom linkage is hard. Each row of social care counts by what it holds: a UPN
that is one of the child's own, none, or another; and whether any record of the same child id holds a name. Found
is who is one person with a school record of its own; false is who is one with another child's. False ones of the same
birth date and the same home or surname are counted apart: they are twins. Prints tables, also of why named records are
missed, and JSON.

The ceiling of a row is what any method could reach with what is held of the child, in this row or another with its
child id: its UPN, at most one slip wrong, or its name can be found; with neither, only a child whose birth date, sex
and home are those of its own school record and of no other pupil's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import linkage  # noqa: E402
from assets import people  # noqa: E402
from assets.ingest import ledger  # noqa: E402
from assets.store import Store  # noqa: E402
from schemas.duck import connect, sql_text  # noqa: E402

TRUTH = """create table truth as
    select distinct r.record_id, t.person as child
    from records r join (
      select "return", year, la, person, case when "table" like '%nolonger%' then 'off:'
          when "return" = 'school_census' then 'on:' else '' end || key as key
      from read_parquet('{place}/truth/records.parquet')) t
    on t."return" = r.source and t.year = r.year and t.la = r.la and t.key = split_part(r.record_id, '|', 3)"""

PUPIL = """create temp table pupil as
    select r.record_id, t.child, p.person_id, e.entity_no, r.upn, r.former_upn, r.date_of_birth, r.sex, r.postcode, r.surname
    from people.record r join people.person p using (record_id) join truth t using (record_id)
    join link_entity_face e using (face_no)
    where r.source = 'school_census' and r.upn_status in ('valid', 'temporary')"""
"""The school records of whom it is known whose they are, and with whom they were linked."""

CARE = """create temp table care as
    with named as (
      select distinct la, la_child_id from people.record where forename is not null and la_child_id is not null),
    mine as (
      select child, list(distinct upn) as upns
      from (select child, upn from pupil union all select child, former_upn from pupil where former_upn is not null)
      group by child),
    by_key as (select distinct entity_no from pupil),
    weighed as (
      select face_no, min(stage) as stage from (
        select e.face_no, l.stage from people.face_link l join link_entity_face x on x.face_no = l.a
        join link_entity_face e on e.entity_no = x.entity_no where l.stage in ('splink', 'local_unique')
        union all
        select e.face_no, l.stage from people.face_link l join link_entity_face x on x.face_no = l.b
        join link_entity_face e on e.entity_no = x.entity_no where l.stage in ('splink', 'local_unique'))
      group by face_no)
    select r.record_id, r.source, r.la, r.la_child_id, t.child, p.person_id, r.date_of_birth, r.sex, r.postcode,
      case when coalesce(r.upn_status, 'none') in ('none', 'unknown code') then 'absent'
        when list_contains(mine.upns, r.upn) then 'right' else 'wrong' end as upn,
      len(list_filter(mine.upns, lambda own: damerau_levenshtein(own, r.upn) <= 1)) > 0 as is_near,
      case when r.forename is not null or named.la is not null then 'known' else 'not known' end as name,
      case when by_key.entity_no is not null then case when list_contains(mine.upns, r.upn) then 'its own UPN'
          else 'a key through its other records' end
        when weighed.stage = 'local_unique' then 'the only two alike in an authority'
        when weighed.stage is not null then 'the model' else 'no link' end as stage
    from people.record r join people.person p using (record_id) join truth t using (record_id)
    join link_entity_face e using (face_no) join mine on mine.child = t.child
    left join named on named.la = r.la and named.la_child_id = r.la_child_id
    left join by_key using (entity_no) left join weighed on weighed.face_no = r.face_no
    where r.source <> 'school_census'"""
"""The records of social care of children who have a school record, each in its cell."""

MARKED = """create temp table marked as
    with schooled as (select distinct person_id, child from pupil),
    alike as (
      select date_of_birth, sex, postcode, count(distinct child) as children, any_value(child) as child
      from pupil where postcode is not null group by all),
    twin as (
      select distinct mine.child, other.person_id
      from pupil mine join pupil other on other.date_of_birth = mine.date_of_birth and other.child <> mine.child
        and (other.postcode = mine.postcode or other.surname = mine.surname)),
    found as (select distinct c.record_id from care c semi join schooled using (person_id, child)),
    "false" as (
      select distinct c.record_id, twin.child is not null as is_twin
      from care c join schooled s on s.person_id = c.person_id and s.child <> c.child
      left join twin on twin.child = c.child and twin.person_id = c.person_id)
    select c.*, found.record_id is not null as is_found, f.record_id is not null as is_false,
      coalesce(f.is_twin, false) as is_twin,
      bool_or(coalesce(is_near, false) or name = 'known' or coalesce(a.children = 1 and a.child = c.child, false))
        over (partition by c.la, coalesce(c.la_child_id, c.record_id)) as can_be_found
    from care c left join found using (record_id) left join "false" f using (record_id)
    left join alike a on a.date_of_birth = c.date_of_birth and a.sex = c.sex and a.postcode = c.postcode"""

TOLD = """select {key}, count(*) as records, count(*) filter (where is_found) as found,
      count(*) filter (where is_false) as false_links, count(*) filter (where is_twin) as of_them_twins,
      round(found / nullif(count(*) filter (where is_found or is_false), 0), 5) as precision,
      round(found / records, 5) as recall, round(count(*) filter (where can_be_found) / records, 5) as ceiling
    from marked group by all order by all"""


def marked(con: duckdb.DuckDBPyConnection, home: Path, records: str, lives: str) -> dict[str, Any]:
    """Link what a home holds, with a model that never saw it, and mark every cell."""
    con.execute(f"create table records as from {records}")
    con.execute(TRUTH.format(place=home))
    done = linkage.link_people(con, records="records", run="cells", lives=lives, keep_scratch=True)
    for made in (PUPIL, CARE, MARKED):
        con.execute(made)
    cells = {name: con.sql(TOLD.format(key=key)).pl().to_dicts() for name, key in KEYS.items()}
    return {"records": done.records, "model": done.model, **cells, "missed": con.sql(MISSED).pl().to_dicts()}


MISSED = """with own as (select distinct child, entity_no as pupil_no from pupil),
    missed as (
      select m.record_id, m.upn, m.name, e.entity_no, own.pupil_no
      from marked m join people.record r using (record_id) join link_entity_face e using (face_no) join own using (child)
      where not is_found and name = 'known'),
    weighed as (
      select missed.*, c.a is not null as is_proposed, j.weight, j.veto, b.b is not null as is_best, b.is_clear
      from missed left join splink_scratch.candidate c on c.a = entity_no and c.b = pupil_no and c.origin = 'pupil'
      left join splink_scratch.judged j on j.a = entity_no and j.b = pupil_no and j.origin = 'pupil'
      left join splink_scratch.best_pupil b on b.a = entity_no and b.b = pupil_no
      qualify row_number() over (partition by record_id order by coalesce(j.weight, -99) desc) = 1)
    select upn, case when not is_proposed then 'no block proposed the pair, or much speaks against it'
        when veto is not null then 'refused: ' || veto when weight < getvariable('link_accept') then 'weighs too little'
        when not is_best then 'another pupil is better' when not is_clear then 'another pupil is about as good'
        else 'taken out afterwards' end as reason,
      count(*) as records, count(distinct entity_no) as children,
      round(min(weight), 1) as least, round(max(weight), 1) as most
    from weighed group by all order by upn, records desc, reason"""
"""Why a record with a name was not linked with a school record of its own: the best pair that was looked at."""

KEYS = {"cells": "upn, name", "sources": "source, upn, name", "stages": "upn, name, stage"}


def table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "none"
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    return "\n".join(
        [*lines, *("| " + " | ".join(str(value) for value in row.values()) + " |" for row in rows)]
    )


def main() -> None:
    store = Store(Path(sys.argv[1]).resolve())
    with (
        people.identity_records(store, ledger.in_force(store)) as (held, lives),
        connect(scratch=store.tmp) as con,
    ):
        told = marked(con, store.home, f"read_parquet({sql_text(held)})", f"read_parquet({sql_text(lives)})")
    for name in (*KEYS, "missed"):
        print(table(told[name]), end="\n\n")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
