-- What reviewers decided, and who is not to be linked, on the records of tonight. Both outlive a resent
-- submission: a record that is gone is known by what it still has in common with one that came (`standing`, noted
-- while the record was there).
create or replace table splink_scratch.named as
with barred as (select record_a as record_id from people.do_not_link union select record_b from people.do_not_link)
select record_a as record_id, standing_a as standing from people.decision
union select record_b, standing_b from people.decision
union select record_id, standing from barred left join people.do_not_link_standing using (record_id);

create or replace table splink_scratch.resolved as
with here as (select distinct record_id, record_id as now from splink_scratch.named semi join link_sent using (record_id)),
gone as (from splink_scratch.named anti join here using (record_id) where standing is not null),
come as (
  select s.record_id as now, link_standing(f.source, s.year, f.la, f.la_child_id, f.upn, f.forename, f.surname,
      f.date_of_birth, f.postcode) as standing
  from (from link_shown where exists (from gone)) s join people.face f using (face_no)),
moved as (select distinct record_id, come.now from gone join come using (standing))
select *, count(*) over (partition by record_id) = 1 as is_the_one from (from here union all from moved);

-- Who is not to be linked is known by tonight's records from now on; one that is missing tonight may be back. Of
-- several that it could be, all are kept apart.
create or replace table people.do_not_link as
select distinct coalesce(a.now, n.record_a) as record_a, coalesce(b.now, n.record_b) as record_b, why
from people.do_not_link n
left join splink_scratch.resolved a on a.record_id = n.record_a
left join splink_scratch.resolved b on b.record_id = n.record_b
order by all;

create or replace table people.do_not_link_standing as
with barred as (select record_a as record_id from people.do_not_link union select record_b from people.do_not_link),
sent as (
  select s.record_id, link_standing(f.source, s.year, f.la, f.la_child_id, f.upn, f.forename, f.surname,
      f.date_of_birth, f.postcode) as standing
  from link_shown s semi join barred using (record_id) join people.face f using (face_no))
from sent union all
select distinct record_id, standing from splink_scratch.named semi join barred using (record_id) anti join sent using (record_id)
where standing is not null order by all;

create or replace table splink_scratch.decided as
select least(a.now, b.now) as record_a, greatest(a.now, b.now) as record_b, decision
from people.decision d join splink_scratch.resolved a on a.record_id = d.record_a
join splink_scratch.resolved b on b.record_id = d.record_b
where a.now <> b.now and (decision = 'apart' or a.is_the_one and b.is_the_one)
union
select record_a, record_b, 'apart' from people.do_not_link where record_a <> record_b;
