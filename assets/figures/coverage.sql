-- Whose returns stand behind the figures: one row per return, year and place.
with year as (select distinct return_name, year from cohorts.reported),
authority as (
  select y.return_name, y.year, a.la_code, case when apart.la_code is null then a.region_code end as region_code,
    apart.la_code is null as is_authority
  from year y join reference.authorities a
    on a.valid_from <= make_date(y.year, 3, 31) and coalesce(a.valid_to >= make_date(y.year, 3, 31), true)
  left join measured.apart apart on apart.la_code = a.la_code),
place as (
  from authority
  union all by name
  select r.return_name, r.year, r.la as la_code, null as region_code, false as is_authority
  from cohorts.reported r anti join authority a
    on a.return_name = r.return_name and a.year = r.year and a.la_code = r.la),
enrolment as (
  select 'school_census' as return_name, year, la as la_code,
    count(*) filter (where not is_in_use or not is_usable) as uncounted,
    count(*) filter (where is_mismatch) as mismatch
  from cohorts.enrolment_term group by all),
cell as (
  select p.*, r.la is not null as is_there, coalesce(r.is_fed, false) as is_fed, coalesce(r.child_count, 0) as child_count,
    coalesce(r.term_count, 0) as term_count, coalesce(r.without_child_count, 0) as without_child_count,
    coalesce(e.uncounted, 0) as uncounted, coalesce(e.mismatch, 0) as mismatch
  from place p left join cohorts.reported r on r.return_name = p.return_name and r.year = p.year and r.la = p.la_code
  left join enrolment e on e.return_name = p.return_name and e.year = p.year and e.la_code = p.la_code),
level as (
  select 'Local authority' as geographic_level, * from cell
  union all by name
  select 'Regional' as geographic_level, * replace (null::varchar as la_code) from cell
  where is_authority and region_code is not null
  union all by name
  select 'National' as geographic_level, * replace (null::varchar as la_code, null::varchar as region_code) from cell
  where is_authority)
select return_name, year, geographic_level, region_code, la_code,
  count(*) filter (where is_authority) as expected_la_count,
  count(*) filter (where is_authority and not is_there) as missing_la_count,
  count(*) filter (where is_authority and is_fed) as fed_la_count,
  sum(child_count)::bigint as child_count, sum(term_count)::bigint as term_la_count,
  sum(without_child_count)::bigint as without_child_count, sum(uncounted)::bigint as uncounted_enrolment_count,
  sum(mismatch)::bigint as session_mismatch_count
from level group by all
