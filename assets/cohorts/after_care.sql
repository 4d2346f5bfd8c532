-- Children who went home from care, and whether they came back: one row per return of a child of an authority to its
-- parents (E4A, E4B) and length of follow-up (6, 12, 24 months). The year is the one in which the follow-up ended, so
-- that all of it lies in returns held and every child was followed equally long. Coming back is a new period of care in
-- the same authority, on the day of leaving at the earliest and on the day so many months later at the latest.
with period as (
  select *, lead(start_date) over (partition by la_child order by period_number) as next_start_date
  from cohorts.period_of_care),
followed as (
  select *, unnest([6, 12, 24]) as months from period where exit_code in ('E4A', 'E4B') and end_date is not null)
select collection_year(end_date + to_months(months))::int as year, la, child, la_child, months, sex, ethnic_group,
  age_band_in_care(age_on_last_day) as age_band,
  coalesce(next_start_date <= end_date + to_months(months), false) as has_come_back
from followed
