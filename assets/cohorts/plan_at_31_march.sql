-- Child protection plans open at 31 March: one row per plan and year whose return holds it, as known by now.
-- A plan that ended on the day is not open on it, nor is one that the return of that year does not hold. Both the day on which
-- it began and 31 March count among its days, and 730 of them are two years, whether or not a 29 February lies
-- between: so the department says (over 729 days).
with held as (select distinct year, la_child, known_as_date from cohorts.plan_version)
select r.year, p.la, p.child, p.la_child, p.start_date, end_of(r.year) - p.start_date + 1 as days_on_plan,
  days_on_plan >= 730 as is_two_years_or_more, p.sex, p.ethnicity, p.ethnic_group, p.birth_month,
  p.age_at_31_march - (p.last_year - r.year) as age_at_31_march,
  p.age_at_31_august - (p.last_year - r.year) as age_at_31_august,
  age_band(p.age_at_31_march - (p.last_year - r.year)) as age_band
from cohorts.child_protection_plan p
join held r on r.la_child = p.la_child and r.known_as_date = p.start_date
where p.start_date <= end_of(r.year) and coalesce(p.end_date > end_of(r.year), true)
