-- Words that several cohorts share.

-- The published age groups; -1 stands for a child to be born within a year of the day. A birth told as later than that is
-- none: nobody is known so long before birth.
create or replace temp macro age_band(age) as case
  when age is null or age < -1 then 'Unknown' when age < 0 then 'Unborn' when age < 1 then 'Under 1'
  when age < 5 then '1 to 4' when age < 10 then '5 to 9' when age < 16 then '10 to 15'
  else '16 and over' end;

-- The same for children in care. Nobody is there unborn: a birth told as later than the day is not known.
create or replace temp macro age_band_in_care(age) as case when age < 0 then 'Unknown' else age_band(age) end;

-- The main need as it is shown; not stated (N0), other cases (N9) and what is no code are unknown.
create or replace temp macro need_group(code) as
  case when code in ('N1', 'N2', 'N3', 'N4', 'N5', 'N6', 'N7', 'N8') then code else 'Unknown' end;

-- The last day of a collection year.
create or replace temp macro end_of(year) as make_date(year, 3, 31);

-- A beginning so near to birth that it tells of the birthday is known to the month.
create or replace temp macro told_start(begun, is_month) as
  case when is_month then date_trunc('month', begun)::date else begun end;

-- An end that would give a birthday away is known to the month; never before its beginning.
create or replace temp macro told_end(begun, ended, is_month) as
  case when is_month then greatest(begun, date_trunc('month', ended)::date) else ended end;

-- The year that is being made, where a cohort is made a year at a time; otherwise every year.
create or replace temp macro is_in_turn(year) as
  year between coalesce(getvariable('year_in_turn'), 0) and coalesce(getvariable('year_in_turn'), 9999);

-- Whether a row is told by the daily feed, which stands in for a return that is not there (assets/from_feed).
create or replace temp macro is_fed(submission) as starts_with(submission, 'feed-');

-- Whether one code of a placement took the place of another.
create or replace temp macro is_new_code(before, after) as
  (after = 'K3' and before in ('H5', 'P2')) or (before = 'Z1' and after in ('Z11', 'Z12', 'Z13', 'Z14'));

-- The year in which a school year ends, read as `schemas.calendar.year_named` reads it: 2025, 2024/25, 2024-25, 202425.
create or replace temp macro school_year(told) as case
  when regexp_full_match(trim(told), '20[0-9]{2}') then try_cast(told as int)
  when regexp_full_match(trim(told), '20[0-9]{2}[/-]?(20)?[0-9]{2}')
      and (try_cast(left(trim(told), 4) as int) + 1) % 100 = try_cast(right(trim(told), 2) as int)
    then try_cast(left(trim(told), 4) as int) + 1 end;
