-- One row per record as sent, in forms that can be compared. What was sent stands in `as_sent`.
-- `record_no` orders records in time; it is the same whatever the order of arrival.
create or replace table people.record as
with sent as (from splink_scratch.sent),
tidy as (
  select record_id, source, year, la, submission,
    nullif(upper(trim(la_child_id)), '') as la_child_id,
    link_code(upn) as upn, link_upn_status(link_code(upn)) as upn_status,
    case when link_upn_status(link_code(former_upn)) in ('valid', 'temporary') then link_code(former_upn) end
      as former_upn,
    link_uln(link_code(uln)) as uln, link_nhs_number(link_code(nhs_number)) as nhs_number,
    link_forename(forename) as forename, link_surname(surname) as surname,
    link_surname(former_surname) as former_surname,
    case
      when date_of_birth is null and expected_date_of_birth is not null then 'expected'
      when date_of_birth is null then 'none'
      when date_of_birth in ('1900-01-01', '1899-12-30', '1899-12-31', '1901-01-01', '9999-12-31') then 'placeholder'
      when year(date_of_birth) not between coalesce(year, 2000) - 30 and coalesce(year, 2100) + 1 then 'impossible'
      when month(date_of_birth) = 1 and day(date_of_birth) = 1 then 'first of january'
      else 'given' end as birth_date_status,
    date_of_birth, expected_date_of_birth, link_sex(sex) as sex, link_ethnicity(ethnicity) as ethnicity,
    link_postcode(postcode) as postcode, nullif(trim(school_urn), '') as school_urn,
    struct_pack(upn := upn, former_upn := former_upn, uln := uln, nhs_number := nhs_number,
      forename := forename, surname := surname, former_surname := former_surname,
      date_of_birth := date_of_birth, sex := sex, ethnicity := ethnicity, postcode := postcode) as as_sent
  from sent),
checked as (
  select * replace (
      case when birth_date_status in ('given', 'first of january') then date_of_birth end as date_of_birth,
      case when upn_status not in ('none', 'unknown code', 'malformed') then upn end as upn)
  from tidy)
select row_number() over (order by year nulls last, source, record_id) as record_no, checked.* exclude (as_sent),
  coalesce(whole.common, regexp_replace(checked.forename, '^[^ ]+', coalesce(first_word.common, '\0'))) as forename_common,
  -- what a resent submission still has in common with the one it replaces
  md5(concat_ws('|', source, year, la, coalesce('c' || la_child_id, 'u' || upn,
    concat_ws('|', checked.forename, surname, date_of_birth, postcode)))) as standing_key,
  as_sent
from checked left join splink_scratch.nickname whole on whole.forename = checked.forename and whole.sex = checked.sex
left join splink_scratch.nickname first_word on whole.common is null
  and first_word.forename = string_split(checked.forename, ' ')[1] and first_word.sex = checked.sex
order by record_no;
