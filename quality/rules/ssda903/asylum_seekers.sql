-- Children who came to this country alone and ask for asylum, this year and last.
-- The header says whether a child is one (UASC); the table of its own says until when (DUC), which is the
-- 18th birthday where nothing ended the status before. Someone born on 29 February turns 18 on 1 March.

/* 104  uasc(DUC)
   The date on which the status of asylum seeker ceased cannot be read, or lies before the collection year. */
from uasc where 'DUC' in unread or duc < year_start();

/* 205A  header(CHILD, UASC, uasc.DUC)  against last_year
   An unaccompanied asylum seeker last year and no longer, although the status did not cease last year,
   or is said to cease in this year's return as well. */
with at_fault as (
  select child from header
  join last_year.header as before using (child)
  left join uasc using (child)
  left join last_year.uasc as past using (child)
  where before.uasc = '1' and header.uasc is distinct from '1'
    and (uasc.duc is not null or past.duc is null
         or past.duc not between year_start() - interval 1 year and year_start() - interval 1 day)
)
select row_id from header semi join at_fault using (child)
union all select row_id from uasc semi join at_fault using (child);

/* 205B  header(UASC, uasc.DUC)  against last_year
   An unaccompanied asylum seeker both last year and this year, although last year's return let the status
   cease on another day than the 18th birthday, or this year's on a day that is neither of this year nor
   the one returned last year. */
with at_fault as (
  select child from header
  join last_year.header as before using (child)
  join uasc using (child)
  join last_year.uasc as past using (child)
  where before.uasc = '1' and header.uasc = '1'
    and (past.duc <> birthday(past.dob, 18)
         or uasc.duc <> past.duc and uasc.duc not between year_start() and year_end())
)
select row_id from header semi join at_fault using (child)
union all select row_id from uasc semi join at_fault using (child);

/* 205C  header(UASC, uasc.DUC)  against last_year
   An unaccompanied asylum seeker neither this year nor last, but with a date on which the status ceased. */
with at_fault as (
  select child from header
  left join last_year.header as before using (child)
  left join uasc using (child)
  left join last_year.uasc as past using (child)
  where header.uasc is distinct from '1' and before.uasc is distinct from '1'
    and (uasc.duc is not null or past.duc is not null)
)
select row_id from header semi join at_fault using (child)
union all select row_id from uasc semi join at_fault using (child);

/* 205D  header(UASC, CHILD)  against last_year
   An unaccompanied asylum seeker this year, who was in last year's return as a child that is not. */
select header.row_id from header join last_year.header as before using (child)
where header.uasc = '1' and before.uasc <> '1';

/* 231  header(DOB, UASC)  since 2025
   An unaccompanied asylum seeker not yet 11 when the collection year closed: most are older, so the date of
   birth may be wrong. */
from header where uasc = '1' and age_on(dob, year_end()) < 11;

/* 303  header(UASC, uasc.DUC)
   A date on which the status of asylum seeker ceased, for a child who is not said to be one. */
with at_fault as (
  select header.row_id, uasc.row_id as status from header join uasc using (child)
  where uasc.duc is not null and header.uasc is distinct from '1'
)
select row_id from at_fault union all select status from at_fault;

/* 304  uasc(DUC)
   The status of asylum seeker ceases after the 18th birthday. */
from uasc where duc > birthday(dob, 18);
