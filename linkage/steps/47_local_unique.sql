-- Children in need and children looked after of one authority have the same child id, unless two systems
-- are not joined up. Where, in one year, exactly one child looked after without a record in need and one
-- child in need without a record of care share birth date, sex and ethnicity, they may be one child. How
-- sure that is follows from the authority itself: the share of its looked-after children that are found
-- among those in need by certain keys, against the number expected to share the three by chance.
-- The first of January is often an estimate and does not count.
create or replace table splink_scratch.care_year as
with care as (
  select distinct r.year, f.la, f.source, f.entity_no
  from people.record_face r join splink_scratch.entity_face f using (face_no)
  where f.source in ('cin', 'ssda903') and f.la is not null)
select c.la, c.year, c.entity_no, bool_or(c.source = 'cin') as in_need, bool_or(c.source = 'ssda903') as looked_after,
  any_value(birth_date) as birth_date, any_value(e.sex) as sex, any_value(e.ethnicity) as ethnicity
from care c join splink_scratch.entity e using (entity_no)
group by c.la, c.year, c.entity_no;

create or replace table splink_scratch.local_unique as
with joined_up as (
  select la, year, (count(*) filter (where in_need) + 1) / (count(*) + 2) as share
  from splink_scratch.care_year where looked_after group by la, year),
lone as (
  from splink_scratch.care_year
  where in_need <> looked_after and birth_date is not null and sex is not null and ethnicity is not null
    and not (month(birth_date) = 1 and day(birth_date) = 1)),
-- children born over about eighteen years, 6,570 days
by_chance as (
  select la, year, sex, ethnicity, least(count(*) / 6570, 0.99) as expected
  from lone where in_need group by la, year, sex, ethnicity),
pair as (
  select c.entity_no as a, n.entity_no as b, c.la, c.year, c.sex, c.ethnicity
  from (from lone where looked_after
    qualify count(*) over (partition by la, year, birth_date, sex, ethnicity) = 1) c
  join (from lone where in_need
    qualify count(*) over (partition by la, year, birth_date, sex, ethnicity) = 1) n
    using (la, year, birth_date, sex, ethnicity)),
weighed as (
  select a, b, round(log2(share * (1 - expected) / ((1 - share) * expected)), 6) as weight
  from pair join joined_up using (la, year) join by_chance using (la, year, sex, ethnicity))
select a, b, least(max(weight), getvariable('link_local_most')) as weight from weighed group by a, b
qualify count(*) over (partition by a) = 1 and count(*) over (partition by b) = 1;
