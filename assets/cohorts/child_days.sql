-- Days in need, on a plan and in care: one row per child, year and kind, over all authorities, no day twice.
-- A beginning or end that is told to the month only counts from or to the first of that month, so that the
-- number of days does not give a birthday away. What is open is counted to the 31 March of the latest return that holds it.
with spell as (
  select 'need' as kind, child, told_start(referral_date, is_referral_month) as begun, last_year,
    told_end(begun, closure_date, is_closure_month) as ended from cohorts.episode_of_need
  union all by name
  select 'plan' as kind, child, told_start(start_date, is_start_month) as begun, last_year,
    told_end(begun, end_date, is_end_month) as ended from cohorts.child_protection_plan
  union all by name
  select 'care' as kind, child, told_start(start_date, is_start_month) as begun, last_year,
    told_end(begun, end_date, is_end_month) as ended from cohorts.period_of_care),
in_year as (
  select y.year, s.kind, s.child, greatest(s.begun, end_of(y.year - 1) + 1) as begun,
    least(coalesce(s.ended, end_of(s.last_year) + 1), end_of(y.year) + 1) as ended
  from spell s join (select distinct year from cohorts.reported where return_name in ('cin', 'ssda903')) y
    on s.begun <= end_of(y.year)
    and coalesce(s.ended, end_of(s.last_year) + 1) > end_of(y.year - 1) + 1),
reached as (
  select *, max(ended) over (partition by year, kind, child order by begun, ended
    rows between unbounded preceding and 1 preceding) as reached from in_year)
select year, kind, child,
  sum(greatest(0, date_diff('day', greatest(begun, coalesce(reached, begun)), ended)))::bigint as days
from reached group by year, kind, child
