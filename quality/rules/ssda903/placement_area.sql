-- Where the child is placed: the area, and the distance from home. Nobody sends them; the department works them
-- out from the postcodes. `own_area` is the area of the authority whose return it is, in the form of PL_LA.

/* 164  episodes(PL_DISTANCE)  against last_year
   The distance from home is no number or not between 0 and 999.9 miles; short breaks and children who are or
   last year were unaccompanied are left out. */
from episodes anti join unaccompanied using (child)
where child is not null and (ls is null or ls not in ('V3', 'V4'))
  and (pl_distance not between 0 and 999.9 or 'PL_DISTANCE' in unread);

/* 169  episodes(PL_LA)
   No area of placement is known for an episode other than a short break. */
from episodes where pl_la is null and (ls is null or ls not in ('V3', 'V4'));

/* 179  episodes(PL_LOCATION)
   Whether the placement is inside or outside the authority's area is not said as IN or OUT, for an episode
   other than a short break. */
from episodes
where (pl_location is null or pl_location not in ('IN', 'OUT')) and (ls is null or ls not in ('V3', 'V4'));

/* 392a  episodes(PL_DISTANCE)  against last_year
   No distance from home is known for an episode other than a short break, of a child who neither is nor last
   year was unaccompanied. */
from episodes anti join unaccompanied using (child)
where child is not null and pl_distance is null and 'PL_DISTANCE' not in unread
  and (ls is null or ls not in ('V3', 'V4'));

/* 392d  episodes(HOME_POST, PL_POST, PLACE)
   The postcodes of home and placement are the same, but the child is not placed with parents. */
from episodes
where tidy_postcode(home_post) = tidy_postcode(pl_post) and place is distinct from 'P1';

/* 406  episodes(PL_DISTANCE)  against last_year
   There is a distance from home for a child who is or last year was unaccompanied. */
from episodes semi join unaccompanied using (child)
where pl_distance is not null or 'PL_DISTANCE' in unread;

/* 411  episodes(PL_LOCATION)
   The placement is said to be inside the authority's area, but its area is another one. */
from episodes where pl_location = 'IN' and pl_la <> own_area;

/* 420  episodes(PL_LA)
   There is an area of placement for a short break. */
from episodes where pl_la is not null and ls in ('V3', 'V4');

/* 452  episodes(PL_LA)  against last_year
   The area of placement is not the one of the episode that last year's return left open and that began for
   the same reason. */
from episode_carried_over where rne = left_open.rne and pl_la is distinct from left_open.pl_la;

/* 453  episodes(PL_DISTANCE)  against last_year
   The distance from home differs by a fifth of a mile or more from the episode that last year's return left
   open and that began for the same reason; or only one of the two is known. */
from episode_carried_over
where rne = left_open.rne and (
  round(abs(pl_distance - left_open.pl_distance), 3) >= 0.2
  or (pl_distance is null) <> (left_open.pl_distance is null)
);

/* 503G  episodes(PL_DISTANCE)  against last_year
   The distance from home differs by a fifth of a mile or more from the episode that last year's return left
   open; or only one of the two is known. */
from episode_carried_over
where round(abs(pl_distance - left_open.pl_distance), 3) >= 0.2
  or (pl_distance is null) <> (left_open.pl_distance is null);

/* 503H  episodes(PL_LA)  against last_year
   The area of placement is not the one of the episode that last year's return left open. */
from episode_carried_over where pl_la is distinct from left_open.pl_la;

/* 503J  episodes(PL_LOCATION)  against last_year
   Inside or outside the authority's area is not what the episode said that last year's return left open. */
from episode_carried_over where pl_location is distinct from left_open.pl_location;

/* 1015  episodes(PL_LA)  until 2025
   Said to be placed in the authority's own provision, not fostered and not for adoption, but in another
   area. */
from episodes
where place_provider = 'PR1' and pl_la <> own_area and ls not in ('V3', 'V4')
  and not regexp_full_match(place, 'A[3-6]|U[1-6]');

/* 1015  episodes(PL_LA)  since 2026
   Said to be placed in the authority's own provision, neither fostered, for adoption nor in supported
   accommodation, but in another area. */
from episodes
where place_provider = 'PR1' and pl_la <> own_area and ls not in ('V3', 'V4')
  and not regexp_full_match(place, 'A[3-6]|U[1-6]|K3');

/* NoE  episodes(DECOM)  kind internal against last_year
   The episode began before this year, but last year's return has no episode of the child. */
from episodes anti join last_year.episodes as before on before.child = episodes.child
where episodes.child is not null and decom < year_start();
