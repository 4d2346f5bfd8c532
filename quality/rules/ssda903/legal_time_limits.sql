-- How long care under a legal status may last, and at what age it may begin.
-- An episode without an end counts to the end of the collection year; the day it ends is not a day in care.

/* 147  episodes(DEC)
   The date the episode ended cannot be read. */
from episodes where 'DEC' in unread;

/* 352  episodes(DECOM, RNE)
   Started to be looked after at 18 or older. */
select episodes.row_id from episodes join header using (child)
where episodes.rne = 'S' and age_on(header.dob, episodes.decom) >= 18;

/* 357  episodes(RNE)
   The child's first episode began in the collection year, but not because the child started to be looked
   after. Perhaps an earlier one was left out. */
from episode_in_order where previous is null and decom >= year_start() and rne is distinct from 'S';

/* 358  episodes(DECOM, LS, header.DOB)
   On remand, detained or under a youth rehabilitation order while under 10. */
with too_young as (
  select episodes.row_id, header.row_id as header from episodes join header using (child)
  where episodes.ls in ('J1', 'J2', 'J3') and age_on(header.dob, episodes.decom) < 10
)
select row_id from too_young union all select header from too_young;

/* 359  episodes(DEC, LS, PLACE)
   Still looked after past the 18th birthday, other than under section 20 in a children's home. */
select episodes.row_id from episodes join header using (child)
where episodes.dec is null and age_on(header.dob, year_end() - 1) >= 18
  and (episodes.ls is distinct from 'V2' or episodes.place is distinct from 'K2');

/* 361  episodes(DECOM, LS, DEC)
   Under police protection for longer than 72 hours. */
from legal_status_run where ls = 'L1' and run_days > 3;

/* 362  episodes(DECOM, LS, DEC)
   Under an emergency protection order for longer than 21 days. */
from legal_status_run where ls = 'L2' and run_days > 21;

/* 363  episodes(LS, DECOM, DEC)
   Under a child assessment order for longer than 7 days. */
from legal_status_run where ls = 'L3' and run_days > 7;

/* 364  episodes(LS, DECOM, DEC)
   Detained by the police in the authority's accommodation for longer than 21 days. */
from legal_status_run where ls = 'J2' and run_days > 21;

/* 365  episodes(LS, DECOM, DEC)
   A single short break of more than 17 days. */
from episodes where ls = 'V3' and coalesce(dec, year_end()) - decom > 17;

/* 366  episodes(RNE)
   A short break that does not begin with the start of care: within one the placement cannot change. */
from episodes where ls = 'V3' and rne is distinct from 'S';

/* 367  episodes(LS, DECOM, DEC)
   Short breaks of more than 75 days altogether within the collection year. */
with short_break as (
  select *, least(dec, year_end()) - greatest(decom, year_start()) as days
  from episodes where ls = 'V3' and child is not null and decom is not null
)
from short_break where days > 0 qualify sum(days) over (partition by child) > 75;
