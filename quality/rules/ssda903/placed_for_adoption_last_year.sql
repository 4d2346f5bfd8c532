-- Decisions to place for adoption beside those of last year's return.

/* 559  placed_adoption(DATE_PLACED)  against last_year
   A decision from before this year that last year's return held no date of. */
from placed_adoption
anti join (from last_year.placed_adoption where date_placed is not null) as before using (child)
where child is not null and date_placed < year_start();

/* 560  placed_adoption(DATE_PLACED, DATE_PLACED_CEASED)  against last_year
   A decision that stood last year is not returned with the same date this year. */
from placed_adoption
semi join (
  from last_year.placed_adoption as before
  anti join placed_adoption as this_year
    on before.child = this_year.child and before.date_placed = this_year.date_placed
  where date_placed is not null and date_placed_ceased is null
) as lost using (child);

/* 561  placed_adoption(DATE_PLACED)  against last_year
   A decision that was already reversed last year is returned again. */
from placed_adoption
semi join (
  from last_year.placed_adoption where date_placed_ceased is not null or reason_placed_ceased is not null
) as reversed using (child, date_placed);

/* 584  placed_adoption(DATE_PLACED)  against last_year
   Last year's decision was reversed, but this year's is blank or no later than it. */
from placed_adoption
semi join (
  from last_year.placed_adoption
  where date_placed is not null and (date_placed_ceased is not null or reason_placed_ceased is not null)
) as reversed
  on placed_adoption.child = reversed.child
  and coalesce(placed_adoption.date_placed <= reversed.date_placed, true);
