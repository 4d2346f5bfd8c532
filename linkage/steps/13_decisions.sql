-- What reviewers decided, on the records of tonight. A decision outlives a resent submission: a record that is
-- gone is known by what it still has in common with one that came (`standing`, noted when it was decided).
create or replace table splink_scratch.decided as
with named as (
  select record_a as record_id, standing_a as standing from people.decision
  union select record_b, standing_b from people.decision),
here as (select record_id, record_id as now from named semi join link_sent using (record_id)),
gone as (from named anti join here using (record_id) where standing is not null),
come as (
  select s.record_id as now, link_standing(f.source, s.year, f.la, f.la_child_id, f.upn, f.forename, f.surname,
      f.date_of_birth, f.postcode) as standing
  from link_sent s join splink_scratch.form f using (form_name) where exists (from gone)),
moved as (
  select gone.record_id, min(come.now) as now from gone join come using (standing)
  group by gone.record_id having count(distinct come.now) = 1),
known as (from here union all from moved)
select least(a.now, b.now) as record_a, greatest(a.now, b.now) as record_b, decision
from people.decision d join known a on a.record_id = d.record_a join known b on b.record_id = d.record_b
where a.now <> b.now
union
select record_a, record_b, 'apart' from people.do_not_link;
