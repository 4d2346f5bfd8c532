-- Which authorities sent which return for which year: one row per return, year and authority.
-- Of a census the term with most pupils counts. `is_fed`: the daily feed stands in for the return. A figure for a year is made only for authorities whose return of that year is in force.
select return_name, year, la, count(distinct coalesce(term, '')) as term_count, max(child_count) as child_count,
  sum(without_child_count) as without_child_count, bool_or(is_fed(submission)) as is_fed
from (from deidentified.received_cin union all by name from deidentified.received_ssda903
  union all by name from deidentified.received_school_census
  union all by name from deidentified.received_attainment)
group by return_name, year, la
