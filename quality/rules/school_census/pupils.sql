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
