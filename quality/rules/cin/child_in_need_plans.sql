-- Child in need plans, beside each other and beside child protection plans. A plan without an end is open and
-- runs to the end of the year; on the day on which one plan ends the other kind may begin.

/* 4000  cin_plan_dates(CINPlanStartDate, cin_details.ReferralNFA)  since 2022
   A child in need plan under a referral that led to no further action. */
select unnest([cin_plan_dates.row_id, cin_details.row_id]) as row_id
from cin_plan_dates join cin_details using (episode)
where referralnfa;

/* 4001  cin_plan_dates(CINPlanEndDate, child_protection_plans.CPPendDate)  since 2022
   The case has an open child in need plan and an open child protection plan. */
select unnest([cin_plan_dates.row_id, child_protection_plans.row_id]) as row_id
from cin_plan_dates join child_protection_plans using (episode)
where cinplanenddate is null and cppenddate is null;

/* 4003  reviews(CPPreviewDate, cin_plan_dates.CINPlanStartDate, cin_plan_dates.CINPlanEndDate, child_protection_plans.CPPendDate)  since 2022
   The child protection plan was reviewed while the case had a child in need plan, and not on the day it ended. */
select unnest([reviews.row_id, cin_plan_dates.row_id, child_protection_plans.row_id]) as row_id
from reviews join child_protection_plans using (plan)
join cin_plan_dates on cin_plan_dates.episode = reviews.episode
where cppreviewdate >= cinplanstartdate and (cppreviewdate < cinplanenddate or cinplanenddate is null)
  and cppreviewdate is distinct from cppenddate;

/* 4004  cin_plan_dates(CINPlanEndDate)  since 2022
   The child has more than one open child in need plan. */
from cin_plan_dates where child is not null and cinplanenddate is null
qualify count(*) over (partition by child) > 1;

/* 4010  cin_plan_dates(CINPlanStartDate)  since 2022
   The start of the child in need plan is missing or lies after the collection year. */
from cin_plan_dates where cinplanstartdate is null or cinplanstartdate > year_end();

/* 4011  cin_plan_dates(CINPlanStartDate, CINPlanEndDate)  since 2022
   The child in need plan ended before it began. */
from cin_plan_dates where cinplanenddate < cinplanstartdate;

/* 4012Q  cin_plan_dates(CINPlanStartDate, CINPlanEndDate)  since 2022
   The child in need plan began and ended on the same day. */
from cin_plan_dates where cinplanenddate = cinplanstartdate;

/* 4013  cin_plan_dates(CINPlanEndDate)  since 2022
   The child in need plan ended outside the collection year. */
from cin_plan_dates where cinplanenddate not between year_start() and year_end();

/* 4014  cin_plan_dates(CINPlanStartDate, CINPlanEndDate)  since 2022
   A child in need plan began before another one of the child was over. */
select unnest([later.row_id, ongoing.row_id]) as row_id
from cin_plan_dates as later join cin_plan_dates as ongoing using (child)
where later.row_id <> ongoing.row_id
  and later.cinplanstartdate between ongoing.cinplanstartdate and coalesce(ongoing.cinplanenddate, year_end());

/* 4015  cin_plan_dates(CINPlanStartDate, cin_details.CINreferralDate)  since 2022
   The child in need plan began before the referral. */
select unnest([cin_plan_dates.row_id, cin_details.row_id]) as row_id
from cin_plan_dates join cin_details using (episode)
where cinplanstartdate < cinreferraldate;

/* 4016  cin_plan_dates(CINPlanStartDate, child_protection_plans.CPPstartDate, child_protection_plans.CPPendDate)  since 2022
   A child in need plan began while the child was on a child protection plan. */
select unnest([cin_plan_dates.row_id, child_protection_plans.row_id]) as row_id
from cin_plan_dates join child_protection_plans using (child)
where cinplanstartdate between cppstartdate and coalesce(cppenddate, year_end())
  and cinplanstartdate is distinct from cppenddate;

/* 4017  cin_plan_dates(CINPlanStartDate, CINPlanEndDate, child_protection_plans.CPPstartDate)  since 2022
   A child protection plan began while the child was on a child in need plan. */
select unnest([cin_plan_dates.row_id, child_protection_plans.row_id]) as row_id
from cin_plan_dates join child_protection_plans using (child)
where cppstartdate between cinplanstartdate and coalesce(cinplanenddate, year_end())
  and cppstartdate is distinct from cinplanenddate;
