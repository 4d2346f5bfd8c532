-- The links between faces that made the people, each with its reason. A certain link has no weight: it was
-- not weighed. (Between the records of one face the face itself says why; `people.link` shows both.)
create or replace table people.face_link as
with explained as (
  select e.a, e.b, e.stage, e.weight, case e.stage
    when 'local_unique' then 'the only two children of one authority with this birth date, sex and ethnicity, one in need, one looked after'
    else concat_ws(', ',
      case when j.one_upn then 'same UPN' when j.near_upn then 'UPN one slip apart' when j.two_upns then 'another UPN' end,
      case j.birth when 'same' then 'same birth date' when 'near' then 'near birth date' end,
      case j.names when 'unknown' then 'no forename to compare' else j.names || ' forename' end,
      case when j.one_surname then 'same surname' end, case when j.one_home then 'same home' end,
      case when j.other_sex then 'another sex' end, case when j.one_ethnicity then 'same ethnicity' end) end as evidence
  from splink_scratch.accepted e join splink_scratch.judged j on j.a = e.a and j.b = e.b
    and (j.origin = 'local') = (e.stage = 'local_unique')),
link as (
  select a, b, stage, null::double as weight, evidence, null as model from splink_scratch.certain_link
  union all
  select least(a, b), greatest(a, b), stage, weight, evidence,
    case when stage = 'splink' then getvariable('link_model') end from explained)
select a, b, stage, weight as match_weight, round(link_probability(weight), 9) as match_probability, evidence, model
from link order by a, b, stage;

-- What a person should look at: pairs refused although much spoke for them, and accepted ones with a doubt.
create or replace table people.review as
with doubt as (
  select a, b, 'one ' || case kind when 'la_child_id' then 'child id of one authority' when 'upn' then 'UPN'
      when 'nhs_number' then 'NHS number' else 'ULN' end || ', '
      || case when sent_apart then 'two children of one submission' when birth = 'far' then 'birth dates far apart'
        when names = 'different' then 'forenames differ' else 'birth dates and sex do not agree' end as why,
    null::double as weight, 1 as rank
  from splink_scratch.key_pair where verdict = 'conflict'
  union all
  select a, b, 'a key that two children hold: cannot tell whose this record is', null, 1
  from splink_scratch.key_link where is_torn
  union all
  select a, b, 'certainly linked to the same others: ' || why, null, 1 from splink_scratch.contradiction
  union all
  select a, b, veto, weight, 2 from splink_scratch.judged
  where veto is not null and weight >= getvariable('link_floor') and origin <> 'local'
    and veto not in ('no names, and too little else to compare')
  union all
  select a, b, 'two pupils suit about as well', weight, 2 from splink_scratch.best_pupil
  where not is_clear and weight >= getvariable('link_accept')
  union all
  select a, b, 'two children of one submission suit about as well', weight, 2 from splink_scratch.within_pair
  where is_doubtful and weight >= getvariable('link_accept')
  union all
  select a, b, 'linked to others with whom it cannot be one child', null, 2 from splink_scratch.refused
  union all
  select a, b, 'below the threshold', weight, 3 from splink_scratch.best_pupil
  where weight >= getvariable('link_floor') and weight < getvariable('link_accept')
  union all
  select a, b, 'below the threshold', weight, 3 from splink_scratch.within_pair
  where weight >= getvariable('link_floor') and weight < getvariable('link_accept')
  union all
  select e.a, e.b, 'linked, although valid UPNs differ', e.weight, 4
  from splink_scratch.accepted e join splink_scratch.judged j on j.a = e.a and j.b = e.b where j.two_upns)
select x.first_record as record_a, y.first_record as record_b, why, weight as match_weight
from (from doubt anti join splink_scratch.decided_face d
    on d.a = least(doubt.a, doubt.b) and d.b = greatest(doubt.a, doubt.b)) doubt
join people.face x on x.face_no = least(doubt.a, doubt.b)
join people.face y on y.face_no = greatest(doubt.a, doubt.b)
qualify row_number() over (partition by record_a, record_b order by rank, why, weight desc) = 1
order by rank, why, record_a, record_b;
