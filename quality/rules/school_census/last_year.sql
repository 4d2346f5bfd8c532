-- This year's pupils beside those of the authority's censuses of last year.

/* Y201  pupilonroll(dob, upn)  query kind own against last_year
   The date of birth is not the one held for the UPN last year. */
from pupilonroll semi join last_year.pupilonroll as before
  on pupilonroll.in_return = before.in_return and pupilonroll.upn = before.upn and pupilonroll.dob <> before.dob;

/* Y202  pupilonroll(sex, upn)  query kind own against last_year
   The sex is not the one held for the UPN last year. */
from pupilonroll semi join last_year.pupilonroll as before
  on pupilonroll.in_return = before.in_return and pupilonroll.upn = before.upn and pupilonroll.sex <> before.sex;

/* Y203  pupilonroll(upn, formerupn, surname, forename, dob)  query kind own against last_year
   A pupil of this name and date of birth had another UPN last year, which is not given as the former one. */
from pupilonroll semi join last_year.pupilonroll as before
  on pupilonroll.in_return = before.in_return and lower(pupilonroll.surname) = lower(before.surname)
  and lower(pupilonroll.forename) = lower(before.forename) and pupilonroll.dob = before.dob
  and pupilonroll.sex = before.sex and pupilonroll.upn <> before.upn
  and pupilonroll.formerupn is distinct from before.upn;

/* Y204  pupilonroll(uniquelearnernumber, upn)  query kind own against last_year
   The unique learner number is not the one held for the UPN last year. */
from pupilonroll semi join last_year.pupilonroll as before
  on pupilonroll.in_return = before.in_return and pupilonroll.upn = before.upn
  and pupilonroll.uniquelearnernumber <> before.uniquelearnernumber;

/* Y205  schoolcensus(urn, pupilonroll.upn)  query kind own against last_year
   The school's roll has moved by more than ten pupils and a fifth of that in the same census last year. */
with counted as (
  select census.in_return, urn, census_term, count(*) as now, 0 as before
  from pupilonroll join census using (school) group by all
  union all
  select there.in_return, urn, there.census_term, 0, count(*)
  from last_year.pupilonroll as pupil join last_year.schoolcensus as there using (school) group by all
), moved as (
  select in_return, urn, census_term from counted group by all
  having sum(before) > 0 and 5 * abs(sum(now) - sum(before)) > sum(before) + 50
)
from census semi join moved using (in_return, urn, census_term);
