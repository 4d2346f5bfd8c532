-- The groups that decisions would join, and those that decisions keep apart; what is kept apart weighs more.
create or replace table splink_scratch.face_group as
with asked as (select a as face_no from splink_scratch.decided_face union select b from splink_scratch.decided_face)
select face_no, coalesce(c.component, face_no) as component
from asked left join splink_scratch.node_component c on c.node = face_no;
create or replace table splink_scratch.decided_group as
select least(x.component, y.component) as a, greatest(x.component, y.component) as b, d.decision, d.a as face_a, d.b as face_b
from splink_scratch.decided_face d join splink_scratch.face_group x on x.face_no = d.a
join splink_scratch.face_group y on y.face_no = d.b where x.component <> y.component;
-- Whoever decisions may join is at hand from now on.
insert into splink_scratch.met_face
from people.face semi join splink_scratch.face_group using (face_no) anti join splink_scratch.met_face using (face_no);
