-- Children adopted: one row per child of an authority and year whose last exit was an adoption and whose return tells
-- the day of the decision that the child should be placed for adoption (AD1, DATE_INT; not the move to the adopters)
-- and of the match. Days between them are blank when either is missing or the match lies before the decision.
with told as (
  from deidentified.ssda903_ad1
  qualify row_number() over (partition by year, la_child order by submission, source_row) = 1)
select e.year, e.la, e.child, e.sex, e.ethnic_group, e.age_band_at_start as age_band,
  case when t.DATE_MATCH >= t.DATE_INT then date_diff('day', t.DATE_INT, t.DATE_MATCH) end as days_to_match
from cohorts.care_end e join told t on t.year = e.year and t.la_child = e.la_child
where e.exit_group = 'adopted'
