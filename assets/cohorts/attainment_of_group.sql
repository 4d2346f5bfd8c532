-- Children known to social care on 31 March and what they had reached at the end of primary school (KS2) and of
-- compulsory school (KS4) in the school year around that day: one row per child, authority, year and stage, of those
-- whose results of the stage are held (`is_linked`) and those of the age for them (`is_of_age`: 10 or 15 on the 31
-- August before). Who has no results was not at the end of the stage; who was of the age and has none lowers the
-- share that was found. Results count in the school year that they name. Told twice, by two schools or in two files,
-- the better one counts: what a pupil has reached is not taken back by a file that does not know of it. A standard is
-- reached (1) or not (0), and a score is from 0 to 90; anything else is no result. `ks2_sent`, `ks4_sent`: the
-- authority's own results of the stage are held; where they are not, only its few pupils schooled elsewhere are found.
with stage as (select 'KS2' as key_stage, 10 as age union all select 'KS4', 15),
sent as (
  select la, school_year(academic_year) as year, min('yes') filter (where key_stage = 'KS2') as ks2_sent,
    min('yes') filter (where key_stage = 'KS4') as ks4_sent
  from deidentified.attainment_results group by all),
result as (
  select child, key_stage, school_year(academic_year) as year,
    max(value) filter (where measure = 'rwm_expected' and value in (0, 1))::int as rwm_expected,
    round(100 * max(value) filter (where measure = 'attainment_8' and value between 0 and 90))::int
      as attainment_8_hundredths
  from deidentified.attainment_results where child is not null group by all)
select s.year, s.la, s.child, s.state_at_31_march, s.is_looked_after_12_months, s.sex, s.ethnic_group,
  coalesce(a.sen_group, 'Unknown') as sen_group, coalesce(a.fsm_group, 'Unknown') as fsm_group,
  t.key_stage, coalesce(s.age_at_31_august = t.age, false) as is_of_age, r.child is not null as is_linked,
  r.rwm_expected, r.attainment_8_hundredths, o.ks2_sent, o.ks4_sent
from cohorts.state_at_31_march s cross join stage t
left join result r on r.child = s.child and r.year = s.year and r.key_stage = t.key_stage
left join sent o on o.la = s.la and o.year = s.year
left join cohorts.attendance_of_group a on a.year = s.year and a.la = s.la and a.child = s.child
where r.child is not null or s.age_at_31_august = t.age
