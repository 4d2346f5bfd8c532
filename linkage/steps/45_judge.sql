-- The children that somebody might be, and their faces.
create or replace table splink_scratch.asked as
select a as entity_no from splink_scratch.candidate union select b from splink_scratch.candidate;
create or replace table splink_scratch.asked_entity as from link_entity semi join splink_scratch.asked using (entity_no);
create or replace table splink_scratch.asked_face as
select entity_no, face_no, source, la, says_no_school
from link_entity_face semi join splink_scratch.asked using (entity_no);

-- Which submissions the candidates came in: two children of one submission are two children.
create or replace table splink_scratch.entity_submission as
select distinct entity_no, submission from splink_scratch.asked_face join link_face_submission using (face_no);

-- A child without a name is found by birth date, sex and home alone. That cannot tell it from another pupil
-- with the same birth date and sex who shares the home, or the surname and an authority: most likely a twin.
-- The child's own school record may well be missing, or stand at another address, so that the weights of the
-- two pupils say nothing of whose record this is.
create or replace table splink_scratch.twin_pupil as
with nameless as (
  select distinct c.b as entity_no from splink_scratch.candidate c
  join splink_scratch.asked_entity x on x.entity_no = c.a join splink_scratch.asked_entity y on y.entity_no = c.b
  where c.origin = 'pupil' and (x.forename is null or y.forename is null)),
one as (from splink_scratch.asked_entity semi join nameless using (entity_no)),
one_home as (
  select entity_no, birth_date, sex, unnest(list_distinct([postcode, other_postcode])) as home from one),
one_family as (
  select entity_no, birth_date, sex, unnest(list_distinct([surname, other_surname])) as family from one),
pupil as (
  select entity_no, birth_date, sex, postcode, other_postcode, surname, other_surname
  from link_entity where is_pupil),
home as (
  select entity_no, birth_date, sex, postcode as home from pupil
  union all select entity_no, birth_date, sex, other_postcode from pupil where other_postcode is not null),
family as (
  select entity_no, birth_date, sex, surname as family from pupil
  union all select entity_no, birth_date, sex, other_surname from pupil where other_surname is not null),
pair as (
  select distinct x.entity_no as a, y.entity_no as b
  from one_family x join family y using (birth_date, family)
  where y.entity_no <> x.entity_no and coalesce(y.sex = x.sex, true)),
place as (
  select distinct entity_no, la from link_entity_face
  semi join (select a as entity_no from pair union select b from pair) using (entity_no) where source = 'school_census')
select x.entity_no from one_home x join home y using (birth_date, home)
where y.entity_no <> x.entity_no and coalesce(y.sex = x.sex, true)
union
select pair.a from pair join place x on x.entity_no = pair.a join place y on y.entity_no = pair.b and y.la = x.la;

-- Children of whom a return says that they had not been at a state-funded school in England when this pupil
-- already was: the last year in which it is said, and the pupil's first.
create or replace table splink_scratch.school_years as
select entity_no, max(r.year) filter (where says_no_school) as last_without,
  min(r.year) filter (where source = 'school_census') as first_in
from splink_scratch.asked_face join people.record_face r using (face_no)
where says_no_school or source = 'school_census' group by entity_no;

-- Children who were adopted, and since when; and the first year of every candidate.
create or replace table splink_scratch.new_identity as
with adopted as (
  select f.entity_no, min(link_collection_year(l.begins)) as adopted_year
  from splink_scratch.life l join splink_scratch.asked_face f using (face_no) where l.kind = 'adopted' group by 1),
first as (
  select entity_no, min(r.year) as first_year
  from splink_scratch.asked_face join people.record_face r using (face_no)
  where exists (from adopted) group by entity_no)
select distinct least(c.a, c.b) as a, greatest(c.a, c.b) as b
from splink_scratch.candidate c join adopted x on x.entity_no in (c.a, c.b)
join first y on y.entity_no in (c.a, c.b) and y.entity_no <> x.entity_no where y.first_year > x.adopted_year;

-- What speaks against each candidate pair, whatever its weight. `origin` is 'pupil' (a looks for a pupil b),
-- 'within' (neither has a pupil) or 'local' (see 47).
create or replace table splink_scratch.judged as
with sent_together as (
  select distinct c.a, c.b from splink_scratch.candidate c
  join splink_scratch.entity_submission x on x.entity_no = c.a
  join splink_scratch.entity_submission y on y.entity_no = c.b and y.submission = x.submission),
