-- What a daily feed tells of a year's children in need census. A block that bears the name of a table of the census fills
-- it, with exactly those of its columns that the feed carries; the other blocks are steps on the way and stand before
-- their users. `feed.<table>` is what the deliveries of one authority come to. What lies after 31 March is not told:
-- the census of the year would not have known it.

/* episode
   Who is asked for: referred in the year, or with a case that was open on any day of it. A referral that led to nothing
   opened no case. */
select *, row_number() over (partition by la_child_id
    order by referral_date, social_care_episode_id, source_file, source_row) as CINdetailsID
from feed.social_care_episodes
where referral_date <= year_end() and coalesce(closure_date >= year_start(), true)
  and (referral_date >= year_start() or not coalesce(referral_no_further_action_flag, false));

/* case_of
   The number of an episode by its key; of two under one key the first. */
select la_child_id, social_care_episode_id, min(CINdetailsID) as CINdetailsID from episode group by all;

/* child_identifiers */
select k.la_child_id as LAchildID, unique_pupil_number as UPN, former_unique_pupil_number as FormerUPN,
  unique_pupil_number_unknown_reason as UPNunknown, date_of_birth as PersonBirthDate,
  expected_date_of_birth as ExpectedPersonBirthDate, sex as Sex,
  coalesce(d.source_file, k.source_file) as source_file, coalesce(d.source_row, k.source_row) as source_row
from feed.children k semi join episode e using (la_child_id) left join feed.child_details d using (la_child_id);

/* child_characteristics */
select la_child_id as LAchildID, ethnicity as Ethnicity, source_file, source_row
from feed.child_details semi join episode using (la_child_id);

/* disabilities */
select la_child_id as LAchildID, disability as Disability, source_file, source_row
from feed.disabilities semi join episode using (la_child_id);

/* cin_details */
select la_child_id as LAchildID, CINdetailsID, referral_date as CINreferralDate, referral_source as ReferralSource,
  by_year_end(closure_date) as CINclosureDate, case when is_over(closure_date) then closure_reason end as ReasonForClosure,
  referral_no_further_action_flag as ReferralNFA, source_file, source_row
from episode;

/* assessment
   Assessments under way on any day of the year. */
select a.*, CINdetailsID, row_number() over (partition by la_child_id, CINdetailsID
    order by start_date, child_and_family_assessment_id, source_file, source_row) as AssessmentID
from feed.child_and_family_assessments a join case_of using (la_child_id, social_care_episode_id)
where coalesce(start_date, authorisation_date, year_end()) <= year_end()
  and coalesce(authorisation_date >= year_start(), true);

/* assessments */
select la_child_id as LAchildID, CINdetailsID, AssessmentID, start_date as AssessmentActualStartDate,
  by_year_end(authorisation_date) as AssessmentAuthorisationDate, source_file, source_row
from assessment;

/* assessment_factors
   Factors are found at the end of an assessment: those of one that ended after the year are not yet. */
with ended as (
  select la_child_id, social_care_episode_id, child_and_family_assessment_id, CINdetailsID,
    min(AssessmentID) as AssessmentID
  from assessment where is_over(authorisation_date) group by all)
select la_child_id as LAchildID, CINdetailsID, AssessmentID, factor as AssessmentFactors, source_file, source_row
from feed.factors join ended using (la_child_id, social_care_episode_id, child_and_family_assessment_id);

/* cin_plan_dates */
select la_child_id as LAchildID, CINdetailsID, start_date as CINPlanStartDate, by_year_end(end_date) as CINPlanEndDate,
  source_file, source_row
from feed.child_in_need_plans join case_of using (la_child_id, social_care_episode_id)
where coalesce(start_date, end_date, year_end()) <= year_end() and coalesce(end_date >= year_start(), true);

/* section47
   The census asks whether no conference was needed, the feed whether one was. */
select la_child_id as LAchildID, CINdetailsID, start_date as S47ActualStartDate, by_year_end(icpc_date) as DateOfInitialCPC,
  not icpc_required_flag as ICPCnotRequired, source_file, source_row
from feed.section_47_assessments join case_of using (la_child_id, social_care_episode_id)
where coalesce(start_date, end_date, year_end()) <= year_end()
  and coalesce(greatest(end_date, icpc_date) >= year_start(), true);

/* child_protection_plans */
select la_child_id as LAchildID, CINdetailsID, row_number() over (partition by la_child_id, CINdetailsID
    order by start_date, child_protection_plan_id, source_file, source_row) as CPPID,
  start_date as CPPstartDate, by_year_end(end_date) as CPPendDate, source_file, source_row
from feed.child_protection_plans join case_of using (la_child_id, social_care_episode_id)
where coalesce(start_date, end_date, year_end()) <= year_end() and coalesce(end_date >= year_start(), true);
