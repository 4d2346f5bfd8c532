-- Times when a child was missing (M) or away without authorisation (A), beside placements and care.
-- Care may end and begin again, so what is after one stretch of it is before another.

/* 564  missing(MISSING, MIS_START)
   Missing or away, but the day on which it began is blank. */
from missing
where missing in (select code from codes.ssda903_missing)
  and mis_start is null and 'MIS_START' not in unread;

/* 565  missing(MISSING, MIS_START)
   An incident began, but whether the child was missing or away is blank. */
from missing where missing is null and mis_start is not null;

/* 566  missing(MISSING, MIS_END)
   An incident ended, but whether the child was missing or away is blank. */
from missing where missing is null and mis_end is not null;

/* 570  missing(MIS_START)
   The incident begins after the collection year closed. */
from missing where mis_start > year_end();

/* 571  missing(MIS_END)
   The incident ends outside the collection year. */
from missing where mis_end < year_start() or mis_end > year_end();

/* 575  missing(MIS_END, episodes.DECOM, episodes.DEC)
   The placement that the child went missing from has ended, but the incident is still open. */
from missing
semi join (
  from episode_in_order where next.rne is distinct from 'L' or next.decom is distinct from dec
) as placed on missing.child = placed.child and missing.mis_start between placed.decom and placed.dec
where mis_end is null;

/* 576  missing(CHILD, last_year.missing.MIS_END)  against last_year
   An incident that was open at the end of last year is not returned this year: the child's first incident
   is shown, or last year's where the child has none. */
with vanished as (
  from last_year.missing as before
  anti join missing as this_year on before.child = this_year.child and before.mis_start = this_year.mis_start
  where child is not null and mis_start is not null and mis_end is null
), first_incident as (
  from missing qualify row_number() over (partition by child order by mis_start nulls last, row_id) = 1
)
select row_id from first_incident semi join vanished using (child)
union all
select row_id from vanished anti join missing using (child);

/* 577  missing(MIS_END, episodes.DEC)
   The child is no longer looked after, but the incident is open, or ends on no day in care. */
from missing
semi join unbroken_care as ever using (child)
anti join unbroken_care as care on missing.child = care.child and case
  when mis_end is null then last_day is null and mis_start >= first_day
  else mis_end between first_day and coalesce(last_day, mis_end)
end
where mis_start is not null;

/* 578  missing(MIS_START, episodes.DEC)
   The incident begins after the child left care, or on another day out of care. */
from missing_out_of_care;

/* 580  episodes(REC, missing.MIS_END)
   Missing until the 18th birthday, on which care ended, but not for the reason E8. */
from episodes
semi join missing
  on episodes.child = missing.child and episodes.dec = missing.mis_end
  and episodes.dec = birthday(missing.dob, 18)
where rec <> 'E8';

/* 581  missing(MIS_START, episodes.DECOM)
   The incident begins before the child came into care, or on another day out of care. */
from missing_out_of_care;

/* 586  missing(MIS_START)
   The incident begins before the day after the child was born. */
from missing where mis_start <= dob;

/* 1004  missing(MIS_START)
   The day on which the incident began is missing or cannot be read. */
from missing where mis_start is null;

/* 1005  missing(MIS_END)
   The day on which the incident ended cannot be read. */
from missing where 'MIS_END' in unread;

/* 1006  missing(MISSING)
   Neither the code for missing nor the one for away. */
from missing where missing not in (select code from codes.ssda903_missing);
