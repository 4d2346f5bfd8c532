-- Which terms of attendance a school year is measured on: one row per year and term.
-- A term counts when at least half of the authorities that sent a census for the year sent that term's;
-- otherwise one early file would make the whole country look incomplete. Terms that the department's
-- vocabulary has no name for together are not added up: then the earliest alone is used.
with sent as (
  select distinct year, term, la from deidentified.received_school_census where term is not null),
authorities as (select year, count(distinct la) as n from sent group by year),
usual as (
  select year, list(term) as terms
  from (select year, term, count(*) as n from sent group by year, term) t join authorities a using (year)
  where t.n * 2 >= a.n group by year),
measured as (
  select year, case
    when len(terms) = 3 then {'name': 'Academic year', 'terms': terms}
    when list_has_all(terms, ['autumn', 'spring']) then {'name': 'Autumn and spring term', 'terms': terms}
    when list_contains(terms, 'autumn') then {'name': 'Autumn term', 'terms': ['autumn']}
    when list_contains(terms, 'spring') then {'name': 'Spring term', 'terms': ['spring']}
    else {'name': 'Summer term', 'terms': ['summer']} end as use
  from usual)
select year, unnest(use.terms) as term, use.name as time_identifier from measured
