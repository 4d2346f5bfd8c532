-- Episodes of being looked after as every return in force tells them: one row per row that was sent, with the repair
-- that sets it aside, if any. Nothing is lost here: rows without a `dropped_by` are the current version, all rows are
-- what was sent. Short breaks (legal status V3, V4) are left out, and so is care that a later return makes a short break.
--   3   the same episode twice: a later return tells it again, the same or with its end now known, or one return has it twice
--   3A  a later return tells it otherwise: another content or a short break under the same first day, or an episode in
--       force on that day
-- Between returns an episode is known by its child and first day (DECOM). A code that only took another's place is not another content.
with stated as (
  select e.*, row(RNE, LS, CIN, PLACE_PROVIDER, address_number) as content,
    min(year) over (partition by la_child, DECOM) as first_year, max(year) over (partition by la_child, DECOM) as newest_year,
    breaks.code is not null as is_break
  from deidentified.ssda903_episodes e
  left join (from codes.ssda903_legal_status where counts_in_cla_statistics = 'no') breaks on breaks.code = e.LS
  where e.DECOM is not null),
cared as (
  select * exclude (is_break), bool_and(is_break) filter (year = newest_year) over (partition by la_child, DECOM) as is_break_now
  from stated qualify not is_break),
compared as (
  select *, first_value(content) over newest as newest_content, first_value(PLACE) over newest as newest_place,
    first_value(DEC) over newest as newest_end,
    row_number() over (partition by la_child, DECOM, DEC, year order by submission, source_row) as turn
  from cared
  window newest as (partition by la_child, DECOM order by year desc, DEC nulls last, content, PLACE)),
-- how long each episode of the current version lasts by the words of its own return
lasting as (
  select la_child, year, DECOM,
    coalesce(least(DEC, lead(DECOM) over (partition by la_child, year order by DECOM, DEC nulls last)), 'infinity'::date) as until_date
  from compared where year = newest_year and turn = 1),
contradicted as (
  select distinct c.la_child, c.DECOM from compared c
  join lasting l on l.la_child = c.la_child and l.year > c.year and l.DECOM < c.DECOM and l.until_date > c.DECOM
  where c.year = c.newest_year)
select c.* exclude (content, newest_content, newest_place, newest_end, is_break_now, turn), case
    when c.is_break_now then '3A'
    when x.la_child is not null then '3A'
    when c.year = c.newest_year then case when c.turn > 1 then '3' end
    when c.content is distinct from c.newest_content then '3A'
    when c.PLACE is distinct from c.newest_place and not coalesce(is_new_code(c.PLACE, c.newest_place), false) then '3A'
    when c.DEC is distinct from c.newest_end and c.DEC is not null then '3A'
    else '3' end as dropped_by
from compared c left join contradicted x on x.la_child = c.la_child and x.DECOM = c.DECOM
