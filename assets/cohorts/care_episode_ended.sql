-- Episodes of the current version that were left open and what became of them: one row per episode. An open one is the
-- truth as long as its authority's next return is not there. After that the next return speaks:
--   1   it goes on with an episode that is no start: this one ended on that day and care continued (X1)
--   1A  it, or one after it, starts care anew (RNE S): care ended in between, by the day before and not after 31 March
--   2   it holds no more of the child: as far as anyone knows, care ended with 31 March, or by the day before an episode
--       that a return after it dates back
-- What is told stays; what is worked out stands in columns of our own. E99 (an end that nobody told) and LIIAF (a
-- change of placement without its reason) are no codes of the department and are found nowhere else.
with next_return as (
  select la, year, lead(year) over (partition by la order by year) as next_year
  from cohorts.reported where return_name = 'ssda903'),
followed as (
  select *, row_number() over in_order as episode_number, lead(DECOM) over in_order as next_start_date,
    lead(RNE) over in_order as next_start_code, lead(year) over in_order as next_told_year,
    lead(first_year) over in_order as next_first_year, lead(starts_near_birth) over in_order as next_starts_near_birth
  from cohorts.care_episode_version where dropped_by is null
  window in_order as (partition by la_child order by DECOM, DEC nulls last, submission, source_row)),
judged as (
  select f.*, case
      when f.DEC is not null or n.next_year is null or coalesce(f.next_told_year <= f.year, false) then null
      when f.next_start_code = 'S' then '1A'
      when coalesce(f.next_first_year <= n.next_year, false) then '1'
      else '2' end as end_repair
  from followed f left join next_return n on n.la = f.la and n.year = f.year)
select *, case when end_repair = '1' then next_start_date
    when end_repair is not null then least(end_of(year), next_start_date - 1) end as repaired_end_date,
  case when end_repair = '1' then 'X1' when end_repair is not null then 'E99' end as repaired_end_code,
  case when end_repair = '1' and next_start_code in ('P', 'B', 'T', 'U') then 'LIIAF' end as repaired_change_code
from judged
