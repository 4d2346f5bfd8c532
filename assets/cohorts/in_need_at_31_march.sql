-- Children in need at 31 March, as the department counts them: one row per EPISODE open on that day and year in
-- which the authority's return is in force. A child with two open episodes is there twice; children on a plan,
-- looked after or unborn are among them. Closed on the day is not open on it. A child who is still being
-- assessed on the day is in need on it, also when the next return closes the case as not in need: otherwise the
-- latest year, whose future nobody knows, would not compare with the years before.
select r.year, e.la, e.child, e.la_child, e.referral_date, e.sex, e.ethnicity, e.ethnic_group, e.birth_month,
  e.age_at_31_march - (e.last_year - r.year) as age_at_31_march,
  e.age_at_31_august - (e.last_year - r.year) as age_at_31_august,
  age_band(e.age_at_31_march - (e.last_year - r.year)) as age_band
from cohorts.case_of_need e
join cohorts.reported r on r.return_name = 'cin' and r.la = e.la and r.year <= e.last_year
where e.referral_date <= end_of(r.year) and coalesce(e.closure_date > end_of(r.year), true)
