-- Words of this package, loaded as temporary macros on the caller's connection. The prefix keeps them
-- apart from the shared macros, which this package does not need.

-- A name in upper case Latin letters and single spaces. Apostrophes vanish (O'Brien is one word);
-- hyphens and everything else become a space. NULL when nothing is left.
create or replace temp macro link_words(name) as nullif(trim(regexp_replace(regexp_replace(strip_accents(
  replace(replace(replace(replace(translate(upper(name), 'ŁØĐÐİ', 'LODDI'), 'Æ', 'AE'), 'Œ', 'OE'), 'ß', 'SS'),
    'ẞ', 'SS')), '[''’‘`´.]', '', 'g'), '[^\p{L}]+', ' ', 'g')), '');

-- A surname without the particle that one system keeps and another drops (al-Hassan, El Hassan, Hassan), and
-- with the prefix that some write apart (Mc Donald, O Brien).
create or replace temp macro link_family(words) as regexp_replace(
  regexp_replace(words, '\b(O|MC|MAC) ([A-Z]{2,})', '\1\2', 'g'),
  '^(VAN DER|VAN DEN|VAN DE|VON DER|DE LA|DE LOS|DEL|DE|DI|DU|VAN|VON|AL|EL|BINTI|BINTE|BIN|IBN) (.{2,})$', '\2');

-- What systems hold while a child has no name yet, or nobody knew it.
create or replace temp macro link_forename(name) as case when not regexp_full_match(link_words(name),
  'BABY( .*)?|UNBORN( .*)?|TWIN( .*)?|INFANT( .*)?|UNKNOWN( .*)?|NOT KNOWN( .*)?|NO NAME( .*)?|UNNAMED( .*)?|'
  'CHILD( OF .*)?|BOY|GIRL|(FE)?MALE( (CHILD|BABY|INFANT|TWIN).*)?|NK|NA|N A|NONE|TBC|X+|NEWBORN( .*)?|TRIPLET( .*)?')
  then link_words(name) end;
create or replace temp macro link_surname(name) as case when not regexp_full_match(link_words(name),
  'UNBORN( .*)?|UNKNOWN( .*)?|NOT KNOWN( .*)?|NO NAME( .*)?|NO SURNAME|UNNAMED|NK|NA|N A|NONE|TBC|X+')
  then link_family(link_words(name)) end;

-- Letters and digits only, upper case. (Nearly all are so as sent; to look costs less than to mend.)
create or replace temp macro link_code(code) as case when regexp_full_match(code, '[A-Z0-9]+') then code
  else nullif(regexp_replace(upper(code), '[^A-Z0-9]', '', 'g'), '') end;

-- DfE's check letter: the twelve characters after it, weighted 2 to 13, modulo 23. A letter at the end
-- (a temporary number) counts as its place in the alphabet. Millions are checked a night, so digits are taken from a
-- number: `number` is that of the twelve, and is worked out once.
create or replace temp macro link_upn_number(upn) as try_cast(substr(upn, 2, 12) as bigint);
create or replace temp macro link_upn_sum(number) as number // 100000000000 % 10 * 2 + number // 10000000000 % 10 * 3
  + number // 1000000000 % 10 * 4 + number // 100000000 % 10 * 5 + number // 10000000 % 10 * 6
  + number // 1000000 % 10 * 7 + number // 100000 % 10 * 8 + number // 10000 % 10 * 9 + number // 1000 % 10 * 10
  + number // 100 % 10 * 11 + number // 10 % 10 * 12 + number % 10 * 13;
create or replace temp macro link_upn_letter(total) as substr('ABCDEFGHJKLMNPQRTUVWXYZ', 1 + total % 23, 1);
create or replace temp macro link_temporary_sum(upn) as
  link_upn_sum(try_cast(substr(upn, 2, 11) as bigint) * 10) + (strpos('ABCDEFGHJKLMNPQRTUVWXYZ', right(upn, 1)) - 1) * 13;
create or replace temp macro link_upn_status_of(upn, number) as case
  when upn is null then 'none'
  when regexp_full_match(upn, '[A-HJ-NP-RT-Z][0-9]{12}')
    then case when link_upn_letter(link_upn_sum(number)) = left(upn, 1) then 'valid' else 'wrong letter' end
  when regexp_full_match(upn, 'UN[0-9]+') then 'unknown code'
  when not regexp_full_match(upn, '[A-Z][0-9]{11}[0-9A-Z]') then 'malformed'
  when not regexp_full_match(upn, '[A-HJ-NP-RT-Z][0-9]{11}[A-HJ-NP-RT-Z]')
    or link_upn_letter(link_temporary_sum(upn)) <> left(upn, 1) then 'wrong letter'
  else 'temporary' end;
create or replace temp macro link_upn_status(upn) as link_upn_status_of(upn, link_upn_number(upn));

-- DfE's reasons for a missing UPN that speak against a school record: the child never was at a
-- state-funded school in England (UN2), or is educated elsewhere (UN3).
create or replace temp macro link_says_no_school(upn) as coalesce(upn in ('UN2', 'UN3'), false);

-- Ten digits whose last checks the first nine (NHS number: modulo 11, 11 becomes 0; 10 never issued).
create or replace temp macro link_weighted_ten(number) as number // 1000000000 * 10 + number // 100000000 % 10 * 9
  + number // 10000000 % 10 * 8 + number // 1000000 % 10 * 7 + number // 100000 % 10 * 6 + number // 10000 % 10 * 5
  + number // 1000 % 10 * 4 + number // 100 % 10 * 3 + number // 10 % 10 * 2;
create or replace temp macro link_nhs_number(nhs) as case
  when regexp_full_match(nhs, '[0-9]{10}') and nhs <> repeat(left(nhs, 1), 10)
    and (11 - link_weighted_ten(try_cast(nhs as bigint)) % 11) % 11 = right(nhs, 1)::int then nhs end;
create or replace temp macro link_uln(uln) as case
  when regexp_full_match(uln, '[1-9][0-9]{9}') and link_weighted_ten(try_cast(uln as bigint)) % 11 <> 0
    and 10 - link_weighted_ten(try_cast(uln as bigint)) % 11 = right(uln, 1)::int then uln end;

-- A full postcode with one space, the letter O mended where only a digit can stand; pseudo postcodes
-- (ZZ99, "no fixed abode") are no home.
create or replace temp macro link_mended_postcode(postcode) as case when regexp_full_match(
  regexp_replace(link_code(postcode), 'O([A-Z]{2})$', '0\1'), '[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}')
  and not starts_with(link_code(postcode), 'ZZ')
  then regexp_replace(regexp_replace(link_code(postcode), 'O([A-Z]{2})$', '0\1'), '(.{3})$', ' \1') end;
create or replace temp macro link_postcode(postcode) as case
  when regexp_full_match(postcode, '[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}') and not starts_with(postcode, 'ZZ')
  then postcode else link_mended_postcode(postcode) end;

create or replace temp macro link_sex(sex) as case
  when upper(trim(sex)) in ('1', 'M', 'MALE') then 'M' when upper(trim(sex)) in ('2', 'F', 'FEMALE') then 'F' end;
create or replace temp macro link_ethnicity(code) as case
  when link_code(code) not in ('REFU', 'NOBT', 'UNKN', 'NOTK', 'OOTHUNKN', 'NK', 'UNKNOWN', 'REFUSED', 'NA')
  then link_code(code) end;

-- 'same', 'near' (two of day, month and year agree, or day and month are swapped), 'unknown' or 'far'.
-- A child expected on one day and born within 60 days of it is 'near'.
create or replace temp macro link_birth(born_a, expected_a, born_b, expected_b) as case
  when born_a = born_b then 'same'
  when born_a is not null and born_b is not null then case
    when (year(born_a) = year(born_b))::int + (month(born_a) = month(born_b))::int
      + (day(born_a) = day(born_b))::int >= 2 then 'near'
    when year(born_a) = year(born_b) and month(born_a) = day(born_b) and day(born_a) = month(born_b) then 'near'
    else 'far' end
  when coalesce(born_a, expected_a) is null or coalesce(born_b, expected_b) is null then 'unknown'
  when abs(date_diff('day', coalesce(born_a, expected_a), coalesce(born_b, expected_b))) <= 60 then 'near'
  else 'far' end;

-- "Mohammed Ali" and "Mohammed Hamza" are told apart by what follows the first word, when both have more.
create or replace temp macro link_given(forename, other) as case
  when regexp_matches(forename, '^(MU|MO)HAM+[AE]D .') and regexp_matches(other, '^(MU|MO)HAM+[AE]D .')
  then regexp_replace(forename, '^[A-Z]+ ', '') else forename end;

-- 'same' (also after nicknames), 'close', 'unknown' or 'different', judged on the forename: a surname
-- changes with a family, a forename rarely becomes another one. `common` is the forename after nicknames.
create or replace temp macro link_given_names(given_a, common_a, surname_a, given_b, common_b, surname_b) as case
  when given_a is null or given_b is null then 'unknown'
  when given_a = given_b or common_a = common_b or replace(given_a, ' ', '') = replace(given_b, ' ', '') then 'same'
  when coalesce(list_contains(string_split(surname_b, ' '), given_a), false)
    or coalesce(list_contains(string_split(surname_a, ' '), given_b), false) then 'close'
  when left(given_a, 3) = left(given_b, 3) or damerau_levenshtein(given_a, given_b) <= 1 then 'close'
  when least(length(given_a), length(given_b)) = 1 and left(given_a, 1) = left(given_b, 1) then 'close'
  when list_has_any(string_split(given_a, ' '), string_split(given_b, ' ')) then 'close'
  when list_has_any(string_split(common_a, ' '), string_split(common_b, ' '))
    and not starts_with(common_a, 'MUHAMMAD') then 'close'
  when jaro_winkler_similarity(given_a, given_b) >= 0.75 then 'close'
  else 'different' end;
create or replace temp macro link_names(forename_a, common_a, surname_a, forename_b, common_b, surname_b) as
  link_given_names(link_given(forename_a, forename_b), common_a, surname_a,
    link_given(forename_b, forename_a), common_b, surname_b);

-- The collection year of a day: that of the 31 March on or after it.
create or replace temp macro link_collection_year(day) as year(day) + (month(day) > 3)::int;

create or replace temp macro link_probability(weight) as 1 / (1 + pow(2.0, -weight));

-- The certain keys: which counts for more when a child's records contradict each other, what a link by it
-- is called, and how it reads.
create or replace temp macro link_strength(kind, is_former) as case kind when 'la_child_id' then 5
  when 'nhs_number' then 4 when 'upn' then case when is_former then 2 else 3 end when 'uln' then 1 end;
create or replace temp macro link_stage(kind, is_former) as
  case when kind = 'upn' and is_former then 'former_upn' else kind end;
create or replace temp macro link_key_words(kind, is_former) as case kind
  when 'la_child_id' then 'same authority and child id' when 'nhs_number' then 'same valid NHS number'
  when 'uln' then 'same valid ULN' else case when is_former then 'former UPN of one is the UPN of the other'
  else 'same valid UPN' end end;
create or replace temp macro link_birth_words(born, expected) as case when born is not null then 'same birth date'
  when expected is not null then 'same expected birth date' else 'no birth date to compare' end;

-- What a resent submission still has in common with the one it replaces.
create or replace temp macro link_standing(source, year, la, la_child_id, upn, forename, surname, born, postcode) as
  md5(concat_ws('|', source, year, la, coalesce('c' || la_child_id, 'u' || upn,
    concat_ws('|', forename, surname, born, postcode))));

-- A face's number: the collection year, the source and the name of its form, so that numbers go up in time whatever
-- the order of arrival. Six bits, four and fifty-three.
create or replace temp macro link_face_no(year, source_no, form_name) as
  (least(greatest(coalesce(year, 9999) - 1990, 0), 63)::bigint << 57) | (source_no::bigint << 53) | form_name::bigint;
create or replace temp macro link_form_name(face_no) as face_no & 9007199254740991;
create or replace temp macro link_record_name(form_name, record_id) as hash(form_name, record_id) >> 11;

create or replace temp macro link_face_words(kind, is_former, born, expected) as
  link_key_words(kind, is_former) || ', ' || link_birth_words(born, expected);

-- Rows of `people.face` from what was sent: `forms` has the columns as sent and the number, the records and the years
-- of each form. Why its records are one child is told where it has more than one.
create or replace temp macro link_faces(forms) as table
with coded as (
  select face_no, last_no, first_record, records, nullif(trim(source), '') as source, nullif(trim(la), '') as la,
    nullif(upper(trim(la_child_id)), '') as la_child_id, link_code(upn) as upn_code,
    link_code(former_upn) as former_code, link_code(uln) as uln, link_code(nhs_number) as nhs_number,
    link_sex(sex) as sex, link_ethnicity(ethnicity) as ethnicity, link_postcode(postcode) as postcode,
    forename as forename_sent, surname as surname_sent, former_surname as former_surname_sent, is_plausible,
    date_of_birth, expected_date_of_birth
  from query_table(forms)),
numbered as (select *, link_upn_number(upn_code) as upn_number from coded),
judged as (
  select *, link_upn_status_of(upn_code, upn_number) as upn_status, case
      when date_of_birth is null and expected_date_of_birth is not null then 'expected'
      when date_of_birth is null then 'none'
      when date_of_birth in ('1900-01-01', '1899-12-30', '1899-12-31', '1901-01-01', '9999-12-31') then 'placeholder'
      when not is_plausible then 'impossible'
      when month(date_of_birth) = 1 and day(date_of_birth) = 1 then 'first of january'
      else 'given' end as birth_date_status
  from numbered),
said as (
  select face_no, last_no, first_record, records, source, la, la_child_id,
    case when upn_status not in ('none', 'unknown code', 'malformed') then upn_code end as upn, upn_status,
    link_says_no_school(upn_code) as says_no_school,
    case when link_upn_status(former_code) in ('valid', 'temporary') then former_code end as former_upn,
    link_uln(uln) as uln, link_nhs_number(nhs_number) as nhs_number, given.held as forename,
    given.common as forename_common, family.held as surname, former.held as former_surname, birth_date_status,
    case when birth_date_status in ('given', 'first of january') then date_of_birth end as date_of_birth,
    expected_date_of_birth, judged.sex, ethnicity, postcode,
    case when la is not null and la_child_id is not null then la || '|' || la_child_id end as own_id
  from judged
  left join splink_scratch.given_name given on given.sent = forename_sent and given.sex is not distinct from judged.sex
  left join splink_scratch.family_name family on family.sent = surname_sent
  left join splink_scratch.family_name former on former.sent = former_surname_sent),
keyed as (
  select *, case
      when records = 1 then null when own_id is not null then 'la_child_id'
      when coalesce(date_of_birth, expected_date_of_birth) is null then null when nhs_number is not null then 'nhs_number'
      when upn_status in ('valid', 'temporary') then 'upn' when former_upn is not null then 'former_upn'
      when uln is not null then 'uln' end as stage
  from said)
select * exclude (stage), getvariable('link_run') as run, stage, case when stage is not null then link_face_words(
    case stage when 'former_upn' then 'upn' else stage end, stage = 'former_upn', date_of_birth, expected_date_of_birth)
    end as evidence
from keyed;
