-- Children looked after at 31 March: one row per child of an authority and year in which its return is in
-- force. Short breaks never count. A child whose care ended on the day is not looked after on it; a child
-- looked after by two authorities is there for each. For 12 months means: one period of care that covers
-- every day from 1 April to 31 March.
select r.year, p.la, p.child, p.la_child, p.period_number, p.sex, p.ethnicity, p.ethnic_group, p.birth_month, p.confidence,
  need_group(p.need_code) as need_code, p.start_date, p.start_date <= end_of(r.year - 1) + 1 as is_looked_after_12_months,
  p.age_at_31_march - (p.last_year - r.year) as age_at_31_march,
  p.age_at_31_august - (p.last_year - r.year) as age_at_31_august,
  age_band_in_care(p.age_at_31_march - (p.last_year - r.year)) as age_band
from cohorts.period_of_care p
join cohorts.reported r on r.return_name = 'ssda903' and r.la = p.la and r.year <= p.last_year
where p.start_date <= end_of(r.year) and coalesce(p.end_date > end_of(r.year), true)
qualify row_number() over (partition by r.year, p.la_child order by p.start_date) = 1
