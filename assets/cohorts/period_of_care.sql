-- Periods of care: one row per unbroken chain of episodes of a child in one authority. It begins with its first
-- episode and ends with its last; while that one is open the child is looked after, as far as known on the
-- 31 March of the latest return. Only a first episode that says so (RNE S) is a start: with any other, care began
-- before what is held, and `start_date` is the first day held. Only a last episode that says why care ended is an
-- exit; an end that nobody told (`is_end_told`) is the day after the last on which care is known, and no exit, also
-- where a reason without a day was sent. Of the starts of a year the first counts, of the exits the last.
with period as (
  select la_child, period_number, min(DECOM) as start_date, count(*) as episode_count,
    string_agg(distinct repair, ', ' order by repair) as repairs,
    arg_max(child, episode_number) as child, arg_max(la_record, episode_number) as la_record,
    min_by(e, episode_number) as first, max_by(e, episode_number) as last
  from cohorts.care_episode e group by la_child, period_number)
select last.la as la, child, la_child, la_record, period_number, start_date,
  first.starts_near_birth as is_start_month, first.RNE as start_code, coalesce(first.RNE = 'S', false) as is_start,
  last.end_date as end_date, last.end_date is not null
    and (last.ends_at_18 or last.ends_near_birth or coalesce(last.REC in ('E11', 'E12'), false)) as is_end_month,
  case when last.end_code not in ('X1', 'E99') then last.end_code end as exit_code, first.CIN as need_code,
  first.LS as first_legal_status_code, last.LS as latest_legal_status_code,
  last.PLACE as latest_placement_code, episode_count, repairs, last.end_code is distinct from 'E99' as is_end_told,
  is_start and row_number() over (partition by la_child, collection_year(start_date), is_start
    order by start_date, period_number) = 1 as is_first_start_in_year,
  exit_code is not null and last.end_date is not null and row_number() over (partition by la_child,
    collection_year(last.end_date), exit_code is not null
    order by last.end_date desc, period_number desc) = 1 as is_last_exit_in_year,
  first.age_in_start_month as age_at_start, first.age_at_start as age_on_first_day,
  last.age_at_end as age_on_last_day, last.age_at_31_march as age_at_31_march,
  last.age_at_31_august as age_at_31_august, last.birth_month as birth_month, last.sex as sex,
  last.ethnicity as ethnicity, last.ethnic_group as ethnic_group, last.confidence as confidence,
  last.year as last_year
from period
