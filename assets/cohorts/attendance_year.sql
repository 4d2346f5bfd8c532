-- Pupils and their attendance: one row per child and academic year, the sessions of all its enrolments in all
-- terms in use added up first, so that a child with two schools is one child with one rate. It counts in
-- absence figures when it was 5 to 15 on the 31 August before, had a single or main enrolment (C, M, or had
-- left) and at least one possible session. Age, sex and authority are those of the main, latest enrolment; of several
-- the one with most sessions, then the first by authority (as `pupil` is numbered). `turn` is all of that in one number,
-- so that the greatest is found while the sessions are added up: sorting the enrolments takes four times as long.
-- At another strength of linkage than the standard only children known to social care are asked for.
with enrolment as (
  select *, at_strength(child, child_strict, child_loose) as person,
    array_position(['autumn', 'spring', 'summer'], attendance_term) as term_number,
    (4 * is_main::int + term_number)::hugeint * 4_000_000_000
      + greatest(-1_000_000_000, least(possible_sessions, 1_000_000_000)) as before_pupil,
    before_pupil * 9_223_372_036_854_775_807 - pupil as turn
  from cohorts.enrolment_term
  where is_in_use and is_in_turn(year)
    and (is_standard() or person in (select child from cohorts.state_at_31_march))),
sessions as (
  select person as child, year, count(*) as enrolment_count, bool_or(is_main) as has_main,
    bit_or(1 << term_number) as terms,
    coalesce(sum(possible_sessions) filter (where is_usable), 0)::bigint as possible_sessions,
    coalesce(sum(authorised_sessions) filter (where is_usable), 0)::bigint as authorised_sessions,
    coalesce(sum(unauthorised_sessions) filter (where is_usable), 0)::bigint as unauthorised_sessions,
    min(confidence) as confidence, max_by(pupil, turn) as main_pupil
  from enrolment group by all)
select s.year, m.la, s.child,
  concat_ws('+', case when s.terms & 2 > 0 then 'autumn' end, case when s.terms & 4 > 0 then 'spring' end,
    case when s.terms & 8 > 0 then 'summer' end) as terms, s.enrolment_count, s.possible_sessions, s.authorised_sessions,
  s.unauthorised_sessions, s.authorised_sessions + s.unauthorised_sessions as absent_sessions,
  s.has_main and s.possible_sessions > 0 and coalesce(m.age_at_31_august between 5 and 15, false) as is_counted,
  s.possible_sessions > 0 and absent_sessions * 10 >= s.possible_sessions as is_persistently_absent,
  s.possible_sessions > 0 and absent_sessions * 2 >= s.possible_sessions as is_severely_absent,
  m.age_at_31_august, m.sex, m.ethnic_group, m.birth_month, s.confidence as link_confidence, t.time_identifier
from sessions s join cohorts.enrolment_term m on m.pupil = s.main_pupil and is_in_turn(m.year)
join (select distinct year, time_identifier from cohorts.term_in_use) t on t.year = s.year
