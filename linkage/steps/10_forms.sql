-- What was sent about children: records of one source and authority whose identifying values are all the same as
-- sent share a form. Most forms are sent once in a year, and are their record; only the others are listed here, with
-- the earliest of their records, which stands for them. `form_name` is a hash: `is_two` says that it names two forms.
create or replace table splink_scratch.repeated as
with again as (select form_name from link_sent group by form_name having count(*) > 1),
told as (
  select form_name, count(*) as records, min(coalesce(year, 9999)) as first_year, max(coalesce(year, 9999)) as last_year,
    min(other_name) <> max(other_name) as is_two
  from link_sent semi join again using (form_name) group by form_name)
select told.*, false as is_apart, min(record_id) as first_record
from link_sent s join told on told.form_name = s.form_name and coalesce(s.year, 9999) = told.first_year group by all;

-- Which record shows which face. A form is one face, unless its records must be looked at one by one (16).
create or replace temp view link_shown as
select s.record_id, s.year, s.submission, s.school_urn, case when r.is_apart then link_face_no(s.year, s.source_no, link_record_name(s.form_name, s.record_id))
    else link_face_no(coalesce(r.first_year, s.year), s.source_no, s.form_name) end as face_no
from link_sent s left join splink_scratch.repeated r using (form_name);
