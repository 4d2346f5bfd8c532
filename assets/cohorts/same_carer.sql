-- Children in care for long, and whether they stayed with the same carer: one row per child of an authority and year
-- that was under 16 on 31 March and had been looked after without a break for two and a half years up to it, the last
-- day counted. With the same carer for two years is a child whose placement on the day had lasted that long; for one
-- that is placed for adoption with new parents (A4, A6) the placement just before counts as well. Who lived in temporary
-- placements (T codes) only was with nobody for that long.
with long as (
  from cohorts.looked_after_at_31_march
  where age_at_31_march < 16 and start_date + interval 30 month <= end_of(year) + 1),
lived as (
  select *, lag(start_date) over (partition by la_child, period_number order by placement_number) as start_before
  from cohorts.placement),
home as (
  select l.*,
    case when p.placement_code in ('A4', 'A6') then coalesce(p.start_before, p.start_date) else p.start_date end
      as since_date
  from long l
  left join lived p on p.la_child = l.la_child and p.period_number = l.period_number and p.start_date <= end_of(l.year)
  qualify row_number() over (partition by l.year, l.la_child order by p.placement_number desc nulls last) = 1)
select year, la, child, la_child, sex, ethnic_group, age_band,
  coalesce(since_date + interval 2 year <= end_of(year) + 1, false) as is_with_same_carer
from home
