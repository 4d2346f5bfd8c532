-- Children in need and children looked after of one authority have the same child id, unless two systems
-- are not joined up. Where, in one year, exactly one child looked after without a record in need and one
-- child in need without a record of care share birth date, sex and ethnicity, they may be one child. How
-- sure that is follows from the authority itself: the share of its looked-after children that are found
-- among those in need by certain keys, against the number expected to share the three by chance.
-- The first of January is often an estimate and does not count.
create or replace table splink_scratch.care_record as
select r.year, f.entity_no, f.la, f.source, f.own_id, f.upn, f.sex, f.ethnicity
from people.record_face r join link_entity_face f using (face_no)
where f.source in ('cin', 'ssda903') and f.la is not null;
create or replace table splink_scratch.care_year as
with care as (select distinct year, la, source, entity_no from splink_scratch.care_record)
select c.la, c.year, c.entity_no, bool_or(c.source = 'cin') as in_need, bool_or(c.source = 'ssda903') as looked_after,
  any_value(birth_date) as birth_date, any_value(e.sex) as sex, any_value(e.ethnicity) as ethnicity
from care c join link_entity e using (entity_no)
group by c.la, c.year, c.entity_no;

-- What an authority sent of itself, whatever its children are linked with elsewhere: how many of its children are
-- of each kind must not follow what another authority sent.
create or replace table splink_scratch.own_care as
with sent as (
  select distinct la, year, source, own_id, upn, sex, ethnicity
  from splink_scratch.care_record where own_id is not null),
found as (
  select a.la, a.year, a.source, a.own_id
  from sent a join sent b on b.la = a.la and b.year = a.year and b.source <> a.source and b.own_id = a.own_id
  union
  select a.la, a.year, a.source, a.own_id
  from sent a join sent b on b.la = a.la and b.year = a.year and b.source <> a.source and b.upn = a.upn)
select la, year, source, own_id, found.own_id is not null as is_both, min(sex) as sex, min(ethnicity) as ethnicity
from sent left join found using (la, year, source, own_id) group by la, year, source, own_id, is_both;

create or replace table splink_scratch.local_unique as
with joined_up as (
  select la, year, (count(*) filter (where is_both) + 1) / (count(*) + 2) as share
  from splink_scratch.own_care where source = 'ssda903' group by la, year),
-- children born over about eighteen years, 6,570 days
by_chance as (
  select la, year, sex, ethnicity, least(count(*) / 6570, 0.99) as expected
  from splink_scratch.own_care where source = 'cin' and not is_both group by la, year, sex, ethnicity),
lone as (
  from splink_scratch.care_year
  where in_need <> looked_after and birth_date is not null and sex is not null and ethnicity is not null
    and not (month(birth_date) = 1 and day(birth_date) = 1)),
pair as (
  select c.entity_no as a, n.entity_no as b, c.la, c.year, c.sex, c.ethnicity
  from (from lone where looked_after
    qualify count(*) over (partition by la, year, birth_date, sex, ethnicity) = 1) c
  join (from lone where in_need
    qualify count(*) over (partition by la, year, birth_date, sex, ethnicity) = 1) n
    using (la, year, birth_date, sex, ethnicity)),
weighed as (
  select a, b, round(log2(share * (1 - coalesce(expected, 1 / 6570)) / ((1 - share) * coalesce(expected, 1 / 6570))), 6) as weight
  from pair join joined_up using (la, year) left join by_chance using (la, year, sex, ethnicity))
select a, b, least(max(weight), getvariable('link_local_most')) as weight from weighed group by a, b
qualify count(*) over (partition by a) = 1 and count(*) over (partition by b) = 1;
