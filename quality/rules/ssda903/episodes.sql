-- Runs of days under one legal status in one placement. An episode ends on the day the next one begins.
-- Of two with the same days the one that stands further down in the file counts as the next.

/* 141  episodes(DECOM)
   The date the episode began is missing or cannot be read. */
from episodes where decom is null;

/* 142  episodes(DEC, REC)
   An episode is still open although another one follows it. */
from episodes where child is not null
qualify dec is null and lead(decom) over (partition by child order by decom, dec nulls last, row_id) is not null;

/* 143  episodes(RNE)
   The reason for a new episode is not one of the codes of the year. */
from episodes where rne not in (select code from codes.ssda903_rne);

/* 144  episodes(LS)
   The legal status is not one of the codes of the year. */
from episodes where ls not in (select code from codes.ssda903_legal_status);

/* 145  episodes(CIN)
   The category of need is not one of the codes. */
from episodes where cin not in (select code from codes.ssda903_category_of_need);

/* 146  episodes(PLACE)
   The placement is not one of the types in use that year. */
from episodes where place not in (select code from codes.ssda903_place);

/* 148  episodes(DEC, REC)
   An end date without a reason for ending, or a reason without a date. */
from episodes where (dec is null) <> (rec is null);

/* 149  episodes(REC)
   The reason for ending is not one of the codes of the year. */
from episodes where rec not in (select code from codes.ssda903_rec);

/* 302  episodes(DECOM, header.DOB)
   The child's first episode begins before the child was born. */
with first_episode as (
  from episodes where child is not null and decom is not null
  qualify row_number() over (partition by child order by decom, dec nulls last, row_id) = 1
)
select unnest([first_episode.row_id, header.row_id]) as row_id
from first_episode join header using (child)
where first_episode.decom < header.dob;

/* 353  episodes(DECOM)
   The episode begins before 14 October 1991, when the Children Act 1989 came into force. */
from episodes where decom < date '1991-10-14';

/* 354  episodes(DECOM)
   The episode begins after the collection year closed. */
from episodes where decom > year_end();

/* 355  episodes(DECOM, DEC)
   The episode ends on the day it begins. */
from episodes where dec = decom;

/* 356  episodes(DECOM, DEC)
   The episode ends before it begins. */
from episodes where dec < decom;

/* 385  episodes(DEC)
   The episode ends after the collection year closed. */
from episodes where dec > year_end();

/* 388  episodes(REC)
   The reason for ending and what follows disagree: X1 with no episode beginning that day, or another
   reason although one does. */
with episode as (
  select *, lead(decom) over (partition by child order by decom, dec nulls last, row_id) as next_decom
  from episodes where child is not null
)
from episode
where dec is not null and (
  rec = 'X1' and next_decom is distinct from dec
  or rec <> 'X1' and next_decom = dec
);

/* 431  episodes(RNE, DECOM)
   Said to start being looked after, although the episode before had not ended by the day before. */
from episodes where child is not null
qualify rne = 'S' and decom <= lag(dec) over (partition by child order by decom, dec nulls last, row_id);

/* 433  episodes(RNE, DECOM)
   Said to continue, but not from the day on which the episode before ended. */
from episodes where child is not null
window episode as (partition by child order by decom nulls first, dec nulls last, row_id)
qualify rne in ('P', 'L', 'T', 'U', 'B')
  and row_number() over episode > 1
  and lag(dec) over episode is distinct from decom;

/* 501  episodes(DECOM, DEC)
   The episode begins before the one before it ended. */
from episodes where child is not null
qualify decom < lag(dec) over (partition by child order by decom, dec nulls last, row_id);

/* INT03  episodes(CHILD)  kind internal
   The child of the episode is not in the header. */
from episodes anti join header using (child) where child is not null;
