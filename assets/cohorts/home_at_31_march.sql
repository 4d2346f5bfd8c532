-- How children looked after at 31 March live: one row per child of an authority and year.
-- The placement is the usual one: while a child is away for some days (T codes) it is the one it came from. Its
-- distance from home is that told by that episode's two postcodes; unknown is blank. Placements of the year are all
-- that lasted at least a day and were lived in on any day of it, in whichever period of care of that authority.
-- Unaccompanied is a child on that year's list of asylum seekers whose status had not ceased by the day.
with usual as (
  select e.la_child, e.period_number, e.episode_number, e.DECOM, e.is_over_20_miles, p.published_group
  from cohorts.care_episode e left join codes.ssda903_place p on p.code = e.PLACE
  where p.published_group is distinct from 'temporary'),
home as (
  select l.year, l.la_child, max_by(u, u.episode_number) as usual
  from cohorts.looked_after_at_31_march l
  join usual u on u.la_child = l.la_child and u.period_number = l.period_number and u.DECOM <= end_of(l.year)
  group by l.year, l.la_child),
lived as (
  select l.year, l.la_child, count(*) as placement_count
  from cohorts.looked_after_at_31_march l join cohorts.placement p on p.la_child = l.la_child
  where p.start_date <= end_of(l.year) and coalesce(p.end_date > end_of(l.year - 1) + 1, true)
  group by l.year, l.la_child),
scored as (
  select *, try_cast(SDQ_SCORE as double) as score from deidentified.ssda903_oc2
  where score between 0 and 40 and score = floor(score)
  qualify row_number() over (partition by year, la_child order by submission, source_row) = 1),
alone as (
  select distinct year, la_child from deidentified.ssda903_uasc where coalesce(DUC > end_of(year), true))
select l.year, l.la, l.child, l.la_child, l.need_code, l.sex, l.ethnic_group, l.age_band, l.age_at_31_march,
  l.is_looked_after_12_months, h.usual.published_group as placement_group, h.usual.is_over_20_miles as is_over_20_miles,
  coalesce(m.placement_count, 0) as placement_count, cast(s.score as integer) as sdq_score, a.la_child is not null as is_unaccompanied
from cohorts.looked_after_at_31_march l
left join home h on h.year = l.year and h.la_child = l.la_child
left join lived m on m.year = l.year and m.la_child = l.la_child
left join scored s on s.year = l.year and s.la_child = l.la_child
left join alone a on a.year = l.year and a.la_child = l.la_child
