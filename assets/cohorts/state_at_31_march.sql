-- Where each child stood on 31 March: one row per child, authority and year, with the first that applies of
-- looked after (CLA), on a child protection plan (CPPO), in need (CINO). Children of two authorities are
-- there for each. This is where the children in need census and the 903 of an authority meet: by person,
-- because a small share of children has a different number in each.
with stood as (
  select year, la, child, 'CINO' as state, false as is_looked_after_12_months, sex, ethnicity, ethnic_group,
    birth_month, age_at_31_march, age_at_31_august
  from cohorts.in_need_at_31_march
  union all by name
  select year, la, child, 'CPPO' as state, false as is_looked_after_12_months, sex, ethnicity, ethnic_group,
    birth_month, age_at_31_march, age_at_31_august
  from cohorts.plan_at_31_march
  union all by name
  select year, la, child, 'CLA' as state, is_looked_after_12_months, sex, ethnicity, ethnic_group, birth_month,
    age_at_31_march, age_at_31_august
  from cohorts.looked_after_at_31_march)
select year, la, child,
  case min(array_position(['CLA', 'CPPO', 'CINO'], state)) when 1 then 'CLA' when 2 then 'CPPO' else 'CINO' end
    as state_at_31_march,
  bool_or(state = 'CINO') as is_in_need_at_31_march, bool_or(state = 'CPPO') as is_on_plan_at_31_march,
  bool_or(state = 'CLA') as is_looked_after_at_31_march,
  bool_or(is_looked_after_12_months) as is_looked_after_12_months, min(sex) as sex,
  coalesce(min(nullif(ethnic_group, 'Unknown')), 'Unknown') as ethnic_group, max(age_at_31_march) as age_at_31_march,
  max(age_at_31_august) as age_at_31_august
from stood group by year, la, child
