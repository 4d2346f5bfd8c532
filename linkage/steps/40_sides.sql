-- The two sides of the probabilistic step. Pupils with a good UPN are the spine and are never compared
-- with one another; what certain links left without a pupil looks for one there.
create or replace table splink_scratch.residue as
select entity_no, forename, forename_common, surname, other_surname, date_of_birth, sex, ethnicity,
  postcode, other_postcode, upn
from link_entity
where not is_pupil and (date_of_birth is not null or (forename is not null and surname is not null));

create or replace table splink_scratch.entity_barred as
select distinct least(x.entity_no, y.entity_no) as a, greatest(x.entity_no, y.entity_no) as b
from splink_scratch.barred p
join link_entity_face x on x.face_no = p.a join link_entity_face y on y.face_no = p.b
where x.entity_no <> y.entity_no;
