-- Referrals: one row per child of an authority and day on which it was referred, whatever came of it.
-- Several referrals on one day are one, told by the current version (`case_version`). A referral is a repeat
-- when an earlier one of the same child in the same authority lies at most 12 calendar months back,
-- counted from referral to referral, whenever the case was closed. Not in need is a child whose assessment said so
-- (RC8, RC9). The collection year of the first birthday follows from the age on 31 March of the return.
with latest as (
  from cohorts.case_version where dropped_by is null
  qualify row_number() over (partition by la_child, CINreferralDate
    order by CINdetailsID, submission, source_row) = 1),
with_earlier as (
  select *, lag(CINreferralDate) over (partition by la_child order by CINreferralDate) as earlier_date
  from latest)
select collection_year(CINreferralDate)::int as year, la, child, la_child, CINreferralDate as referral_date,
  coalesce(earlier_date + interval 12 month >= CINreferralDate, false) as is_repeat,
  coalesce(ReferralNFA, false) as has_no_further_action,
  not has_no_further_action and coalesce(ReasonForClosure in ('RC8', 'RC9'), false) as is_not_in_need,
  sex, ethnic_group, age_band(age_at_start) as age_band, year - age_at_31_march + 1 as first_birthday_year
from with_earlier
