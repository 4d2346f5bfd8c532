-- Children who ceased to be looked after: one row per child of an authority and year, with its last exit of that year,
-- whether or not it came back later; a child who leaves two authorities is there for each, a child taken over by
-- another authority leaves the first. An end for which no reason is told (X1 with nothing after it) is no exit.
-- Days in care are known where the beginning is.
select collection_year(p.end_date)::int as year, p.la, p.child, p.la_child, p.end_date, p.exit_code, r.exit_group,
  case when p.is_start then p.end_date - p.start_date end as days_in_care,
  p.sex, p.ethnic_group, age_band_in_care(p.age_on_last_day) as age_band, age_band_in_care(p.age_on_first_day) as age_band_at_start
from cohorts.period_of_care p left join codes.ssda903_rec r on r.code = p.exit_code
where p.is_last_exit_in_year
