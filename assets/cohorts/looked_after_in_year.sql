-- Children looked after on any day of the year: one row per child of an authority and year in which its return is in
-- force, with the times it went missing. Short breaks never count, nor does a day on which care ended, even if
-- care began on it. An incident counts for every year in which any of it lay; one that the return has twice counts
-- once. M is missing, A is away without authorisation while it was known where.
with cared as (
  select r.year, p.la, p.child, p.la_child, p.sex, p.ethnic_group,
    age_band_in_care(p.age_at_31_march - (p.last_year - r.year)) as age_band
  from cohorts.period_of_care p
  join cohorts.reported r on r.return_name = 'ssda903' and r.la = p.la and r.year <= p.last_year
  where p.start_date <= end_of(r.year) and coalesce(p.end_date > greatest(p.start_date, end_of(r.year - 1) + 1), true)
  qualify row_number() over (partition by r.year, p.la_child order by p.start_date desc, p.period_number desc) = 1),
incident as (
  select distinct year, la_child, MISSING as kind, MIS_START from deidentified.ssda903_missing
  where MIS_START <= end_of(year) and coalesce(MIS_END > end_of(year - 1), true)),
counted as (
  select year, la_child, count(*) filter (where kind = 'M') as missing_count,
    count(*) filter (where kind = 'A') as away_count
  from incident group by year, la_child)
select c.*, coalesce(n.missing_count, 0) as missing_count, coalesce(n.away_count, 0) as away_count
from cared c left join counted n on n.year = c.year and n.la_child = c.la_child
