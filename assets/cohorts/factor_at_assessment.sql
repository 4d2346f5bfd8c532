-- Factors found at the end of an assessment: one row per case, year in which an assessment of it was finished, and
-- factor. Two assessments that find the same factor in one year are one row; a child with two cases has two. What an
-- unfinished assessment says does not count. A case that was closed as assessed and not in need (RC8, RC9) is among
-- them, because its assessment too found what it found.
with finished as (
  select submission, la_child, CINdetailsID, AssessmentID, collection_year(AssessmentAuthorisationDate)::int as year
  from deidentified.cin_assessments where AssessmentAuthorisationDate is not null),
found as (
  select distinct a.year, d.la_child, d.known_as_date as referral_date, f.AssessmentFactors as factor
  from deidentified.cin_assessment_factors f
  join finished a using (submission, la_child, CINdetailsID, AssessmentID)
  join cohorts.case_version d using (submission, la_child, CINdetailsID)
  where f.AssessmentFactors is not null)
select f.year, c.la, c.child, c.la_child, c.referral_date, f.factor, c.sex, c.ethnic_group,
  age_band(c.age_at_31_march - (c.last_year - f.year)) as age_band
from found f join cohorts.case_of_need c using (la_child, referral_date)
