-- Pairs of faces that are in one group by certain links and cannot be one child.
create or replace table splink_scratch.contradiction as
with member as (
  select c.component, f.face_no, f.date_of_birth, f.source, f.upn, f.former_upn, f.own_id
  from splink_scratch.node_component c join splink_scratch.met_face f on f.face_no = c.node),
sent as (
  select distinct c.component, s.face_no, s.submission
  from splink_scratch.node_component c join splink_scratch.met_submission s on s.face_no = c.node),
-- only groups that hold more than one birth date, or two faces of one submission, can be in trouble
crowd as (select component from sent group by component having count(*) > count(distinct submission)),
suspect as (
  select component from member group by component having min(date_of_birth) <> max(date_of_birth)
  union select component from crowd),
met as (
  select distinct x.face_no as a, y.face_no as b
  from (from sent semi join crowd using (component)) x join sent y using (component, submission)
  where x.face_no < y.face_no),
pair as (
  select a.component, a.face_no as a, b.face_no as b,
    link_birth(a.date_of_birth, null, b.date_of_birth, null) = 'far' as far_births,
    met.a is not null and case when a.source = 'school_census'
      then a.upn is distinct from b.upn and a.upn is distinct from b.former_upn and b.upn is distinct from a.former_upn
      else a.own_id is distinct from b.own_id end as sent_apart
  from (from member semi join suspect using (component)) a
  join member b on a.component = b.component and a.face_no < b.face_no
  left join met on met.a = a.face_no and met.b = b.face_no)
select component, a, b, case when far_births then 'birth dates far apart' else 'two children of one submission' end as why
from pair where far_births or sent_apart
union all
select c.component, b.a, b.b, 'not to be linked'
from splink_scratch.barred b
join splink_scratch.node_component c on c.node = b.a join splink_scratch.node_component d on d.node = b.b
where c.component = d.component;
