-- Pairs of entities that accepted links would bring together, directly or through others, though they
-- cannot be one child.
create or replace table splink_scratch.impossible as
with member as (
  select c.component, e.* from splink_scratch.entity_component c join splink_scratch.asked_entity e on e.entity_no = c.node),
pair as (
  select a.component, a.entity_no as a, b.entity_no as b, a.is_pupil and b.is_pupil as two_pupils,
    link_birth(a.birth_date, null, b.birth_date, null) = 'far' as far_births,
    link_names(a.forename, a.forename_common, a.surname, b.forename, b.forename_common, b.surname) = 'different'
      and coalesce(a.upn <> b.upn or a.sex <> b.sex, false) as other_child
  from member a join member b on a.component = b.component and a.entity_no < b.entity_no)
select component, a, b, case when two_pupils then 'two pupils with their own UPNs'
    when far_births then 'birth dates far apart' else 'another forename, and another UPN or sex' end as why
from pair where two_pupils or far_births or other_child
union
select c.component, least(x.entity_no, y.entity_no), greatest(x.entity_no, y.entity_no), 'two children of one submission'
from splink_scratch.entity_submission x
join splink_scratch.entity_component c on c.node = x.entity_no
join splink_scratch.entity_submission y on y.submission = x.submission and y.entity_no > x.entity_no
join splink_scratch.entity_component d on d.node = y.entity_no and d.component = c.component
union
select c.component, p.a, p.b, 'not to be linked'
from splink_scratch.entity_barred p join splink_scratch.entity_component c on c.node = p.a
join splink_scratch.entity_component d on d.node = p.b and d.component = c.component;
