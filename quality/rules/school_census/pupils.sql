-- Who the pupils are.

/* SC010  pupilonroll(upn)  kind own
   The UPN is missing, not built like one, or its check letter is wrong. */
from pupilonroll where valid_upn(upn) is not true;

/* SC011  pupilnolongeronroll(upn)  kind own
   The UPN is missing, not built like one, or its check letter is wrong. */
from pupilnolongeronroll where valid_upn(upn) is not true;

/* SC012  pupilonroll(upn)  kind own
   The pupil is on the roll of one school twice in the same census. */
with again as (select school, upn from pupilonroll group by all having count(*) > 1)
from pupilonroll semi join again using (school, upn);

/* SC013  pupilonroll(dob)  kind own
   The date of birth is missing or lies after the school year. */
from pupilonroll where dob is null or dob > year_end();

/* SC020  pupilonroll(upn, dob, schoolcensus.referencedate)  query kind own
   The pupil is of statutory school age and still has a temporary UPN, one that ends in a letter. */
select pupilonroll.row_id from pupilonroll join census using (school)
where upn similar to '[A-Z][0-9]{11}[A-Z]' and age_on(dob, referencedate) between 5 and 15;

/* SC021  pupilonroll(upn, dob)  kind own
   One UPN stands for pupils with different dates of birth. */
with shared as (
  select in_return, upn from pupilonroll group by in_return, upn having min(dob) < max(dob)
)
from pupilonroll semi join shared using (in_return, upn) where upn is not null;

/* SC022  pupilonroll(upn, surname, forename, dob, sex)  query kind own
   In one census the pupil stands under two UPNs: name, date of birth and sex are the same. */
with placed as (
  select pupilonroll.row_id, pupilonroll.in_return, census_year, census_term,
    lower(surname) as surname, lower(forename) as forename, dob, sex, upn
  from pupilonroll join census using (school)
), twice as (
  select in_return, census_year, census_term, surname, forename, dob, sex from placed
  group by all having min(upn) < max(upn)
)
from placed semi join twice using (in_return, census_year, census_term, surname, forename, dob, sex);

/* SC024  pupilonroll(upn, formerupn)  query kind own
   The former UPN is the present one, or is not built like one. */
from pupilonroll where formerupn = upn or valid_upn(formerupn) is false;

/* SC025  pupilonroll(uniquelearnernumber)  query kind own
   The unique learner number has not ten digits, or its last digit, which checks the others, is wrong. */
with checked as (
  select row_id, uniquelearnernumber as uln, list_sum([
    try_cast(substr(uniquelearnernumber, i, 1) as int) * (11 - i) for i in range(1, 10)]) % 11 as rest
  from pupilonroll where uniquelearnernumber is not null
)
from checked where not regexp_full_match(uln, '[0-9]{10}') or right(uln, 1) <> (10 - rest)::varchar;

/* SC026  pupilonroll(ncyearactual, dob, schoolcensus.referencedate)  query kind own
   The year group is more than one year away from that of the pupil's age. */
with placed as (
  select pupilonroll.row_id, case ncyearactual when 'R' then 0 else try_cast(ncyearactual as int) end as year_group,
    age_on(dob, make_date(year(referencedate) - (month(referencedate) < 9)::int, 8, 31)) - 4 as by_age
  from pupilonroll join census using (school)
)
from placed where abs(year_group - by_age) > 1;

/* SC031  fsmperiod(fsmstartdate, fsmenddate)  kind own
   Eligibility for free school meals ends before it begins, or has no beginning. */
from fsmperiod where fsmstartdate is null or fsmenddate < fsmstartdate;

/* SC032  pupilonroll(senprovision, senneeds.sentype, schoolcensus.census_term)  query kind own
   A pupil with SEN support or a plan has no type of need in the spring census. */
select pupilonroll.row_id from pupilonroll
join census using (school)
anti join senneeds on senneeds.pupil = pupilonroll.pupil and senneeds.sentype is not null
where pupilonroll.pupil is not null and census_term = 'SPR' and senprovision in ('K', 'E');

/* SC033  senneeds(sentype, pupilonroll.senprovision)  query kind own
   A need is given for a pupil without special educational provision. */
from senneeds semi join pupilonroll on senneeds.pupil = pupilonroll.pupil and pupilonroll.senprovision = 'N';
