-- Episodes of being looked after, chained into periods: one row per episode of a child in one authority.
-- Short breaks (legal status V3, V4) are left out before anything else; the latest return that holds a day of
-- beginning wins; a row sent twice counts once. An episode that another one overlaps, or follows although it
-- is still open, ends where that one begins. Days are half open: the day an episode ends belongs to the next
-- one, or to no care at all. A new period begins with an episode that says so (RNE S), with the first one
-- known, after one that ended care (any reason but X1), or after a gap.
with stated as (
  select e.* from deidentified.ssda903_episodes e
  anti join (from codes.ssda903_legal_status where counts_in_cla_statistics = 'no') breaks on breaks.code = e.LS
  where e.DECOM is not null
  qualify rank() over (partition by la_child, DECOM order by year desc) = 1),
once as (
  from stated qualify row_number() over (partition by la_child, DECOM, DEC order by submission, source_row) = 1),
ended as (
  select *, least(DEC, lead(DECOM) over in_order) as end_date, row_number() over in_order as episode_number
  from once window in_order as (partition by la_child order by DECOM, DEC nulls last, submission, source_row)),
linked as (
  select *, lag(end_date) over in_order as previous_end, lag(REC) over in_order as previous_reason
  from ended window in_order as (partition by la_child order by episode_number))
select * exclude (previous_end, previous_reason),
  (count(*) filter (where coalesce(RNE = 'S', false) or previous_end is null
      or coalesce(previous_reason, 'X1') <> 'X1' or previous_end < DECOM)
    over (partition by la_child order by episode_number))::int as period_number
from linked
