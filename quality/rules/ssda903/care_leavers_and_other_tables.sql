-- Young people after care (OC3) who also stand in tables about children in care, and whether girls are mothers.

/* 134  ad1(DATE_INT, DATE_MATCH, FOSTER_CARE, NB_ADOPTR, SEX_ADOPTR, LS_ADOPTR, oc3.IN_TOUCH, oc3.ACTIV, oc3.ACCOM)
   Details of an adoption for a young person who is also returned as a care leaver. */
from ad1_filled semi join oc3_filled using (child);

/* 165  header(MOTHER, SEX, oc3.IN_TOUCH, oc3.ACTIV, oc3.ACCOM, episodes.DECOM)
   Whether the young person is a mother is not 0 or 1, is said of a boy, or is missing for a girl in care in
   the year. The young person's row as a care leaver is found as well. */
with wrong as (
  from header
  where mother not in (select code from codes.flag)
    or (mother is not null and sex in ('1', 'M'))
    or (mother is null and sex in ('2', 'F') and child in (from looked_after_in_year))
)
select row_id from wrong
union all
select row_id from oc3 semi join wrong using (child);

/* 187  ad1(DATE_INT, DATE_MATCH, FOSTER_CARE, NB_ADOPTR, SEX_ADOPTR, LS_ADOPTR, oc3.IN_TOUCH, oc3.ACTIV, oc3.ACCOM, episodes.DECOM)
   In care for the 12 months to 31 March, and yet returned as adopted or as a care leaver. */
select row_id from ad1_filled semi join continuously_looked_after using (child)
union all
select row_id from oc3_filled semi join continuously_looked_after using (child);

/* 215  oc3(IN_TOUCH, ACTIV, ACCOM, oc2.CONVICTED, oc2.HEALTH_CHECK, oc2.IMMUNISATIONS, oc2.TEETH_CHECK, oc2.HEALTH_ASSESSMENT, oc2.SUBSTANCE_MISUSE, oc2.INTERVENTION_RECEIVED, oc2.INTERVENTION_OFFERED)
   Returned as a care leaver and also with the health of a child in care for 12 months. */
select row_id from oc3_filled semi join oc2_filled using (child)
union all
select row_id from oc2_filled semi join oc3_filled using (child);

/* 628  header(MOTHER, oc3.IN_TOUCH, oc3.ACTIV, oc3.ACCOM, episodes.CHILD)
   Whether she is a mother is not asked of a care leaver without an episode in the year. */
from header semi join oc3_filled using (child)
where mother is not null and child not in (select child from episodes where child is not null);

/* 1012  oc2(CHILD, oc3.CHILD, ad1.CHILD, missing.CHILD, placed_adoption.CHILD, prev_perm.CHILD, reviews.CHILD, episodes.CHILD)
   A care leaver without any episode in the year has rows in a table that is only for children in care. */
with leaver as (from oc3 anti join episodes using (child))
select row_id from oc2 semi join leaver using (child)
union all select row_id from ad1 semi join leaver using (child)
union all select row_id from missing semi join leaver using (child)
union all select row_id from placed_adoption semi join leaver using (child)
union all select row_id from prev_perm semi join leaver using (child)
union all select row_id from reviews semi join leaver using (child);

/* 1014  oc3(IN_TOUCH, ACTIV, ACCOM, uasc.DUC, episodes.DECOM, episodes.DEC)
   A care leaver who was not in care in the year has a row as an unaccompanied asylum seeker. */
with leaver as (from oc3_filled anti join looked_after_in_year using (child))
select row_id from leaver semi join uasc using (child)
union all
select row_id from uasc semi join leaver using (child);
