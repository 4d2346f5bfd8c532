-- The decision for adoption beside the placement, the reversal and the adoption itself.
-- DATE_PLACED and DATE_INT are the same event: the day the authority decided for adoption.

/* 521  episodes(PLACE, DECOM, ad1.DATE_INT)
   Placed for adoption before the day on which the authority decided for it. */
with early as (
  select episodes.row_id as placed, ad1.row_id as decided
  from episodes join ad1 using (child)
  where place in ('A3', 'A4', 'A5', 'A6') and decom < date_int
)
select unnest([placed, decided]) as row_id from early;

/* 522  placed_adoption(DATE_PLACED, DATE_PLACED_CEASED)
   The decision for adoption was reversed before it was made. */
from placed_adoption where date_placed_ceased < date_placed;

/* 523  placed_adoption(DATE_PLACED, ad1.DATE_INT)
   The two dates of the decision for adoption are not the same. */
with unlike as (
  select placed_adoption.row_id as decided, ad1.row_id as adopted
  from placed_adoption join ad1 using (child)
  where date_placed <> date_int
)
select unnest([decided, adopted]) as row_id from unlike;

/* 525  placed_adoption(DATE_PLACED_CEASED, ad1.DATE_INT, ad1.DATE_MATCH, ad1.FOSTER_CARE, ad1.NB_ADOPTR, ad1.SEX_ADOPTR, ad1.LS_ADOPTR)
   The decision for adoption was reversed, yet the child is also returned as adopted. */
with both_ways as (
  select placed_adoption.row_id as reversed, ad1.row_id as adopted
  from placed_adoption join ad1 using (child)
  where date_placed_ceased is not null
    and (
      concat(date_int, date_match, foster_care, nb_adoptr, sex_adoptr, ls_adoptr) <> ''
      or 'DATE_INT' in ad1.unread or 'DATE_MATCH' in ad1.unread
    )
)
select unnest([reversed, adopted]) as row_id from both_ways;
