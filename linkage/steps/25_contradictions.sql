-- Pairs of records that are in one group by certain links and cannot be one child.
create or replace table splink_scratch.contradiction as
with member as (
  select c.component, r.record_no, r.date_of_birth, r.submission, r.source, r.upn, r.former_upn, r.upn_status,
    case when la_child_id is not null then la || '|' || la_child_id end as own_id
  from splink_scratch.node_component c join people.record r on r.record_no = c.node),
-- only groups that hold more than one birth date, or two records of one submission, can be in trouble
suspect as (
  select component from member group by component
  having min(date_of_birth) <> max(date_of_birth) or count(submission) > count(distinct submission)
  union
  select c.component from splink_scratch.barred b join splink_scratch.node_component c on c.node = b.a),
pair as (
  select a.component, a.record_no as a, b.record_no as b,
    link_birth(a.date_of_birth, null, b.date_of_birth, null) = 'far' as far_births,
    a.submission = b.submission and case when a.source = 'school_census'
      then a.upn is distinct from b.upn and a.upn is distinct from b.former_upn and b.upn is distinct from a.former_upn
      else a.own_id is distinct from b.own_id end as sent_apart
  from member a join member b on a.component = b.component and a.record_no < b.record_no
  where a.component in (from suspect))
select component, a, b, case when far_births then 'birth dates far apart' else 'two children of one submission' end as why
from pair where far_births or sent_apart
union all
select c.component, b.a, b.b, 'not to be linked'
from splink_scratch.barred b
join splink_scratch.node_component c on c.node = b.a join splink_scratch.node_component d on d.node = b.b
where c.component = d.component;
