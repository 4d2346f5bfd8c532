-- The same child in the children in need census of the same authority and year.

/* X001  episodes(DECOM)  query kind own against cin
   Looked after on 31 March, short breaks aside, but no case open on that day in the CIN census. */
from episodes
anti join (
  from cin.cin_details
  where cinreferraldate <= year_end() and (cinclosuredate is null or cinclosuredate > year_end())
    and referralnfa is not true
) as open_case using (child)
where child is not null and decom <= year_end() and (dec is null or dec > year_end())
  and (ls is null or ls not in ('V3', 'V4'));

/* X002  header(DOB)  kind own against cin
   The date of birth is not the one that the CIN census of the same year holds for the child. */
from header
semi join cin.child_identifiers as there
  on header.child = there.child and header.dob <> there.personbirthdate;
