-- Decisions that a child should be placed for adoption, beside the placements and orders that rest on them.
-- A decision is reversed when the day on which it ceased, or the reason, is filled in.

/* 551  episodes(PLACE, placed_adoption.DATE_PLACED)
   Placed for adoption without the date of a decision to do so. */
from episodes
anti join (from placed_adoption where date_placed is not null or 'DATE_PLACED' in unread) as decision using (child)
where child is not null and place in ('A3', 'A4', 'A5', 'A6');

/* 552  placed_adoption(DATE_PLACED, episodes.DECOM)
   The child's last decision is later than the first day of being placed for adoption. */
with first_placed as (
  from episodes where place in ('A3', 'A4', 'A5', 'A6') and decom is not null
  qualify row_number() over (partition by child order by decom, row_id) = 1
), last_decision as (
  from placed_adoption where date_placed is not null
  qualify row_number() over (partition by child order by date_placed desc, row_id) = 1
)
select unnest([last_decision.row_id, first_placed.row_id]) as row_id
from last_decision join first_placed using (child)
where date_placed > decom;

/* 553  placed_adoption(CHILD, DATE_PLACED, DATE_PLACED_CEASED, REASON_PLACED_CEASED, episodes.LS)
   A placement order, but no decision to place for adoption: there is none, it has no date, or every one
   is reversed although the order is in force. */
from order_without_decision where ls = 'E1';

/* 554  placed_adoption(DATE_PLACED, episodes.DECOM, episodes.LS)
   The decision is later than the child's first episode under a placement order. */
with first_ordered as (
  from episodes where ls = 'E1' and decom is not null
  qualify row_number() over (partition by child order by decom, row_id) = 1
)
select unnest([placed_adoption.row_id, first_ordered.row_id]) as row_id
from placed_adoption join first_ordered using (child)
where date_placed > decom;

/* 555  placed_adoption(CHILD, DATE_PLACED, DATE_PLACED_CEASED, REASON_PLACED_CEASED, episodes.LS)  until 2024
   A freeing order, but no decision to place for adoption: there is none, it has no date, or every one
   is reversed although the order is in force. */
from order_without_decision where ls = 'D1';

/* 556  episodes(DECOM, placed_adoption.DATE_PLACED)  until 2024
   The decision to place for adoption is later than an episode under a freeing order. */
from episodes
semi join placed_adoption as decision
  on episodes.child = decision.child and decision.date_placed > episodes.decom
where ls = 'D1';

/* 557  placed_adoption(DATE_PLACED_CEASED, REASON_PLACED_CEASED, episodes.PLACE, episodes.LS, episodes.REC)  until 2024
   Left care unadopted from an adoptive placement, a placement order or a freeing order, and the decision
   to place for adoption is not shown as reversed with date and reason. */
from (
  select unnest([left_care.row_id, decision.row_id]) as row_id
  from episodes as left_care left join placed_adoption as decision using (child)
  where left_care.child is not null
    and (left_care.place in ('A3', 'A4', 'A5', 'A6') or left_care.ls in ('D1', 'E1'))
    and left_care.rec not in ('X1', 'E11', 'E12')
    and (decision.date_placed_ceased is null or decision.reason_placed_ceased is null)
) where row_id is not null;

/* 557  placed_adoption(DATE_PLACED_CEASED, REASON_PLACED_CEASED, episodes.PLACE, episodes.LS, episodes.REC)  since 2025
   Left care unadopted from an adoptive placement or a placement order, and the decision to place for
   adoption is not shown as reversed with date and reason. */
from (
  select unnest([left_care.row_id, decision.row_id]) as row_id
  from episodes as left_care left join placed_adoption as decision using (child)
  where left_care.child is not null
    and (left_care.place in ('A3', 'A4', 'A5', 'A6') or left_care.ls = 'E1')
    and left_care.rec not in ('X1', 'E11', 'E12')
    and (decision.date_placed_ceased is null or decision.reason_placed_ceased is null)
) where row_id is not null;

/* 563  placed_adoption(DATE_PLACED, REASON_PLACED_CEASED, DATE_PLACED_CEASED)
   A decision is reversed, with date and reason, but the day on which it was made is blank. */
from placed_adoption
where date_placed is null and date_placed_ceased is not null and reason_placed_ceased is not null;

/* 579  placed_adoption(DATE_PLACED, DATE_PLACED_CEASED)
   A decision is made while an earlier one of the child still stands. */
from placed_adoption where child is not null and date_placed is not null
window earlier as (partition by child order by date_placed, date_placed_ceased nulls last, row_id
                   rows between unbounded preceding and 1 preceding)
qualify max(date_placed_ceased) over earlier > date_placed
  or count(*) over earlier > count(date_placed_ceased) over earlier;

/* 583  placed_adoption(DATE_PLACED, DATE_PLACED_CEASED)
   Decisions of which one that is not the child's last was never reversed; all that stand are shown. */
with decision as (
  select *, lead(row_id) over (partition by child order by date_placed, row_id) is not null as has_later
  from placed_adoption where child is not null and date_placed is not null
)
from decision where date_placed_ceased is null
qualify bool_or(has_later) over (partition by child);

/* 1003  placed_adoption(DATE_PLACED, episodes.DECOM, episodes.RNE)
   The decision was made before the child was first looked after. */
with first_start as (
  from episodes where rne = 'S' and decom is not null
  qualify row_number() over (partition by child order by decom, row_id) = 1
)
select unnest([placed_adoption.row_id, first_start.row_id]) as row_id
from placed_adoption join first_start using (child)
where date_placed < decom;
