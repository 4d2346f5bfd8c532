-- The same told per record. Faces keep it short: most records repeat what another one says.
create or replace view people.record as
select r.record_id, f.source, r.year, f.la, r.submission, f.la_child_id, f.upn, f.upn_status, f.former_upn, f.uln,
  f.nhs_number, f.forename, f.surname, f.former_surname, f.birth_date_status, f.date_of_birth,
  f.expected_date_of_birth, f.sex, f.ethnicity, f.postcode, r.school_urn, f.forename_common, r.face_no
from people.record_face r join people.face f using (face_no);

create or replace view people.person as
select r.record_id, p.person_id, p.confidence from people.record_face r join people.face_person p using (face_no);

-- Every link has its earlier record first. Records of one face are each linked to its earliest.
create or replace view people.link as
select x.first_record as record_a, y.first_record as record_b, l.stage, l.match_weight, l.match_probability,
  l.evidence, l.model, x.run
from people.face_link l join people.face x on x.face_no = l.a join people.face y on y.face_no = l.b
union all
select f.first_record, r.record_id, f.stage, null, null, f.evidence, null, f.run
from people.record_face r join people.face f using (face_no)
where f.records > 1 and r.record_id <> f.first_record;

-- What each record is known by when its submission is resent (as `link_standing` has it), for decisions.
create or replace view people.standing as
select record_id, md5(concat_ws('|', source, year, la, coalesce('c' || la_child_id, 'u' || upn,
  concat_ws('|', forename, surname, date_of_birth, postcode)))) as standing
from people.record;