compared as (
  select c.*, s.a is not null as is_sent_together, p.a is not null as is_barred,
    n.a is not null as is_new_identity,
    link_birth(x.birth_date, null, y.birth_date, null) as birth,
    -- a birth date of which only the month is known is written as the first of it
    coalesce(date_trunc('month', x.birth_date) = date_trunc('month', y.birth_date)
      and 1 in (day(x.birth_date), day(y.birth_date)), false) as one_month,
    link_names(x.forename, x.forename_common, x.surname, y.forename, y.forename_common, y.surname) as names,
    coalesce(x.sex <> y.sex, false) as other_sex,
    coalesce(x.upn = y.upn, false) as one_upn,
    coalesce(damerau_levenshtein(x.upn, y.upn) <= 1, false) as near_upn,
    coalesce(x.has_good_upn and y.has_good_upn and x.upn <> y.upn, false) as two_upns,
    coalesce(x.surname = y.surname or x.surname = y.other_surname or x.other_surname = y.surname, false) as one_surname,
    coalesce(x.postcode = y.postcode or x.postcode = y.other_postcode or x.other_postcode = y.postcode, false) as one_home,
    coalesce(x.ethnicity = y.ethnicity, false) as one_ethnicity,
    coalesce(x.postcode <> y.postcode, false) and not one_home as other_home,
    t.entity_no is not null as has_twin, coalesce(without.last_without >= school.first_in, false) as never_at_school
  from splink_scratch.candidate c
  join splink_scratch.asked_entity x on x.entity_no = c.a join splink_scratch.asked_entity y on y.entity_no = c.b
  left join sent_together s on s.a = c.a and s.b = c.b
  left join splink_scratch.entity_barred p on p.a = least(c.a, c.b) and p.b = greatest(c.a, c.b)
  left join splink_scratch.new_identity n on n.a = least(c.a, c.b) and n.b = greatest(c.a, c.b)
  left join splink_scratch.twin_pupil t on t.entity_no = c.b and c.origin = 'pupil'
  left join splink_scratch.school_years without on without.entity_no = c.a
  left join splink_scratch.school_years school on school.entity_no = c.b),
vetoed as (
select *, names = 'unknown' and not near_upn as by_home_only, case
    when is_barred then 'not to be linked'
    when is_new_identity then 'adopted: a new identity is not joined to the old one'
    when is_sent_together then 'two children of one submission'
    when birth = 'far' then 'birth dates far apart'
    when birth = 'near' and other_home and not one_upn and not near_upn
      and not (one_month and names = 'same' and one_surname and not other_sex and weight >= getvariable('link_strict')) then 'birth dates near only, and another home'
    when names = 'different' and two_upns then 'twins or siblings: another forename and another valid UPN'
    when names = 'different' and other_sex then 'twins or siblings: another forename and another sex'
    when names = 'different' and not one_upn and not near_upn
      then 'twins or siblings: another forename, and no UPN that says it is one child'
    when names = 'unknown' and two_upns then 'no names, and two valid UPNs'
    when names = 'unknown' and other_sex then 'twins or siblings: no names, and another sex'
    when names = 'unknown' and origin <> 'local' and not near_upn and not (one_home and birth = 'same')
      then 'no names, and too little else to compare'
    when by_home_only and never_at_school then 'no names, and never at a state-funded school'
    when by_home_only and has_twin then 'no names, and two pupils who may be twins of one sex'
  end as veto
from compared),
-- two children of one submission, neither with a name, who both suit one pupil
claimed_twice as (
  select distinct one.a, one.b from vetoed one join vetoed other on other.b = one.b and other.a <> one.a
  join splink_scratch.entity_submission x on x.entity_no = one.a
  join splink_scratch.entity_submission y on y.entity_no = other.a and y.submission = x.submission
  where one.origin = 'pupil' and other.origin = 'pupil' and one.by_home_only and other.by_home_only
    and one.veto is null and other.veto is null)
select v.* exclude (veto, by_home_only),
  case when c.a is not null then 'no names, and two children of one submission suit this pupil' else veto end as veto
from vetoed v left join claimed_twice c on c.a = v.a and c.b = v.b and v.origin = 'pupil';
