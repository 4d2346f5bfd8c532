-- Enrolments and their attendance: one row per enrolment that a census tells of, and term. It is made once, with the
-- child at every strength of linkage, for whose enrolment it is changes nothing here. Left out of figures (`is_usable`):
-- boarders, no possible session, more absence than possible sessions, no word about absence at all, and enrolments that
-- began in the sixth half term: from the last Monday of May, the spring bank holiday.
-- Possible sessions are the school's own total; where it is missing, the sum of the codes that count. Absence is the sum
-- of the codes that mean it in that year, or the school's totals where codes were not sent. A code that a pupil has
-- twice, because a file came twice, counts once. The summer term comes in two halves; they are added up, the second (the
-- sixth half term of the year) not for pupils who were 15 on the 31 August before: Year 11 is at its examinations by
-- then. To 2019/20 only absences were sent, so that silence meant none: `has_word`.
with pupil as (
  select pupil, la, child, child_strict, child_loose, year, attendance_term, enrolstatus,
    entrydate, boarder, age_at_31_august, sex, ethnic_group, birth_month, confidence, termlysessionspossible,
    termlysessionsauthorised, termlysessionsunauthorised, summerhalfterm2sessionspossible,
    summerhalfterm2sessionsauthorised, summerhalfterm2sessionsunauthorised
  from stored.school_census_pupilonroll where is_in_turn(year)
  union all by name
  select pupil, la, child, child_strict, child_loose, year, attendance_term, 'C' as enrolstatus, entrydate, boarder, age_at_31_august, sex, ethnic_group, birth_month, confidence,
    termlysessionspossible, termlysessionsauthorised, termlysessionsunauthorised, summerhalfterm2sessionspossible,
    summerhalfterm2sessionsauthorised, summerhalfterm2sessionsunauthorised
  from stored.school_census_pupilnolongeronroll where is_in_turn(year)),
enrolment as (
  select * exclude (summerhalfterm2sessionspossible, summerhalfterm2sessionsauthorised,
      summerhalfterm2sessionsunauthorised),
    attendance_term = 'summer' and age_at_31_august is distinct from 15 as has_half_2,
    case when has_half_2 then summerhalfterm2sessionspossible end as possible_2,
    case when has_half_2 then summerhalfterm2sessionsauthorised end as authorised_2,
    case when has_half_2 then summerhalfterm2sessionsunauthorised end as unauthorised_2
  from pupil),
detail as (
  select 1 as half, pupil, year, attendancereason, sessions
  from stored.school_census_termlysessiondetailsonroll where is_in_turn(year)
  union all by name
  select 1 as half, pupil, year, attendancereason, sessions
  from stored.school_census_termlysessiondetailsoffroll where is_in_turn(year)
  union all by name
  select 2 as half, pupil, year, attendancereason, sessions
  from stored.school_census_summerhalfterm2sessiondetailsonroll where is_in_turn(year)
  union all by name
  select 2 as half, pupil, year, attendancereason, sessions
  from stored.school_census_summerhalfterm2sessiondetailsoffroll where is_in_turn(year)),
-- each code has a bit of its own, so that one pass tells who has a code twice
code as (
  select y.year, c.code, c.counts_as_possible_session = 'yes' as is_possible, c.statistical_meaning as meaning,
    1::hugeint << (row_number() over (partition by y.year order by c.code))::int as bit
  from codes.attendance c
  join (select distinct year from stored.received_school_census) y on y.year between c.since and c.until),
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
  from repeated group by half, pupil),
counted as (
  select p.pupil, p.la, p.child, p.child_strict, p.child_loose, p.year, p.attendance_term,
    p.enrolstatus, p.boarder, p.age_at_31_august, p.sex, p.ethnic_group, p.birth_month, p.confidence, t.term is not null as is_in_use,
    coalesce(p.termlysessionspossible, c.possible, 0) + coalesce(p.possible_2, d.possible, 0) as possible_sessions,
    coalesce(c.authorised, p.termlysessionsauthorised, 0) + coalesce(d.authorised, p.authorised_2, 0)
      as authorised_sessions,
    coalesce(c.unauthorised, p.termlysessionsunauthorised, 0) + coalesce(d.unauthorised, p.unauthorised_2, 0)
      as unauthorised_sessions,
    coalesce(p.termlysessionspossible <> c.possible, false) or coalesce(p.possible_2 <> d.possible, false) as is_mismatch,
    p.year <= 2020 or (
      (c.possible is not null or p.termlysessionsauthorised is not null or coalesce(p.termlysessionspossible, 0) = 0)
      and (d.possible is not null or p.authorised_2 is not null or coalesce(p.possible_2, 0) = 0)) as has_word,
    coalesce(p.attendance_term = 'summer' and p.entrydate between
      make_date(p.year, 5, 31) - (isodow(make_date(p.year, 5, 31))::int - 1) and make_date(p.year, 7, 31),
      false) as is_late
  from enrolment p
  left join coded c on c.pupil = p.pupil and c.half = 1
  left join coded d on d.pupil = p.pupil and d.half = 2 and p.has_half_2
  left join cohorts.term_in_use t on t.year = p.year and t.term = p.attendance_term)
select * exclude (enrolstatus, boarder, has_word, is_late), coalesce(enrolstatus in ('C', 'M'), false) as is_main,
  has_word and not is_late and coalesce(boarder, 'N') = 'N' and possible_sessions > 0
    and authorised_sessions + unauthorised_sessions <= possible_sessions as is_usable
from counted
