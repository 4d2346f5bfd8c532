-- One row per group of certainly linked faces: what the probabilistic step compares. Birth date and sex
-- are those most often sent; the rest is the latest. An earlier surname or home is kept beside it.
create or replace table splink_scratch.member as
select component as entity_no, f.* exclude (first_record, run, stage, evidence)
from splink_scratch.met_face f join splink_scratch.component c using (face_no);

create or replace table splink_scratch.best as
  select entity_no,
    min(date_of_birth) as birth_date, max(date_of_birth) as other_birth_date, min(sex) as sex, max(sex) as other_sex,
    arg_max(forename, last_no) filter (where forename is not null) as forename,
    arg_max(forename_common, last_no) filter (where forename is not null) as forename_common,
    arg_max(surname, last_no) filter (where surname is not null) as surname,
    arg_min(coalesce(former_surname, surname), face_no) filter (where coalesce(former_surname, surname) is not null)
      as first_surname,
    arg_max(ethnicity, last_no) filter (where ethnicity is not null) as ethnicity,
    arg_max(postcode, last_no) filter (where postcode is not null) as postcode,
    arg_min(postcode, face_no) filter (where postcode is not null) as first_postcode,
    -- a valid UPN, however old, before any other
    arg_max(upn, (upn_status = 'valid', last_no)) filter (where upn is not null) as upn,
    arg_max(upn_status, (upn_status = 'valid', last_no)) filter (where upn is not null) as upn_status,
    bool_or(source = 'school_census' and upn_status in ('valid', 'temporary')) as is_pupil
  from splink_scratch.member group by entity_no;

-- The few entities whose records disagree about birth date or sex: the value sent most often, then latest.
create or replace table splink_scratch.usual_birth_date as
select entity_no, date_of_birth
from splink_scratch.member
semi join (from splink_scratch.best where birth_date <> other_birth_date) using (entity_no)
where date_of_birth is not null group by entity_no, date_of_birth
qualify row_number() over (partition by entity_no order by sum(records) desc, max(last_no) desc) = 1;
create or replace table splink_scratch.usual_sex as
select entity_no, sex
from splink_scratch.member semi join (from splink_scratch.best where sex <> other_sex) using (entity_no)
where sex is not null group by entity_no, sex
qualify row_number() over (partition by entity_no order by sum(records) desc, max(last_no) desc) = 1;

create or replace table splink_scratch.joined_entity as
select best.* exclude (birth_date, other_birth_date, sex, other_sex, first_surname, first_postcode),
  coalesce(d.date_of_birth, best.birth_date) as birth_date,
  coalesce(d.date_of_birth, best.birth_date)::text as date_of_birth, coalesce(s.sex, best.sex) as sex,
  case when first_surname <> surname then first_surname end as other_surname,
  case when first_postcode <> postcode then first_postcode end as other_postcode,
  upn_status in ('valid', 'temporary') as has_good_upn
from splink_scratch.best left join splink_scratch.usual_birth_date d using (entity_no)
left join splink_scratch.usual_sex s using (entity_no);

-- Most faces were joined to no other: they are entities as they stand, and are not copied.
create or replace temp view link_lone_face as from people.face anti join splink_scratch.component using (face_no);
create or replace temp view link_entity_face as
from splink_scratch.member union all by name
select face_no as entity_no, * exclude (first_record, run, stage, evidence) from link_lone_face;
create or replace temp view link_entity as
from splink_scratch.joined_entity union all by name
select face_no as entity_no, forename, forename_common, surname, ethnicity, postcode, upn,
  case when upn is not null then upn_status end as upn_status,
  source = 'school_census' and upn_status in ('valid', 'temporary') as is_pupil, date_of_birth as birth_date,
  date_of_birth::text as date_of_birth, sex,
  case when coalesce(former_surname, surname) <> surname then former_surname end as other_surname,
  null as other_postcode,
  case when upn is not null then upn_status in ('valid', 'temporary') end as has_good_upn
from link_lone_face;
