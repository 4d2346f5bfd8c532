-- Children looked after for 12 months beside children in need who were not looked after, like with like: absence in the
-- school year. Pupils are alike who share main need, age group, sex, region and how much they were absent the year
-- before (below 5, 10, 20 per cent, more; or not known). Only kinds of pupils that both groups have are compared; those in
-- need are weighted so that they are made up of these kinds as those in care are. One row per year and trait: what share of each group has it.
with alike as (
  select g.year, g.child, g.is_looked_after_12_months as is_in_care, g.sex, g.age_band,
    coalesce(a.region_code, 'Unknown') as region_code,
    coalesce(k.need_code, n.need_code, 'Unknown') as need_code,
    case when b.possible_sessions is null or b.possible_sessions = 0 then 'not known'
      when b.absent_sessions * 20 < b.possible_sessions then 'below 5%'
      when b.absent_sessions * 10 < b.possible_sessions then '5 to 10%'
      when b.absent_sessions * 5 < b.possible_sessions then '10 to 20%' else '20% and more' end as absent_before,
    g.absent_sessions, g.possible_sessions, g.is_persistently_absent
  from cohorts.attendance_of_group g
  join measured.place p on p.indicator_id = 'absence_persistent_cino' and p.year = g.year and p.la_code = g.la
    and p.is_usable and p.is_authority
  left join (select year, la_code, any_value(region_code) as region_code from measured.place group by all) a
    on a.year = g.year and a.la_code = g.la
  left join cohorts.attendance_year b on b.child = g.child and b.year = g.year - 1
  left join (select year, child, min(need_code) as need_code from cohorts.looked_after_at_31_march group by all) k
    on k.year = g.year and k.child = g.child
  left join (select year, child, min(need_code) as need_code from cohorts.in_need_at_31_march group by all) n
    on n.year = g.year and n.child = g.child
  where g.has_attendance and (g.is_looked_after_12_months or g.state_at_31_march = 'CINO')),
kind as (
  select year, sex, age_band, region_code, need_code, absent_before,
    count(*) filter (where is_in_care) as in_care, count(*) filter (where not is_in_care) as in_need
  from alike group by all having in_care > 0 and in_need > 0),
weighed as (
  select c.*, case when k.in_care is null then null when c.is_in_care then 1.0 else k.in_care / k.in_need end as weight
  from alike c left join kind k using (year, sex, age_band, region_code, need_code, absent_before)),
trait as (
  select year, is_in_care, weight, unnest([
    {'kind': 'Sex', 'name': sex}, {'kind': 'Age', 'name': age_band}, {'kind': 'Main need', 'name': need_code},
    {'kind': 'Region', 'name': region_code}, {'kind': 'Absence the year before', 'name': absent_before},
    {'kind': 'Persistent absence', 'name': case when is_persistently_absent then 'yes' else 'no' end}]) as trait
  from weighed),
summed as (
  select year, trait.kind as trait, trait.name as category,
    count(*) filter (where is_in_care) as n_care, count(*) filter (where not is_in_care) as n_need,
    coalesce(sum(weight) filter (where is_in_care), 0) as w_care,
    coalesce(sum(weight) filter (where not is_in_care), 0) as w_need
  from trait group by all),
shared as (
  select *, sum(n_care) over whole as all_care, sum(n_need) over whole as all_need,
    sum(w_care) over whole as matched_care, sum(w_need) over whole as matched_need
  from summed window whole as (partition by year, trait))
select year, trait, category, all_care::bigint as care_count, all_need::bigint as need_count,
  matched_care::bigint as compared_count,
  round(100 * n_care / nullif(all_care, 0), 6) as care_percent, round(100 * n_need / nullif(all_need, 0), 6) as need_percent,
  round(100 * w_care / nullif(matched_care, 0), 6) as care_alike_percent,
  round(100 * w_need / nullif(matched_need, 0), 6) as need_alike_percent
from shared
