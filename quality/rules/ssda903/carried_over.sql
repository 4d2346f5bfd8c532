-- An episode still open at the end of last year is the one with which this year's return begins.
-- Each field must be the same in both returns; one that was lost, or came from nowhere, is at fault too.

/* 503A  episodes(RNE)  against last_year
   The reason for the episode is not the one returned last year. */
from episode_carried_over where rne is distinct from left_open.rne;

/* 503B  episodes(LS)  against last_year
   The legal status is not the one returned last year. */
from episode_carried_over where ls is distinct from left_open.ls;

/* 503C  episodes(CIN)  against last_year
   The category of need is not the one returned last year. */
from episode_carried_over where cin is distinct from left_open.cin;

/* 503D  episodes(PLACE)  until 2024 against last_year
   The type of placement is not the one returned last year. */
from episode_carried_over where place is distinct from left_open.place;

/* 503D  episodes(PLACE)  since 2025 until 2025 against last_year
   The type of placement is not the one returned last year, nor supported accommodation (K3) in place of
   semi-independent living (H5), which ended. */
from episode_carried_over
where place is distinct from left_open.place
  and (left_open.place is distinct from 'H5' or place is distinct from 'K3');

/* 503D  episodes(PLACE)  since 2026 against last_year
   The type of placement is not the one returned last year, nor one of the codes Z11 to Z14 into which
   Z1 was divided. */
from episode_carried_over
where place is distinct from left_open.place
  and (left_open.place is distinct from 'Z1' or place is null or place not in ('Z11', 'Z12', 'Z13', 'Z14'));

/* 503E  episodes(PLACE_PROVIDER)  against last_year
   Who provides the placement is not what was returned last year. */
from episode_carried_over where place_provider is distinct from left_open.place_provider;

/* 503F  episodes(URN)  against last_year
   The provider's Ofsted number is not the one returned last year. */
from episode_carried_over where urn is distinct from left_open.urn;
