-- Ofsted's number of the provider, held against Ofsted's list: is there one, and is it of such a place?
-- XXXXXXX stands for a number that is not known. A provider may stand in the list more than once.

/* 218  episodes(URN)
   The provider's number is missing, for a placement in England of a kind that has one in that year; short
   breaks have none (214). */
from episodes
where urn is null and beyond_ofsted(pl_la) is not true and (dec is null or dec >= year_start())
  and (ls is null or ls not in ('V3', 'V4'))
  and place not in (
    select code from codes.ssda903_place where regexp_full_match(code, 'H5|P[123]|R[125]|[TZ].*')
  );

/* 219  episodes(URN, PLACE)  against providers
   The provider of that number does not offer placements of that kind. */
from episodes
anti join providers on providers.urn = episodes.urn and list_contains(providers.place_codes, episodes.place)
where episodes.urn <> 'XXXXXXX' and place is not null;

/* 221  episodes(PL_POST)  until 2023 against providers
   The provider of that number is at another postcode, for a home, a family centre or a school. */
from episodes
anti join providers on providers.urn = episodes.urn and providers.postcode = tidy_postcode(pl_post)
where episodes.urn <> 'XXXXXXX' and pl_post is not null and (ls is null or ls not in ('V3', 'V4'))
  and place in ('K1', 'K2', 'R3', 'S1');

/* 221  episodes(PL_POST)  since 2024 until 2024 against providers
   The provider of that number is at another postcode, for a home, semi-independent living, a family centre or
   a school. */
from episodes
anti join providers on providers.urn = episodes.urn and providers.postcode = tidy_postcode(pl_post)
where episodes.urn <> 'XXXXXXX' and pl_post is not null and (ls is null or ls not in ('V3', 'V4'))
  and place in ('H5', 'K1', 'K2', 'R3', 'S1');

/* 221  episodes(PL_POST)  since 2025 against providers
   The provider of that number is at another postcode, for a home, supported accommodation, a family centre or
   a school. */
from episodes
anti join providers on providers.urn = episodes.urn and providers.postcode = tidy_postcode(pl_post)
where episodes.urn <> 'XXXXXXX' and pl_post is not null and (ls is null or ls not in ('V3', 'V4'))
  and place in ('K1', 'K2', 'K3', 'R3', 'S1');

/* 224  episodes(PLACE_PROVIDER)  against providers
   The provider of that number is not of the kind reported. */
from episodes
anti join providers
  on providers.urn = episodes.urn and list_contains(providers.provider_codes, episodes.place_provider)
where episodes.urn <> 'XXXXXXX' and place_provider is not null;

/* 227  episodes(URN, DECOM)  against providers
   The provider's registration had ended when the episode began. */
from episodes
semi join closed_provider as closed on closed.urn = episodes.urn and closed.reg_end <= decom;

/* 228  episodes(URN, DEC)  against providers
   The provider's registration ended while the child was still placed there. */
from episodes
semi join closed_provider as closed on closed.urn = episodes.urn and closed.reg_end < coalesce(dec, year_end());

/* 229  episodes(URN, PLACE_PROVIDER)  until 2025 against providers
   Said to be the authority's own provision, but the provider is not in its area; or said to be another
   authority's, but it is. */
with in_own_area as (
  select row_id from episodes
  semi join providers on providers.urn = episodes.urn and providers.authority = own_area
)
from episodes
where urn <> 'XXXXXXX' and (
  place_provider = 'PR1' and row_id not in (from in_own_area)
  or place_provider = 'PR2' and row_id in (from in_own_area)
);

/* 229  episodes(URN, PLACE_PROVIDER)  since 2026 against providers
   Said to be the authority's own provision, but the provider is not in its area; or said to be another
   authority's, but it is. Supported accommodation and placements without a provider's number are left out. */
with in_own_area as (
  select row_id from episodes
  semi join providers on providers.urn = episodes.urn and providers.authority = own_area
)
from episodes
where urn <> 'XXXXXXX' and (place is null or not regexp_full_match(place, 'K3|P[13]|R[125]|[TZ].*')) and (
  place_provider = 'PR1' and row_id not in (from in_own_area)
  or place_provider = 'PR2' and row_id in (from in_own_area)
);

/* 230  episodes(PLACE, DEC, URN)  since 2024 until 2024
   The provider's number is missing or not known, for semi-independent living in England after the 28th of
   October 2023, since when it is registered. */
from episodes
where place = 'H5' and (dec is null or dec > date '2023-10-28') and beyond_ofsted(pl_la) is not true
  and (urn is null or urn = 'XXXXXXX');

/* 241  episodes(URN)  since 2026 against providers
   The provider of that number has no premises in the area where the child lives in supported
   accommodation. */
from episodes
anti join providers on providers.urn = episodes.urn and providers.authority = pl_la
where episodes.urn <> 'XXXXXXX' and place = 'K3' and pl_la is not null;

/* 243  episodes(URN)  since 2026
   There is a provider's number for a placement where Ofsted registers nobody. */
from episodes where urn is not null and beyond_ofsted(pl_la);
