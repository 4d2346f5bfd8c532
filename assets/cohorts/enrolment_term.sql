-- Attendance as schools sent it: one row per enrolment and term that is in use for its year. Possible sessions
-- are the school's own total; where it is missing, the sum of the codes that count. Absence is the sum of the
-- codes that mean it in that year, or the school's totals where codes were not sent. Left out (`is_usable`):
-- boarders, no possible session, more absence than possible sessions, and no word about absence at all (to
-- 2019/20 only absences were sent, so that silence meant none). A code that a pupil has twice, because a file
-- came twice, counts once.
with pupil as (
  select 'on' as roll, submission, pupil_number, la, child, year, attendance_term, enrolstatus,
    boarder, termlysessionspossible, termlysessionsauthorised, termlysessionsunauthorised, age_at_31_august,
    sex, ethnic_group, birth_month, confidence
  from deidentified.school_census_pupilonroll
  union all by name
  select 'off' as roll, submission, pupil_number, la, child, year, attendance_term, 'C' as enrolstatus,
    boarder, termlysessionspossible, termlysessionsauthorised, termlysessionsunauthorised, age_at_31_august,
    sex, ethnic_group, birth_month, confidence
  from deidentified.school_census_pupilnolongeronroll),
detail as (
  select 'on' as roll, submission, pupil_number, attendancereason, sessions
  from deidentified.school_census_termlysessiondetailsonroll
  union all by name
  select 'off' as roll, submission, pupil_number, attendancereason, sessions
  from deidentified.school_census_termlysessiondetailsoffroll),
once as (
  select roll, submission, pupil_number, attendancereason, max(sessions) as sessions from detail group by all),
coded as (
  select p.roll, p.submission, p.pupil_number,
    coalesce(sum(d.sessions) filter (where c.counts_as_possible_session = 'yes'), 0)::bigint as possible,
    coalesce(sum(d.sessions) filter (where c.statistical_meaning = 'authorised'), 0)::bigint as authorised,
    coalesce(sum(d.sessions) filter (where c.statistical_meaning = 'unauthorised'), 0)::bigint as unauthorised
  from once d join pupil p using (roll, submission, pupil_number)
  left join codes.attendance c on c.code = d.attendancereason and p.year between c.since and c.until
  group by all),
counted as (
  select p.*, t.time_identifier, coalesce(p.termlysessionspossible, c.possible, 0) as possible_sessions,
    coalesce(c.authorised, p.termlysessionsauthorised, 0) as authorised_sessions,
    coalesce(c.unauthorised, p.termlysessionsunauthorised, 0) as unauthorised_sessions,
    coalesce(p.termlysessionspossible <> c.possible, false) as is_mismatch,
    c.possible is not null or p.termlysessionsauthorised is not null or p.year <= 2020 as has_word
  from pupil p left join coded c using (roll, submission, pupil_number)
  left join cohorts.term_in_use t on t.year = p.year and t.term = p.attendance_term)
select *, coalesce(enrolstatus in ('C', 'M'), false) as is_main,
  has_word and coalesce(boarder, 'N') = 'N' and possible_sessions > 0
    and authorised_sessions + unauthorised_sessions <= possible_sessions as is_usable
from counted
