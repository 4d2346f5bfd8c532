-- Faces, numbered in time, the same whatever the order of arrival; and which record shows which face.
create or replace table splink_scratch.alone as
select record_id, year, submission, school_urn, form_name from link_sent
semi join (from splink_scratch.form anti join splink_scratch.sure_form using (form_name)) using (form_name);

create or replace table splink_scratch.face_order as
with face as (
  select form_name, null as record_id, first_year, last_year, source
  from splink_scratch.form semi join splink_scratch.sure_form using (form_name)
  union all
  select form_name, record_id, coalesce(year, 9999), coalesce(year, 9999), source
  from splink_scratch.alone join splink_scratch.form using (form_name))
select form_name, record_id, first_year,
  row_number() over (order by first_year, source, form_name, record_id) as face_no,
  row_number() over (order by last_year, source, form_name, record_id) as last_no
from face;

create or replace table people.record_face as
select s.record_id, s.year, s.submission, s.school_urn, o.face_no
from link_sent s join splink_scratch.face_order o on o.form_name = s.form_name and o.record_id is null
union all
select a.record_id, a.year, a.submission, a.school_urn, o.face_no
from splink_scratch.alone a join splink_scratch.face_order o using (form_name, record_id);

create or replace table people.face as
with first as (
  select face_no, min(r.record_id) as first_record
  from people.record_face r join splink_scratch.face_order o using (face_no)
  where coalesce(r.year, 9999) = o.first_year group by face_no)
select o.face_no, o.last_no, first_record, case when o.record_id is null then form.records else 1 end as records,
  form.* exclude (form_name, first_year, last_year, records), getvariable('link_run') as run,
  link_stage(sure.kind, sure.is_former) as stage,
  case when sure.kind is not null then link_key_words(sure.kind, sure.is_former) || ', '
    || link_birth_words(date_of_birth, expected_date_of_birth) end as evidence
from splink_scratch.face_order o join first using (face_no) join splink_scratch.form using (form_name)
left join splink_scratch.sure_form sure using (form_name);

-- Which submissions a face came in: no two children of one submission become one person.
create or replace table splink_scratch.face_submission as
select face_no, hash(submission) as submission from people.record_face where submission is not null;
