-- Joining and leaving, and being in one place at a time.

/* SC023  pupilonroll(upn, enrolstatus, schoolcensus.census_term)  kind own
   On census day the pupil has a single or main registration at two schools of the authority. */
with placed as (
  select pupilonroll.row_id, pupilonroll.in_return, census_year, census_term, school, upn
  from pupilonroll join census using (school) where enrolstatus in ('C', 'M')
), twice as (
  select in_return, census_year, census_term, upn from placed
  group by all having min(school) < max(school)
)
from placed semi join twice using (in_return, census_year, census_term, upn) where upn is not null;

/* SC027  pupilonroll(entrydate, dob, schoolcensus.referencedate)  kind own
   The day of joining is missing, before the pupil was born, or after census day. */
select pupilonroll.row_id from pupilonroll join census using (school)
where entrydate is null or entrydate < dob or entrydate > referencedate;

/* SC028  pupilnolongeronroll(leavingdate, entrydate, schoolcensus.referencedate)  kind own
   The day of leaving is missing, before that of joining, or not before census day. */
select pupilnolongeronroll.row_id from pupilnolongeronroll join census using (school)
where leavingdate is null or leavingdate < entrydate or leavingdate >= referencedate;

/* SC029  pupilnolongeronroll(upn, leavingdate, pupilonroll.entrydate)  kind own
   The same census has the pupil on the roll of the school, and not as someone who came back after leaving. */
from pupilnolongeronroll
semi join pupilonroll as there on pupilnolongeronroll.school = there.school and pupilnolongeronroll.upn = there.upn
  and there.entrydate < pupilnolongeronroll.leavingdate;

/* SC034  pupilonroll(upn, dob, enrolstatus, elsewhere.pupilonroll.upn)  query kind own against elsewhere
   On census day the pupil has a single or main registration at a school of another authority as well. */
with there as (
  select pupil.in_return, upn, dob, census_year, census_term from elsewhere.pupilonroll as pupil
  join elsewhere.schoolcensus as visit on visit.school = pupil.school where enrolstatus in ('C', 'M')
)
select pupilonroll.row_id from pupilonroll join census using (school)
semi join there on there.in_return <> pupilonroll.in_return
  and there.upn = pupilonroll.upn and there.dob = pupilonroll.dob
  and there.census_year = census.census_year and there.census_term = census.census_term
where enrolstatus in ('C', 'M');
