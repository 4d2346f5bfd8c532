-- Sessions of the term before, by reason code. All codes here are ours; the department's are for schools.
-- Before 2020/21 only absences were given, so that sums can be compared from 2021.

/* SC001  termlysessiondetailsonroll(attendancereason)  kind own
   The code is not an attendance or absence code of the year. */
from termlysessiondetailsonroll where attendancereason is null or attendancereason not in (select code from codes.attendance);

/* SC002  termlysessiondetailsoffroll(attendancereason)  kind own
   The code is not an attendance or absence code of the year. */
from termlysessiondetailsoffroll where attendancereason is null or attendancereason not in (select code from codes.attendance);

/* SC003  pupilonroll(termlysessionspossible, termlysessiondetailsonroll.sessions)  since 2021 kind own
   The sessions by code do not add up to the possible sessions. */
with counted as (
  select pupil, sum(sessions) as sessions from termlysessiondetailsonroll
  where attendancereason in (select code from codes.attendance where counts_as_possible_session = 'yes')
  group by pupil
)
from pupilonroll left join counted using (pupil)
where pupil is not null and coalesce(counted.sessions, 0) <> termlysessionspossible;

/* SC004  pupilnolongeronroll(termlysessionspossible, termlysessiondetailsoffroll.sessions)  since 2021 kind own
   The sessions by code do not add up to the possible sessions. */
with counted as (
  select pupil, sum(sessions) as sessions from termlysessiondetailsoffroll
  where attendancereason in (select code from codes.attendance where counts_as_possible_session = 'yes')
  group by pupil
)
from pupilnolongeronroll left join counted using (pupil)
where pupil is not null and coalesce(counted.sessions, 0) <> termlysessionspossible;

/* SC005  termlysessiondetailsonroll(attendancereason)  query kind own
   The pupil has the same code more than once. */
with again as (
  select pupil, attendancereason from termlysessiondetailsonroll
  where attendancereason is not null group by all having count(*) > 1
)
from termlysessiondetailsonroll semi join again using (pupil, attendancereason);

/* SC006  termlysessiondetailsoffroll(attendancereason)  query kind own
   The pupil, who has left, has the same code more than once. */
with again as (
  select pupil, attendancereason from termlysessiondetailsoffroll
  where attendancereason is not null group by all having count(*) > 1
)
from termlysessiondetailsoffroll semi join again using (pupil, attendancereason);

/* SC015  pupilonroll(termlysessionsauthorised, termlysessionsunauthorised, termlysessiondetailsonroll.sessions)  since 2021 until 2024 kind own
   The sessions by code do not add up to the authorised or to the unauthorised absence given beside them. */
with counted as (
  select pupil, sum(sessions) filter (statistical_meaning = 'authorised') as authorised,
    sum(sessions) filter (statistical_meaning = 'unauthorised') as unauthorised
  from termlysessiondetailsonroll join codes.attendance on code = attendancereason group by pupil
)
from pupilonroll left join counted using (pupil)
where pupil is not null and (
  coalesce(authorised, 0) <> termlysessionsauthorised or coalesce(unauthorised, 0) <> termlysessionsunauthorised);

/* SC016  pupilnolongeronroll(termlysessionsauthorised, termlysessionsunauthorised, termlysessiondetailsoffroll.sessions)  since 2021 until 2024 kind own
   The sessions by code do not add up to the authorised or to the unauthorised absence given beside them. */
with counted as (
  select pupil, sum(sessions) filter (statistical_meaning = 'authorised') as authorised,
    sum(sessions) filter (statistical_meaning = 'unauthorised') as unauthorised
  from termlysessiondetailsoffroll join codes.attendance on code = attendancereason group by pupil
)
from pupilnolongeronroll left join counted using (pupil)
where pupil is not null and (
  coalesce(authorised, 0) <> termlysessionsauthorised or coalesce(unauthorised, 0) <> termlysessionsunauthorised);

/* SC017  pupilonroll(termlysessionspossible, entrydate, schoolcensus.census_term)  kind own
   More sessions were possible than two on every working day of the term from the day the pupil joined. */
with at_school as (
  select pupilonroll.row_id, termlysessionspossible as sessions, last_day,
    least(greatest(entrydate, first_day), last_day + 1) - 1 as day_before
  from pupilonroll join census using (school)
)
select row_id from at_school
join school_days as ended on ended.day = last_day
join school_days as began on began.day = day_before
where sessions > 2 * (ended.so_far - began.so_far);

/* SC018  pupilnolongeronroll(termlysessionspossible, entrydate, leavingdate, schoolcensus.census_term)  kind own
   More sessions were possible than two on every working day of the term between joining and leaving. */
with at_school as (
  select pupilnolongeronroll.row_id, termlysessionspossible as sessions,
    greatest(least(leavingdate, last_day), first_day - 1) as day_after,
    least(greatest(entrydate, first_day), last_day + 1) - 1 as day_before
  from pupilnolongeronroll join census using (school)
)
select row_id from at_school
join school_days as ended on ended.day = day_after
join school_days as began on began.day = day_before
where sessions > 2 * (ended.so_far - began.so_far);
