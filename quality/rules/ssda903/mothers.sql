-- Young women in care who are mothers, and the birth of their first child. Sex is 2 to 2024, then F.

/* 607  header(MOTHER, SEX, episodes.DEC, episodes.REC, episodes.LS)
   A young woman left care in the year, short breaks aside, but whether she is a mother is blank. */
select unnest([header.row_id, episodes.row_id]) as row_id
from header join episodes using (child)
where sex in ('2', 'F') and mother is null
  and dec between year_start() and year_end() and rec <> 'X1'
  and (ls is null or ls not in ('V3', 'V4'));

/* 611  header(MOTHER, MC_DOB)
   A mother, but the birth date of her first child is blank. */
from header where mother = '1' and mc_dob is null and 'MC_DOB' not in unread;

/* 612  header(SEX, MOTHER, MC_DOB)
   The birth date of a first child, but the young woman is not said to be a mother. */
from header
where sex in ('2', 'F') and (mother is null or mother = '0')
  and (mc_dob is not null or 'MC_DOB' in unread);

/* 620  header(DOB, MOTHER)
   A mother who was not yet 11 when the collection year began. */
from header where mother = '1' and age_on(dob, year_start()) < 11;

/* 621  header(DOB, MC_DOB)
   The first child is not younger than the mother. */
from header where mc_dob <= dob;

/* 624  header(MC_DOB)  against last_year
   The birth date of the first child is not the one returned last year. */
from header
semi join last_year.header as before
  on header.child = before.child and before.mc_dob is not null
  and header.mc_dob is distinct from before.mc_dob;

/* 625  header(MC_DOB, episodes.DEC)
   The first child was born after the collection year closed or after the last episode ended. */
with last_episode as (
  from episodes
  qualify row_number() over (partition by child order by decom desc, dec desc nulls first, row_id desc) = 1
)
from (
  select unnest([header.row_id, last_episode.row_id]) as row_id
  from header left join last_episode using (child)
  where mc_dob > year_end() or mc_dob > dec
) where row_id is not null;

/* 626  header(MOTHER, MC_DOB)  against last_year
   A mother since before this year by the birth of her first child, but last year said not to be one. */
from header
semi join (from last_year.header where mother = '0') as before using (child)
where mother = '1' and mc_dob < year_start();
