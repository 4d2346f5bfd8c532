-- How old the child was: when placed, when leaving care, when reviewed.
-- A birthday counts from the day itself; without a date of birth there is no age, and no finding.

/* 371  episodes(DECOM, PLACE)  until 2023
   Semi-independent living (H5) begins before the 14th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.decom) < 14
where place = 'H5';

/* 371  episodes(DECOM, PLACE)  since 2024 until 2024
   Semi-independent living (H5) begins before the 16th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.decom) < 16
where place = 'H5';

/* 371  episodes(DECOM, PLACE)  since 2025
   Supported accommodation (K3), which replaced semi-independent living, begins before the 16th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.decom) < 16
where place = 'K3';

/* 372  episodes(DECOM, PLACE)
   Placed in a young offender institution or prison (R5) before the 10th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.decom) < 10
where place = 'R5';

/* 373  episodes(DECOM, PLACE)
   Placed in a residential school (S1) before the 4th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.decom) < 4
where place = 'S1';

/* 374  episodes(DECOM, PLACE)
   Placed in residential employment (P3) before the 14th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.decom) < 14
where place = 'P3';

/* 386  episodes(REC)
   Left care through adoption on or after the 18th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.dec) >= 18
where rec in ('E11', 'E12');

/* 387  episodes(REC)
   Left care to live independently before the 14th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.dec) < 14
where rec in ('E5', 'E6');

/* 389  episodes(REC)
   Left for residential care paid for by adult social care before the 16th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.dec) < 16
where rec = 'E7';

/* 407  episodes(DEC, REC, header.DOB)
   Left care through a special guardianship order on or after the 18th birthday. */
with late as (
  select episodes.row_id as left_care, header.row_id as born
  from episodes join header using (child)
  where rec in ('E45', 'E46', 'E47', 'E48') and age_on(dob, dec) >= 18
)
select unnest([left_care, born]) as row_id from late;

/* 440  reviews(DOB, REVIEW, REVIEW_CODE)
   Said to be too young to take part in the review (PN0), on or after the 4th birthday. */
from reviews where review_code = 'PN0' and age_on(dob, review) >= 4;

/* 441  reviews(DOB, REVIEW, REVIEW_CODE)
   Said how the child took part in the review (PN1 to PN7), before the 4th birthday. */
from reviews
where review_code in ('PN1', 'PN2', 'PN3', 'PN4', 'PN5', 'PN6', 'PN7') and age_on(dob, review) < 4;

/* 460  episodes(DEC, REC)
   Left care as an adult who stays with the carers (E17), before the 18th birthday. */
from episodes semi join header
  on episodes.child = header.child and age_on(header.dob, episodes.dec) < 18
where rec = 'E17';
