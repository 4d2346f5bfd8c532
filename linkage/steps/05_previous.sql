-- The people of the run before, with what finds their records again when a submission was sent anew.
create or replace table splink_scratch.previous_member as
select p.record_id, p.person_id, r.standing_key, r.record_no
from splink_scratch.previous_person p join splink_scratch.previous_record r using (record_id);
