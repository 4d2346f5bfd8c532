-- Social workers of children looked after at 31 March: one row per child of an authority and year from 2024 on, when
-- they were first asked for. Each worker counts once, however often the child was given to the same one again;
-- one whose time with the child ended on 1 April had no day of the year. Blank where the return names none of a child's.
with worked as (
  select year, la_child, count(distinct worker_number) as worker_count
  from deidentified.ssda903_sw_episodes
  where coalesce(SW_DECOM <= end_of(year), true) and coalesce(SW_DEC > end_of(year - 1) + 1, true)
  group by year, la_child)
select l.year, l.la, l.child, l.la_child, l.sex, l.ethnic_group, l.age_band,
  nullif(w.worker_count, 0) as worker_count
from cohorts.looked_after_at_31_march l
left join worked w on w.year = l.year and w.la_child = l.la_child
