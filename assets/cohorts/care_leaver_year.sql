-- Young people who have left care: one row per young person of an authority and year, as told around the birthday in
-- that year (OC3). `is_counted`: the 17th to 21st birthday, and neither died nor returned home for six months or more
-- (RHOM). Who is not in touch or wants no contact counts, with what is not known. Where the young person went abroad,
-- was deported or is known to live nowhere that is known (G, H, R) there is no saying whether it is suitable.
-- The path through care is that up to the 31 March: the age at the first start that is held, and the last placement, before
-- one for some days (T codes), of the last period. An age under 16 on the first day held is told even where that day was no
-- start; a first day before birth tells nothing.
with told as (
  from deidentified.ssda903_oc3
  qualify row_number() over (partition by year, la_child order by submission, source_row) = 1),
cared as (
  select t.year, t.la_child, min_by(p, p.period_number) as first, max(p.period_number) as last_number
  from told t join cohorts.period_of_care p on p.la_child = t.la_child and p.start_date <= end_of(t.year)
  group by t.year, t.la_child),
usual as (
  select e.la_child, e.period_number, e.episode_number, e.DECOM, p.published_group
  from cohorts.care_episode e left join codes.ssda903_place p on p.code = e.PLACE
  where p.published_group is distinct from 'temporary'),
lived as (
  select c.year, c.la_child, max_by(u, u.episode_number) as last
  from cared c join usual u
    on u.la_child = c.la_child and u.period_number = c.last_number and u.DECOM <= end_of(c.year)
  group by c.year, c.la_child)
select t.year::int as year, t.la, t.child, t.la_child, t.la_record, t.age_at_31_march as age, t.sex, t.ethnic_group,
  t.IN_TOUCH as in_touch, t.ACTIV as activity, t.ACCOM as accommodation,
  coalesce(t.age_at_31_march between 17 and 21 and coalesce(t.IN_TOUCH not in ('DIED', 'RHOM'), true), false)
    as is_counted,
  coalesce(a.eet = 'yes', false) as is_in_education_or_work,
  case when starts_with(h.suitability, 'suitability unknown') then null
    else coalesce(h.suitability = 'suitable', false) end as is_suitably_housed,
  case when c.first.age_on_first_day between 0 and 15 then 'before 16'
    when c.first.age_on_first_day >= 16 and c.first.is_start then '16 or over' else 'Unknown' end as entered_care,
  coalesce(l.last.published_group, 'Unknown') as last_placement_group
from told t
left join codes.ssda903_activity a on a.code = t.ACTIV
left join codes.ssda903_accommodation h on h.code = t.ACCOM
left join cared c on c.year = t.year and c.la_child = t.la_child
left join lived l on l.year = t.year and l.la_child = t.la_child
