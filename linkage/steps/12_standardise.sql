-- Every form as a face, in values that can be compared. Names recur, so each is made comparable once.
create or replace table splink_scratch.given_name as
with sent as (select distinct forename as sent, link_sex(sex) as sex from link_sent where forename is not null),
plain as (select *, link_forename(sent) as held, string_split(held, ' ')[1] as first_word from sent)
select sent, plain.sex, held,
  coalesce(whole.common, part.common || substr(held, length(first_word) + 1), held) as common
from plain left join splink_scratch.nickname whole on whole.forename = held and whole.sex = plain.sex
left join splink_scratch.nickname part on whole.common is null and part.forename = first_word and part.sex = plain.sex;
create or replace table splink_scratch.family_name as
select sent, link_surname(sent) as held from (
  select surname as sent from link_sent where surname is not null
  union select former_surname from link_sent where former_surname is not null);

-- The long texts are all different ones; to try every way of keeping them would take as long as the rest.
create or replace table people.face (
  face_no bigint, last_no bigint, first_record text using compression fsst, records bigint, source text, la text,
  la_child_id text using compression fsst, upn text using compression fsst, upn_status text, says_no_school boolean,
  former_upn text, uln text using compression fsst, nhs_number text using compression fsst, forename text,
  forename_common text, surname text, former_surname text, birth_date_status text, date_of_birth date,
  expected_date_of_birth date, sex text, ethnicity text, postcode text using compression fsst,
  own_id text using compression fsst, run text, stage text, evidence text);
insert into people.face
with form as (
  select s.* exclude (record_id), s.record_id as first_record, coalesce(r.records, 1) as records,
    link_face_no(coalesce(r.first_year, s.year), s.source_no, s.form_name) as face_no,
    link_face_no(coalesce(r.last_year, s.year), s.source_no, s.form_name) as last_no
  from link_sent s left join splink_scratch.repeated r using (form_name)
  where r.form_name is null or r.first_record = s.record_id)
from link_faces('form');
