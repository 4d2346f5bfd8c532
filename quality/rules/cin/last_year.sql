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

/* Y103  child_identifiers(Sex)  query since 2026 kind own against last_year
   The sex is not the one returned last year. */
from child_identifiers semi join last_year.child_identifiers as before
  on child_identifiers.child = before.child and child_identifiers.sex <> before.sex and before.sex in ('M', 'F')
where sex in ('M', 'F');

/* Y104  child_identifiers(UPN, FormerUPN)  query kind own against last_year
   The UPN is another than last year, and last year's is not given as the former one. */
from child_identifiers semi join last_year.child_identifiers as before
  on child_identifiers.child = before.child and child_identifiers.upn <> before.upn
  and child_identifiers.formerupn is distinct from before.upn;

/* Y105  child_characteristics(Ethnicity)  query kind own against last_year
   The ethnicity is not the one returned last year; refused and not yet obtained do not count. */
from child_characteristics semi join last_year.child_characteristics as before
  on child_characteristics.child = before.child and child_characteristics.ethnicity <> before.ethnicity
  and before.ethnicity not in ('REFU', 'NOBT')
where ethnicity not in ('REFU', 'NOBT');

/* Y106  cin_details(CINreferralDate, CINclosureDate)  kind own against last_year
   The case was closed in last year's census; now the same referral is open, or closed on another day. */
from cin_details semi join last_year.cin_details as before
  on cin_details.child = before.child and cin_details.cinreferraldate = before.cinreferraldate
  and before.cinclosuredate is not null and before.referralnfa is not true
  and before.cinclosuredate is distinct from cin_details.cinclosuredate
where cin_details.referralnfa is not true;

/* Y107  child_protection_plans(CPPstartDate)  kind own against last_year
   The plan was open at the end of last year; its start has moved to another day before this year. */
with left_open as (
  from last_year.child_protection_plans where child is not null and cppenddate is null
)
from child_protection_plans semi join left_open using (child)
anti join left_open as same on same.child = child_protection_plans.child
  and same.cppstartdate = child_protection_plans.cppstartdate
where cppstartdate < year_start();

/* Y108  last_year.child_protection_plans(CPPstartDate)  query kind own against last_year
   A plan left open last year is not in this year's census: the child has none from before this year. */
from last_year.child_protection_plans as before
anti join child_protection_plans as now on now.child = before.child and now.cppstartdate < year_start()
where before.child is not null and before.cppenddate is null;

/* Y109  child_protection_plans(NumberOfPreviousCPP)  query kind own against last_year
   A plan that began after last year's plan does not count that one among the plans before it. */
from child_protection_plans as plan semi join last_year.child_protection_plans as before
  on plan.child = before.child and plan.cppstartdate > before.cppstartdate and before.cppenddate is not null
  and plan.numberofpreviouscpp <= before.numberofpreviouscpp;

/* Y110  child_identifiers(PersonDeathDate)  kind own against last_year
   Last year's census gave a date of death; this year's gives none, or another. */
from child_identifiers semi join last_year.child_identifiers as before
  on child_identifiers.child = before.child and before.persondeathdate is not null
  and before.persondeathdate is distinct from child_identifiers.persondeathdate;

/* Y111  whole_return(cin_details.LAchildID)  query kind own against last_year
   The number of cases open on 31 March has moved by more than ten and a fifth of last year's. */
with counted as (
  select in_return, count(*) as now, 0 as before from need_open
  where opened <= year_end() and (closed is null or closed > year_end()) group by in_return
  union all
  select in_return, 0, count(*) from last_year.cin_details
  where cinclosuredate is null and referralnfa is not true group by in_return
)
from whole_return semi join (
  select in_return from counted group by in_return having 5 * abs(sum(now) - sum(before)) > sum(before) + 50
) as moved using (in_return);

/* Y112  whole_return(child_protection_plans.CPPstartDate)  query kind own against last_year
   The number of plans open on 31 March has moved by more than ten and a fifth of last year's. */
with counted as (
  select in_return, count(*) as now, 0 as before from child_protection_plans
  where cppstartdate <= year_end() and (cppenddate is null or cppenddate > year_end()) group by in_return
  union all
  select in_return, 0, count(*) from last_year.child_protection_plans where cppenddate is null group by in_return
)
from whole_return semi join (
  select in_return from counted group by in_return having 5 * abs(sum(now) - sum(before)) > sum(before) + 50
) as moved using (in_return);
