-- Who provides a placement, and why it changed.

/* 550  episodes(PLACE, PLACE_PROVIDER)
   Provided by a parent, but the child is not placed with parents. */
from episodes where place_provider = 'PR0' and place is distinct from 'P1';

/* 1009  episodes(REASON_PLACE_CHANGE)
   The reason why the placement changed is not one of the codes. */
from episodes where reason_place_change not in (select code from codes.ssda903_reason_place_change);
