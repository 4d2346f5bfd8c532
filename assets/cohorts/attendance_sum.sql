-- What schools sent of each enrolment's attendance in a census, added up: one row per enrolment. Whose enrolment
-- it is does not matter here, so it is made once whatever the strength of linkage. Possible sessions are the
-- school's own total; where it is missing, the sum of the codes that count. Absence is the sum of the codes that
-- mean it in that year, or the school's totals where codes were not sent. A code that a pupil has twice, because
-- a file came twice, counts once. The summer term comes in two halves; they are added up, the second (the sixth
-- half term of the year) not for pupils who were 15 on the 31 August before: Year 11 is at its examinations by
-- then. To 2019/20 only absences were sent, so that silence meant none: `has_word`.
with enrolment as (
  select pupil, year, attendance_term, age_at_31_august, termlysessionspossible, termlysessionsauthorised,
    termlysessionsunauthorised, summerhalfterm2sessionspossible, summerhalfterm2sessionsauthorised,
    summerhalfterm2sessionsunauthorised
  from deidentified.school_census_pupilonroll
  union all by name
  select pupil, year, attendance_term, age_at_31_august, termlysessionspossible, termlysessionsauthorised,
    termlysessionsunauthorised, summerhalfterm2sessionspossible, summerhalfterm2sessionsauthorised,
    summerhalfterm2sessionsunauthorised
  from deidentified.school_census_pupilnolongeronroll),
stretch as (
  select pupil, year, 1 as half, termlysessionspossible as possible,
    termlysessionsauthorised as authorised, termlysessionsunauthorised as unauthorised
  from enrolment
  union all
  select pupil, year, 2, summerhalfterm2sessionspossible,
    summerhalfterm2sessionsauthorised, summerhalfterm2sessionsunauthorised
  from enrolment where attendance_term = 'summer' and age_at_31_august is distinct from 15),
detail as (
  select 1 as half, pupil, year, attendancereason, sessions
  from deidentified.school_census_termlysessiondetailsonroll
  union all by name
  select 1 as half, pupil, year, attendancereason, sessions
  from deidentified.school_census_termlysessiondetailsoffroll
  union all by name
  select 2 as half, pupil, year, attendancereason, sessions
  from deidentified.school_census_summerhalfterm2sessiondetailsonroll
  union all by name
  select 2 as half, pupil, year, attendancereason, sessions
  from deidentified.school_census_summerhalfterm2sessiondetailsoffroll),
-- each code has a bit of its own, so that one pass tells who has a code twice
code as (
  select y.year, c.code, c.counts_as_possible_session = 'yes' as is_possible, c.statistical_meaning as meaning,
    1::hugeint << (row_number() over (partition by y.year order by c.code))::int as bit
  from codes.attendance c join (select distinct year from enrolment) y on y.year between c.since and c.until),
meant as (
  select d.half, d.pupil, d.sessions, c.is_possible, c.meaning, c.bit
  from detail d left join code c on c.code = d.attendancereason and c.year = d.year),
summed as (
  select half, pupil, coalesce(sum(sessions) filter (where is_possible), 0)::bigint as possible,
    coalesce(sum(sessions) filter (where meaning = 'authorised'), 0)::bigint as authorised,
    coalesce(sum(sessions) filter (where meaning = 'unauthorised'), 0)::bigint as unauthorised,
    count(bit) > coalesce(bit_count(bit_or(bit)), 0) as has_one_twice
  from meant group by half, pupil),
repeated as (
  select half, pupil, bit, any_value(is_possible) as is_possible, any_value(meaning) as meaning,
    max(sessions) as sessions
  from meant semi join (from summed where has_one_twice) using (half, pupil) group by half, pupil, bit),
coded as (
  select half, pupil, possible, authorised, unauthorised from summed where not has_one_twice
  union all by name
  select half, pupil, coalesce(sum(sessions) filter (where is_possible), 0)::bigint as possible,
    coalesce(sum(sessions) filter (where meaning = 'authorised'), 0)::bigint as authorised,
    coalesce(sum(sessions) filter (where meaning = 'unauthorised'), 0)::bigint as unauthorised
  from repeated group by half, pupil)
select s.pupil, sum(coalesce(s.possible, c.possible, 0))::bigint as possible_sessions,
  sum(coalesce(c.authorised, s.authorised, 0))::bigint as authorised_sessions,
  sum(coalesce(c.unauthorised, s.unauthorised, 0))::bigint as unauthorised_sessions,
  bool_or(coalesce(s.possible <> c.possible, false)) as is_mismatch,
  bool_and(c.possible is not null or s.authorised is not null or s.year <= 2020
    or coalesce(s.possible, 0) = 0) as has_word
from stretch s left join coded c using (half, pupil)
group by s.pupil
