-- Who is one person at this strength: the group of every entity that was joined to another, named by its earliest
-- face's number. All others are groups by themselves.
create or replace table splink_scratch.grouped as
select node as entity_no, component as group_no from splink_scratch.entity_component;
