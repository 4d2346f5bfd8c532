-- Pairs of faces of which a reviewer decided: never to be linked, and to be one child.
create or replace table splink_scratch.decided_face as
select least(x.face_no, y.face_no) as a, greatest(x.face_no, y.face_no) as b, d.decision
from splink_scratch.decided d join people.record_face x on x.record_id = d.record_a
join people.record_face y on y.record_id = d.record_b
where x.face_no <> y.face_no group by all;
create or replace table splink_scratch.barred as
select distinct a, b from splink_scratch.decided_face where decision = 'apart';
