-- Only keys that several faces hold can link; the faces that hold one are kept at hand, for nearly all others are
-- children by themselves.
create or replace table splink_scratch.key_holder as
with shared as (
  select row_number() over () as key_no, kind, key from splink_scratch.holder group by kind, key having count(*) > 1)
select key_no, kind, is_former, face_no from splink_scratch.holder join shared using (kind, key);
create or replace table splink_scratch.met_face as
from people.face semi join splink_scratch.key_holder using (face_no);
create or replace table splink_scratch.met_submission as
from link_face_submission semi join splink_scratch.key_holder using (face_no);

-- Faces that hold a key and look alike, drawn together under the earliest of them. Two child ids of
-- one authority stay apart here, so that an authority that sent one UPN for two children is noticed.
create or replace table splink_scratch.profile as
with held as (
  select key_no, kind, is_former, face_no, source, date_of_birth, expected_date_of_birth, sex, forename,
    forename_common, surname, case when kind <> 'la_child_id' then f.own_id end as own_id
  from splink_scratch.key_holder join splink_scratch.met_face f using (face_no))
select key_no, kind, is_former, date_of_birth, expected_date_of_birth, sex, forename, surname, own_id,
  any_value(forename_common) as forename_common, bool_or(source = 'school_census') as in_school,
  min(face_no) as first_no, list(face_no) as faces
from held group by key_no, kind, is_former, date_of_birth, expected_date_of_birth, sex, forename, surname, own_id;

-- Every two profiles of a key, and whether they can be one child.
create or replace table splink_scratch.profile_pair as
select row_number() over () as pair_no, a.key_no, a.kind, a.first_no as a, b.first_no as b,
  a.is_former or b.is_former as is_former, a.in_school and b.in_school as two_pupils, a.own_id <> b.own_id as two_ids,
  link_birth(a.date_of_birth, a.expected_date_of_birth, b.date_of_birth, b.expected_date_of_birth) as birth,
  link_names(a.forename, a.forename_common, a.surname, b.forename, b.forename_common, b.surname) as names,
  case when a.sex is null or b.sex is null then 'unknown' when a.sex = b.sex then 'same' else 'different' end as sex,
  a.faces as faces_a, b.faces as faces_b
from splink_scratch.profile a join splink_scratch.profile b on a.key_no = b.key_no and a.first_no < b.first_no;

create or replace table splink_scratch.key_pair as
with side_a as (
  select pair_no, submission from (select pair_no, unnest(faces_a) as face_no from splink_scratch.profile_pair)
  join splink_scratch.met_submission using (face_no)),
side_b as (
  select pair_no, submission from (select pair_no, unnest(faces_b) as face_no from splink_scratch.profile_pair)
  join splink_scratch.met_submission using (face_no)),
met as (select distinct pair_no from side_a join side_b using (pair_no, submission)),
pair as (
  select p.* exclude (faces_a, faces_b, two_ids), met.pair_no is not null as in_one_submission,
    in_one_submission and coalesce(two_ids, false) as sent_apart
  from splink_scratch.profile_pair p left join met using (pair_no)),
judged as (
  select *, case
    when birth = 'far' or sent_apart then 'conflict'
    when kind = 'la_child_id' then case
      when birth = 'same' then 'agree'
      when sex = 'different' or (birth = 'unknown' and names = 'different') then 'conflict'
      else 'agree' end
    -- a pupil whose forename became another one between two censuses; never two in one census
    when names = 'different' and two_pupils and not in_one_submission and birth = 'same' and sex = 'same' then 'agree'
    when names = 'different' then 'conflict'
    when birth = 'same' or (birth = 'near' and sex = 'same') then 'agree'
    when birth = 'unknown' and names = 'same' then 'agree'
    else 'unsure' end as verdict
  from pair)
select *, case birth when 'same' then 4 when 'near' then 2 else 0 end
    + case names when 'same' then 2 when 'close' then 1 else 0 end + (sex = 'same')::int as score
from judged;

-- Where two holders of a key contradict each other, a third that suits both belongs to the one it suits
-- better; to neither when it cannot be told.
create or replace table splink_scratch.key_link as
with both_ways as (
  select key_no, a, b, verdict, score from splink_scratch.key_pair
  union all
  select key_no, b, a, verdict, score from splink_scratch.key_pair),
torn as (
  select distinct mine.key_no, least(mine.a, mine.b) as a, greatest(mine.a, mine.b) as b
  from both_ways mine
  join both_ways rival on rival.key_no = mine.key_no and rival.a = mine.a
    and rival.verdict = 'agree' and rival.b <> mine.b and rival.score >= mine.score
  join both_ways quarrel on quarrel.key_no = mine.key_no
    and quarrel.a = mine.b and quarrel.b = rival.b and quarrel.verdict = 'conflict'
  where mine.verdict = 'agree')
select p.kind, p.a, p.b, p.is_former, p.birth, p.names, p.sex, torn.key_no is not null as is_torn
from splink_scratch.key_pair p left join torn using (key_no, a, b) where verdict = 'agree';

-- The certain links between faces: within a profile to its earliest face, between profiles from earliest
-- to earliest.
create or replace table splink_scratch.certain_link as
with star as (
  select first_no as a, unnest(faces) as b, kind, is_former,
    link_birth_words(date_of_birth, expected_date_of_birth) as why
  from splink_scratch.profile
  where len(faces) > 1
    and (kind = 'la_child_id' or own_id is not null or coalesce(date_of_birth, expected_date_of_birth) is not null
      or (kind = 'upn' and forename is not null and surname is not null))),
between_profiles as (
  select a, b, kind, is_former, concat_ws(', ',
    case birth when 'same' then 'same birth date' when 'near' then 'near birth date' else 'no birth date to compare' end,
    case names when 'same' then 'same forename' when 'close' then 'close forename' when 'different' then 'another forename' end,
    case when sex = 'same' then 'same sex' end) as why
  from splink_scratch.key_link where not is_torn),
link as (from star where a < b union all by name from between_profiles),
told as (
  select a, b, link_strength(kind, is_former) as strength, link_stage(kind, is_former) as stage,
    link_key_words(kind, is_former) || ', ' || why as evidence from link),
-- of several reasons the strongest, as one text that sorts in that order
best as (select a, b, min(concat_ws('|', 9 - strength, stage, evidence)) as reason from told group by a, b)
select a, b, split_part(reason, '|', 2) as stage, split_part(reason, '|', 3) as evidence,
  9 - left(reason, 1)::int as strength
from best;
