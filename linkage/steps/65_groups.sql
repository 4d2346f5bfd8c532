-- Who is one person at this strength: the group of every record, named by its earliest record's number.
create or replace table splink_scratch.grouped as
select r.record_no, coalesce(c.component, r.entity_no) as group_no
from splink_scratch.entity_record r left join splink_scratch.entity_component c on c.node = r.entity_no;

-- How sure we are that a record belongs to its person: 1 for the pupil, or else the earliest entity, that
-- the others were linked to; for those, the best of their links.
create or replace table splink_scratch.sureness as
with entity_in_group as (
  select e.entity_no, c.component, e.is_pupil
  from splink_scratch.entity_component c join splink_scratch.entity e on e.entity_no = c.node),
core as (
  select entity_no from entity_in_group
  qualify row_number() over (partition by component order by is_pupil desc, entity_no) = 1),
best as (
  select entity_no, max(weight) as weight from (
    select a as entity_no, weight from splink_scratch.accepted
    union all
    select b, weight from splink_scratch.accepted) group by entity_no)
select g.record_no, case when best.weight is null or core.entity_no is not null then 1.0
    else round(link_probability(best.weight), 6) end as confidence
from splink_scratch.entity_record g
left join best using (entity_no) left join core using (entity_no);
