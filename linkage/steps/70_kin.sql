-- The group of every face that is in one with others; all others are groups by themselves.
create or replace table splink_scratch.grouped_face as
select face_no, coalesce(g.group_no, c.component) as group_no
from splink_scratch.component c left join splink_scratch.grouped g on g.entity_no = c.component
union all
select entity_no, group_no from splink_scratch.grouped where entity_no not in (select component from splink_scratch.component);

-- For every face, the faces that its records showed in the run before, and how many did. Records that are
-- new or gone stand by themselves, with their year. Where there was no run before, nobody is asked.
create or replace table splink_scratch.kin as
select r.face_no, p.face_no as was_no,
  case when r.face_no is null or p.face_no is null then coalesce(r.year, p.year) end as year, count(*) as records
from (from people.record_face where exists (from splink_scratch.previous_record)) r
full join splink_scratch.previous_record p using (record_id) group by all;

-- Which persons the members of a group were before. When its submission was replaced, a record is known by
-- what it still has in common with one that is gone.
create or replace table splink_scratch.vote as
with gone as (
  select link_standing(source, year, la, la_child_id, upn, forename, surname, date_of_birth, postcode) as standing,
    min(person_id) as person_id, min(was_no) as was_no
  from splink_scratch.kin join splink_scratch.previous_face p on p.face_no = kin.was_no where kin.face_no is null
  group by standing having count(distinct person_id) = 1),
come as (
  select face_no, records, year, link_standing(source, year, la, la_child_id, upn, forename, surname, date_of_birth, postcode) as standing
  from (select face_no, records, year from splink_scratch.kin where was_no is null) k
  join (select * exclude (records) from people.face) f using (face_no)
  where exists (from gone)),
known as (
  select kin.face_no, kin.was_no, kin.records, p.person_id
  from splink_scratch.kin join splink_scratch.previous_face p on p.face_no = kin.was_no where kin.face_no is not null
  union all
  select face_no, gone.was_no, records, gone.person_id from come join gone using (standing))
select coalesce(g.group_no, known.face_no) as group_no, known.person_id, sum(known.records)::bigint as members,
  min(known.was_no) as first_no
from known left join splink_scratch.grouped_face g using (face_no) group by all;

-- Nearly every group was one person and every person is one group; the rest is decided in rounds (72).
create or replace table splink_scratch.kept as
with lone_group as (select group_no from splink_scratch.vote group by group_no having count(*) = 1),
lone_person as (select person_id from splink_scratch.vote group by person_id having count(*) = 1)
select group_no, person_id from splink_scratch.vote semi join lone_group using (group_no) semi join lone_person using (person_id);
