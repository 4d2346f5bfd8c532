-- The file and the children in it.

/* 100  header(ReferenceDate)
   The reference date is not the 31 March on which the collection year ends. */
from header where referencedate is distinct from make_date(getvariable('year')::int, 3, 31);

/* 1510  child_identifiers(UPN)
   The UPN's first character is not the check letter of the other twelve. */
from child_identifiers
where regexp_full_match(upn, '.[0-9]{11}[0-9A-HJ-NP-RT-Z]') and upn_check_letter(substr(upn, 2)) <> upper(left(upn, 1));

/* 1520  child_identifiers(UPN)
   Another record of the return has the same UPN. */
from child_identifiers where upn is not null
qualify count(*) over (partition by in_return, upn) > 1;

/* 1540  child_identifiers(UPN)
   Characters 5 to 12 of the UPN are not all digits. */
from child_identifiers where not regexp_full_match(substr(upn, 5, 8), '[0-9]{8}');

/* 1550  child_identifiers(UPN)
   The UPN's last character is neither a digit nor a letter that a temporary number may end in. */
from child_identifiers where regexp_full_match(upn, '.{12}[^0-9A-HJ-NP-RT-Z]');

/* 4180  child_identifiers(Sex)  since 2025
   The sex is missing or not M, F or U. */
from child_identifiers where sex is null or sex not in (select code from codes.cin_sex);

/* 4180  child_identifiers(GenderCurrent)  until 2024
   The gender is missing or not one of the codes. */
from child_identifiers where gendercurrent is null or gendercurrent not in (select code from codes.cin_gender_current);

/* 4220  child_characteristics(Ethnicity)
   The ethnicity is missing or not one of the codes. */
from child_characteristics where ethnicity is null or ethnicity not in (select code from codes.ethnicity);

/* 8500  child_identifiers(LAchildID)
   The authority's own identifier of the child is missing. */
from child_identifiers where lachildid is null;

/* 8510  child_identifiers(LAchildID)
   Another record of the return has the same identifier. */
from child_identifiers where child is not null
qualify count(*) over (partition by child) > 1;

/* 8520  child_identifiers(PersonBirthDate)
   Born after the collection year closed. */
from child_identifiers where personbirthdate > year_end();

/* 8525Q  child_identifiers(PersonBirthDate, ExpectedPersonBirthDate)
   Neither a date of birth nor an expected one, or both. */
from child_identifiers where (personbirthdate is null) = (expectedpersonbirthdate is null);

/* 8590  child_identifiers(LAchildID)
   The child has no referral in the return. */
from child_identifiers anti join cin_details using (child) where child is not null;

/* 8790  disabilities(Disability)
   The child has a disability and NONE at once. */
from disabilities where child is not null
qualify count(*) filter (disability = 'NONE') over (partition by child) > 0
  and count(*) filter (disability <> 'NONE') over (partition by child) > 0;

/* 8794  disabilities(Disability)
   The same disability is given more than once for the child. */
from disabilities where child is not null and disability is not null
qualify count(*) over (partition by child, disability) > 1;

/* 2887Q  whole_return(disabilities.Disability)
   Fewer than eight different disabilities are used in the whole return. */
with used as (select in_return, count(distinct disability) as kinds from disabilities where disability <> 'NONE' group by all)
from whole_return left join used using (in_return)
where coalesce(kinds, 0) < 8;
