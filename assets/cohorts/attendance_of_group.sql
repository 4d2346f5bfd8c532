-- Children known to social care on 31 March and their attendance in the school year around that day: one row
-- per child, authority and year for which attendance is held. `is_linked` says whether any school record was
-- found, `has_attendance` whether it counts; without either the child is in the link rate's denominator only.
select s.year, s.la, s.child, s.state_at_31_march, s.is_looked_after_12_months, s.sex,
  s.ethnic_group, coalesce(s.age_at_31_august between 5 and 15, false) as is_school_age, a.child is not null as is_linked,
  coalesce(a.is_counted, false) as has_attendance,
  age_band(case when a.is_counted then a.age_at_31_august else s.age_at_31_august end) as age_band,
  coalesce(a.absent_sessions, 0) as absent_sessions, coalesce(a.possible_sessions, 0) as possible_sessions,
  coalesce(a.is_persistently_absent, false) as is_persistently_absent,
  coalesce(a.is_severely_absent, false) as is_severely_absent
from cohorts.state_at_31_march s
semi join cohorts.term_in_use t on t.year = s.year
left join cohorts.attendance_year a on a.child = s.child and a.year = s.year
