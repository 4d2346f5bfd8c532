-- Which keys several forms hold: nearly all pupils are alone with theirs. A former UPN is another way to hold a UPN.
create or replace temp view link_held as
select face_no, 'la_child_id' as kind, own_id as key, false as is_former from people.face where own_id is not null
union all
select face_no, 'nhs_number', nhs_number, false from people.face where nhs_number is not null
union all
select face_no, 'upn', upn, false from people.face where upn_status in ('valid', 'temporary')
union all
select face_no, 'upn', former_upn, true from people.face where former_upn is not null and former_upn is distinct from upn
union all
select face_no, 'uln', uln, false from people.face where uln is not null;

create or replace table splink_scratch.shared_key as
select hash(kind, key) as key_name, count(*) as holders from link_held group by all having count(*) > 1;

-- A key that very many different children seem to hold names nobody.
create or replace table splink_scratch.crowded_key as
with many as (from splink_scratch.shared_key where holders > 16)
select kind, key from (
  select distinct kind, key, is_former, date_of_birth, expected_date_of_birth, sex, forename, surname,
    case when kind <> 'la_child_id' then own_id end as own_id
  from (from link_held semi join many on many.key_name = hash(kind, key)) join people.face using (face_no))
group by kind, key having count(*) > 16;

-- Records of one form are one child when a key says so: any child id, or another key beside something to go by (the
-- stage of their face). Without one they are looked at one by one, and so are those of which one must not be linked.
create or replace table splink_scratch.crowded_face as
with asked as (select distinct face_no from link_held semi join splink_scratch.crowded_key using (kind, key)),
named as (
  select face_no, max(struct_pack(strength := link_strength(kind, is_former), stage := link_stage(kind, is_former),
    evidence := link_face_words(kind, is_former, date_of_birth, expected_date_of_birth))) as best
  from (from link_held anti join splink_scratch.crowded_key using (kind, key)) semi join asked using (face_no)
  join (select face_no, own_id, date_of_birth, expected_date_of_birth from people.face) using (face_no)
  where kind = 'la_child_id' or own_id is not null or coalesce(date_of_birth, expected_date_of_birth) is not null
  group by face_no)
select face_no, best.stage, best.evidence from asked left join named using (face_no);
update people.face f set stage = c.stage, evidence = c.evidence
from splink_scratch.crowded_face c where c.face_no = f.face_no and f.records > 1;

create or replace table splink_scratch.apart_face as
select face_no from people.face where records > 1 and stage is null
union
select face_no from (
  from link_shown semi join (
    select record_a as record_id from splink_scratch.decided where decision = 'apart'
    union all select record_b from splink_scratch.decided where decision = 'apart') using (record_id))
semi join (from people.face where records > 1) using (face_no);
-- One by one, the records of such a form share its keys.
insert into splink_scratch.shared_key
select hash(kind, key), 2 from link_held semi join splink_scratch.apart_face using (face_no);
