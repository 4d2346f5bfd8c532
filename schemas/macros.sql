-- Words shared by rules, cohorts and linkage. Each is defined and tested once.

-- The collection year in force on this connection, set by `schemas.duck.use_year`.
create or replace macro year_start() as getvariable('year_start');
create or replace macro year_end() as getvariable('year_end');

-- Completed years of age on a day; someone born on 29 February has the birthday on 1 March.
create or replace macro age_on(born, day) as
  year(day) - year(born)
  - cast(month(day) * 100 + dayofmonth(day) < month(born) * 100 + dayofmonth(born) as int);

-- The day on which someone turns that old, by the same reckoning.
create or replace macro birthday(born, age) as
  cast(born + to_years(cast(age as int)) as date)
  + cast(dayofmonth(born + to_years(cast(age as int))) < dayofmonth(born) as int);

-- First day of the collection year that a day lies in, and its number.
create or replace macro collection_year(day) as year(day) + (month(day) >= 4)::int;

-- Whether a day is worked in England and Wales: no Saturday, Sunday or bank holiday. The list of bank
-- holidays is `schemas/reference/bank_holidays.csv`.
create or replace macro is_working_day(day) as isodow(day) < 6 and not list_contains(bank_holidays(), day);

-- The n-th working day before a day: the first before Easter Monday is the Thursday before Good Friday.
create or replace macro working_days_before(day, n) as
  [day - i::int for i in range(1, 2 * n + 15) if is_working_day(day - i::int)][n];

-- The UPN's check letter for its last twelve characters.
create or replace macro upn_check_letter(body) as
  substr('ABCDEFGHJKLMNPQRTUVWXYZ', 1 + cast(list_sum([
    (coalesce(try_cast(substr(body, i, 1) as int),
              strpos('ABCDEFGHJKLMNPQRTUVWXYZ', substr(body, i, 1)) - 1)) * (i + 1)
    for i in range(1, 13)]) % 23 as int), 1);

-- A UPN, permanent or temporary, with the right check letter. NULL stays NULL.
create or replace macro valid_upn(upn) as
  regexp_full_match(upn, '[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]')
  and upn_check_letter(substr(upn, 2)) = left(upn, 1);

-- Upper case, one space before the last three characters.
create or replace macro tidy_postcode(postcode) as
  regexp_replace(regexp_replace(upper(postcode), '[^A-Z0-9]', '', 'g'), '^(.+)(.{3})$', '\1 \2');

-- Areas of placement where Ofsted registers nobody, by the letters of the department (WAL, SCO, NIR, NUK, CON)
-- or of national statistics (W06…, S12…, N09…); areas in England have digits or begin with E.
create or replace macro beyond_ofsted(area) as regexp_matches(area, '^[WSNCLM]');
