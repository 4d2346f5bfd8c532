-- Which submissions the candidates came in: two children of one submission are two children.
create or replace table splink_scratch.entity_submission as
with asked as (select a as entity_no from splink_scratch.candidate union select b from splink_scratch.candidate)
select distinct entity_no, submission from splink_scratch.entity_face semi join asked using (entity_no)
join splink_scratch.face_submission using (face_no);

-- What speaks against each candidate pair, whatever its weight. `origin` is 'pupil' (a looks for a pupil b),
-- 'within' (neither has a pupil) or 'local' (see 47).
create or replace table splink_scratch.judged as
with sent_together as (
  select distinct c.a, c.b from splink_scratch.candidate c
  join splink_scratch.entity_submission x on x.entity_no = c.a
  join splink_scratch.entity_submission y on y.entity_no = c.b and y.submission = x.submission),
compared as (
  select c.*, s.a is not null as is_sent_together, p.a is not null as is_barred,
    link_birth(x.birth_date, null, y.birth_date, null) as birth,
    link_names(x.forename, x.forename_common, x.surname, y.forename, y.forename_common, y.surname) as names,
    coalesce(x.sex <> y.sex, false) as other_sex,
    coalesce(x.upn = y.upn, false) as one_upn,
    coalesce(damerau_levenshtein(x.upn, y.upn) <= 1, false) as near_upn,
    coalesce(x.has_good_upn and y.has_good_upn and x.upn <> y.upn, false) as two_upns,
    coalesce(x.surname = y.surname or x.surname = y.other_surname or x.other_surname = y.surname, false) as one_surname,
    coalesce(x.postcode = y.postcode or x.postcode = y.other_postcode or x.other_postcode = y.postcode, false) as one_home,
    coalesce(x.ethnicity = y.ethnicity, false) as one_ethnicity
  from splink_scratch.candidate c
  join splink_scratch.entity x on x.entity_no = c.a join splink_scratch.entity y on y.entity_no = c.b
  left join sent_together s on s.a = c.a and s.b = c.b
  left join splink_scratch.entity_barred p on p.a = least(c.a, c.b) and p.b = greatest(c.a, c.b))
select *, case
    when is_barred then 'not to be linked'
    when is_sent_together then 'two children of one submission'
    when birth = 'far' then 'birth dates far apart'
    when names = 'different' and two_upns then 'twins or siblings: another forename and another valid UPN'
    when names = 'different' and other_sex then 'twins or siblings: another forename and another sex'
    when names = 'different' and not one_upn and not near_upn
      then 'twins or siblings: another forename, and no UPN that says it is one child'
    when names = 'unknown' and two_upns then 'no names, and two valid UPNs'
    when names = 'unknown' and other_sex then 'twins or siblings: no names, and another sex'
    when names = 'unknown' and origin <> 'local' and not near_upn and not (one_home and birth = 'same')
      then 'no names, and too little else to compare'
  end as veto
from compared;
