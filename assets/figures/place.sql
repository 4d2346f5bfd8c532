-- What could be measured: one row per indicator, year and authority of that year, or one that sent something
-- under a name that was not an authority's. `is_usable`: the year is one that the indicator can be told of, every
-- return that it needs is in force, what it rests on is told, and for one linked to the school census the authority's own of every term in use that year.
-- `is_collected`: the indicator can be told of that year at all. Authorities that are kept apart count for themselves only.
with year as (
  select distinct n.indicator_id, r.year from measured.need n join cohorts.reported r using (return_name)
  where n.back = 0),
authority as (
  select y.indicator_id, y.year, a.la_code, a.region_code
  from year y join reference.authorities a
    on a.valid_from <= make_date(y.year, 3, 31) and coalesce(a.valid_to >= make_date(y.year, 3, 31), true)),
stranger as (
  select distinct y.indicator_id, y.year, r.la as la_code, null::varchar as region_code
  from year y join cohorts.reported r on r.year = y.year
    and r.return_name in (select return_name from measured.need n where n.indicator_id = y.indicator_id)
  anti join authority a on a.year = r.year and a.la_code = r.la),
place as (from authority union all by name from stranger),
lacking as (
  select p.indicator_id, p.year, p.la_code from place p join measured.need n using (indicator_id)
  anti join cohorts.reported r
    on r.return_name = n.return_name and r.la = p.la_code and r.year = p.year - n.back
  group by all)
select p.* replace (case when apart.la_code is null then p.region_code end as region_code), population.population,
  a.la_code is not null and apart.la_code is null as is_authority,
  u.year is null and p.year >= f.since as is_collected,
  l.la_code is null and u.year is null and own.year is null and p.year >= f.since and (not f.needs_census or census.la is not null) as is_usable,
  case when not f.is_of_school then 'Reporting year' when f.needs_census then coalesce(t.time_identifier, 'Academic year')
    else 'Academic year' end as time_identifier
from place p join measured.fact f using (indicator_id)
left join authority a using (indicator_id, year, la_code)
left join measured.apart apart on apart.la_code = p.la_code
left join lacking l using (indicator_id, year, la_code)
left join measured.untold u on u.indicator_id = p.indicator_id and u.year = p.year and u.la_code is null
left join measured.untold own on own.indicator_id = p.indicator_id and own.year = p.year and own.la_code = p.la_code
left join reference.populations population using (year, la_code)
left join cohorts.census_in_use census on census.year = p.year and census.la = p.la_code
left join (select year, any_value(time_identifier) as time_identifier from cohorts.term_in_use group by year) t
  using (year)
