-- For every face of another source whose person has no school record: why none was found. The nearest
-- candidate says most; without one, what there was to go by.
create or replace table people.unlinked as
with care as (
  select f.face_no, coalesce(c.component, f.face_no) as entity_no, coalesce(g.group_no, f.face_no) as group_no
  from people.face f left join splink_scratch.component c using (face_no)
  left join splink_scratch.grouped_face g using (face_no) where f.source <> 'school_census'),
schooled as (
  select group_no from splink_scratch.grouped_face semi join (from people.face where source = 'school_census') using (face_no)),
alone as (from care anti join schooled using (group_no)),
nearest as (
  select a as entity_no, coalesce(veto, case when weight < getvariable('link_accept') then 'below the threshold'
      else 'two pupils suit about as well' end) as why
  from splink_scratch.judged
  where origin = 'pupil' and weight >= getvariable('link_floor')
    and coalesce(veto, '') <> 'no names, and too little else to compare'
  qualify row_number() over (partition by a order by weight desc, why) = 1)
select f.face_no, coalesce(n.why, case
    when e.birth_date is null then 'no birth date'
    when e.has_good_upn then 'a UPN that no pupil has'
    when e.forename is null and e.postcode is null then 'no UPN, and neither name nor home to go by'
    else 'no pupil like it' end) as why
from alone f join link_entity e using (entity_no) left join nearest n using (entity_no);
