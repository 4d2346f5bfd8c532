-- Who the child is: identifiers, dates of birth and death, sex, disabilities. A missing ReferralNFA counts
-- as further action.

/* 1530  child_identifiers(UPN)
   Characters 2 to 4 of the UPN are not the code of an authority. */
from child_identifiers
where length(upn) = 13 and substr(upn, 2, 3) not in (select code from codes.upn_authority);

/* 1560Q  child_identifiers(FormerUPN)
   The former UPN is not a letter, eleven digits, and a digit or letter. */
from child_identifiers where not regexp_full_match(formerupn, '[A-Za-z][0-9]{11}[0-9A-Za-z]');

/* 1570  child_identifiers(LAchildID)  since 2025
   The authority's own identifier of the child has more than twenty characters. */
from child_identifiers where length(lachildid) > 20;

/* 1580  child_identifiers(LAchildID)  since 2025
   The authority's own identifier of the child holds something other than letters and digits. */
from child_identifiers where not regexp_full_match(lachildid, '[A-Za-z0-9]+');

/* 8530Q  child_identifiers(ExpectedPersonBirthDate)
   The child is expected more than thirty days before the year ends or more than nine months after. */
from child_identifiers
where expectedpersonbirthdate not between year_end() - 30 and year_end() + interval 9 month;

/* 8535Q  child_identifiers(PersonDeathDate, PersonBirthDate)
   The child died before being born, or died and has no date of birth. */
from child_identifiers
where persondeathdate < personbirthdate or (persondeathdate is not null and personbirthdate is null);

/* 8540  child_identifiers(PersonBirthDate, disabilities.Disability, cin_details.ReferralNFA)
   No disability, nor NONE, is recorded for a born child with further action, or one that is not a code. */
with helped as (from cin_details where referralnfa is not true),
born as (from child_identifiers semi join helped using (child) where personbirthdate is not null),
invalid as (
  from disabilities semi join born using (child)
  where disability is null or disability not in (select code from codes.cin_disability)
),
children as (
  from born
  where child not in (select child from disabilities where child is not null) or child in (select child from invalid)
)
select row_id from children
union all select row_id from helped semi join children using (child)
union all select row_id from invalid;

/* 8545Q  child_identifiers(PersonDeathDate)
   The child died outside the collection year. */
from child_identifiers where persondeathdate not between year_start() and year_end();

/* 8555Q  cin_details(CINreferralDate, child_identifiers.PersonDeathDate)
   The child was referred after dying. */
select unnest([cin_details.row_id, child_identifiers.row_id]) as row_id
from cin_details join child_identifiers using (child)
where cinreferraldate > persondeathdate;

/* 8585Q  cin_details(ReasonForClosure, child_identifiers.PersonDeathDate)
   The case closed because the child died, and the child has no date of death. */
select unnest([cin_details.row_id, child_identifiers.row_id]) as row_id
from cin_details join child_identifiers using (child)
where reasonforclosure = 'RC2' and persondeathdate is null;

/* 8606  cin_details(CINreferralDate, child_identifiers.PersonBirthDate, child_identifiers.ExpectedPersonBirthDate)
   The child was referred more than forty weeks before being born or expected. */
select unnest([cin_details.row_id, child_identifiers.row_id]) as row_id
from cin_details join child_identifiers using (child)
where cinreferraldate + 280 < greatest(personbirthdate, expectedpersonbirthdate);

/* 8750  child_identifiers(Sex, PersonBirthDate, ExpectedPersonBirthDate)  since 2025
   The sex of an unborn child is not U. */
from child_identifiers
where expectedpersonbirthdate is not null and personbirthdate is null and sex is distinct from 'U';

/* 8750  child_identifiers(GenderCurrent, PersonBirthDate, ExpectedPersonBirthDate)  until 2024
   The gender of an unborn child is not 0. */
from child_identifiers
where expectedpersonbirthdate is not null and personbirthdate is null and gendercurrent is distinct from '0';

/* 8770Q  child_identifiers(UPN, UPNunknown, PersonBirthDate, cin_details.ReferralNFA)  since 2025
   A child who was five when the school year began has neither a UPN nor a reason that fits the age. */
from child_identifiers semi join (from cin_details where referralnfa is not true) as helped using (child)
where upn is null and age_on(personbirthdate, make_date(year(year_start()), 8, 31)) >= 5
  and coalesce(upnunknown, 'UN1') not in (select code from codes.upn_unknown_cin where code <> 'UN1');

/* 8770Q  child_identifiers(UPN, UPNunknown, PersonBirthDate, cin_details.ReferralNFA)  until 2024
   A child who was six when the year ended has neither a UPN nor a reason that fits the age. */
from child_identifiers semi join (from cin_details where referralnfa is not true) as helped using (child)
where upn is null and age_on(personbirthdate, year_end()) >= 6
  and coalesce(upnunknown, 'UN1') not in (select code from codes.upn_unknown_cin where code <> 'UN1');

/* 8772  child_identifiers(UPNunknown, cin_details.ReferralNFA)
   The UPN is said to be unknown because no referral led to further action, and one did. */
select unnest([child_identifiers.row_id, cin_details.row_id]) as row_id
from child_identifiers join cin_details using (child)
where upnunknown = 'UN7' and referralnfa is not true;

/* 8775Q  child_identifiers(PersonBirthDate, cin_details.CINclosureDate)
   The case was still open after the child's twenty-fifth birthday. */
select unnest([child_identifiers.row_id, cin_details.row_id]) as row_id
from child_identifiers join cin_details using (child)
where age_on(personbirthdate, least(cinclosuredate, year_end()) - 1) >= 25;
