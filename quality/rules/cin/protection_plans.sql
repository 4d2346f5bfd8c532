-- Child protection plans by themselves, and their reviews.

/* 1105  child_protection_plans(CPPstartDate, cin_details.CINreferralDate)
   The child protection plan began before the referral. */
select unnest([child_protection_plans.row_id, cin_details.row_id]) as row_id
from child_protection_plans join cin_details using (episode)
where cppstartdate < cinreferraldate;

/* 8730  child_protection_plans(NumberOfPreviousCPP)
   The number of earlier child protection plans is missing or below zero. */
from child_protection_plans where numberofpreviouscpp is null or numberofpreviouscpp < 0;

/* 8842Q  reviews(CPPreviewDate)
   The review has no date. */
from reviews where cppreviewdate is null;

/* 8905  child_protection_plans(InitialCategoryOfAbuse)
   The category of abuse at the start of the plan is missing or not one of the codes. */
from child_protection_plans
where coalesce(initialcategoryofabuse, '') not in (select code from codes.cin_category_of_abuse);

/* 8910  child_protection_plans(LatestCategoryOfAbuse)
   The latest category of abuse is missing or not one of the codes. */
from child_protection_plans
where coalesce(latestcategoryofabuse, '') not in (select code from codes.cin_category_of_abuse);

/* 8940  child_protection_plans(CPPstartDate, CPPendDate)
   A child protection plan began before another one of the child was over. */
select unnest([later.row_id, ongoing.row_id]) as row_id
from child_protection_plans as later join child_protection_plans as ongoing using (child)
where later.row_id <> ongoing.row_id
  and later.cppstartdate between ongoing.cppstartdate and coalesce(ongoing.cppenddate, year_end());
