-- Children known to social care on 31 March and their suspensions in the school year around that day: one row per child,
-- authority and year. A suspension counts in the school year in which it began, once for a day, whichever census or
-- school tells of it; one of a lunchtime counts too. A permanent exclusion is counted apart.
with pupil as (
  select pupil, child from deidentified.school_census_pupilonroll
  union all
  select pupil, child from deidentified.school_census_pupilnolongeronroll),
told as (
  select pupil, startdate, category from deidentified.school_census_termlyexclusionsonroll
  union all
  select pupil, startdate, category from deidentified.school_census_termlyexclusionsoffroll),
suspended as (
  select p.child, (year(t.startdate) + (month(t.startdate) >= 8)::int)::int as year,
    count(distinct t.startdate) filter (where t.category in ('SUSP', 'FIXD', 'LNCH')) as suspension_count,
    count(distinct t.startdate) filter (where t.category = 'PERM') as exclusion_count
  from told t join pupil p using (pupil) where t.startdate is not null group by all)
select g.*, coalesce(s.suspension_count, 0) as suspension_count, coalesce(s.exclusion_count, 0) as exclusion_count
from cohorts.attendance_of_group g
left join suspended s on s.child = g.child and s.year = g.year
