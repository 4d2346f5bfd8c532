-- One round: each group without an id wants the free id that most of its records had (the older one when
-- equal); an id that several groups want stays with its earliest record.
insert into splink_scratch.kept
with free as (
  from splink_scratch.vote
  where group_no not in (select group_no from splink_scratch.kept)
    and person_id not in (select person_id from splink_scratch.kept)),
wanted as (
  from free qualify row_number() over (partition by group_no order by members desc, first_no, person_id) = 1)
select group_no, person_id from wanted
qualify row_number() over (partition by person_id order by first_no, group_no) = 1;
