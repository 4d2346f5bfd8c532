-- Pupils and their attendance: one row per child and academic year, the sessions of all its enrolments in all
-- terms in use added up first, so that a child with two schools is one child with one rate. It counts in
-- absence figures when it was 5 to 15 on the 31 August before, had a single or main enrolment (C, M, or had
-- left) and at least one possible session. Age, sex and authority are those of the main, latest enrolment.
with sessions as (
  select child, year, count(*) as enrolment_count, bool_or(is_main) as has_main,
    concat_ws('+', max(attendance_term) filter (where attendance_term = 'autumn'),
      max(attendance_term) filter (where attendance_term = 'spring'),
      max(attendance_term) filter (where attendance_term = 'summer')) as terms,
    coalesce(sum(possible_sessions) filter (where is_usable), 0)::bigint as possible_sessions,
    coalesce(sum(authorised_sessions) filter (where is_usable), 0)::bigint as authorised_sessions,
    coalesce(sum(unauthorised_sessions) filter (where is_usable), 0)::bigint as unauthorised_sessions,
    min(confidence) as confidence
  from cohorts.enrolment_term where time_identifier is not null group by child, year),
main as (
  from cohorts.enrolment_term where time_identifier is not null
  qualify row_number() over (partition by child, year order by is_main desc,
    array_position(['autumn', 'spring', 'summer'], attendance_term) desc, possible_sessions desc,
    la, submission, roll desc, pupil) = 1)
select s.year, m.la, s.child, s.terms, s.enrolment_count, s.possible_sessions, s.authorised_sessions,
  s.unauthorised_sessions, s.authorised_sessions + s.unauthorised_sessions as absent_sessions,
  s.has_main and s.possible_sessions > 0 and coalesce(m.age_at_31_august between 5 and 15, false) as is_counted,
  s.possible_sessions > 0 and absent_sessions * 10 >= s.possible_sessions as is_persistently_absent,
  s.possible_sessions > 0 and absent_sessions * 2 >= s.possible_sessions as is_severely_absent,
  m.age_at_31_august, m.sex, m.ethnic_group, m.birth_month, s.confidence as link_confidence, m.time_identifier
from sessions s join main m on m.child = s.child and m.year = s.year
