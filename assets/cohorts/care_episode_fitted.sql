-- Episodes of the current version made to follow one another: one row per episode, none overlapping the next.
--   4   it reaches into the next episode: it ended where that one begins
--   5   care went on when it ended (X1), but the next episode, no start, begins later: it ended where that one begins.
--       A gap that holds a whole collection year is no slip of the pen and stays.
-- An episode has at most one repair of its end.
select * exclude (end_repair, repaired_end_date), case
    when end_repair is not null then end_repair
    when coalesce(DEC > next_start_date, next_start_date is not null) then '4'
    when REC = 'X1' and DEC < next_start_date and next_start_code is distinct from 'S'
      and collection_year(next_start_date) - collection_year(DEC) <= 1 then '5' end as repair,
  case when repair in ('4', '5') then next_start_date else repaired_end_date end as repaired_end_date
from cohorts.care_episode_ended
