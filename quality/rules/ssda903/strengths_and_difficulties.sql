-- The strengths and difficulties questionnaire (OC2): a score from 0 to 40, or the reason for having none.
-- Asked about children in care for 12 months who were from 4 to 16 years old at some time in the year.

/* 157  oc2(SDQ_REASON, DOB, episodes.DECOM)
   The reason for no score is the child's age, but at 4 to 16 all year the child is of the age. */
from oc2 semi join continuously_looked_after using (child)
where sdq_reason = 'SDQ1' and age_on(dob, year_start()) >= 4 and age_on(dob, year_end()) <= 16;

/* 180  oc2(SDQ_SCORE)
   The score is not a whole number from 0 to 40. */
from oc2
where sdq_score is not null
  and not coalesce(try_cast(sdq_score as double) in range(41), false);

/* 185  oc2(SDQ_SCORE, episodes.DECOM)
   A score for a child who was not in care for the 12 months to 31 March. */
from oc2 anti join continuously_looked_after using (child)
where child is not null and sdq_score is not null;

/* 186  oc2(SDQ_SCORE, DOB, episodes.DECOM)
   Neither a score nor a reason for a child aged 4 to 16 all year and in care for the 12 months to 31 March. */
from oc2 semi join continuously_looked_after using (child)
where coalesce(sdq_score, sdq_reason) is null
  and age_on(dob, year_start()) >= 4 and age_on(dob, year_end()) < 17;

/* 188  oc2(SDQ_SCORE, SDQ_REASON, DOB)
   A score, or a reason for none, for a child still under 4 at the end of the year. */
from oc2
where coalesce(sdq_score, sdq_reason) is not null and age_on(dob, year_end()) < 4;

/* 189  oc2(SDQ_SCORE, SDQ_REASON, DOB)
   A score, or a reason for none, for a young person who turned 17 before the year began. */
from oc2
where coalesce(sdq_score, sdq_reason) is not null and birthday(dob, 17) < year_start();

/* 196  oc2(SDQ_REASON)
   The reason for no score is not one of the codes. */
from oc2 where sdq_reason not in (select code from codes.ssda903_sdq_reason);

/* 197a  oc2(SDQ_SCORE, SDQ_REASON)
   A reason for no score beside a score. */
from oc2 where sdq_score is not null and sdq_reason is not null;

/* 197B  oc2(SDQ_SCORE, SDQ_REASON, DOB, episodes.DECOM)
   Neither a score nor a reason for a child who turned 4 or 17 in the year, in care for the 12 months
   to 31 March. */
from oc2 semi join continuously_looked_after using (child)
where coalesce(sdq_score, sdq_reason) is null
  and (birthday(dob, 4) between year_start() and year_end()
    or birthday(dob, 17) between year_start() and year_end());

/* 198  oc2(SDQ_REASON, episodes.DECOM)
   A reason for no score for a child who was not in care for the 12 months to 31 March. */
from oc2 anti join continuously_looked_after using (child)
where child is not null and sdq_reason is not null;
