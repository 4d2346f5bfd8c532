-- This year's census beside last year's.

/* Y101  last_year.cin_details(CINreferralDate)  query kind own against last_year
   A case left open last year is not in this year's census: the child has none referred on that day. */
from last_year.cin_details as before
anti join cin_details as now on now.child = before.child and now.cinreferraldate = before.cinreferraldate
where before.child is not null and before.cinreferraldate is not null
  and before.cinclosuredate is null and before.referralnfa is not true;

/* Y102  child_identifiers(PersonBirthDate)  kind own against last_year
   The date of birth is not the one returned last year. */
from child_identifiers
semi join last_year.child_identifiers as before
  on child_identifiers.child = before.child and child_identifiers.personbirthdate <> before.personbirthdate;
