-- Enrolments and their attendance: one row per enrolment that a census tells of, and term, with the
-- child at every strength of linkage, for whose enrolment it is changes nothing here. Left out of figures (`is_usable`):
-- boarders, no possible session, more absence than possible sessions, no word about absence at all, and enrolments that
-- began in the sixth half term: from the last Monday of May, the spring bank holiday.
-- Possible sessions are the school's own total; where it is missing, the sum of the codes that count (`coded_`: added up
-- when the census was gathered, assets/sessions.py). Absence is the sum of the codes that mean it in that year, or the
-- school's totals where codes were not sent. The summer term comes in two halves; they are added up, the second (the
-- sixth half term of the year) not for pupils who were 15 on the 31 August before: Year 11 is at its examinations by
-- then. To 2019/20 only absences were sent, so that silence meant none: `has_word`.
with pupil as (
  select pupil, la, child, child_strict, child_loose, year, attendance_term, enrolstatus, entrydate, boarder,
    age_at_31_august, sex, ethnic_group, birth_month, confidence, termlysessionspossible, termlysessionsauthorised,
    termlysessionsunauthorised, summerhalfterm2sessionspossible, summerhalfterm2sessionsauthorised,
    summerhalfterm2sessionsunauthorised, coded_possible, coded_authorised, coded_unauthorised, coded_possible_2,
    coded_authorised_2, coded_unauthorised_2
  from stored.school_census_pupilonroll
  union all by name
  select pupil, la, child, child_strict, child_loose, year, attendance_term, 'C' as enrolstatus, entrydate, boarder,
    age_at_31_august, sex, ethnic_group, birth_month, confidence, termlysessionspossible, termlysessionsauthorised,
    termlysessionsunauthorised, summerhalfterm2sessionspossible, summerhalfterm2sessionsauthorised,
    summerhalfterm2sessionsunauthorised, coded_possible, coded_authorised, coded_unauthorised, coded_possible_2,
    coded_authorised_2, coded_unauthorised_2
  from stored.school_census_pupilnolongeronroll),
enrolment as (
  select * exclude (summerhalfterm2sessionspossible, summerhalfterm2sessionsauthorised,
      summerhalfterm2sessionsunauthorised, coded_possible_2, coded_authorised_2, coded_unauthorised_2),
    attendance_term = 'summer' and age_at_31_august is distinct from 15 as has_half_2,
    case when has_half_2 then summerhalfterm2sessionspossible end as possible_2,
    case when has_half_2 then summerhalfterm2sessionsauthorised end as authorised_2,
    case when has_half_2 then summerhalfterm2sessionsunauthorised end as unauthorised_2,
    case when has_half_2 then p.coded_possible_2 end as coded_possible_2,
    case when has_half_2 then p.coded_authorised_2 end as coded_authorised_2,
    case when has_half_2 then p.coded_unauthorised_2 end as coded_unauthorised_2
  from pupil p),
counted as (
  select p.pupil, p.la, p.child, p.child_strict, p.child_loose, p.year, p.attendance_term, p.enrolstatus, p.boarder,
    p.age_at_31_august, p.sex, p.ethnic_group, p.birth_month, p.confidence, t.term is not null as is_in_use,
    coalesce(p.termlysessionspossible, p.coded_possible, 0) + coalesce(p.possible_2, p.coded_possible_2, 0)
      as possible_sessions,
    coalesce(p.coded_authorised, p.termlysessionsauthorised, 0) + coalesce(p.coded_authorised_2, p.authorised_2, 0)
      as authorised_sessions,
    coalesce(p.coded_unauthorised, p.termlysessionsunauthorised, 0)
      + coalesce(p.coded_unauthorised_2, p.unauthorised_2, 0) as unauthorised_sessions,
    coalesce(p.termlysessionspossible <> p.coded_possible, false)
      or coalesce(p.possible_2 <> p.coded_possible_2, false) as is_mismatch,
    p.year <= 2020 or (
      (p.coded_possible is not null or p.termlysessionsauthorised is not null
        or coalesce(p.termlysessionspossible, 0) = 0)
      and (p.coded_possible_2 is not null or p.authorised_2 is not null or coalesce(p.possible_2, 0) = 0)) as has_word,
    coalesce(p.attendance_term = 'summer' and p.entrydate between
      date_trunc('week', make_date(p.year, 5, 31))::date and make_date(p.year, 7, 31), false) as is_late
  from enrolment p
  left join cohorts.term_in_use t on t.year = p.year and t.term = p.attendance_term)
select * exclude (enrolstatus, boarder, has_word, is_late), coalesce(enrolstatus in ('C', 'M'), false) as is_main,
  has_word and not is_late and coalesce(boarder, 'N') = 'N' and possible_sessions > 0
    and authorised_sessions + unauthorised_sessions <= possible_sessions as is_usable
from counted
