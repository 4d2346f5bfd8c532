-- Cases that were followed up: one row per child of an authority and day of referral, unless the referral led to no
-- further action (a blank means that it did). The same case stands in the return of every year in which it was
-- open: the current version of it counts (`case_version`), and an open case is known to be open until the 31 March of
-- the latest return that holds it. Where one return has two cases of the same day, one that is an episode of need goes before one that was closed as
-- assessed and not in need (RC8, RC9), then the first in the file.
with version as (
  select *, not coalesce(ReferralNFA, false) as is_followed_up,
    coalesce(ReasonForClosure, '') not in ('RC8', 'RC9') as is_episode_of_need
  from cohorts.case_version where dropped_by is null),
latest as (
  from version qualify row_number() over (partition by la_child, CINreferralDate
    order by is_followed_up desc, is_episode_of_need desc, CINdetailsID, submission, source_row) = 1)
select la, child, la_child, la_record, CINreferralDate as referral_date, starts_near_birth as is_referral_month,
  (row_number() over (partition by la_child order by CINreferralDate))::int as episode_number,
  CINclosureDate as closure_date, CINclosureDate is not null
    and (ends_at_18 or ends_near_birth or coalesce(ReasonForClosure, '') = 'RC1') as is_closure_month,
  ReasonForClosure as closure_code, PrimaryNeedCode as primary_need_code, is_episode_of_need,
  ReferralSource as referral_source_code, age_in_start_month as age_at_referral, age_at_31_march, age_at_31_august,
  birth_month, sex, ethnicity, ethnic_group, confidence, year as last_year, repair, repaired_end_date
from latest where is_followed_up
