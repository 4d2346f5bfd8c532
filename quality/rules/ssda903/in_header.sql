-- Whether the other tables speak of the children of the header, in the header's words, and once each.
-- These are not the department's: without them, a child who is not the one it seems goes unnoticed.

/* INT01  ad1(CHILD)  kind internal
   The adopted child is not in the header. */
from ad1 anti join header using (child) where child is not null;

/* INT02  placed_adoption(CHILD)  kind internal
   The child with a decision for adoption is not in the header. */
from placed_adoption anti join header using (child) where child is not null;

/* INT04  missing(CHILD)  kind internal
   The child who went missing is not in the header. */
from missing anti join header using (child) where child is not null;

/* INT07  prev_perm(CHILD)  kind internal
   The child with an earlier permanence order is not in the header. */
from prev_perm anti join header using (child) where child is not null;

/* INT08  reviews(CHILD)  kind internal
   The child reviewed is not in the header. */
from reviews anti join header using (child) where child is not null;

/* INT09  uasc(CHILD)  kind internal
   The unaccompanied asylum-seeking child is not in the header. */
from uasc anti join header using (child) where child is not null;

/* INT11  ad1(DOB)  kind internal
   The adopted child's date of birth is not the one in the header. */
from ad1 semi join header on ad1.child = header.child and ad1.dob <> header.dob;

/* INT12  placed_adoption(DOB)  kind internal
   The date of birth beside the decision for adoption is not the one in the header. */
from placed_adoption
semi join header on placed_adoption.child = header.child and placed_adoption.dob <> header.dob;

/* INT13  missing(DOB)  kind internal
   The date of birth of the child who went missing is not the one in the header. */
from missing semi join header on missing.child = header.child and missing.dob <> header.dob;

/* INT16  prev_perm(DOB)  kind internal
   The date of birth beside the earlier permanence order is not the one in the header. */
from prev_perm semi join header on prev_perm.child = header.child and prev_perm.dob <> header.dob;

/* INT17  reviews(DOB)  kind internal
   The date of birth beside the review is not the one in the header. */
from reviews semi join header on reviews.child = header.child and reviews.dob <> header.dob;

/* INT18  uasc(DOB)  kind internal
   The unaccompanied child's date of birth is not the one in the header. */
from uasc semi join header on uasc.child = header.child and uasc.dob <> header.dob;

/* INT21  uasc(SEX)  kind internal
   The unaccompanied child's sex is not the one in the header. */
from uasc semi join header on uasc.child = header.child and uasc.sex <> header.sex;

/* INT31  ad1(CHILD)  kind internal
   The child stands more than once among the adopted. */
from ad1 where child is not null qualify count(*) over (partition by child) > 1;

/* INT35  prev_perm(CHILD)  kind internal
   The child stands more than once among earlier permanence orders. */
from prev_perm where child is not null qualify count(*) over (partition by child) > 1;

/* INT36  uasc(CHILD)  kind internal
   The child stands more than once among the unaccompanied. */
from uasc where child is not null qualify count(*) over (partition by child) > 1;
