-- Persons whose records tell of what cannot have been: in care in two authorities on one day, or something done
-- after the death. The link may be wrong, or one of the dates; a person must look.
insert into people.review
with told as (
  select p.person_id, l.* from splink_scratch.life l join people.face_person p using (face_no)),
doubt as (
  select x.record_id as a, y.record_id as b, 'one person, in care in two authorities on one day' as why
  from told x join told y on y.person_id = x.person_id and x.la < y.la and x.begins < y.ends and y.begins < x.ends
  where x.kind = 'care' and y.kind = 'care'
  union
  select x.record_id, y.record_id, 'one person, with a record of something done after the death'
  from told x join told y on y.person_id = x.person_id and y.record_id <> x.record_id and y.begins > x.begins
  where x.kind = 'death' and y.kind in ('care', 'seen')),
pair as (select distinct least(a, b) as record_a, greatest(a, b) as record_b, why from doubt)
select record_a, record_b, min(why), null from pair
anti join people.review r using (record_a, record_b)
anti join splink_scratch.decided d using (record_a, record_b)
group by record_a, record_b order by all;
