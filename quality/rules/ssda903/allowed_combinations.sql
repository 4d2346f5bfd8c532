-- What goes together in an episode: the legal status, the placement, who provides it, how it ended.

/* 378  episodes(PLACE, LS)
   Living with a parent (P1) while accommodated by agreement under section 20 (V2). */
from episodes where place = 'P1' and ls = 'V2';

/* 384  episodes(PLACE, LS)
   In long-term foster care (U1 or U4) during a short break. */
from episodes where ls in ('V3', 'V4') and place in ('U1', 'U4');

/* 390  episodes(PLACE, REC)
   Left care through adoption without being placed for adoption at the time. */
from episodes
where rec in ('E11', 'E12') and (place is null or place not in ('A3', 'A4', 'A5', 'A6'));

/* 408  episodes(PLACE, LS)
   Placed for adoption under a placement order (A5 or A6), but the legal status is not that order (E1). */
from episodes where place in ('A5', 'A6') and ls is distinct from 'E1';

/* 445  episodes(LS, DECOM)  until 2024
   A freeing order (D1) on an episode that began after December 2005, when they had ended. */
from episodes where ls = 'D1' and decom > date '2005-12-31';

/* 446  episodes(LS, DECOM)
   A placement order (E1) on an episode that began before December 2005, when they came in. */
from episodes where ls = 'E1' and decom < date '2005-12-01';

/* 451  episodes(DEC, REC, LS)  until 2024
   A freeing order (D1) still in force, years after they were abolished. */
from episodes where ls = 'D1' and dec is null and rec is null;

/* 516  episodes(REC, PLACE)
   A special guardianship order to a former foster carer (E45 or E46), for a child not in foster care. */
from episodes
where rec in ('E45', 'E46') and (place is null or place not in ('U1', 'U2', 'U3', 'U4', 'U5', 'U6'));

/* 526  episodes(PLACE, PLACE_PROVIDER)
   Nothing says who provides the placement, although it is neither a temporary nor an `other` one. */
from episodes
where place_provider is null and (
  place is null or place not in (select code from codes.ssda903_place where left(code, 1) in ('T', 'Z'))
);

/* 527  episodes(PLACE, PLACE_PROVIDER)
   Said to be provided by the authority itself (PR1): a parent's home, a hospital or a prison. */
from episodes where place_provider = 'PR1' and place in ('P1', 'R2', 'R5');

/* 528  episodes(PLACE, PLACE_PROVIDER)
   Said to be provided by another authority (PR2): a parent's home, a hospital or a prison. */
from episodes where place_provider = 'PR2' and place in ('P1', 'R2', 'R5');

/* 529  episodes(PLACE, PLACE_PROVIDER)
   Said to be provided by another public body (PR3): a parent's, an adopter's or a foster carer's home,
   or a children's home. */
from episodes
where place_provider = 'PR3' and place in (
  'P1', 'A3', 'A4', 'A5', 'A6', 'K1', 'K2', 'U1', 'U2', 'U3', 'U4', 'U5', 'U6'
);

/* 530  episodes(PLACE, PLACE_PROVIDER)
   Said to be provided by a private firm (PR4): a parent's home. */
from episodes where place_provider = 'PR4' and place = 'P1';

/* 531  episodes(PLACE, PLACE_PROVIDER)
   Said to be provided by a voluntary body (PR5): a parent's home. */
from episodes where place_provider = 'PR5' and place = 'P1';
