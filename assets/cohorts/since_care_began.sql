-- Children who started to be looked after, and where they were some time later: one row per child of an authority, its
-- first start of a year, and length of follow-up (6, 12, 24 months). The year is the one in which the follow-up
-- ended. Home is with the parents (E4A, E4B); permanence is adoption, special guardianship or a residence or child
-- arrangements order. Both are those of the period of care that began with the start; a later one does not count.
-- Care that no return tells the end of is known to have lasted until the 31 March of the last that held it.
with followed as (
  select p.*, r.exit_group, unnest([6, 12, 24]) as months
  from cohorts.period_of_care p left join codes.ssda903_rec r on r.code = p.exit_code
  where p.is_first_start_in_year),
reached as (
  select *, coalesce(end_date, end_of(last_year) + 1) <= start_date + to_months(months) as has_left from followed)
select collection_year(start_date + to_months(months))::int as year, la, child, la_child, months, sex, ethnic_group,
  age_band_in_care(age_on_first_day) as age_band, not has_left as is_still_in_care,
  has_left and coalesce(exit_code in ('E4A', 'E4B'), false) as has_gone_home,
  has_left and coalesce(exit_group in ('adopted', 'SGO', 'CAO/RO'), false) as has_permanence
from reached
