-- Who the child is: one row per child of the return.
-- Codes are judged by the sets of the collection year; where a field must be filled, blank is at fault too.

/* 101  header(SEX)
   The sex is missing or not one of the codes of the year. */
from header where sex is null or sex not in (select code from codes.ssda903_sex);

/* 102  header(DOB)
   The date of birth is missing or cannot be read. */
from header where dob is null;

/* 103  header(ETHNIC)
   The ethnicity is missing or not one of the codes. */
from header where ethnic is null or ethnic not in (select code from codes.ethnicity);

/* 105  header(UASC)
   Whether the child is an unaccompanied asylum seeker, which the portal adds, is missing or not 0 or 1. */
from header where uasc is null or uasc not in (select code from codes.flag);

/* 168  header(UPN)
   The UPN is neither built like one nor one of the reasons UN1 to UN5 for having none. */
from header
where not regexp_full_match(upn, '[A-HJ-NP-RT-Z][0-9]{11}[0-9A-Z]')
  and upn not in (select code from codes.upn_unknown_903);

/* 301  header(DOB)
   Born after the collection year closed. */
from header where dob > year_end();

/* 351  header(DOB)
   Already past the 25th birthday when the collection year began. */
from header where dob + interval 25 years < year_start();

/* 442  header(UPN, episodes.LS)
   Neither a UPN nor a reason for having none, for a child with more than short breaks. */
from header
semi join (from episodes where ls is null or ls not in ('V3', 'V4')) as in_care using (child)
where upn is null;

/* 444  header(UPN)  since 2026
   Another child of the return has the same UPN. */
from header
where upn not in (select code from codes.upn_unknown_903)
qualify count(*) over (partition by in_return, upn) > 1;

/* INT32  header(CHILD)  kind internal
   The child has more than one row where one is allowed. */
from header where child is not null
qualify count(*) over (partition by child) > 1;
