-- The same child in the looked-after return and at school, and plans beside needs.

/* X101  child_protection_plans(CPPstartDate, CPPendDate, cin_details.CINclosureDate)  kind own
   On the plan's first or last day in the year the child had no open case. */
with at_times as (
  select row_id, child, unnest([greatest(cppstartdate, year_start()), coalesce(cppenddate, year_end())]) as day
  from child_protection_plans where child is not null and cppstartdate <= year_end()
)
select row_id from at_times
anti join need_open on need_open.child = at_times.child and opened <= day and coalesce(closed, day) >= day;

/* X102  cin_details(CINclosureDate, ssda903.episodes.REC)  query kind own against ssda903
   The child left care by adoption, and the case from before is still open on 31 March. */
select need_open.row_id from need_open
semi join ssda903.episodes as care on care.child = need_open.child and care.rec in ('E11', 'E12')
  and care.dec <= year_end() and opened <= care.dec
where closed is null or closed > year_end();

/* X103  child_identifiers(PersonDeathDate, ssda903.episodes.DEC)  kind own against ssda903
   Care ended because the child died (E2), but the date of death is missing or another one. */
from child_identifiers semi join ssda903.episodes as care on care.child = child_identifiers.child
  and care.rec = 'E2' and care.dec is distinct from child_identifiers.persondeathdate;

/* X104  cin_details(ReasonForClosure, ssda903.episodes.REC)  query kind own against ssda903
   The case closed because the child was adopted (RC1), but the looked-after return knows of no adoption. */
from cin_details
anti join ssda903.episodes as care on care.child = cin_details.child and care.rec in ('E11', 'E12')
where reasonforclosure = 'RC1';

/* X105  child_identifiers(PersonBirthDate, UPN)  kind own against school_census
   The date of birth is not the one that the authority's schools hold for the UPN. */
from child_in_letters as child semi join pupil_of_authority as pupil
  on child.in_return = pupil.in_return and child.upn = pupil.upn and child.personbirthdate <> pupil.dob;

/* X106  child_identifiers(Sex, GenderCurrent, UPN)  query kind own against school_census
   The sex is not the one that the authority's schools hold for the UPN. */
from child_in_letters as child semi join pupil_of_authority as pupil
  on child.in_return = pupil.in_return and child.upn = pupil.upn and child.sex_letter <> pupil.sex;

/* X107  child_characteristics(Ethnicity, child_identifiers.UPN)  query kind own against school_census
   The ethnicity is not the one in the school census; refused and not yet obtained do not count. */
with known as (
  select here.row_id, here.in_return, ethnicity, upn from child_characteristics as here
  join child_identifiers using (child) where ethnicity not in ('REFU', 'NOBT')
)
from known semi join pupil_of_authority as pupil
  on known.in_return = pupil.in_return and known.upn = pupil.upn and known.ethnicity <> pupil.ethnicity
  and pupil.ethnicity not in ('REFU', 'NOBT');

/* X108  cin_details(CINclosureDate, ssda903.oc3.IN_TOUCH)  query kind own against ssda903
   A care leaver who, as the looked-after return says, died, came home or needs no more help has a case open on
   31 March. */
select need_open.row_id from need_open
semi join ssda903.oc3 as leaver on leaver.child = need_open.child and leaver.in_touch in ('DIED', 'RHOM', 'NREQ')
where opened <= year_end() and (closed is null or closed > year_end());

/* X109  child_protection_plans(CPPstartDate, CPPendDate, child_identifiers.UPN, child_identifiers.PersonBirthDate)  query kind own against elsewhere
   On some day of the plan a child with this UPN and date of birth is on a plan of another authority as well. */
with there as (
  select child.in_return, upn, personbirthdate, cppstartdate, cppenddate
  from elsewhere.child_protection_plans as plan join elsewhere.child_identifiers as child using (child)
)
select plan.row_id from child_protection_plans as plan join child_identifiers as who using (child)
semi join there on there.in_return <> who.in_return and there.upn = who.upn
  and there.personbirthdate = who.personbirthdate
  and coalesce(there.cppenddate, year_end() + 1) > plan.cppstartdate
  and there.cppstartdate < coalesce(plan.cppenddate, year_end() + 1)
where valid_upn(who.upn);
