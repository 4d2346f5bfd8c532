"""Ofsted's list of providers as it was received: one for all England, and an authority's own where it sent one.

Rules of the looked-after return ask of every placement whether its provider is on the list. What they read is,
for each authority, the list that it sent itself; else the one received for all England; else the file that the
operator keeps in the home. A list without a row is no list: else every provider would be missing from it.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from quality.engine import Found, Sent, find
from quality.lists import PROVIDERS
from quality.registry import rules
from quality.views import from_frames, from_store, literal
from schemas.code_sets import code_set

LISTED = """
    select la, urn as "URN", coalesce(placement_code, {places}) as place_codes,
      coalesce(placement_provider_code, {providers}) as provider_codes, deregistration_date::varchar as reg_end,
      provider_postcode as postcode, local_authority as authority
    from returns.provider_list_childrens_homes where year = {year:d}
    union all
    select la, urn, coalesce(placement_code, {places}), {providers}, closed_date::varchar,
      setting_address_postcode, setting_local_authority
    from returns.provider_list_supported_accommodation where year = {year:d}
    order by all"""
"""A provider whose row does not say what it offers, or what kind it is, cannot be said to be another."""


def in_force(con: duckdb.DuckDBPyConnection, year: int) -> dict[str, pl.DataFrame]:
    """The lists of a year, by whose they are (`ENGLAND`, or an authority), with the columns that rules read."""
    any_place, any_kind = (_every_code(name) for name in ("ssda903_place", "ssda903_place_provider"))
    rows: pl.DataFrame = con.sql(LISTED.format(year=year, places=any_place, providers=any_kind)).pl()
    return {str(la): one.drop("la") for (la,), one in rows.partition_by("la", as_dict=True).items()}


def _every_code(name: str) -> str:
    """All codes of a set as a list writes several, as SQL."""
    return literal(",".join(code_set(name)["code"].unique().sort()))


def by_their_own(
    con: duckdb.DuckDBPyConnection,
    ret: str,
    year: int,
    found: Found,
    lists: Mapping[str, Mapping[str, pl.DataFrame]],
    sent: Sent,
) -> Found:
    """What was found, with the rules on providers done again for each authority whose lists these are."""
    against = [rule for rule in rules(ret, year) if PROVIDERS in rule.reads]
    for la in sorted(lists.keys() & set(found.coverage["la"])):
        with from_frames(con, lists[la]) as given:
            mine = {
                n: f"(from {source} where la = {literal(la)})"
                for n, source in from_store(con, ret, year).items()
            }
            only_mine = {name: {la} & set(las) for name, las in sent.items()}
            own = find(con, ret, year, mine | given, only=against, sent=only_mine)
        codes = pl.col("rule").is_in([rule.code for rule in against])
        others = [frame.filter(~(codes & (pl.col("la") == la))) for frame in (found.findings, found.coverage)]
        found = Found(pl.concat([others[0], own.findings]), pl.concat([others[1], own.coverage]))
    return found
