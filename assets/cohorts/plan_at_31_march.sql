-- Child protection plans open at 31 March: one row per plan and year in which the authority's return is in force.
-- A plan that ended on the day is not open on it, nor is one that later returns no longer hold. Both the day on which
-- it began and 31 March count among its days, and 730 of them are two years, whether or not a 29 February lies
-- between: so the department says (over 729 days).
select r.year, p.la, p.child, p.la_child, p.start_date, end_of(r.year) - p.start_date + 1 as days_on_plan,
  days_on_plan >= 730 as is_two_years_or_more, p.sex, p.ethnic_group,
  age_band(p.age_at_31_march - (p.last_year - r.year)) as age_band
from cohorts.child_protection_plan p
join cohorts.reported r on r.return_name = 'cin' and r.la = p.la and r.year <= p.last_year
where p.start_date <= end_of(r.year) and coalesce(p.end_date > end_of(r.year), true)
