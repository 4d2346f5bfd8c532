-- Health and convictions (OC2) of children in care for the 12 months to 31 March. Four items are asked about
-- every child; convictions from the age of 10, development checks under 5, help for whoever misuses substances.

/* 158  oc2(INTERVENTION_RECEIVED, INTERVENTION_OFFERED)
   Help was received, so whether it was offered is not asked. */
from oc2 where intervention_received = '1' and intervention_offered is not null;

/* 159  oc2(SUBSTANCE_MISUSE, INTERVENTION_RECEIVED, INTERVENTION_OFFERED)
   Substance misuse without help received, and it is not said whether help was offered. */
from oc2 where substance_misuse = '1' and intervention_received = '0' and intervention_offered is null;

/* 181  oc2(CONVICTED, HEALTH_CHECK, IMMUNISATIONS, TEETH_CHECK, HEALTH_ASSESSMENT, SUBSTANCE_MISUSE, INTERVENTION_RECEIVED, INTERVENTION_OFFERED)
   An item on health or convictions is filled with something other than 0 or 1. */
from oc2
where not list_has_all((select list(code) from codes.flag),
  [convicted, health_check, immunisations, teeth_check, health_assessment, substance_misuse,
   intervention_received, intervention_offered]);

/* 182  oc2(IMMUNISATIONS, TEETH_CHECK, HEALTH_ASSESSMENT, SUBSTANCE_MISUSE, CONVICTED, HEALTH_CHECK, INTERVENTION_RECEIVED, INTERVENTION_OFFERED)
   Some items are filled, but not all of the four that are asked about every child. */
from oc2_incomplete semi join oc2_filled using (row_id);

/* 190  oc2(CONVICTED, HEALTH_CHECK, IMMUNISATIONS, TEETH_CHECK, HEALTH_ASSESSMENT, SUBSTANCE_MISUSE, INTERVENTION_RECEIVED, INTERVENTION_OFFERED, episodes.DECOM)
   Health or convictions of a child who was not in care for the 12 months to 31 March. */
from oc2_filled anti join continuously_looked_after using (child)
where child is not null;

/* 191  oc2(IMMUNISATIONS, TEETH_CHECK, HEALTH_ASSESSMENT, SUBSTANCE_MISUSE, episodes.CHILD)
   In care for the 12 months to 31 March, but an item asked about every child is blank, or the child is not in
   OC2 at all; then the child's first episode is found. */
select row_id from oc2_incomplete semi join continuously_looked_after using (child)
union all
select row_id from episode_in_order semi join continuously_looked_after using (child)
where previous is null and child not in (select child from oc2 where child is not null);

/* 192  oc2(SUBSTANCE_MISUSE, INTERVENTION_RECEIVED)
   Substance misuse, and it is not said whether help was received. */
from oc2 where substance_misuse = '1' and intervention_received is null;

/* 193  oc2(SUBSTANCE_MISUSE, INTERVENTION_RECEIVED, INTERVENTION_OFFERED)
   Help received or offered, although no substance misuse was identified. */
from oc2
where (substance_misuse is null or substance_misuse = '0')
  and coalesce(intervention_received, intervention_offered) is not null;

/* 542  oc2(CONVICTED, DOB)
   Convictions are answered for a child under 10 on 31 March. */
from oc2 where convicted is not null and age_on(dob, year_end()) < 10;

/* 543  oc2(CONVICTED, DOB, episodes.DECOM)
   Convictions are not answered for a child of 10 or over on 31 March, in care for the 12 months before. */
from oc2 semi join continuously_looked_after using (child)
where convicted is null and age_on(dob, year_end()) >= 10;

/* 544  oc2(CONVICTED, IMMUNISATIONS, TEETH_CHECK, HEALTH_ASSESSMENT, SUBSTANCE_MISUSE)
   Convicted in the year, but not all of the four items asked about every child are filled. */
from oc2_incomplete where convicted = '1';

/* 545  oc2(HEALTH_CHECK, DOB, episodes.DECOM)
   Development checks are not answered for a child under 5 on 31 March, in care for the 12 months before. */
from oc2 semi join continuously_looked_after using (child)
where health_check is null and age_on(dob, year_end()) < 5;

/* 546  oc2(HEALTH_CHECK, DOB, episodes.DECOM)
   Development checks are answered for a child of 5 or over on 31 March, in care for the 12 months before. */
from oc2 semi join continuously_looked_after using (child)
where health_check is not null and age_on(dob, year_end()) >= 5;

/* 547  oc2(HEALTH_CHECK, IMMUNISATIONS, TEETH_CHECK, HEALTH_ASSESSMENT, SUBSTANCE_MISUSE)
   Development checks are up to date, but not all of the four items asked about every child are filled. */
from oc2_incomplete where health_check = '1';
