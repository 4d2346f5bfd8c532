-- Referrals and whether the child was referred again: one row per referral, in the year after the one in which it was
-- made, when twelve months of every one are over. The next referral of the same child in the same authority counts
-- when it lies at most 12 calendar months on. `came_of_it`: nothing (no further action), an assessment that found no
-- need (RC8, RC9), or a case that was taken on.
with followed as (
  select *, lead(referral_date) over (partition by la_child order by referral_date) as next_date from cohorts.referral)
select f.year + 1 as year, f.la, f.child, f.la_child, f.sex, f.ethnic_group, f.age_band,
  case when f.has_no_further_action then 'nothing' when f.is_not_in_need then 'assessment only' else 'case'
    end as came_of_it,
  coalesce(f.next_date <= f.referral_date + interval 12 month, false) as is_referred_again
from followed f
