-- Authorities whose own school census is held for every term in use: one row per year and authority. Of one that
-- sent none, or not of every term, only the children schooled elsewhere would be found, and they are not its children.
select r.year, r.la
from deidentified.received_school_census r
join cohorts.term_in_use t on t.year = r.year and t.term = r.term
group by r.year, r.la
having count(distinct r.term) = (select count(*) from cohorts.term_in_use u where u.year = r.year)
