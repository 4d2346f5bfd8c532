-- Referrals: one row per child of an authority and day on which it was referred, whatever came of it.
-- Several referrals on one day are one; the latest return that holds the day wins. A referral is a repeat
-- when an earlier one of the same child in the same authority lies at most 12 calendar months back,
-- counted from referral to referral, whenever the case was closed.
with latest as (
  from deidentified.cin_cin_details where CINreferralDate is not null
  qualify row_number() over (partition by la_child, CINreferralDate
    order by year desc, CINdetailsID, submission, source_row) = 1),
with_earlier as (
  select *, lag(CINreferralDate) over (partition by la_child order by CINreferralDate) as earlier_date
  from latest)
select collection_year(CINreferralDate)::int as year, la, child, la_child, CINreferralDate as referral_date,
  coalesce(earlier_date + interval 12 month >= CINreferralDate, false) as is_repeat,
  coalesce(ReferralNFA, false) as has_no_further_action, sex, ethnic_group, age_band(age_at_start) as age_band
from with_earlier
