-- Child protection plans as every return in force tells them: one row per row that was sent, with the repair that sets
-- it aside, if any. Between returns a plan is known by its child and the day on which it began; rows without a
-- `dropped_by` are the current version. The repairs are those of cases of need (3, 3A, and 2 for a plan
-- that was open and that the authority's next return holds no more); one under another day is `known_as_date`.
-- The daily feed has neither categories of abuse nor the number of earlier plans: where it stands in for a return, they stay
-- as the latest return told them, and `is_told_by_feed_alone` says that none did.
with recursive next_return as (
  select la, year, lead(year) over (partition by la order by year) as next_year
  from cohorts.reported where return_name = 'cin'),
returned as (
  select *, bool_and(is_fed(submission)) over plan as is_told_by_feed_alone,
    max_by({'first': InitialCategoryOfAbuse, 'latest': LatestCategoryOfAbuse, 'before': NumberOfPreviousCPP},
      row(year, submission, source_row)) filter (where not is_fed(submission)) over plan as told
  from deidentified.cin_child_protection_plans where CPPstartDate is not null
  window plan as (partition by la_child, CPPstartDate)),
filled as (
  select * exclude (told) replace (
    case when is_fed(submission) then told.first else InitialCategoryOfAbuse end as InitialCategoryOfAbuse,
    case when is_fed(submission) then told.latest else LatestCategoryOfAbuse end as LatestCategoryOfAbuse,
    case when is_fed(submission) then told.before else NumberOfPreviousCPP end as NumberOfPreviousCPP)
  from returned),
stated as (
  select p.*, n.next_year, coalesce(CPPendDate, 'infinity'::date) as until_date,
    row(InitialCategoryOfAbuse, NumberOfPreviousCPP) as content,
    min(p.year) over (partition by la_child, CPPstartDate) as first_year,
    max(p.year) over (partition by la_child, CPPstartDate) as newest_year
  from filled p left join next_return n on n.la = p.la and n.year = p.year),
compared as (
  select *, first_value(content) over newest as newest_content, first_value(CPPendDate) over newest as newest_end
  from stated
  window newest as (partition by la_child, CPPstartDate order by year desc, CPPendDate nulls last, content)),
redated as (
  select c.la_child, c.CPPstartDate, min(l.CPPstartDate) as known_as_date from compared c
  join compared l on l.la_child = c.la_child and l.year = c.next_year and l.first_year > c.year
    and l.CPPstartDate <= end_of(c.year) and l.until_date > end_of(c.year)
  where c.year = c.newest_year and c.CPPendDate is null
  group by all),
-- a day that was put right again, in the return after that
followed as (
  select *, 1 as step from redated
  union all
  select f.la_child, f.CPPstartDate, r.known_as_date, step + 1
  from followed f join redated r on r.la_child = f.la_child and r.CPPstartDate = f.known_as_date),
known as (
  select la_child, CPPstartDate, arg_max(known_as_date, step) as known_as_date from followed group by la_child, CPPstartDate)
select c.* exclude (content, newest_content, newest_end, until_date, next_year),
  coalesce(x.known_as_date, c.CPPstartDate) as known_as_date, case
    when x.la_child is not null then '3A'
    when c.year = c.newest_year then null
    when c.content is distinct from c.newest_content then '3A'
    when c.CPPendDate is distinct from c.newest_end and c.CPPendDate is not null then '3A'
    else '3' end as dropped_by,
  case when dropped_by is null and c.CPPendDate is null and c.next_year is not null then '2' end as repair,
  case when repair is not null then end_of(c.year) end as repaired_end_date
from compared c left join known x on x.la_child = c.la_child and x.CPPstartDate = c.CPPstartDate
