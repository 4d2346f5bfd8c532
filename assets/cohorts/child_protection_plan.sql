-- Child protection plans: one row per child of an authority and day on which a plan began.
-- A plan that crosses years stands in several returns: the current version of it counts (`plan_version`).
with latest as (
  from cohorts.plan_version where dropped_by is null
  qualify row_number() over (partition by la_child, CPPstartDate
    order by CINdetailsID, CPPID, submission, source_row) = 1)
select la, child, la_child, la_record, CPPstartDate as start_date, starts_near_birth as is_start_month,
  (row_number() over (partition by la_child order by CPPstartDate))::int as plan_number, CPPendDate as end_date,
  CPPendDate is not null and (ends_at_18 or ends_near_birth) as is_end_month, InitialCategoryOfAbuse as initial_category_code,
  LatestCategoryOfAbuse as latest_category_code, NumberOfPreviousCPP as previous_plan_count,
  age_in_start_month as age_at_start, age_at_start as age_on_start_day, age_at_31_march, age_at_31_august, birth_month,
  sex, ethnicity, ethnic_group, confidence, year as last_year, repair, repaired_end_date,
  is_told_by_feed_alone
from latest
