-- Referrals and what came of them as every return in force tells them: one row per row that was sent, with the repair
-- that sets it aside, if any. Between returns a case is known by its child and day of referral; rows without a
-- `dropped_by` are the current version. Several rows of one day in one return are left for each cohort to choose from.
--   3   a later return tells it again, the same or with its end now known
--   3A  a later return tells it otherwise: another content under the same day, or, for a case still open, no such case
--       but one that it did not know before, open over the same 31 March under another day of referral: `known_as_date`
-- A case that is open and that the authority's next return holds no more is known to have been open until 31 March
-- (`repair` 2, `repaired_end_date`). The daily feed has no main need: where it stands in for a return, the need stays as
-- the latest return told it.
with recursive next_return as (
  select la, year, lead(year) over (partition by la order by year) as next_year
  from cohorts.reported where return_name = 'cin'),
filled as (
  select * replace (case when is_fed(submission) then max_by(PrimaryNeedCode, row(year, PrimaryNeedCode))
        filter (where not is_fed(submission)) over (partition by la_child, CINreferralDate)
      else PrimaryNeedCode end as PrimaryNeedCode)
  from deidentified.cin_cin_details where CINreferralDate is not null),
stated as (
  select d.*, n.next_year, CINclosureDate is null and not coalesce(ReferralNFA, false) as is_open,
    coalesce(CINclosureDate, 'infinity'::date) as until_date,
    row(PrimaryNeedCode, ReferralSource, coalesce(ReferralNFA, false)) as content,
    min(d.year) over (partition by la_child, CINreferralDate) as first_year,
    max(d.year) over (partition by la_child, CINreferralDate) as newest_year
  from filled d left join next_return n on n.la = d.la and n.year = d.year),
compared as (
  select *, first_value(content) over newest as newest_content, first_value(CINclosureDate) over newest as newest_end
  from stated
  window newest as (partition by la_child, CINreferralDate order by year desc, CINclosureDate nulls last, content)),
redated as (
  select c.la_child, c.CINreferralDate, min(l.CINreferralDate) as known_as_date from compared c
  join compared l on l.la_child = c.la_child and l.year = c.next_year and l.first_year > c.year
    and l.CINreferralDate <= end_of(c.year) and l.until_date > end_of(c.year) and not coalesce(l.ReferralNFA, false)
  where c.year = c.newest_year and c.is_open
  group by all),
-- a day that was put right again, in the return after that
followed as (
  select *, 1 as step from redated
  union all
  select f.la_child, f.CINreferralDate, r.known_as_date, step + 1
  from followed f join redated r on r.la_child = f.la_child and r.CINreferralDate = f.known_as_date),
known as (
  select la_child, CINreferralDate, arg_max(known_as_date, step) as known_as_date from followed group by la_child, CINreferralDate)
select c.* exclude (content, newest_content, newest_end, until_date, next_year),
  coalesce(x.known_as_date, c.CINreferralDate) as known_as_date, case
    when x.la_child is not null then '3A'
    when c.year = c.newest_year then null
    when c.content is distinct from c.newest_content then '3A'
    when c.CINclosureDate is distinct from c.newest_end and c.CINclosureDate is not null then '3A'
    else '3' end as dropped_by,
  case when dropped_by is null and c.is_open and c.next_year is not null then '2' end as repair,
  case when repair is not null then end_of(c.year) end as repaired_end_date
from compared c left join known x on x.la_child = c.la_child and x.CINreferralDate = c.CINreferralDate
