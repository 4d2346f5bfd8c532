-- Enrolments and their attendance: one row per enrolment and term that is in use for its year. Left out
-- (`is_usable`): boarders, no possible session, more absence than possible sessions, no word about absence at
-- all, and enrolments that began in the sixth half term: from the last Monday of May, the spring bank holiday.
with pupil as (
  select 'on' as roll, submission, pupil, la, child, year, attendance_term, enrolstatus, entrydate, boarder,
    age_at_31_august, sex, ethnic_group, birth_month, confidence
  from deidentified.school_census_pupilonroll
  union all by name
  select 'off' as roll, submission, pupil, la, child, year, attendance_term, 'C' as enrolstatus, entrydate, boarder,
    age_at_31_august, sex, ethnic_group, birth_month, confidence
  from deidentified.school_census_pupilnolongeronroll),
counted as (
  select p.*, a.* exclude (pupil), t.time_identifier,
    coalesce(p.attendance_term = 'summer' and p.entrydate between
      make_date(p.year, 5, 31) - (isodow(make_date(p.year, 5, 31))::int - 1) and make_date(p.year, 7, 31),
      false) as is_late
  from pupil p join cohorts.attendance_sum a using (pupil)
  left join cohorts.term_in_use t on t.year = p.year and t.term = p.attendance_term)
select *, coalesce(enrolstatus in ('C', 'M'), false) as is_main,
  has_word and not is_late and coalesce(boarder, 'N') = 'N' and possible_sessions > 0
    and authorised_sessions + unauthorised_sessions <= possible_sessions as is_usable
from counted
