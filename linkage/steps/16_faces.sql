-- Where the records of a form are looked at one by one, each of them is a face.
update splink_scratch.repeated set is_apart = true
where form_name in (select link_form_name(face_no) from splink_scratch.apart_face);
delete from people.face where face_no in (from splink_scratch.apart_face);
insert into people.face
with form as (
  select s.* exclude (record_id), record_id as first_record, 1 as records,
    link_face_no(s.year, s.source_no, link_record_name(s.form_name, s.record_id)) as face_no, face_no as last_no
  from link_sent s semi join (from splink_scratch.repeated where is_apart) using (form_name))
from link_faces('form');

create or replace table people.record_face (
  record_id text using compression fsst, year int, submission text, school_urn text, face_no bigint);
insert into people.record_face from link_shown;

-- The keys that can link, with those who hold them.
create or replace table splink_scratch.holder as
select face_no, kind, key, is_former from link_held
semi join splink_scratch.shared_key on (key_name = hash(kind, key)) anti join splink_scratch.crowded_key using (kind, key);

-- Which submissions a face came in: no two children of one submission become one person.
create or replace temp view link_face_submission as
select face_no, hash(submission) as submission from people.record_face where submission is not null;
