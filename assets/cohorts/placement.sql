-- Placements: one row per run of days in one kind of placement, with one provider, at one address, within a
-- period of care. A change of legal status alone starts no placement, nor does being placed for adoption
-- with the foster carer one already lives with (A3, A5), nor the same carer under a code that took another's
-- place (K3 for H5 and P2 on 28 October 2023, Z11 to Z14 for Z1). Temporary placements (T codes) are left out and
-- the days on both sides of one are joined when the child comes back to where it was; so are those of an
-- episode that ended on the day on which it began.
with usual as (
  select e.* from cohorts.care_episode e
  anti join (from codes.ssda903_place where published_group = 'temporary') t on t.code = e.PLACE
  where coalesce(e.end_date > e.DECOM, true)),
compared as (
  select *, lag(episode_number) over in_order is null or (coalesce(PLACE not in ('A3', 'A5'), true)
    and not coalesce(RNE in ('T', 'U') and is_new_code(lag(PLACE) over in_order, PLACE), false) and (
      PLACE is distinct from lag(PLACE) over in_order
      or address_number is distinct from lag(address_number) over in_order
      or PLACE_PROVIDER is distinct from lag(PLACE_PROVIDER) over in_order)) as is_other
  from usual window in_order as (partition by la_child, period_number order by episode_number)),
numbered as (
  select *, (count(*) filter (where is_other) over (partition by la_child, period_number
    order by episode_number))::int as placement_number
  from compared),
placement as (
  select la_child, period_number, placement_number, min(DECOM) as start_date, count(*) as episode_count,
    max(year) as last_year, min_by(n, episode_number) as first, max_by(n, episode_number) as last
  from numbered n group by la_child, period_number, placement_number)
select last.la as la, last.child as child, la_child, last.la_record as la_record, period_number,
  placement_number, start_date, first.starts_near_birth as is_start_month, last.end_date as end_date,
  last.end_date is not null
    and (last.ends_at_18 or last.ends_near_birth or coalesce(last.REC in ('E11', 'E12'), false)) as is_end_month,
  last.PLACE as placement_code, last.PLACE_PROVIDER as provider_code,
  last.REASON_PLACE_CHANGE as change_code, episode_count, last_year
from placement
