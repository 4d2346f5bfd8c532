-- Children who left care to be adopted (E11, E12) and what is asked about their adoption.

/* 558  episodes(REC, placed_adoption.DATE_PLACED_CEASED)
   Adopted, although every decision that the child should be placed for adoption is reversed. */
from episodes
semi join (
  select child from placed_adoption group by child
  having bool_and(date_placed_ceased is not null or 'DATE_PLACED_CEASED' in unread)
) as reversed using (child)
where rec in ('E11', 'E12');

/* 582  episodes(DEC, ad1.DATE_MATCH)
   Adopted on the very day of being matched with the adopters. */
from episodes
semi join ad1 on episodes.child = ad1.child and episodes.dec = ad1.date_match
where rec in ('E11', 'E12');

/* 601  ad1(DATE_INT, DATE_MATCH, FOSTER_CARE, NB_ADOPTR, SEX_ADOPTR, LS_ADOPTR, episodes.REC)
   Adopted in the year, but something about the adoption is left blank. */
with adopted as (
  from episodes where rec in ('E11', 'E12') and dec between year_start() and year_end() and child is not null
), complete as (
  from ad1 where (date_int is not null or 'DATE_INT' in unread)
    and (date_match is not null or 'DATE_MATCH' in unread)
    and foster_care is not null and nb_adoptr is not null
    and sex_adoptr is not null and ls_adoptr is not null
)
select row_id from adopted anti join complete using (child)
union all
select row_id from ad1 semi join adopted using (child) anti join complete using (row_id);

/* 602  ad1(CHILD, episodes.REC, episodes.DEC)
   Something is said about an adoption, but no episode of the child ended in the year with one. */
from ad1
anti join (
  from episodes where rec in ('E11', 'E12') and dec between year_start() and year_end()
) as adopted using (child)
where child is not null and (
  coalesce(date_int, date_match) is not null or 'DATE_INT' in unread or 'DATE_MATCH' in unread
  or coalesce(foster_care, nb_adoptr, sex_adoptr, ls_adoptr) is not null
);
