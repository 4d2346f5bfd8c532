-- What came after an assessment that found something: one row per case and year of such an assessment, in the year in
-- which twelve months since the first one of that year was finished were over. A plan or a start of care counts from
-- the day of that assessment to the day twelve months later, in the same authority.
with finished as (
  select d.la_child, d.known_as_date as referral_date, min(a.AssessmentAuthorisationDate) as finished_date,
    collection_year(a.AssessmentAuthorisationDate)::int as year
  from deidentified.cin_assessments a join cohorts.case_version d using (submission, la_child, CINdetailsID)
  where a.AssessmentAuthorisationDate is not null group by all),
followed as (
  select f.*, d.finished_date, d.finished_date + interval 12 month as until_date
  from cohorts.factors_together f join finished d using (la_child, referral_date, year)),
planned as (
  select distinct f.la_child, f.finished_date from followed f
  join cohorts.child_protection_plan p on p.la_child = f.la_child
    and p.start_date >= f.finished_date and p.start_date <= f.until_date),
cared as (
  select distinct f.la_child, f.finished_date from followed f
  join cohorts.period_of_care p on p.la = f.la and p.child = f.child and p.is_start
    and p.start_date >= f.finished_date and p.start_date <= f.until_date)
select f.* exclude (year, finished_date, until_date), collection_year(f.until_date)::int as year,
  p.la_child is not null as has_plan_after, c.la_child is not null as has_care_after
from followed f
left join planned p using (la_child, finished_date)
left join cared c using (la_child, finished_date)
