-- Ids kept and ids new, and what became of every id of the run before.
create or replace temp view link_group_person as
select group_no, person_id, false as is_new from splink_scratch.kept
union all
select group_no, person_id, true from link_fresh_id;

-- How sure we are that an entity belongs to its person: 1 for the pupil, or else the earliest entity, that
-- the others were linked to; for those, the best of their links.
create or replace table splink_scratch.doubted as
with core as (
  select entity_no from splink_scratch.entity_component c join splink_scratch.asked_entity e on e.entity_no = c.node
  qualify row_number() over (partition by component order by is_pupil desc, entity_no) = 1)
select entity_no, round(link_probability(max(weight)), 6) as confidence from (
  select a as entity_no, weight from splink_scratch.accepted
  union all
  select b, weight from splink_scratch.accepted)
where entity_no not in (from core) group by entity_no;

-- A group is named by its earliest face, which therefore finds its person at once.
create or replace table people.face_person (face_no bigint, person_id text using compression fsst, confidence double);
insert into people.face_person
select group_no, person_id, coalesce(d.confidence, 1.0)
from link_group_person left join splink_scratch.doubted d on d.entity_no = group_no;
insert into people.face_person
select g.face_no, p.person_id, coalesce(d.confidence, 1.0)
from splink_scratch.grouped_face g join people.face_person p on p.face_no = g.group_no
left join splink_scratch.component c on c.face_no = g.face_no
left join splink_scratch.doubted d on d.entity_no = coalesce(c.component, g.face_no)
where g.face_no <> g.group_no;

create table if not exists people.person_change (
  run text, old text, new text using compression fsst, kind text, why text);
insert into people.person_change
select getvariable('link_run'), null, person_id, 'new', 'none of its records belonged to anybody before'
from link_fresh_id anti join splink_scratch.vote using (group_no);

insert into people.person_change
with settled as (
  select coalesce(x.group_no, d.a) as a, coalesce(y.group_no, d.b) as b, d.decision
  from splink_scratch.decided_face d left join splink_scratch.grouped_face x on x.face_no = d.a
  left join splink_scratch.grouped_face y on y.face_no = d.b),
by_review as (
  select a as group_no, decision from settled union select b, decision from settled),
moved as (
  select v.person_id as old, p.person_id as new, v.members, v.first_no, k.person_id is not null as lives_on,
    exists (from by_review r where r.group_no = v.group_no and r.decision = 'same') as joined_by_review,
    exists (from by_review r where r.group_no = v.group_no and r.decision = 'apart') as parted_by_review
  from splink_scratch.vote v join link_group_person p using (group_no)
  left join splink_scratch.kept k on k.person_id = v.person_id where v.person_id <> p.person_id),
change as (
  select old, new, case when not lives_on and row_number() over (partition by old order by members desc, first_no) = 1
      then 'merged' else 'split' end as kind,
    case when joined_by_review and not lives_on then 'a reviewer decided that they are one child'
      when parted_by_review and lives_on then 'a reviewer decided that they are two children'
      when lives_on then 'some of its records are no longer linked to its earliest one'
      else 'its records are now linked to those of another person' end as why
  from moved
  union all
  select distinct person_id, null, 'retired', 'none of its records are left'
  from splink_scratch.previous_face m
  where not exists (from splink_scratch.vote v where v.person_id = m.person_id))
select getvariable('link_run'), old, new, kind, why from change order by kind, old, new;
