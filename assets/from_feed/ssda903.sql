-- What a daily feed tells of a year's SSDA903: blocks as in cin.sql. It has no legal status, so a short break cannot be told
-- from care; that is why no figure is counted from these rows (`Indicator.fields`), though they are typed and linked.

/* lived
   Placements of children looked after on any day of the year. */
from feed.child_looked_after_placements
where start_date <= year_end() and coalesce(end_date >= year_start(), true);

/* left_care
   Care leavers whose 17th to 25th birthday lies in the year and who were spoken to in it, as they were then. The feed keeps
   the latest contact only: of a year that is followed by another contact it no longer tells. */
select c.*, date_of_birth from feed.care_leavers c join feed.child_details d using (la_child_id)
where contact_date between year_start() and year_end() and age_on(date_of_birth, year_end()) between 17 and 25
qualify row_number() over (partition by la_child_id
  order by contact_date desc, social_care_episode_id, c.source_file, c.source_row) = 1;

/* child
   Whoever has a row in the return. */
select la_child_id from lived union select la_child_id from left_care;

/* header */
select k.la_child_id as CHILD, sex as SEX, date_of_birth as DOB, ethnicity as ETHNIC,
  coalesce(unique_pupil_number, unique_pupil_number_unknown_reason) as UPN,
  coalesce(d.source_file, k.source_file) as source_file, coalesce(d.source_row, k.source_row) as source_row
from feed.children k semi join child using (la_child_id) left join feed.child_details d using (la_child_id);

/* episodes */
select la_child_id as CHILD, start_date as DECOM, start_reason as RNE, placement_type as PLACE,
  by_year_end(end_date) as DEC, case when is_over(end_date) then end_reason end as REC,
  case when is_over(end_date) then change_reason end as REASON_PLACE_CHANGE, postcode as PL_POST, source_file, source_row
from lived;

/* uasc
   Those who came alone and whose status had not ceased before the year. */
select la_child_id as CHILD, sex as SEX, date_of_birth as DOB, uasc_end_date as DUC, source_file, source_row
from feed.child_details semi join lived using (la_child_id)
where (uasc_flag or uasc_end_date is not null) and coalesce(uasc_end_date >= year_start(), true);

/* oc2
   The latest questionnaire of the year of a child that was looked after in it. */
select la_child_id as CHILD, date_of_birth as DOB, score::varchar as SDQ_SCORE, s.source_file, s.source_row
from feed.sdq_assessments s semi join lived using (la_child_id) left join feed.child_details d using (la_child_id)
where date between year_start() and year_end()
qualify row_number() over (partition by la_child_id order by date desc, s.source_file, s.source_row) = 1;

/* oc3 */
select la_child_id as CHILD, date_of_birth as DOB, activity as ACTIV, accommodation as ACCOM, source_file, source_row
from left_care;

/* ad1
   Children who left care by adoption in the year. */
with adopted as (
  select distinct la_child_id, social_care_episode_id from lived where end_reason in ('E11', 'E12') and end_date <= year_end())
select la_child_id as CHILD, date_of_birth as DOB, initial_decision_date as DATE_INT, matched_date as DATE_MATCH,
  a.source_file, a.source_row
from feed.adoption a semi join adopted using (la_child_id, social_care_episode_id)
left join feed.child_details d using (la_child_id);

/* placed_adoption
   The day of the decision: what the return calls placed is decided, not moved in. */
select la_child_id as CHILD, date_of_birth as DOB, initial_decision_date as DATE_PLACED, a.source_file, a.source_row
from feed.adoption a semi join lived using (la_child_id) left join feed.child_details d using (la_child_id)
where initial_decision_date <= year_end();

/* sw_episodes */
select la_child_id as CHILD, date_of_birth as DOB, worker_id as SW_ID, start_date as SW_DECOM,
  by_year_end(end_date) as SW_DEC, w.source_file, w.source_row
from feed.care_worker_details w semi join lived using (la_child_id) left join feed.child_details d using (la_child_id)
where start_date <= year_end() and coalesce(end_date >= year_start(), true);
