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
