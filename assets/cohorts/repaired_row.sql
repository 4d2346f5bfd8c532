-- Every row of a return on which a repair was made while the years were stacked: which row, and which repair. Of each
-- table a row has at most one. `told_date` is the day by which the row is known. It says where a row stands and nothing of its child; the values as sent are in the row.
select 'ssda903' as return_name, 'Episodes' as table_name, year, la, submission, source_row, DECOM as told_date, dropped_by as repair
from cohorts.care_episode_version where dropped_by is not null
union all by name
select 'ssda903' as return_name, 'Episodes' as table_name, year, la, submission, source_row, DECOM as told_date, repair
from cohorts.care_episode where repair is not null
union all by name
select 'cin' as return_name, 'CINdetails' as table_name, year, la, submission, source_row, CINreferralDate as told_date,
  coalesce(dropped_by, repair) as repair
from cohorts.case_version where coalesce(dropped_by, repair) is not null
union all by name
select 'cin' as return_name, 'ChildProtectionPlans' as table_name, year, la, submission, source_row,
  CPPstartDate as told_date,
  coalesce(dropped_by, repair) as repair
from cohorts.plan_version where coalesce(dropped_by, repair) is not null
