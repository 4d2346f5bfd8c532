-- Assessments, the factors found at their end, and the closure that follows from them.

/* 8614  assessments(AssessmentAuthorisationDate, assessment_factors.AssessmentFactors)
   Factors are recorded for an assessment that has not ended. */
from assessments semi join (from assessment_factors where assessmentfactors is not null) as found using (assessment)
where assessmentauthorisationdate is null;

/* 8670Q  assessments(AssessmentActualStartDate, AssessmentAuthorisationDate)
   The assessment began more than 45 working days before the year ended and has not ended. */
from assessments
where assessmentauthorisationdate is null and assessmentactualstartdate < working_days_before(year_end(), 45);

/* 8696  assessments(AssessmentAuthorisationDate)
   The assessment ended outside the collection year. */
from assessments where assessmentauthorisationdate not between year_start() and year_end();

/* 8736  assessments(AssessmentActualStartDate, AssessmentAuthorisationDate)
   An assessment that has not ended did not begin in the collection year. */
from assessments
where assessmentauthorisationdate is null
  and (assessmentactualstartdate between year_start() and year_end()) is not true;

/* 8825Q  cin_details(ReasonForClosure, assessments.AssessmentActualStartDate)
   The case closed after an assessment, and the case has none. */
from cin_details anti join assessments using (episode)
where episode is not null and reasonforclosure in ('RC8', 'RC9');

/* 8863Q  assessments(AssessmentActualStartDate, AssessmentAuthorisationDate)
   An assessment of the case began while another one was under way. */
select unnest([later.row_id, ongoing.row_id]) as row_id
from assessments as later join assessments as ongoing using (episode)
where later.row_id <> ongoing.row_id
  and later.assessmentactualstartdate
    between ongoing.assessmentactualstartdate and coalesce(ongoing.assessmentauthorisationdate, year_end());

/* 8867  assessments(AssessmentAuthorisationDate, cin_details.CINclosureDate)
   The case closed although the assessment had not ended. */
select unnest([assessments.row_id, cin_details.row_id]) as row_id
from assessments join cin_details using (episode)
where cinclosuredate is not null and assessmentauthorisationdate is null;

/* 8873Q  assessments(AssessmentActualStartDate, assessment_factors.AssessmentFactors, cin_details.ReasonForClosure)
   The only assessment of the case found no factors, and the case closed for another reason. */
with only_one as (from assessments where episode is not null qualify count(*) over (partition by episode) = 1)
select unnest([only_one.row_id, cin_details.row_id]) as row_id
from only_one join cin_details using (episode)
semi join (from assessment_factors where assessmentfactors = '21') as nothing_found
  on nothing_found.assessment = only_one.assessment
where reasonforclosure not in ('RC8', 'RC9');

/* 8896  assessments(AssessmentAuthorisationDate)
   The case has more than one assessment that has not ended. */
from assessments where episode is not null and assessmentauthorisationdate is null
qualify count(*) over (partition by episode) > 1;

/* 8897Q  assessments(AssessmentAuthorisationDate, assessment_factors.AssessmentFactors)
   An assessment that has ended lacks factors, or has one that is not a code. */
with factors as (
  select assessment,
    bool_and(assessmentfactors in (select code from codes.cin_assessment_factors union values ('18A'), ('19A'))) as are_codes
  from assessment_factors where assessmentfactors is not null group by assessment
)
from assessments left join factors using (assessment)
where assessment is not null and assessmentauthorisationdate >= year_start() and are_codes is not true;

/* 8945Q  assessments(assessment_factors.AssessmentFactors)  since 2025
   Physical abuse is recorded as 18A, which does not say by whom. */
from assessments semi join (from assessment_factors where upper(assessmentfactors) = '18A') as found using (assessment);

/* 8950Q  assessments(assessment_factors.AssessmentFactors)  since 2025
   Sexual abuse is recorded as 19A, which does not say by whom. */
from assessments semi join (from assessment_factors where upper(assessmentfactors) = '19A') as found using (assessment);

/* 8869  assessments(assessment_factors.AssessmentFactors)
   Factor 21, that there are none, stands beside another factor of the assessment. */
with mixed as (
  select assessment from assessment_factors group by assessment
  having bool_or(assessmentfactors = '21') and bool_or(assessmentfactors <> '21')
)
from assessments semi join mixed using (assessment);

/* 8898  assessments(assessment_factors.AssessmentFactors)
   The same factor is given more than once for the assessment. */
with repeated as (
  select assessment from assessment_factors group by assessment
  having count(assessmentfactors) > count(distinct assessmentfactors)
)
from assessments semi join repeated using (assessment);
