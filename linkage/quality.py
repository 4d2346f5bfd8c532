"""How good is the linkage: marked against the truth where it is known, and described where it is not.

Pairs of records are the unit. A pair joined that is two children is a false link (precision); a pair of
one child not joined is a missed link (recall). Both are also given by pair of sources and by whether the
records carry a good UPN: that is where bias enters, because children without a UPN are the youngest and
the most mobile.
"""

from __future__ import annotations

from typing import Any

import duckdb

from linkage.steps import rows

Marks = dict[str, float | int]


def against_truth(con: duckdb.DuckDBPyConnection, truth_relation: str) -> dict[str, Any]:
    """Mark `people.person` against a relation (record_id, child): who each record truly is.

    Returns `all` and, under `by_source` and `by_upn`, one entry per kind of pair, each with `pairs` joined,
    `true_pairs`, `false`, `missed`, `precision`, `recall` and `f1`. Records without truth are left out.
    """
    con.execute(
        f"""create or replace temp table link_marked as
        select row_number() over () as no, r.source, p.person_id, t.child,
          case when r.upn_status in ('valid', 'temporary') then 'UPN' else 'no UPN' end as upn
        from people.record r join people.person p using (record_id)
        join (select record_id, child from {truth_relation} where child is not null) t using (record_id)"""
    )
    found = {
        "all": _marks(con, "'all'")["all"],
        "by_source": _marks(con, "least(a.source, b.source) || ' & ' || greatest(a.source, b.source)"),
        "by_upn": _marks(con, "least(a.upn, b.upn) || ' & ' || greatest(a.upn, b.upn)"),
    }
    con.execute("drop table link_marked")
    return found


def _marks(con: duckdb.DuckDBPyConnection, kind: str) -> dict[str, Marks]:
    def pairs(key: str) -> str:
        return f"link_marked a join link_marked b on a.{key} = b.{key} and a.no < b.no"

    counted = rows(
        con,
        f"""with joined as (
          select {kind} as kind, count(*) as pairs, count(*) filter (where a.child = b.child) as hits
          from {pairs("person_id")} group by all),
        meant as (select {kind} as kind, count(*) as true_pairs from {pairs("child")} group by all)
        select kind, coalesce(pairs, 0), coalesce(hits, 0), coalesce(true_pairs, 0)
        from joined full join meant using (kind) order by kind""",
    )
    none = {} if kind != "'all'" else {"all": marks(0, 0, 0)}
    return none | {name: marks(n, hits, true) for name, n, hits, true in counted}


def marks(pairs: int, hits: int, true_pairs: int) -> Marks:
    """Precision, recall and F1 from counts; 0 where there is nothing to divide by."""
    precision = hits / pairs if pairs else 0.0
    recall = hits / true_pairs if true_pairs else 0.0
    return {
        "pairs": pairs,
        "true_pairs": true_pairs,
        "false": pairs - hits,
        "missed": true_pairs - hits,
        "precision": round(precision, 6),
        "recall": round(recall, 6),
        "f1": round(2 * hits / (pairs + true_pairs), 6) if pairs + true_pairs else 0.0,
    }


SUMMARY_COLUMNS = (
    "source", "year", "la", "records", "valid_upn", "linked_certainly", "linked_by_model", "linked_locally",
    "unlinked", "school_age_children", "school_age_linked_to_census", "school_age_link_rate",
)  # fmt: skip


def summary(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One row per source, year and authority: how many records, how they were linked, how many were not.

    `school_age_link_rate` is the share of the records of other sources, of children aged 5 to 15 on the
    1 September before the year's end, whose person has a school census record. NULL for the census itself.
    """
    found = rows(
        con,
        """with linked as (
          select face_no, bool_or(stage not in ('splink', 'local_unique')) as certainly,
            bool_or(stage = 'splink') as by_model, bool_or(stage = 'local_unique') as locally
          from (select a as face_no, stage from people.face_link
                union all select b, stage from people.face_link
                union all select face_no, stage from people.face where records > 1) group by face_no),
        pupil as (
          select distinct person_id from people.face_person join people.face using (face_no)
          where source = 'school_census'),
        seen as (
          select f.source, r.year, f.la, f.upn_status in ('valid', 'temporary') as good_upn,
            coalesce(certainly, false) as certainly, coalesce(by_model, false) as by_model,
            coalesce(locally, false) as locally, pupil.person_id is not null as in_census,
            f.source <> 'school_census'
              and date_sub('year', f.date_of_birth, make_date(r.year - 1, 9, 1)) between 5 and 15 as school_age
          from people.record_face r join people.face f using (face_no) join people.face_person p using (face_no)
          left join linked using (face_no) left join pupil on pupil.person_id = p.person_id)
        select source, year, la, count(*), count(*) filter (where good_upn), count(*) filter (where certainly),
          count(*) filter (where by_model and not certainly),
          count(*) filter (where locally and not certainly and not by_model),
          count(*) filter (where not (certainly or by_model or locally)),
          count(*) filter (where school_age), count(*) filter (where school_age and in_census),
          case when count(*) filter (where school_age) > 0 then
            round(count(*) filter (where school_age and in_census) / count(*) filter (where school_age), 6) end
        from seen group by source, year, la order by source, year, la""",
    )
    return [dict(zip(SUMMARY_COLUMNS, row, strict=True)) for row in found]
