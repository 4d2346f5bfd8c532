-- Children known to social care on 31 March and their attendance in the school year around that day: one row
-- per child, authority and year for which attendance is held. `is_linked` says whether any school record was
-- found, `has_attendance` whether it counts; without either the child is in the link rate's denominator only.
-- Special educational needs are the strongest that any of the year's censuses names; free school meals are told by a
-- period of being eligible that has a day in the school year.
with pupil as (
  select year, child, pupil, senprovision from deidentified.school_census_pupilonroll
  semi join cohorts.state_at_31_march using (child)),
need as (
  select year, child, bool_or(senprovision in ('E', 'S')) as has_plan,
    bool_or(senprovision in ('K', 'A', 'P')) as has_support, bool_or(senprovision = 'N') as has_none
  from pupil group by year, child),
eligible as (
  select distinct p.year, p.child
  from deidentified.school_census_fsmperiod f join pupil p using (pupil)
  where f.fsmstartdate <= make_date(p.year, 7, 31) and coalesce(f.fsmenddate >= make_date(p.year - 1, 8, 1), true))
select s.year, s.la, s.child, s.state_at_31_march, s.is_looked_after_12_months, s.sex,
  s.ethnic_group, coalesce(s.age_at_31_august between 5 and 15, false) as is_school_age, a.child is not null as is_linked,
  coalesce(a.is_counted, false) as has_attendance,
  age_band(case when a.is_counted then a.age_at_31_august else s.age_at_31_august end) as age_band,
  coalesce(a.absent_sessions, 0) as absent_sessions, coalesce(a.possible_sessions, 0) as possible_sessions,
  coalesce(a.is_persistently_absent, false) as is_persistently_absent,
  coalesce(a.is_severely_absent, false) as is_severely_absent,
  case when n.has_plan then 'plan' when n.has_support then 'support' when n.has_none then 'none' else 'Unknown'
    end as sen_group,
  case when e.child is not null then 'eligible' when a.child is not null then 'not eligible' else 'Unknown'
    end as fsm_group
from cohorts.state_at_31_march s
semi join cohorts.term_in_use t on t.year = s.year
left join cohorts.attendance_year a on a.child = s.child and a.year = s.year
left join need n on n.child = s.child and n.year = s.year
left join eligible e on e.child = s.child and e.year = s.year
