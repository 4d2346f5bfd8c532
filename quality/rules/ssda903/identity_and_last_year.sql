-- Who the child is: the pupil number against age and time in care, mothers, and what last year's return held.
-- A field that is blank in either year disagrees with nothing; that something must be there is another rule.

/* 171  header(MC_DOB)
   The date of birth of the young mother's child cannot be read. */
from header where 'MC_DOB' in unread;

/* 174  header(SEX, MC_DOB)
   A date of birth of a mother's child for a boy. */
from header
where mc_dob is not null and sex in (select code from codes.ssda903_sex where label = 'Male');

/* 202  header(SEX)  against last_year
   The sex is not the one returned last year; until 2023-24 1 stood for male and 2 for female. */
select header.row_id from header join last_year.header as before using (child)
where translate(header.sex, '12', 'MF') <> translate(before.sex, '12', 'MF');

/* 204  header(ETHNIC)  against last_year
   The ethnicity is not the one returned last year. */
select header.row_id from header join last_year.header as before using (child)
where upper(header.ethnic) <> upper(before.ethnic);

/* 207  header(MOTHER)  against last_year
   A mother last year and not this year, although still looked after in the year. */
select header.row_id from header join last_year.header as before using (child) semi join episodes using (child)
where before.mother = '1' and header.mother is distinct from '1';

/* 208  header(UPN)  against last_year
   The UPN, or the reason for having none, is not the one returned last year. A reason may give way to a
   UPN, and UN1 to another reason. */
select header.row_id from header join last_year.header as before using (child)
where upper(header.upn) <> upper(before.upn) and not (
  before.upn = 'UN1'
  or before.upn in (select code from codes.upn_unknown_903)
  and header.upn not in (select code from codes.upn_unknown_903)
);

/* 209  header(UPN, DOB)
   Said to have no UPN because not yet of school age, but already four on the last 31 August before the
   collection year. */
from header where upn = 'UN1' and age_on(dob, make_date(year(year_start()) - 1, 8, 31)) >= 4;

/* 210  header(UPN, episodes.DECOM)
   Said to have no UPN because new to care, but in an episode that began more than a week before 31 March. */
with too_long as (
  select header.row_id, episodes.row_id as episode from header join episodes using (child)
  where header.upn = 'UN4' and year_end() - episodes.decom > 7
)
select row_id from too_long union all select episode from too_long;

/* 232  header(SEX)  since 2025
   The sex of the child is returned as unknown. */
from header where upper(sex) = 'U';
