"""Whose links another authority's file may move: the children linked with its records, and those taken for them.

Children move, so that one of another authority may be one person with a child of the authority that sent
something bad; and two children born on one day of one sex may have to be told apart. Whoever is neither must be
linked as before, record by record. What two nights say is compared here.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from assets.deidentify import pseudonyms
from assets.keys import load
from assets.store import Store
from schemas.duck import connect

RECORDS = """
select r.record_id, r.source, r.year, r.la, r.date_of_birth, r.sex, p.person_id, p.confidence,
  s.person_id as strict, l.person_id as loose, u.why
from people.record r join people.person p using (record_id)
left join people.person_at s on s.record_id = r.record_id and s.level = 'strict'
left join people.person_at l on l.record_id = r.record_id and l.level = 'loose'
left join people.unlinked u on u.face_no = r.face_no
order by r.record_id
"""
"""One row per record: where it came from, who it is at every strength, and why no school record was found."""

LINKS = """
select x.person_id, least(a, b) as one, greatest(a, b) as other, stage, match_weight, evidence from (
  select p.first_record as a, q.first_record as b, l.a as face_no, l.stage, l.match_weight, l.evidence
  from people.face_link l join people.face p on p.face_no = l.a join people.face q on q.face_no = l.b)
join people.face_person x using (face_no) order by all
"""
"""The links that made the persons, each with its reason and weight."""


@dataclass(frozen=True)
class Linked:
    """What one night's spine says."""

    records: pl.DataFrame
    links: pl.DataFrame


@dataclass(frozen=True)
class Moved:
    """Two nights, and which persons the second may have told otherwise."""

    was: Linked
    now: Linked
    linked: frozenset[str]
    """Persons who on either night had a record that was there on one of them only."""
    taken_for: frozenset[str]
    """Persons with a record of the same birth date and sex as such a record."""

    @property
    def may_move(self) -> frozenset[str]:
        return self.linked | self.taken_for

    def children(self, persons: frozenset[str]) -> list[str]:
        """What these persons are called in the marts."""
        return pseudonyms([f"person|{one}" for one in sorted(persons)], load().secret)


def linked(store: Store) -> Linked:
    with connect(store.spine, read_only=True) as con:
        return Linked(con.sql(RECORDS).pl(), con.sql(LINKS).pl())


def moved(before: Store, after: Store) -> Moved:
    """Compare two nights of one store, or of a store and its copy."""
    was, now = linked(before), linked(after)
    gone = was.records.join(now.records, on="record_id", how="anti")
    come = now.records.join(was.records, on="record_id", how="anti")
    changed = pl.concat([gone, come])
    everyone = pl.concat([was.records, now.records])
    alike = everyone.join(changed, on=["date_of_birth", "sex"], how="semi")
    with_them = frozenset(changed["person_id"])
    return Moved(was, now, with_them, frozenset(alike["person_id"]) - with_them)


def reach(store: Store, links: Moved, bystanders: list[str]) -> pl.DataFrame:
    """How many children of each authority and year are linked with those hit, and their possible sessions."""
    children = pl.DataFrame({"child": links.children(links.linked)})
    with connect(store.current / "restricted" / "marts.duckdb", read_only=True) as con:
        con.register("touched", children)
        found: pl.DataFrame = con.sql(
            f"""select la as la_code, c.year, count(*) as children, coalesce(sum(s.sessions), 0)::bigint as sessions
            from outcomes.child_year c semi join touched using (child)
            left join (select child, year, sum(possible_sessions) as sessions from outcomes.attendance_year group by all) s
              on s.child = c.child and s.year = c.year
            where la in {tuple(bystanders)} group by all"""
        ).pl()
        return found
