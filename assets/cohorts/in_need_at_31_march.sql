-- Children in need at 31 March, as the department counts them: one row per EPISODE open on that day that the
-- authority's return of that year holds; what is known of it by now is told by the current version. A child with two open episodes is there twice; children on a plan,
-- looked after or unborn are among them. Closed on the day is not open on it. A child who is still being
-- assessed on the day is in need on it, also when the next return closes the case as not in need: otherwise the
-- latest year, whose future nobody knows, would not compare with the years before. Disabled is a child for whom that
-- year's return names a disability, not disabled one for whom it says that there is none.
with told as (
  select year, la_child, bool_or(Disability <> 'NONE') as is_disabled
  from deidentified.cin_disabilities where Disability is not null group by year, la_child),
held as (select distinct year, la_child, known_as_date from cohorts.case_version)
select r.year, e.la, e.child, e.la_child, e.referral_date, e.sex, e.ethnicity, e.ethnic_group, e.birth_month,
  e.age_at_31_march - (e.last_year - r.year) as age_at_31_march,
  e.age_at_31_august - (e.last_year - r.year) as age_at_31_august,
  age_band(e.age_at_31_march - (e.last_year - r.year)) as age_band,
  need_group(e.primary_need_code) as need_code,
  case when t.is_disabled then 'disabled' when not t.is_disabled then 'not disabled' else 'Unknown' end as disability
from cohorts.case_of_need e
join held r on r.la_child = e.la_child and r.known_as_date = e.referral_date
left join told t on t.year = r.year and t.la_child = e.la_child
where e.referral_date <= end_of(r.year) and coalesce(e.closure_date > end_of(r.year), true)
