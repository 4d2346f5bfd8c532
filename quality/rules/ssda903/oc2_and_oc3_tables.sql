-- Whether OC2 and OC3 name children whom the return knows, once each, with one date of birth.

/* EPI  header(CHILD, episodes.CHILD, oc3.CHILD)  kind internal
   The child has no episode and is no care leaver, so little else can be checked. */
from header anti join episodes using (child) anti join oc3 using (child)
where child is not null;

/* INT05  oc2(CHILD)  kind internal
   The child of OC2 is not in the header. */
from oc2 anti join header using (child) where child is not null;

/* INT06  oc3(CHILD)  kind internal
   The child of OC3 is not in the header. */
from oc3 anti join header using (child) where child is not null;

/* INT14  oc2(DOB, header.DOB)  kind internal
   The date of birth in OC2 is not the one in the header. */
from oc2 semi join header on oc2.child = header.child and oc2.dob <> header.dob;

/* INT15  oc3(DOB, header.DOB)  kind internal
   The date of birth in OC3 is not the one in the header. */
from oc3 semi join header on oc3.child = header.child and oc3.dob <> header.dob;

/* INT33  oc2(CHILD)  kind internal
   The child has more than one row where one is allowed. */
from oc2 where child is not null
qualify count(*) over (partition by child) > 1;

/* INT34  oc3(CHILD)  kind internal
   The child has more than one row where one is allowed. */
from oc3 where child is not null
qualify count(*) over (partition by child) > 1;
