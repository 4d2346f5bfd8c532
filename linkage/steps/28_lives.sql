-- What is known of the lives behind the records, where the caller told of it: `care` (from, to), `seen` (a day on
-- which something was done with the child), `death` and `adopted`.
create or replace table splink_scratch.life as
select r.face_no, e.* from splink_scratch.life_sent e join people.record_face r using (record_id);

-- An adopted child's new identity is never joined to the old one through a former UPN. (The same UPN before and
-- after is no new identity.)
insert into splink_scratch.barred
select distinct least(x.face_no, y.face_no), greatest(x.face_no, y.face_no)
from splink_scratch.life l join people.face x on x.face_no = l.face_no and x.upn is not null
join people.face y on y.former_upn = x.upn and y.upn <> x.upn
join (select face_no, min(year) as first_year from people.record_face group by face_no) first on first.face_no = y.face_no
where l.kind = 'adopted' and first.first_year > link_collection_year(l.begins)
  and not exists (from splink_scratch.barred b
    where b.a = least(x.face_no, y.face_no) and b.b = greatest(x.face_no, y.face_no));
