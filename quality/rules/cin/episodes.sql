-- Referrals and the episodes of need that follow them. A missing ReferralNFA counts as further action.

/* 8600  cin_details(CINreferralDate)
   The referral date is missing or lies after the collection year. */
from cin_details where cinreferraldate is null or cinreferraldate > year_end();

/* 8568  cin_details(ReferralNFA)
   Whether the referral led to no further action is missing or cannot be read. */
from cin_details where referralnfa is null;

/* 8610  cin_details(PrimaryNeedCode, ReferralNFA)
   The main need is missing for a referral that led to further action. */
from cin_details where primaryneedcode is null and referralnfa is not true;

/* 8620  cin_details(CINclosureDate)
   The case closed outside the collection year. */
from cin_details where cinclosuredate not between year_start() and year_end();

/* 8630  cin_details(CINreferralDate, CINclosureDate)
   The case closed before it was referred. */
from cin_details where cinclosuredate < cinreferraldate;

/* 8640  cin_details(ReasonForClosure)
   The reason for closure is not one of the codes of the year. */
from cin_details where reasonforclosure not in (select code from codes.cin_reason_for_closure);

/* 8650  cin_details(PrimaryNeedCode)
   The main need is not one of the codes. */
from cin_details where primaryneedcode not in (select code from codes.cin_primary_need);

/* 8805  cin_details(CINclosureDate, ReasonForClosure)
   The case has a closure date and no reason for closure. */
from cin_details where cinclosuredate is not null and reasonforclosure is null;

/* 8810  cin_details(ReasonForClosure, CINclosureDate)
   The case has a reason for closure and no closure date. */
from cin_details where reasonforclosure is not null and cinclosuredate is null;

/* 8815  cin_details(CINclosureDate, ReferralNFA)
   The child has more than one open case, referrals without further action aside. */
from cin_details where child is not null and cinclosuredate is null and referralnfa is not true
qualify count(*) over (partition by child) > 1;

/* 8816  cin_details(CINreferralDate, CINclosureDate)
   The case is open although the child was referred again later. */
from cin_details where child is not null
qualify cinclosuredate is null and referralnfa is not true
  and cinreferraldate < max(cinreferraldate) over (partition by child);

/* 8866  cin_details(CINreferralDate, ReferralSource)
   Who referred the child is missing or not one of the codes of the year; not asked before April 2013. */
from cin_details
where cinreferraldate >= date '2013-04-01'
  and coalesce(referralsource, '') not in (select code from codes.cin_referral_source);

/* 8832  child_protection_plans(CPPstartDate, cin_details.ReferralNFA)
   A child protection plan under a referral that led to no further action. */
select unnest([child_protection_plans.row_id, cin_details.row_id]) as row_id
from child_protection_plans join cin_details using (episode)
where referralnfa;

/* 1103  assessments(AssessmentActualStartDate, cin_details.CINreferralDate)
   The assessment began before the referral. */
select unnest([assessments.row_id, cin_details.row_id]) as row_id
from assessments join cin_details using (episode)
where assessmentactualstartdate < cinreferraldate;

/* 8608  assessments(AssessmentActualStartDate, AssessmentAuthorisationDate)
   The assessment ended before it began. */
from assessments where assessmentauthorisationdate < assessmentactualstartdate;
