"""Whose results those are that bear nothing but a UPN.

A pupil's results name no child otherwise, which is too little to link them as records of their own. Schools give UPNs
out, so a result is that of the pupil whose school record bears its UPN; where none does, of the child of whom social
care says so; then of whoever bore it formerly. Where two persons have an equal claim it is neither's: a result of
another child would be worse than none.
"""

from __future__ import annotations

import duckdb

UPN = "regexp_replace(upper(t.upn), '[^A-Z0-9]', '', 'g')"
"""SQL for the UPN of a row `t` of results, as identity records have it."""

GATHERED = "people.face"
ALONE = "(from people.record join record_face n using (record_id))"

CHILD_OF_UPN = """
create or replace temp table child_of_upn as
with wanted as (select distinct {upn} as upn from returns.attainment_results t where valid_upn({upn})),
key as (select face_no, source, upn, former_upn from {keys}),
held as (
  select upn, case when source = 'school_census' then 1 else 2 end as turn, face_no from key semi join wanted using (upn)
  union all
  select former_upn, 3, face_no from key semi join wanted on wanted.upn = key.former_upn),
holder as (
  select h.upn, c.child, c.child_strict, c.child_loose from held h join child_of_face c using (face_no)
  qualify h.turn = min(h.turn) over (partition by h.upn))
select upn, case when count(distinct child) = 1 then min(child) end as child,
  case when count(distinct child_strict) = 1 then min(child_strict) end as child_strict,
  case when count(distinct child_loose) = 1 then min(child_loose) end as child_loose
from holder group by upn
"""


def make_owners(con: duckdb.DuckDBPyConnection, *, is_gathered: bool) -> None:
    """The temporary table `child_of_upn`: the pseudonym, at every strength of linkage, behind each UPN of a result.

    `con` holds `child_of_face` and `record_face`; `is_gathered` says whether linkage gathered records into faces.
    """
    con.execute(CHILD_OF_UPN.format(upn=UPN, keys=GATHERED if is_gathered else ALONE))
