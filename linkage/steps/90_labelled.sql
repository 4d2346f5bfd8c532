-- What people decided of a child of social care and a pupil, for training only: the weighed pairs whose records are
-- still there, or were sent again, each with the number of pairs that it stands for. Whoever is decided both ways
-- teaches nothing.
create or replace table splink_scratch.labelled as
with decided as (
  select a.now as record_a, b.now as record_b, d.decision, d.counts_for
  from people.decision d join splink_scratch.resolved a on a.record_id = d.record_a and a.is_the_one
  join splink_scratch.resolved b on b.record_id = d.record_b and b.is_the_one
  where d.is_weighed and a.now <> b.now),
named as (select record_a as record_id from decided union select record_b from decided),
entity as (
  select record_id, coalesce(component, face_no) as entity_no
  from (from people.record_face semi join named using (record_id)) left join splink_scratch.component using (face_no)),
pair as (
  select x.entity_no as one, y.entity_no as other, decision, counts_for
  from decided join entity x on x.record_id = record_a join entity y on y.record_id = record_b)
select care.entity_no as a, pupil.entity_no as b, any_value(decision) as decision, sum(counts_for) as counts_for
from (from pair union all select other, one, decision, counts_for from pair)
join splink_scratch.learn_care care on care.entity_no = one
join splink_scratch.learn_pupil pupil on pupil.entity_no = other
group by a, b having min(decision) = max(decision);

-- Splink counts every row of its table of labels once: a pair that stands for many is there many times.
create or replace table splink_scratch.labelled_same as
with same as (from splink_scratch.labelled where decision = 'same'),
copies as (select a, b, greatest(1, round(10000 * counts_for / sum(counts_for) over ()))::int as copies from same)
select 'learn_care' as source_dataset_l, a as entity_no_l, 'learn_pupil' as source_dataset_r, b as entity_no_r
from (select a, b, unnest(range(copies)) from copies);
