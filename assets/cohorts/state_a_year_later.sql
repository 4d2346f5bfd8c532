-- Where children known to social care stood a year later: one row per child of an authority and year that was looked
-- after, on a plan or in need on the 31 March before, and, as far as its age is known, would not be 18 by this one. `state_before` and
-- `state_now` are the first that applies of CLA, CPPO and CINO on each day; none is none of them in that authority.
select b.year + 1 as year, b.la, b.child, b.sex, b.ethnic_group, age_band(b.age_at_31_march + 1) as age_band,
  b.state_at_31_march as state_before, coalesce(n.state_at_31_march, 'none') as state_now
from cohorts.state_at_31_march b
left join cohorts.state_at_31_march n on n.year = b.year + 1 and n.la = b.la and n.child = b.child
where coalesce(b.age_at_31_march < 17, true)
