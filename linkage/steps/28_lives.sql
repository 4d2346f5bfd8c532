-- What is known of the lives behind the records, where the caller told of it: `care` (from, to), `seen` (a day on
-- which something was done with the child), `death` and `adopted`.
create or replace table splink_scratch.life as
select r.face_no, e.* from splink_scratch.life_sent e join people.record_face r using (record_id);

-- An adopted child's new identity is never joined to the old one through a former UPN. (The same UPN before and
-- after is no new identity.)
create or replace table splink_scratch.new_upn as
with adopted as (
  select x.face_no, x.upn, l.begins from splink_scratch.life l join people.face x using (face_no)
  where l.kind = 'adopted' and x.upn is not null)
select x.face_no as old_no, y.face_no as new_no, link_collection_year(x.begins) as adopted_year
from adopted x join people.face y on y.former_upn = x.upn and y.upn <> x.upn;
insert into splink_scratch.barred
select distinct least(old_no, new_no), greatest(old_no, new_no) from splink_scratch.new_upn n
join (select face_no, min(year) as first_year from people.record_face
  semi join (select new_no as face_no from splink_scratch.new_upn) using (face_no) group by face_no) first
  on first.face_no = new_no
where first.first_year > adopted_year
  and not exists (from splink_scratch.barred b where b.a = least(old_no, new_no) and b.b = greatest(old_no, new_no));
