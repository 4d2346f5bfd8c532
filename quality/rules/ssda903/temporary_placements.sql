-- Temporary placements (T0 to T4): short, inside a period of care, and back to where the child lives.
-- How long one lasted is known once it has ended; the day it ended is not counted.

/* 375  episodes(DECOM, PLACE)
   A stay in hospital coded as a temporary placement (T1) lasted longer than six weeks. */
from episodes where place = 'T1' and dec > decom + 42;

/* 376  episodes(DECOM, PLACE)
   A temporary placement while the foster carers were on holiday (T3) lasted longer than three weeks. */
from episodes where place = 'T3' and dec > decom + 21;

/* 377  episodes(PLACE)
   One of three or more placements while foster carers were on holiday (T3) that began within 12 months.
   An episode that only changes the legal status (L) goes on with the placement before it. */
from episodes
where child is not null and decom is not null and place = 'T3' and rne is distinct from 'L'
window in_order as (partition by child order by decom, dec nulls last, row_id)
qualify lead(decom, 2) over in_order < decom + interval 1 year
  or lead(decom) over in_order < lag(decom) over in_order + interval 1 year
  or decom < lag(decom, 2) over in_order + interval 1 year;

/* 379  episodes(DECOM, PLACE)
   A temporary placement for an unstated reason (T4) lasted longer than a week. */
from episodes where place = 'T4' and dec > decom + 7;

/* 380  episodes(PLACE, RNE)
   A temporary placement that does not begin with a move to other carers (P or B). */
from episodes
where place in ('T0', 'T1', 'T2', 'T3', 'T4') and (rne is null or rne not in ('P', 'B'));

/* 381  episodes(PLACE, REC)
   Care ended while the child was in a temporary placement. */
from episodes where place in ('T0', 'T1', 'T2', 'T3', 'T4') and rec <> 'X1';

/* 382  episodes(LS, PLACE)
   A temporary placement during a short break. */
from episodes where ls in ('V3', 'V4') and place in ('T0', 'T1', 'T2', 'T3', 'T4');

/* 383  episodes(PLACE, RNE, PL_POST)  until 2025
   After a temporary placement the child did not move back (P) to the type of placement from before it. */
with episode as (
  select *, lag(previous) over (partition by child order by decom, dec nulls last, row_id) as usual
  from episode_in_order
)
from episode
where previous.place in ('T0', 'T1', 'T2', 'T3', 'T4') and usual is not null
  and (rne is distinct from 'P' or place is distinct from usual.place);

/* 383  episodes(PLACE, RNE, PL_POST)  since 2026
   After a temporary placement the child did not move back (P) to the type of placement, and the
   postcode, from before it. */
with episode as (
  select *, lag(previous) over (partition by child order by decom, dec nulls last, row_id) as usual
  from episode_in_order
)
from episode
where previous.place in ('T0', 'T1', 'T2', 'T3', 'T4') and usual is not null
  and (
    rne is distinct from 'P' or place is distinct from usual.place
    or tidy_postcode(pl_post) is distinct from tidy_postcode(usual.pl_post)
  );
