-- What several rules of the children in need census look at, written once and read by name like a table.

/* need_open
   Cases that were taken on: referrals without further action left out. */
select row_id, in_return, child, cinreferraldate as opened, cinclosuredate as closed, reasonforclosure
from cin_details where child is not null and cinreferraldate is not null and referralnfa is not true;

/* child_in_letters
   Who each child is, with the sex as a letter in every year, blank where it is not known; to 2024 it was a digit. */
select row_id, in_return, child, personbirthdate, upn,
  case coalesce(sex, gendercurrent) when '1' then 'M' when '2' then 'F' when 'M' then 'M' when 'F' then 'F' end as sex_letter
from child_identifiers;

/* pupil_of_authority
   Who a child is in the school censuses of the same authority and year, by the UPN; ethnicity, sent in spring, by its main code. */
select distinct in_return, upn, dob, sex, main_code as ethnicity
from school_census.pupilonroll semi join child_identifiers using (in_return, upn)
left join codes.ethnicity_extended on code = ethnicity;
