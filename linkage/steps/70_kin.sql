-- For every record, the person it was before: by its id, or, when its submission was replaced, by what it
-- still has in common with a record that is gone.
create or replace table splink_scratch.kin as
with gone as (
  select standing_key, min(person_id) as person_id, min(record_no) as record_no
  from splink_scratch.previous_member m
  where not exists (from people.record r where r.record_id = m.record_id)
  group by standing_key having count(distinct person_id) = 1)
select g.record_no, g.group_no, coalesce(m.person_id, gone.person_id) as person_id,
  coalesce(m.record_no, gone.record_no) as was_no
from splink_scratch.grouped g join people.record r using (record_no)
left join splink_scratch.previous_member m on m.record_id = r.record_id
left join gone on gone.standing_key = r.standing_key and m.record_id is null;

create or replace table splink_scratch.vote as
select group_no, person_id, count(*) as members, min(was_no) as first_no
from splink_scratch.kin where person_id is not null group by all;

create or replace table splink_scratch.kept (group_no bigint, person_id text);
