-- The pairs that one strength of decision accepts, from `judged`; its figures are the variables
-- `link_accept`, `link_margin` and `link_local`.

-- A child takes the best pupil, when the next best is clearly behind. A pupil who was given another UPN stands here
-- twice: of two with one forename, birth date and sex who both suit the child beyond all doubt, and who are in no
-- submission together, the better one is taken.
create or replace table splink_scratch.best_pupil as
with suits as (from splink_scratch.judged where origin = 'pupil' and veto is null),
best as (from suits qualify row_number() over (partition by a order by weight desc, b) = 1),
rival as (
  select best.a, best.b, suits.b as other, suits.weight from best join suits on suits.a = best.a and suits.b <> best.b
  where best.weight - suits.weight < getvariable('link_margin')),
in_doubt as (
  select rival.a from rival join splink_scratch.asked_entity x on x.entity_no = rival.b
  join splink_scratch.asked_entity y on y.entity_no = rival.other
  where rival.weight < getvariable('link_strict') or x.forename_common is distinct from y.forename_common
    or x.birth_date is distinct from y.birth_date or x.sex is distinct from y.sex
    or exists (from splink_scratch.entity_submission s join splink_scratch.entity_submission t using (submission)
      where s.entity_no = rival.b and t.entity_no = rival.other))
select best.*, best.a not in (from in_doubt) as is_clear from best;

create or replace table splink_scratch.accepted as
select a, b, weight, 'splink' as stage from splink_scratch.best_pupil
where is_clear and weight >= getvariable('link_accept');

-- Children without a pupil among themselves. A pair is doubtful when one of the two would suit, about as
-- well, another child of the other's submission.
create or replace table splink_scratch.within_pair as
with pair as (
  select a, b, weight from splink_scratch.judged where origin = 'within' and veto is null
    and a not in (select a from splink_scratch.accepted) and b not in (select a from splink_scratch.accepted)),
both_ways as (select a, b, weight from pair union all select b, a, weight from pair),
rivalled as (
  select distinct mine.a, mine.b
  from both_ways mine join both_ways rival
    on rival.a = mine.a and rival.b <> mine.b and rival.weight > mine.weight - getvariable('link_margin')
  join splink_scratch.entity_submission x on x.entity_no = mine.b
  join splink_scratch.entity_submission y on y.entity_no = rival.b and y.submission = x.submission)
select pair.*, exists (from rivalled r where (r.a = pair.a and r.b = pair.b) or (r.a = pair.b and r.b = pair.a)) as is_doubtful
from pair;

insert into splink_scratch.accepted
select a, b, weight, 'splink' from splink_scratch.within_pair
where not is_doubtful and weight >= getvariable('link_accept');

insert into splink_scratch.accepted
select a, b, weight, 'local_unique' from splink_scratch.judged
where origin = 'local' and veto is null and weight >= getvariable('link_accept')
  and a not in (select a from splink_scratch.accepted union select b from splink_scratch.accepted);
