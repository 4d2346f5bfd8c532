-- An episode beside the one before it: what the reason for the new episode says must show in the data.

/* 432  episodes(RNE)
   The episode before ended care, but this one is not said to start it (S). */
from episode_in_order where previous.rec <> 'X1' and rne is distinct from 'S';

/* 434  episodes(RNE, LS, PLACE, PL_POST, URN, PLACE_PROVIDER)
   Said to begin with a change of legal status alone (L), but that stayed the same or the placement changed. */
from episode_beside_previous where rne = 'L' and (not status_changed or placement_changed);

/* 435  episodes(LS, PLACE, PL_POST, URN, PLACE_PROVIDER)
   Said to begin with a change of placement alone (P or T), but that stayed the same or the legal status
   changed. */
from episode_beside_previous where rne in ('P', 'T') and (status_changed or not placement_changed);

/* 436  episodes(RNE, LS, PLACE, PL_POST, URN, PLACE_PROVIDER)
   Said to begin with a change of both legal status and placement (B or U), but one of them stayed the same. */
from episode_beside_previous where rne in ('B', 'U') and not (status_changed and placement_changed);

/* 437  episodes(REC)
   Care ended because the child died (E2) or was found to be an adult (E15), but another episode follows. */
from episode_in_order where rec in ('E2', 'E15') and next is not null;

/* 504  episodes(CIN)
   The category of need is not the one with which this period of being looked after began. */
with numbered as (
  select *, count(*) filter (previous.rec is distinct from 'X1' or previous.dec is distinct from decom) over (
    partition by child order by decom, dec nulls last, row_id) as period
  from episode_in_order
)
from numbered
qualify cin <> first_value(cin) over (partition by child, period order by decom, dec nulls last, row_id);
