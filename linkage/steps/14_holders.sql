-- Which key each form holds. A former UPN is another way to hold a UPN.
create or replace table splink_scratch.holder as
select form_name, 'la_child_id' as kind, own_id as key, false as is_former from splink_scratch.form where own_id is not null
union all
select form_name, 'nhs_number', nhs_number, false from splink_scratch.form where nhs_number is not null
union all
select form_name, 'upn', upn, false from splink_scratch.form where upn_status in ('valid', 'temporary')
union all
select form_name, 'upn', former_upn, true from splink_scratch.form
where former_upn is not null and former_upn is distinct from upn
union all
select form_name, 'uln', uln, false from splink_scratch.form where uln is not null;

-- A key that very many different children seem to hold names nobody.
create or replace table splink_scratch.crowded_key as
with many as (select kind, key from splink_scratch.holder group by kind, key having count(*) > 16)
select kind, key from (
  select distinct kind, key, is_former, date_of_birth, expected_date_of_birth, sex, forename, surname,
    case when kind <> 'la_child_id' then own_id end as own_id
  from splink_scratch.holder semi join many using (kind, key) join splink_scratch.form using (form_name))
group by kind, key having count(*) > 16;
delete from splink_scratch.holder h using splink_scratch.crowded_key c where c.kind = h.kind and c.key = h.key;

-- Records of one form are one child when a key says so: any child id, or another key beside something to
-- go by. Such a form is one face. Without a key, or with a record that must not be linked, every record
-- of the form has a face of its own.
create or replace table splink_scratch.sure_form as
select form_name, arg_max(kind, link_strength(kind, is_former)) as kind,
  arg_max(is_former, link_strength(kind, is_former)) as is_former
from splink_scratch.holder join splink_scratch.form using (form_name)
where kind = 'la_child_id' or own_id is not null or coalesce(date_of_birth, expected_date_of_birth) is not null
group by form_name;
delete from splink_scratch.sure_form where form_name in (
  select form_name from link_sent where record_id in (
    select record_a from splink_scratch.decided where decision = 'apart'
    union all select record_b from splink_scratch.decided where decision = 'apart'));
