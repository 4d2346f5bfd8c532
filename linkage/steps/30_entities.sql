-- One row per group of certainly linked records: what the probabilistic step compares. Birth date and
-- sex are those most often sent; the rest is the latest. An earlier surname or home is kept beside it.
create or replace table splink_scratch.entity_record as
select coalesce(c.component, r.record_no) as entity_no, r.*
from people.record r left join splink_scratch.component c using (record_no);

-- The few entities whose records disagree about birth date or sex: the value sent most often, then latest.
create or replace table splink_scratch.usual_birth_date as
select entity_no, date_of_birth from (
  select entity_no, date_of_birth, count(*) as times, max(record_no) as latest
  from splink_scratch.entity_record where date_of_birth is not null group by entity_no, date_of_birth
  qualify count(*) over (partition by entity_no) > 1)
qualify row_number() over (partition by entity_no order by times desc, latest desc) = 1;
create or replace table splink_scratch.usual_sex as
select entity_no, sex from (
  select entity_no, sex, count(*) as times, max(record_no) as latest
  from splink_scratch.entity_record where sex is not null group by entity_no, sex
  qualify count(*) over (partition by entity_no) > 1)
qualify row_number() over (partition by entity_no order by times desc, latest desc) = 1;

create or replace table splink_scratch.entity as
with best as (
  select entity_no,
    max(date_of_birth) as one_birth_date, max(sex) as one_sex,
    arg_max(forename, record_no) filter (where forename is not null) as forename,
    arg_max(forename_common, record_no) filter (where forename is not null) as forename_common,
    arg_max(surname, record_no) filter (where surname is not null) as surname,
    arg_min(coalesce(former_surname, surname), record_no) filter (where coalesce(former_surname, surname) is not null)
      as first_surname,
    arg_max(ethnicity, record_no) filter (where ethnicity is not null) as ethnicity,
    arg_max(postcode, record_no) filter (where postcode is not null) as postcode,
    arg_min(postcode, record_no) filter (where postcode is not null) as first_postcode,
    arg_max(upn, (upn_status = 'valid', record_no)) filter (where upn is not null) as upn,
    arg_max(upn_status, (upn_status = 'valid', record_no)) filter (where upn is not null) as upn_status,
    bool_or(source = 'school_census' and upn_status in ('valid', 'temporary')) as is_pupil,
    bool_or(source = 'cin') as in_cin, bool_or(source = 'ssda903') as in_903,
    count(*) as records
  from splink_scratch.entity_record group by entity_no)
select best.* exclude (one_birth_date, one_sex, first_surname, first_postcode),
  coalesce(d.date_of_birth, one_birth_date) as birth_date,
  strftime(coalesce(d.date_of_birth, one_birth_date), '%Y-%m-%d') as date_of_birth,
  coalesce(s.sex, one_sex) as sex,
  case when first_surname <> surname then first_surname end as other_surname,
  case when first_postcode <> postcode then first_postcode end as other_postcode,
  upn_status in ('valid', 'temporary') as has_good_upn
from best left join splink_scratch.usual_birth_date d using (entity_no)
left join splink_scratch.usual_sex s using (entity_no);
