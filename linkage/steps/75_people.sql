-- Ids kept and ids new, and what became of every id of the run before.
create or replace table splink_scratch.group_person as
select group_no, person_id, false as is_new from splink_scratch.kept
union all
select group_no, person_id, true from splink_scratch.fresh_id;

create or replace table people.person as
select r.record_id, p.person_id, s.confidence
from splink_scratch.grouped g join splink_scratch.group_person p using (group_no)
join splink_scratch.sureness s using (record_no) join people.record r using (record_no)
order by record_no;

insert into people.person_change
with moved as (
  select v.person_id as old, p.person_id as new, v.members, v.first_no,
    v.person_id in (select person_id from splink_scratch.kept) as lives_on
  from splink_scratch.vote v join splink_scratch.group_person p using (group_no)),
change as (
  select null as old, person_id as new, 'new' as kind, 'none of its records belonged to anybody before' as why
  from splink_scratch.group_person p
  where is_new and not exists (from splink_scratch.vote v where v.group_no = p.group_no)
  union all
  select old, new, case when not lives_on and row_number() over (partition by old order by members desc, first_no) = 1
      then 'merged' else 'split' end,
    case when lives_on then 'some of its records are no longer linked to its earliest one'
      else 'its records are now linked to those of another person' end
  from moved where old <> new
  union all
  select person_id, null, 'retired', 'none of its records are left'
  from splink_scratch.previous_member m
  where not exists (from splink_scratch.vote v where v.person_id = m.person_id)
  group by person_id)
select getvariable('link_run'), old, new, kind, why from change order by kind, old, new;
