-- Young people after care (OC3), around the birthday in the year: in touch, what they do, where they live.

/* 131  oc3(IN_TOUCH)
   Whether in touch is missing or not one of the codes. */
from oc3 where in_touch is null or in_touch not in (select code from codes.ssda903_in_touch);

/* 132  oc3(ACTIV)
   The main activity is missing or not one of the codes of the year. */
from oc3 where activ is null or activ not in (select code from codes.ssda903_activity);

/* 133  oc3(ACCOM)
   The accommodation is missing or not one of the codes; nobody is homeless (S) or in custody (X) suitably (1). */
from oc3
where accom is null or accom in ('S1', 'X1') or accom not in (select code from codes.ssda903_accommodation);

/* 153  oc3(IN_TOUCH, ACTIV, ACCOM)
   Some of the three items are filled and others are blank. */
from oc3_filled where in_touch is null or activ is null or accom is null;

/* 344  oc3(IN_TOUCH, ACTIV, ACCOM)
   Died, or went home for good, so activity and accommodation must be 0, and one of them is not. */
from oc3
where in_touch in ('DIED', 'RHOM') and (activ is distinct from '0' or accom is distinct from '0');

/* 345  oc3(IN_TOUCH, ACTIV, ACCOM)
   In touch, but activity or accommodation is 0 (not known). */
from oc3 where in_touch = 'YES' and (activ = '0' or accom = '0');

/* 347  oc3(ACCOM, DOB)  since 2024
   Lives in a foyer, but was under 18 when the year began. */
from oc3 where accom[1] = 'T' and age_on(dob, year_start()) < 18;

/* 348  oc3(IN_TOUCH)  since 2026 against last_year
   Said last year to have died, and not this year. */
from oc3 semi join (from last_year.oc3 where in_touch = 'DIED') as died using (child)
where in_touch is distinct from 'DIED';

/* 391  oc3(DOB, IN_TOUCH, ACTIV, ACCOM)
   The young person had not turned 17 by the end of the year. */
from oc3_filled where age_on(dob, year_end()) < 17;

/* 3001  oc3(ACCOM, header.DOB)
   Turned 17 in the year and is said to live with a former foster carer, which begins at 18. */
from oc3
semi join (from header where birthday(dob, 17) between year_start() and year_end()) as seventeen using (child)
where accom in ('Z1', 'Z2');
