-- The records whose person is another one at a stricter or looser decision (`grouped_other`). A group is
-- known by the person of its earliest face; where one person falls apart, all parts but the earliest get the
-- person's id with a number.
insert into people.person_at
with moved as (
  select entity_no, coalesce(o.group_no, entity_no) as part_no, coalesce(s.group_no, entity_no) as group_no
  from splink_scratch.grouped_other o full join splink_scratch.grouped s using (entity_no) where part_no <> coalesce(s.group_no, entity_no)),
torn as (
  select distinct s.group_no as owner from moved join splink_scratch.grouped s on s.entity_no = moved.part_no
  where s.group_no <> moved.part_no),
part as (
  select s.entity_no as part_no, s.group_no as owner, row_number() over (partition by owner order by part_no) as number
  from splink_scratch.grouped s semi join torn on torn.owner = s.group_no
  left join splink_scratch.grouped_other o using (entity_no) where coalesce(o.group_no, s.entity_no) = s.entity_no),
named as (
  select moved.entity_no, mine.person_id,
    theirs.person_id || case when part.number > 1 then '.' || part.number else '' end as at_level
  from moved left join splink_scratch.grouped owner on owner.entity_no = moved.part_no
  left join part using (part_no)
  join people.face_person theirs on theirs.face_no = coalesce(owner.group_no, moved.part_no)
  join people.face_person mine on mine.face_no = moved.group_no)
select r.record_id, getvariable('link_other'), n.at_level
from named n left join splink_scratch.component c on c.component = n.entity_no
join people.record_face r on r.face_no = coalesce(c.face_no, n.entity_no)
where n.at_level <> n.person_id order by all;
