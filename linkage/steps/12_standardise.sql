-- The forms in values that can be compared. Names and postcodes recur, so each is made comparable once.
create or replace table splink_scratch.given_name as
select sent, link_forename(sent) as held, string_split(held, ' ')[1] as first_word
from (select distinct forename as sent from splink_scratch.form_sent where forename is not null);
create or replace table splink_scratch.family_name as
select sent, link_surname(sent) as held from (
  select surname as sent from splink_scratch.form_sent where surname is not null
  union select former_surname from splink_scratch.form_sent where former_surname is not null);
create or replace table splink_scratch.home as
select sent, link_postcode(sent) as held
from (select distinct postcode as sent from splink_scratch.form_sent where postcode is not null);

create or replace table splink_scratch.form as
with coded as (
  select * exclude (forename, surname, former_surname, postcode, upn, former_upn, source, la, la_child_id, sex, ethnicity),
    nullif(trim(source), '') as source, nullif(trim(la), '') as la, nullif(upper(trim(la_child_id)), '') as la_child_id,
    link_code(upn) as upn_code, link_code(former_upn) as former_code, link_sex(sex) as sex,
    link_ethnicity(ethnicity) as ethnicity,
    forename as forename_sent, surname as surname_sent, former_surname as former_surname_sent, postcode as postcode_sent
  from splink_scratch.form_sent),
judged as (
  select *, link_upn_status(upn_code) as upn_status, case
      when date_of_birth is null and expected_date_of_birth is not null then 'expected'
      when date_of_birth is null then 'none'
      when date_of_birth in ('1900-01-01', '1899-12-30', '1899-12-31', '1901-01-01', '9999-12-31') then 'placeholder'
      when not is_plausible then 'impossible'
      when month(date_of_birth) = 1 and day(date_of_birth) = 1 then 'first of january'
      else 'given' end as birth_date_status
  from coded)
select form_name, first_year, last_year, records, source, la, la_child_id,
  case when upn_status not in ('none', 'unknown code', 'malformed') then upn_code end as upn, upn_status,
  link_says_no_school(upn_code) as says_no_school,
  case when link_upn_status(former_code) in ('valid', 'temporary') then former_code end as former_upn,
  link_uln(link_code(uln)) as uln, link_nhs_number(link_code(nhs_number)) as nhs_number,
  given.held as forename,
  coalesce(whole.common, part.common || substr(given.held, length(given.first_word) + 1), given.held) as forename_common,
  family.held as surname, former.held as former_surname, birth_date_status,
  case when birth_date_status in ('given', 'first of january') then date_of_birth end as date_of_birth,
  expected_date_of_birth, judged.sex, ethnicity, home.held as postcode,
  case when la is not null and la_child_id is not null then la || '|' || la_child_id end as own_id
from judged
left join splink_scratch.given_name given on given.sent = forename_sent
left join splink_scratch.family_name family on family.sent = surname_sent
left join splink_scratch.family_name former on former.sent = former_surname_sent
left join splink_scratch.home home on home.sent = postcode_sent
left join splink_scratch.nickname whole on whole.forename = given.held and whole.sex = judged.sex
left join splink_scratch.nickname part on whole.common is null and part.forename = given.first_word and part.sex = judged.sex;
