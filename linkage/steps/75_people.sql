-- Ids kept and ids new, and what became of every id of the run before.
create or replace table splink_scratch.group_person as
select group_no, person_id, false as is_new from splink_scratch.kept
union all
select group_no, person_id, true from splink_scratch.fresh_id;

-- How sure we are that an entity belongs to its person: 1 for the pupil, or else the earliest entity, that
-- the others were linked to; for those, the best of their links.
create or replace table splink_scratch.doubted as
with core as (
  select entity_no from splink_scratch.entity_component c join splink_scratch.entity e on e.entity_no = c.node
  qualify row_number() over (partition by component order by is_pupil desc, entity_no) = 1)
select entity_no, round(link_probability(max(weight)), 6) as confidence from (
  select a as entity_no, weight from splink_scratch.accepted
  union all
  select b, weight from splink_scratch.accepted)
where entity_no not in (from core) group by entity_no;

create or replace table people.face_person as
select e.face_no, p.person_id, coalesce(d.confidence, 1.0)::double as confidence
from splink_scratch.entity_face e join splink_scratch.grouped g using (entity_no)
join splink_scratch.group_person p using (group_no) left join splink_scratch.doubted d using (entity_no);

insert into people.person_change
with settled as (
  select x.group_no as a, y.group_no as b, d.decision
  from splink_scratch.decided_face d
  join splink_scratch.entity_face f on f.face_no = d.a join splink_scratch.grouped x on x.entity_no = f.entity_no
  join splink_scratch.entity_face g on g.face_no = d.b join splink_scratch.grouped y on y.entity_no = g.entity_no),
by_review as (
  select a as group_no, decision from settled union select b, decision from settled),
moved as (
  select v.person_id as old, p.person_id as new, v.members, v.first_no, k.person_id is not null as lives_on,
    exists (from by_review r where r.group_no = v.group_no and r.decision = 'same') as joined_by_review,
    exists (from by_review r where r.group_no = v.group_no and r.decision = 'apart') as parted_by_review
  from splink_scratch.vote v join splink_scratch.group_person p using (group_no)
  left join splink_scratch.kept k on k.person_id = v.person_id where v.person_id <> p.person_id),
change as (
  select null as old, person_id as new, 'new' as kind, 'none of its records belonged to anybody before' as why
  from splink_scratch.group_person p
  where is_new and not exists (from splink_scratch.vote v where v.group_no = p.group_no)
  union all
  select old, new, case when not lives_on and row_number() over (partition by old order by members desc, first_no) = 1
      then 'merged' else 'split' end,
    case when joined_by_review and not lives_on then 'a reviewer decided that they are one child'
      when parted_by_review and lives_on then 'a reviewer decided that they are two children'
      when lives_on then 'some of its records are no longer linked to its earliest one'
      else 'its records are now linked to those of another person' end
  from moved
  union all
  select distinct person_id, null, 'retired', 'none of its records are left'
  from splink_scratch.previous_face m
  where not exists (from splink_scratch.vote v where v.person_id = m.person_id))
select getvariable('link_run'), old, new, kind, why from change order by kind, old, new;
