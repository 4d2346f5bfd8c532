-- Plans of a child who has died.

/* 4008  cin_plan_dates(CINPlanStartDate, child_identifiers.PersonDeathDate)  since 2022
   The child in need plan began after the child died. */
select unnest([cin_plan_dates.row_id, child_identifiers.row_id]) as row_id
from cin_plan_dates join child_identifiers using (child)
where cinplanstartdate > persondeathdate;

/* 4009Q  cin_plan_dates(CINPlanEndDate, child_identifiers.PersonDeathDate)  since 2022
   The child in need plan ended after the child died. */
select unnest([cin_plan_dates.row_id, child_identifiers.row_id]) as row_id
from cin_plan_dates join child_identifiers using (child)
where cinplanenddate > persondeathdate;

/* 8915  child_protection_plans(CPPstartDate, child_identifiers.PersonDeathDate)
   The child protection plan began after the child died. */
select unnest([child_protection_plans.row_id, child_identifiers.row_id]) as row_id
from child_protection_plans join child_identifiers using (child)
where cppstartdate > persondeathdate;

/* 8920  child_protection_plans(CPPendDate, child_identifiers.PersonDeathDate)
   The child protection plan ended after the child died. */
select unnest([child_protection_plans.row_id, child_identifiers.row_id]) as row_id
from child_protection_plans join child_identifiers using (child)
where cppenddate > persondeathdate;
