-- What was sent about children, each wording once: records of one source and authority whose identifying
-- values are all the same as sent share a form. `form_name` is a hash; the caller sees that no two share it.
create or replace table splink_scratch.form_sent as
select form_name, source, la, la_child_id, upn, former_upn, uln, nhs_number, forename, surname, former_surname,
  date_of_birth, expected_date_of_birth, sex, ethnicity, postcode, is_plausible,
  min(coalesce(year, 9999)) as first_year, max(coalesce(year, 9999)) as last_year, count(*) as records
from link_sent group by all;
