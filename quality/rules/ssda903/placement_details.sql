-- What goes with which placement: its provider, its Ofsted number, its address, why it came to an end.
-- T0 to T4 are temporary; Z1 (until 2024-25) and Z11 to Z14 are placements that fit no other type.

/* 178  episodes(PLACE_PROVIDER)  until 2025
   The provider is not one of the codes, or is given for a placement that has none (T0 to T4, Z1). */
from episodes
where place_provider not in (select code from codes.ssda903_place_provider)
  or place_provider is not null and place in ('T0', 'T1', 'T2', 'T3', 'T4', 'Z1');

/* 178  episodes(PLACE_PROVIDER)  since 2026
   The provider is not one of the codes, or is given for a placement that has none (T0 to T3, Z11 to Z14). */
from episodes
where place_provider not in (select code from codes.ssda903_place_provider)
  or place_provider is not null and place in ('T0', 'T1', 'T2', 'T3', 'Z11', 'Z12', 'Z13', 'Z14');

/* 213  episodes(PLACE_PROVIDER)  until 2025
   A provider is given for a temporary placement. */
from episodes where place_provider is not null and place in ('T0', 'T1', 'T2', 'T3', 'T4');

/* 213  episodes(PLACE_PROVIDER)  since 2026
   A provider is given for a temporary placement or one that fits no other type. */
from episodes
where place_provider is not null
  and place in ('T0', 'T1', 'T2', 'T3', 'T4', 'Z11', 'Z12', 'Z13', 'Z14');

/* 214  episodes(PL_POST, URN)
   An address or an Ofsted number of the placement is given for short breaks. */
from episodes where ls in ('V3', 'V4') and (pl_post is not null or urn is not null);

/* 217  episodes(PLACE, DECOM, RNE)
   Placed for adoption with the foster carer since April 2015, which can only be the start of care or a
   change of placement with the same carer (S, T, U), but something else is given. */
from episodes
where place in ('A3', 'A5') and decom >= date '2015-04-01' and (rne is null or rne not in ('S', 'T', 'U'));

/* 217t  episodes(PLACE, DECOM)  since 2024 until 2024
   Living independently (P2) on or after 28 October 2023, when this ceased to be a placement. */
from episodes where place = 'P2' and (dec is null or dec > date '2023-10-28');

/* 222  episodes(URN)  until 2023
   An Ofsted number is given for a type of placement that Ofsted does not register. */
from episodes
where urn <> 'XXXXXXX' and place in (
  select code from codes.ssda903_place
  where code in ('H5', 'P1', 'P2', 'P3', 'R1', 'R2', 'R5') or code[1] in ('T', 'Z')
);

/* 222  episodes(URN)  since 2024
   An Ofsted number is given for a type of placement that Ofsted does not register. */
from episodes
where urn <> 'XXXXXXX' and place in (
  select code from codes.ssda903_place
  where code in ('P1', 'P2', 'P3', 'R1', 'R2', 'R5') or code[1] in ('T', 'Z')
);

/* 225  episodes(REASON_PLACE_CHANGE)
   The placement changed and neither the one left nor the next is temporary, but why is not said. */
from episode_in_order
where rec = 'X1' and reason_place_change is null and next.rne in ('P', 'B', 'T', 'U')
  and place not in ('T0', 'T1', 'T2', 'T3', 'T4')
  and next.place not in ('T0', 'T1', 'T2', 'T3', 'T4');

/* 226  episodes(REASON_PLACE_CHANGE, PLACE)
   A reason for changing placement is given for going into or leaving a temporary one. */
from episode_in_order
where place in ('T0', 'T1', 'T2', 'T3', 'T4')
  and (reason_place_change is not null or previous.reason_place_change is not null);

/* 233  episodes(REASON_PLACE_CHANGE)  since 2026
   A reason for changing placement is given in an episode that has not ended. */
from episodes where dec is null and 'DEC' not in unread and reason_place_change is not null;

/* 234  episodes(REASON_PLACE_CHANGE, header.DOB)  since 2026
   Said to have left the placement for custody while under 10. The day that counts is the one on which the
   next episode begins, or where there is none, the last one known of this. */
with too_young as (
  select episode.row_id, header.row_id as header
  from episode_in_order as episode join header using (child)
  where episode.reason_place_change = 'CUSTOD'
    and age_on(header.dob, coalesce(episode.next.decom, episode.dec, episode.decom)) < 10
)
select row_id from too_young union all select header from too_young;

/* 242  episodes(URN)  since 2026
   The provider's number is returned as unknown, which only fostering and adoption placements allow. */
from episodes
where urn = 'XXXXXXX'
  and place not in ('A3', 'A4', 'A5', 'A6', 'U1', 'U2', 'U3', 'U4', 'U5', 'U6');

/* 370  episodes(DECOM, PLACE)  until 2023
   Living independently before the age of 15. */
select episodes.row_id from episodes join header using (child)
where episodes.place = 'P2' and age_on(header.dob, episodes.decom) < 15;

/* 370  episodes(DECOM, PLACE)  since 2024 until 2024
   Living independently before the age of 16. */
select episodes.row_id from episodes join header using (child)
where episodes.place = 'P2' and age_on(header.dob, episodes.decom) < 16;
