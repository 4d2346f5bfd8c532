-- Child protection plans that began in a year: one row per plan, whichever returns hold it. It was a second or later
-- plan when the authority says that the child had been on one before, anywhere. Where it does not say how many
-- plans came before, the plan counts as a first one, as it does in the department's figures. A plan that only the
-- daily feed tells of is left out: the feed cannot say how many came before, and a blank is no answer there.
select collection_year(start_date)::int as year, la, child, la_child, start_date, previous_plan_count,
  coalesce(previous_plan_count >= 1, false) as is_second_or_later, sex, ethnic_group,
  age_band(age_on_start_day) as age_band
from cohorts.child_protection_plan where not is_told_by_feed_alone
