-- Episodes of being looked after, chained into periods: one row per episode of a child in one authority, as the
-- latest return that speaks of it tells it, with its end repaired where returns leave it open, overlap or leave a gap
-- (`repair`, see the three stages before this one). `end_date` is the first day that the episode no longer holds: days are half open,
-- the day an episode ends belongs to the next one, or to no care at all. Only an end that nobody told (E99) is the
-- last day known, because the return said that the child was looked after on it. A new period begins
-- with an episode that says so (RNE S), with the first one known, after one that ended care (any reason but X1), or
-- after a gap.
with ended as (
  select * exclude (ends_near_birth, next_starts_near_birth, next_start_date, next_start_code, next_told_year, next_first_year),
    case when repaired_end_code = 'E99' then repaired_end_date + 1 else coalesce(repaired_end_date, DEC) end as end_date,
    coalesce(repaired_end_code, REC) as end_code,
    case when end_date = next_start_date then coalesce(next_starts_near_birth, false) or ends_near_birth
      else ends_near_birth end as ends_near_birth
  from cohorts.care_episode_fitted),
linked as (
  select *, lag(end_date) over in_order as previous_end, lag(end_code) over in_order as previous_code
  from ended window in_order as (partition by la_child order by episode_number))
select * exclude (previous_end, previous_code),
  (count(*) filter (where coalesce(RNE = 'S', false) or previous_end is null
      or coalesce(previous_code, 'X1') <> 'X1' or previous_end < DECOM)
    over (partition by la_child order by episode_number))::int as period_number
from linked
