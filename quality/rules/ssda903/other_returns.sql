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

/* X003  header(SEX)  query kind own against cin
   The sex is not the one that the CIN census of the same year holds for the child. */
from child_in_letters semi join child_in_cin as there
  on child_in_letters.child = there.child and child_in_letters.sex_letter <> there.sex_letter;

/* X004  header(ETHNIC)  query kind own against cin
   The ethnicity is not the one in the CIN census of the same year; refused and not yet obtained do not count. */
from header semi join cin.child_characteristics as there
  on header.child = there.child and header.ethnic <> there.ethnicity and there.ethnicity not in ('REFU', 'NOBT')
where ethnic not in ('REFU', 'NOBT');

/* X005  header(UPN)  query kind own against cin
   The UPN is neither the child's UPN nor the former one in the CIN census of the same year. */
from header semi join child_in_cin as there
  on header.child = there.child and header.upn <> there.upn and header.upn is distinct from there.formerupn
where valid_upn(upn);

/* X006  episodes(DECOM, RNE)  query kind own against cin
   Care began in the year, short breaks aside, but no case was open on that day in the CIN census. */
from episodes
anti join cin.cin_details as need on episodes.child = need.child and cinreferraldate <= decom
  and coalesce(cinclosuredate, decom) >= decom and referralnfa is not true
where child is not null and rne = 'S' and decom between year_start() and year_end()
  and (ls is null or ls not in ('V3', 'V4'));

/* X007  episodes(CIN)  query kind own against cin
   In care because of the child's disability (N2), but the CIN census says that there is none. */
from episodes semi join cin.disabilities as there on episodes.child = there.child and disability = 'NONE'
where episodes.cin = 'N2';

/* X008  header(DOB, UPN)  kind own against school_census
   The date of birth is not the one that the authority's schools hold for the UPN. */
from header semi join pupil_of_authority as pupil
  on header.in_return = pupil.in_return and header.upn = pupil.upn and header.dob <> pupil.dob;

/* X009  header(SEX, UPN)  query kind own against school_census
   The sex is not the one that the authority's schools hold for the UPN. */
from child_in_letters semi join pupil_of_authority as pupil
  on child_in_letters.in_return = pupil.in_return and child_in_letters.upn = pupil.upn and sex_letter <> pupil.sex;

/* X010  header(ETHNIC, UPN)  query kind own against school_census
   The ethnicity is not the one in the school census; refused and not yet obtained do not count. */
from header semi join pupil_of_authority as pupil
  on header.in_return = pupil.in_return and header.upn = pupil.upn and header.ethnic <> pupil.ethnicity
  and pupil.ethnicity not in ('REFU', 'NOBT')
where ethnic not in ('REFU', 'NOBT');

/* X011  episodes(DECOM, DEC, header.UPN, header.DOB, elsewhere.episodes.DECOM)  query kind own against elsewhere
   On some day of the episode a child with this UPN and date of birth is in the care of another authority as well. */
with there as (
  select child.in_return, upn, dob, decom, dec from elsewhere.episodes as stay
  join elsewhere.header as child using (child) where ls is null or ls not in ('V3', 'V4')
)
select episodes.row_id from episodes join header using (child)
semi join there on there.in_return <> header.in_return and there.upn = header.upn and there.dob = header.dob
  and coalesce(there.dec, year_end() + 1) > episodes.decom and there.decom < coalesce(episodes.dec, year_end() + 1)
where valid_upn(header.upn) and (ls is null or ls not in ('V3', 'V4'));
