-- Children who started to be looked after: one row per child of an authority and year, at its first start of that
-- year (RNE S); a child who starts in two authorities is there for each. Short breaks are no start. Unaccompanied
-- is a child whom that year's return lists as an unaccompanied asylum seeker and whose status had not ceased by then.
with alone as (
  select year, la_child, max(coalesce(DUC, 'infinity'::date)) as until
  from deidentified.ssda903_uasc group by year, la_child)
select collection_year(p.start_date)::int as year, p.la, p.child, p.la_child, p.start_date, p.sex, p.ethnic_group,
  age_band_in_care(p.age_on_first_day) as age_band, coalesce(a.until > p.start_date, false) as is_unaccompanied
from cohorts.period_of_care p
left join alone a on a.la_child = p.la_child and a.year = collection_year(p.start_date)
where p.is_first_start_in_year
