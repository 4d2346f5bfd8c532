-- Children who were known before they were one: one row per child of an authority that was referred before its first
-- birthday, unborn or after, in the year in which that birthday lay; with what had come of it by the birthday. An
-- assessment is one of a case to which such a referral led, whenever it was finished. What is told of a day more than a year
-- before birth is of no child: the days do not fit.
with referred as (
  select first_birthday_year as year, la, la_child, max_by(child, referral_date) as child,
    max_by(sex, referral_date) as sex, max_by(ethnic_group, referral_date) as ethnic_group,
    bool_or(age_band = 'Unborn') as is_before_birth, list(referral_date) as referral_dates
  from cohorts.referral where age_band in ('Unborn', 'Under 1') group by first_birthday_year, la, la_child),
assessed as (
  select distinct d.la_child, d.known_as_date as referral_date
  from deidentified.cin_assessments a join cohorts.case_version d using (submission, la_child, CINdetailsID)
  where a.AssessmentActualStartDate is not null),
first_assessed as (
  select distinct r.la_child from (select la_child, unnest(referral_dates) as referral_date from referred) r
  semi join assessed a on a.la_child = r.la_child and a.referral_date = r.referral_date),
planned as (select distinct la, child from cohorts.child_protection_plan where age_on_start_day < 1 and age_on_start_day >= -1),
cared as (select distinct la, child from cohorts.period_of_care where age_on_first_day < 1 and age_on_first_day >= -1)
select r.year::int as year, r.la, r.child, r.la_child, r.sex, r.ethnic_group, r.is_before_birth,
  a.la_child is not null as is_assessed, p.child is not null as is_on_plan, c.child is not null as is_looked_after
from referred r
left join first_assessed a on a.la_child = r.la_child
left join planned p on p.la = r.la and p.child = r.child
left join cared c on c.la = r.la and c.child = r.child
where r.year is not null
