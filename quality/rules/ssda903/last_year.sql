-- This year's return beside last year's.

/* 203  header(DOB)  against last_year
   The date of birth is not the one returned last year. */
from header
semi join last_year.header as before on header.child = before.child and header.dob <> before.dob;

/* 502  episodes(DECOM)  against last_year
   The episode left open last year is not the one with which this year begins. */
with first_episode as (
  from episodes where child is not null and decom is not null
  qualify row_number() over (partition by child order by decom, dec nulls last, row_id) = 1
)
from first_episode
semi join last_year.episodes as before
  on first_episode.child = before.child and before.dec is null and before.decom <> first_episode.decom;

/* 562  episodes(DECOM)  against last_year
   The child's first episode began before this year, but is not the last one of last year's return. */
with first_episode as (
  from episodes where child is not null and decom < year_start()
  qualify row_number() over (partition by child order by decom, dec nulls last, row_id) = 1
), last_before as (
  select child, max(decom) as decom from last_year.episodes group by child
)
from first_episode anti join last_before using (child, decom);

/* Y001  last_year.episodes(DECOM)  query kind own against last_year
   Looked after on the last day of last year, but without any episode in this year's return. */
from last_year.episodes
anti join episodes using (child)
where child is not null and dec is null;

/* Y002  episodes(DEC)  kind own against last_year
   The episode ended in last year's return; now it is open again, or ends on another day. */
from episodes semi join last_year.episodes as before
  on episodes.child = before.child and episodes.decom = before.decom and episodes.rne is not distinct from before.rne
  and before.dec is not null and before.dec is distinct from episodes.dec;

/* Y003  whole_return(episodes.CHILD)  query kind own against last_year
   The number of children looked after on 31 March, short breaks aside, has moved by more than ten and a fifth
   of last year's. */
with counted as (
  select in_return, count(distinct child) as now, 0 as before from episodes
  where decom <= year_end() and (dec is null or dec > year_end()) and (ls is null or ls not in ('V3', 'V4'))
  group by in_return
  union all
  select in_return, 0, count(distinct child) from last_year.episodes
  where dec is null and (ls is null or ls not in ('V3', 'V4')) group by in_return
)
from whole_return semi join (
  select in_return from counted group by in_return having 5 * abs(sum(now) - sum(before)) > sum(before) + 50
) as moved using (in_return);
