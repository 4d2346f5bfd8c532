-- Who holds which key. A former UPN is another way to hold a UPN. Only keys held twice can link.
create or replace table splink_scratch.key_holder as
with holder as (
  select 'la_child_id' as kind, la || '|' || la_child_id as key, record_no, false as is_former
  from people.record where la_child_id is not null and la is not null
  union all
  select 'nhs_number', nhs_number, record_no, false from people.record where nhs_number is not null
  union all
  select 'upn', upn, record_no, false from people.record where upn_status in ('valid', 'temporary')
  union all
  select 'upn', former_upn, record_no, true from people.record
  where former_upn is not null and former_upn is distinct from upn
  union all
  select 'uln', uln, record_no, false from people.record where uln is not null)
from holder qualify count(*) over (partition by kind, key) > 1;

-- Records that hold a key and look alike, drawn together under the earliest of them. Two child ids of
-- one authority stay apart here, so that an authority that sent one UPN for two children is noticed.
create or replace table splink_scratch.profile_member as
with held as (
  select kind, key, is_former, record_no, source, submission, date_of_birth, expected_date_of_birth, sex,
    forename, forename_common, surname,
    case when kind <> 'la_child_id' then la || '|' || la_child_id end as own_id
  from splink_scratch.key_holder join people.record using (record_no))
select *, min(record_no) over (partition by kind, key, is_former, date_of_birth, expected_date_of_birth, sex,
    forename, surname, own_id) as first_no
from held;

create or replace table splink_scratch.profile as
select kind, key, is_former, first_no, count(*) as records, any_value(date_of_birth) as date_of_birth,
  any_value(expected_date_of_birth) as expected_date_of_birth, any_value(sex) as sex,
  any_value(forename) as forename, any_value(forename_common) as forename_common,
  any_value(surname) as surname, any_value(own_id) as own_id,
  bool_or(source = 'school_census') as in_school, list(distinct submission order by submission) as submissions
from splink_scratch.profile_member group by kind, key, is_former, first_no;

-- A key that very many different children seem to hold names nobody.
create or replace table splink_scratch.crowded_key as
select kind, key, count(*) as profiles from splink_scratch.profile group by all having count(*) > 16;

-- Every two profiles of a key, and whether they can be one child.
create or replace table splink_scratch.key_pair as
with pair as (
  select a.kind, a.key, a.first_no as a, b.first_no as b, a.is_former or b.is_former as is_former,
    link_birth(a.date_of_birth, a.expected_date_of_birth, b.date_of_birth, b.expected_date_of_birth) as birth,
    link_names(a.forename, a.forename_common, a.surname, b.forename, b.forename_common, b.surname) as names,
    case when a.sex is null or b.sex is null then 'unknown' when a.sex = b.sex then 'same' else 'different' end as sex,
    coalesce(list_has_any(a.submissions, b.submissions), false) as in_one_submission,
    in_one_submission and a.own_id <> b.own_id as sent_apart, a.in_school and b.in_school as two_pupils
  from splink_scratch.profile a join splink_scratch.profile b
    on a.kind = b.kind and a.key = b.key and a.first_no < b.first_no
  where not exists (from splink_scratch.crowded_key c where c.kind = a.kind and c.key = a.key)),
judged as (
  select *, case
    when birth = 'far' or coalesce(sent_apart, false) then 'conflict'
    when kind = 'la_child_id' then case
      when birth = 'same' then 'agree'
      when sex = 'different' or (birth = 'unknown' and names = 'different') then 'conflict'
      else 'agree' end
    -- a pupil whose forename became another one between two censuses; never two in one census
    when names = 'different' and two_pupils and not in_one_submission and birth = 'same' and sex = 'same' then 'agree'
    when names = 'different' then 'conflict'
    when birth = 'same' or (birth = 'near' and sex = 'same') then 'agree'
    when birth = 'unknown' and names = 'same' then 'agree'
    else 'unsure' end as verdict
  from pair)
select *, case birth when 'same' then 4 when 'near' then 2 else 0 end
    + case names when 'same' then 2 when 'close' then 1 else 0 end + (sex = 'same')::int as score
from judged;

-- Where two holders of a key contradict each other, a third that suits both belongs to the one it suits
-- better; to neither when it cannot be told.
create or replace table splink_scratch.key_link as
with both_ways as (
  select kind, key, a, b, verdict, score from splink_scratch.key_pair
  union all
  select kind, key, b, a, verdict, score from splink_scratch.key_pair),
torn as (
  select distinct mine.kind, mine.key, mine.a, mine.b
  from both_ways mine
  join both_ways rival on rival.kind = mine.kind and rival.key = mine.key and rival.a = mine.a
    and rival.verdict = 'agree' and rival.b <> mine.b and rival.score >= mine.score
  join both_ways quarrel on quarrel.kind = mine.kind and quarrel.key = mine.key
    and quarrel.a = mine.b and quarrel.b = rival.b and quarrel.verdict = 'conflict'
  where mine.verdict = 'agree')
select p.kind, p.key, p.a, p.b, p.is_former, p.birth, p.names, p.sex, p.score,
  exists (from torn t where t.kind = p.kind and t.key = p.key
    and ((t.a = p.a and t.b = p.b) or (t.a = p.b and t.b = p.a))) as is_torn
from splink_scratch.key_pair p where verdict = 'agree';

-- The certain links: within a profile to its earliest record, between profiles from earliest to earliest.
create or replace table splink_scratch.certain_link as
with star as (
  select first_no as a, record_no as b, kind, is_former,
    case when date_of_birth is not null then 'same birth date'
      when expected_date_of_birth is not null then 'same expected birth date'
      else 'no birth date to compare' end as why
  from splink_scratch.profile_member m
  where record_no > first_no
    and (kind = 'la_child_id' or own_id is not null or coalesce(date_of_birth, expected_date_of_birth) is not null)
    and not exists (from splink_scratch.crowded_key c where c.kind = m.kind and c.key = m.key)),
between_profiles as (
  select a, b, kind, is_former, concat_ws(', ',
    case birth when 'same' then 'same birth date' when 'near' then 'near birth date' else 'no birth date to compare' end,
    case names when 'same' then 'same forename' when 'close' then 'close forename' when 'different' then 'another forename' end,
    case when sex = 'same' then 'same sex' end) as why
  from splink_scratch.key_link where not is_torn),
link as (from star union all by name from between_profiles)
select a, b, case when kind = 'upn' and is_former then 'former_upn' else kind end as stage,
  case kind when 'la_child_id' then 'same authority and child id' when 'nhs_number' then 'same valid NHS number'
    when 'uln' then 'same valid ULN' else case when is_former then 'former UPN of one is the UPN of the other'
    else 'same valid UPN' end end || ', ' || why as evidence,
  -- only an order among certain links, used when a child's records contradict each other
  case kind when 'la_child_id' then 5 when 'nhs_number' then 4 when 'upn' then case when is_former then 2 else 3 end
    else 1 end as strength
from link
qualify row_number() over (partition by a, b order by strength desc, evidence) = 1;
