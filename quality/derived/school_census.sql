-- What many rules of the school census look at, written once and read by name like a table.

/* census
   Each school's census with the first and last day of the term whose attendance it carries. Easter moves: a term ends
   by 30 April at the latest, and the next begins on 22 March at the earliest. */
select row_id, in_return, school, census_year, census_term, referencedate, urn,
  case census_term when 'SPR' then make_date(census_year - 1, 8, 1)
    when 'SUM' then make_date(census_year, 1, 1) when 'AUT' then make_date(census_year, 3, 22) end as first_day,
  case census_term when 'SPR' then make_date(census_year - 1, 12, 31)
    when 'SUM' then make_date(census_year, 4, 30) when 'AUT' then make_date(census_year, 7, 31) end as last_day
from schoolcensus where school is not null;

/* school_days
   How many days up to each day of the school year were worked, counted from its eve: no weekends, no bank holidays. */
with days as (select unnest(generate_series(year_start() - 1, year_end(), interval 1 day))::date as day)
select day, count(*) filter (is_working_day(day)) over (order by day) as so_far from days;

/* exclusion
   Suspensions and exclusions of pupils on roll and of those who left, with the pupil's UPN and days at the school. */
select e.row_id, p.in_return, e.pupil, p.school, upn, startdate, sessions, category, reason1, reason2, reason3,
  entrydate, null::date as leavingdate
from termlyexclusionsonroll e join pupilonroll p using (pupil)
union all
select e.row_id, p.in_return, e.pupil, p.school, upn, startdate, sessions, category, reason1, reason2, reason3,
  entrydate, leavingdate
from termlyexclusionsoffroll e join pupilnolongeronroll p using (pupil);
