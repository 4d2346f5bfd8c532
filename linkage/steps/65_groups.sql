-- Who is one person at this strength: the group of every entity, named by its earliest face's number.
create or replace table splink_scratch.grouped as
select e.entity_no, coalesce(c.component, e.entity_no) as group_no
from splink_scratch.entity e left join splink_scratch.entity_component c on c.node = e.entity_no;
