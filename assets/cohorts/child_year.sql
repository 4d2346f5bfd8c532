-- Every child in a children in need census or 903 of the year, all authorities together: one row per child and
-- year, with where it stood on 31 March, its days in need, on a plan and in care, its attendance, and what is
-- known of it as a care leaver. The authority is that of the strongest state, else the last in order of code.
with mentioned as (
  select year, la, child, birth_month, sex, ethnicity, ethnic_group, age_at_31_march, confidence
  from deidentified.cin_child_identifiers
  union all by name
  select year, la, child, birth_month, sex, ethnicity, ethnic_group, age_at_31_march, confidence
  from deidentified.cin_cin_details
  union all by name
  select year, la, child, birth_month, sex, ethnicity, ethnic_group, age_at_31_march, confidence
  from deidentified.ssda903_header
  union all by name
  select year, la, child, birth_month, sex, ethnicity, ethnic_group, age_at_31_march, confidence
  from deidentified.ssda903_episodes),
child as (
  select year::int as year, child, max(la) as last_la, count(distinct la) as authority_count,
    mode(birth_month order by birth_month) as birth_month, mode(sex order by sex) as sex,
    mode(ethnicity order by ethnicity) as ethnicity, mode(age_at_31_march order by age_at_31_march) as age_at_31_march,
    min(confidence) as confidence
  from mentioned group by year, child),
state as (
  select year, child, min(array_position(['CLA', 'CPPO', 'CINO'], state_at_31_march)) as rank,
    min_by(la, row(array_position(['CLA', 'CPPO', 'CINO'], state_at_31_march), la)) as la,
    bool_or(is_in_need_at_31_march) as is_in_need, bool_or(is_on_plan_at_31_march) as is_on_plan,
    bool_or(is_looked_after_at_31_march) as is_looked_after,
    bool_or(is_looked_after_12_months) as is_12_months
  from cohorts.state_at_31_march group by year, child),
days as (
  select year, child, sum(days) filter (where kind = 'need') as need, sum(days) filter (where kind = 'plan') as plan,
    sum(days) filter (where kind = 'care') as care from cohorts.child_days group by year, child),
referred as (select year, child, count(*) as n from cohorts.referral group by year, child),
started as (
  select distinct collection_year(start_date) as year, child from cohorts.period_of_care where is_start),
ceased as (
  select distinct collection_year(end_date) as year, child from cohorts.period_of_care
  where exit_code is not null and end_date is not null),
leaver as (
  from deidentified.ssda903_oc3 qualify row_number() over (partition by year, child order by la, submission,
    source_row) = 1)
select c.child, c.year, coalesce(s.la, c.last_la) as la, c.authority_count, c.birth_month, c.sex, c.ethnicity,
  coalesce(e.major_group, 'Unknown') as ethnic_group, c.age_at_31_march,
  coalesce(['CLA', 'CPPO', 'CINO'][s.rank], 'none') as state_at_31_march,
  coalesce(s.is_in_need, false) as is_in_need_at_31_march, coalesce(s.is_on_plan, false) as is_on_plan_at_31_march,
  coalesce(s.is_looked_after, false) as is_looked_after_at_31_march,
  coalesce(s.is_12_months, false) as is_looked_after_12_months,
  coalesce(d.need, 0) as days_in_need, coalesce(d.plan, 0) as days_on_plan, coalesce(d.care, 0) as days_in_care,
  coalesce(r.n, 0) as referral_count, st.child is not null as is_care_starter, ce.child is not null as is_care_leaver,
  l.IN_TOUCH as in_touch, l.ACTIV as activity, l.ACCOM as accommodation, a.terms as attendance_terms,
  a.possible_sessions, a.absent_sessions, a.is_persistently_absent, a.is_severely_absent,
  a.child is not null as is_linked_to_school, round(least(c.confidence, a.link_confidence), 6) as link_confidence
from child c
left join state s on s.year = c.year and s.child = c.child
left join days d on d.year = c.year and d.child = c.child
left join referred r on r.year = c.year and r.child = c.child
left join started st on st.year = c.year and st.child = c.child
left join ceased ce on ce.year = c.year and ce.child = c.child
left join leaver l on l.year = c.year and l.child = c.child
left join cohorts.attendance_year a on a.year = c.year and a.child = c.child
left join codes.ethnicity e on e.code = c.ethnicity
