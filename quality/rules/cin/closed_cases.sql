-- Cases that closed, or never opened, and what is recorded beside them; cases of a child that overlap.

/* 2990  cin_details(ReasonForClosure, DateOfInitialCPC, section47.S47ActualStartDate, cin_plan_dates.CINPlanStartDate, child_protection_plans.CPPstartDate)  since 2022
   The case closed after assessment as not in need, and has an enquiry, a conference or a plan. */
with not_in_need as (from cin_details where reasonforclosure in ('RC8', 'RC9')),
activity as (
  select row_id, episode from section47
  union all select row_id, episode from cin_plan_dates
  union all select row_id, episode from child_protection_plans
  union all select row_id, episode from cin_details where dateofinitialcpc is not null
)
select unnest([not_in_need.row_id, activity.row_id]) as row_id from not_in_need join activity using (episode);

/* 8565  cin_details(CINclosureDate, DateOfInitialCPC, assessments.AssessmentActualStartDate, assessments.AssessmentAuthorisationDate, section47.S47ActualStartDate, section47.DateOfInitialCPC, cin_plan_dates.CINPlanStartDate, cin_plan_dates.CINPlanEndDate, child_protection_plans.CPPendDate)  since 2022
   An assessment, enquiry, conference or plan of the case is dated after the case closed. */
with activity as (
  select row_id, episode, greatest(assessmentactualstartdate, assessmentauthorisationdate) as latest from assessments
  union all select row_id, episode, greatest(s47actualstartdate, dateofinitialcpc) from section47
  union all select row_id, episode, greatest(cinplanstartdate, cinplanenddate) from cin_plan_dates
  union all select row_id, episode, cppenddate from child_protection_plans
  union all select row_id, episode, dateofinitialcpc from cin_details
)
select unnest([cin_details.row_id, activity.row_id]) as row_id
from cin_details join activity using (episode)
where latest > cinclosuredate;

/* 8569Q  cin_details(CINreferralDate, ReferralNFA)
   A referral from before the last working day of the year before led to no further action. */
from cin_details where referralnfa and cinreferraldate < working_days_before(year_start(), 1);

/* 8820  cin_details(CINreferralDate, CINclosureDate)
   The child was referred while another case was open; it may have closed that day. */
with cases as (
  select row_id, child, cinreferraldate as opened,
    case when referralnfa then cinclosuredate else coalesce(cinclosuredate, year_end()) end as closed
  from cin_details
)
select unnest([later.row_id, ongoing.row_id]) as row_id
from cases as later join cases as ongoing using (child)
where later.row_id <> ongoing.row_id and later.opened >= ongoing.opened and later.opened < ongoing.closed;

/* 8831  cin_details(ReferralNFA, DateOfInitialCPC, assessments.AssessmentActualStartDate, assessments.AssessmentAuthorisationDate, section47.S47ActualStartDate, section47.DateOfInitialCPC)
   The referral led to no further action, and has an assessment, an enquiry or a conference. */
with activity as (
  select row_id, episode, coalesce(assessmentactualstartdate, assessmentauthorisationdate) as day from assessments
  union all select row_id, episode, coalesce(s47actualstartdate, dateofinitialcpc) from section47
  union all select row_id, episode, dateofinitialcpc from cin_details
)
select unnest([cin_details.row_id, activity.row_id]) as row_id
from cin_details join activity using (episode)
where referralnfa and day is not null;
