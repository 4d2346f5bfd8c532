-- The road to adoption: the decision that a child should be placed, its reversal, the match, the adopters.
-- A date that could not be read stands in `unread`; a blank one is left to rules about what must be there.

/* 112  ad1(DATE_INT)
   The date of the decision that the child should be adopted cannot be read. */
from ad1 where 'DATE_INT' in unread;

/* 113  ad1(DATE_MATCH)
   The date of the match with adopters cannot be read. */
from ad1 where 'DATE_MATCH' in unread;

/* 114  ad1(FOSTER_CARE)
   Whether a former foster carer adopts the child is not one of the codes. */
from ad1 where foster_care not in (select code from codes.ssda903_foster_care);

/* 115  placed_adoption(DATE_PLACED)
   The date of the decision to place the child for adoption cannot be read. */
from placed_adoption where 'DATE_PLACED' in unread;

/* 116  placed_adoption(DATE_PLACED_CEASED)
   The date on which the decision to place the child was reversed cannot be read. */
from placed_adoption where 'DATE_PLACED_CEASED' in unread;

/* 117  placed_adoption(DATE_PLACED, DATE_PLACED_CEASED, episodes.DECOM, episodes.DEC, episodes.REC)
   A decision on placing the child was made or reversed after the collection year closed, or after the
   child's last episode ended. An episode that ends in X1 is not the last. */
with last_episode as (
  from episodes where child is not null and decom is not null and rec is distinct from 'X1'
  qualify row_number() over (partition by child order by decom desc, dec desc nulls first, row_id desc) = 1
), too_late as (
  select placed_adoption.row_id, last_episode.row_id as last_episode
  from placed_adoption left join last_episode using (child)
  where greatest(date_placed, date_placed_ceased) > least(last_episode.dec, year_end())
)
select row_id from too_late union all select last_episode from too_late where last_episode is not null;

/* 118  placed_adoption(DATE_PLACED_CEASED, episodes.DECOM, episodes.LS)
   The decision to place the child was reversed before the collection year began, or before the child's
   first episode that is not a short break. */
with first_episode as (
  from episodes where child is not null and decom is not null and (ls is null or ls not in ('V3', 'V4'))
  qualify row_number() over (partition by child order by decom, dec nulls last, row_id) = 1
), too_early as (
  select placed_adoption.row_id, first_episode.row_id as first_episode
  from placed_adoption left join first_episode using (child)
  where date_placed_ceased < greatest(first_episode.decom, year_start())
)
select row_id from too_early union all select first_episode from too_early where first_episode is not null;

/* 119  placed_adoption(DATE_PLACED_CEASED, REASON_PLACED_CEASED)
   The decision to place the child was reversed on some day for no reason, or for a reason on no day. */
from placed_adoption where (date_placed_ceased is null) <> (reason_placed_ceased is null);

/* 120  placed_adoption(REASON_PLACED_CEASED)
   Why the decision to place the child was reversed is not one of the codes. */
from placed_adoption
where reason_placed_ceased not in (select code from codes.ssda903_reason_placed_ceased);

/* 151  ad1(DATE_INT, DATE_MATCH, FOSTER_CARE, NB_ADOPTR, SEX_ADOPTR, LS_ADOPTR)
   Some of what is asked about an adoption is filled in and some is not. */
from ad1
where coalesce(date_int::varchar, date_match::varchar, foster_care, nb_adoptr, sex_adoptr, ls_adoptr) is not null
  and (date_int is null or date_match is null or foster_care is null
       or nb_adoptr is null or sex_adoptr is null or ls_adoptr is null);

/* 175  ad1(NB_ADOPTR)
   The number of adopters is not one of the codes. */
from ad1 where nb_adoptr not in (select code from codes.ssda903_adopters);

/* 176  ad1(SEX_ADOPTR)
   The sex of the adopters is not one of the codes. */
from ad1 where sex_adoptr not in (select code from codes.ssda903_sex_adoptr);

/* 177  ad1(LS_ADOPTR)
   The legal status of the adopters is not one of the codes. */
from ad1 where ls_adoptr not in (select code from codes.ssda903_ls_adoptr);

/* 184  placed_adoption(DATE_PLACED, header.DOB)
   The decision to place the child for adoption was made before the child was born. */
select placed_adoption.row_id from placed_adoption join header using (child)
where placed_adoption.date_placed < header.dob;

/* 199  episodes(CHILD)  against last_year
   In care again after an episode, of this year or last, that ended in adoption. */
with adopted as (
  select child, min(decom) as decom
  from (select child, decom, rec from episodes union all select child, decom, rec from last_year.episodes)
  where rec in ('E11', 'E12') group by child
)
select episodes.row_id from episodes join adopted using (child) where episodes.decom > adopted.decom;

/* 331  ad1(DATE_MATCH, episodes.DECOM, episodes.REC)
   The match with adopters was made after the episode that ended in the adoption had begun. */
with too_late as (
  select ad1.row_id, episodes.row_id as episode from ad1 join episodes using (child)
  where episodes.rec in ('E11', 'E12') and ad1.date_match > episodes.decom
)
select row_id from too_late union all select episode from too_late;

/* 333  ad1(DATE_INT)
   Matched with adopters before the decision that the child should be adopted, or without one. */
from ad1 where date_match < date_int or date_match is not null and date_int is null;

/* 334  ad1(DATE_INT, episodes.DECOM, episodes.RNE)
   The decision that the child should be adopted was made before the latest period of care began. */
with latest_start as (
  from episodes where child is not null and decom is not null and rne = 'S'
  qualify row_number() over (partition by child order by decom desc, row_id) = 1
), too_early as (
  select ad1.row_id, latest_start.row_id as latest_start from ad1 join latest_start using (child)
  where ad1.date_int < latest_start.decom
)
select row_id from too_early union all select latest_start from too_early;

/* 335  ad1(FOSTER_CARE, episodes.PLACE)
   Said not to be adopted by the former foster carer, although the last placement was with them, or the
   other way round. A1 and A2 are older codes for such placements. */
with contradiction as (
  select ad1.row_id, episodes.row_id as episode from ad1 join episodes using (child)
  where episodes.rec in ('E1', 'E11', 'E12')
    and (ad1.foster_care = '0' and episodes.place in ('A2', 'A3', 'A5')
         or ad1.foster_care = '1' and episodes.place in ('A1', 'A4', 'A6'))
)
select row_id from contradiction union all select episode from contradiction;

/* 336  episodes(PLACE)
   Placed for adoption with the foster carer, but the placement just before was neither with a foster
   carer nor for adoption. */
from episode_in_order
where place in ('A3', 'A5') and previous is not null
  and coalesce(previous.place, '') not in ('A3', 'A4', 'A5', 'A6', 'U1', 'U2', 'U3', 'U4', 'U5', 'U6');
