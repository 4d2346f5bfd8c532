-- Children looked after at 31 March and whether they changed school in the year: one row per child of an authority and
-- year. A change is a main enrolment (C, M, or one that has ended) that begins between 1 April and 31 March at another
-- school than the child's enrolment before it. Changes from 1 August to 30 September go with the school year and do
-- not count, nor does the first school that is held of a child. `is_linked`: a census of the school year names the child.
with pupil as (
  select submission, schoolcensustableid, child, year, entrydate
  from deidentified.school_census_pupilonroll where enrolstatus in ('C', 'M')
  union all by name
  select submission, schoolcensustableid, child, year, entrydate
  from deidentified.school_census_pupilnolongeronroll),
enrolled as (
  select p.child, p.year, p.entrydate, coalesce(s.urn, s.lea || s.estab) as school
  from pupil p semi join cohorts.looked_after_at_31_march l on l.child = p.child
  left join deidentified.school_census_schoolcensus s
    on s.submission = p.submission and s.schoolcensustableid = p.schoolcensustableid),
entered as (
  select distinct child, school, entrydate from enrolled where school is not null and entrydate is not null),
followed as (
  select *, lag(school) over (partition by child order by entrydate, school) as school_before from entered),
moved as (
  select distinct child, collection_year(entrydate)::int as year from followed
  where school_before <> school and month(entrydate) not in (8, 9)),
linked as (select distinct child, year from enrolled)
select l.year, l.la, l.child, l.sex, l.ethnic_group, l.age_band,
  coalesce(l.age_at_31_august between 5 and 15, false) as is_school_age,
  k.child is not null as is_linked, m.child is not null as has_changed_school
from cohorts.looked_after_at_31_march l
left join linked k on k.child = l.child and k.year = l.year
left join moved m on m.child = l.child and m.year = l.year
