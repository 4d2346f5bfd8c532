"""What the department's portal adds to a looked-after return before it checks it.

From the two postcodes of an episode it works out how far from home the child is placed, in which
authority's area, and whether that is the area of the authority that sent the return; from the table of
unaccompanied children it marks them in the header. What a caller gives is used as it is; otherwise it is
worked out here in the same way, as far as a postcode directory allows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

OWN_AREA = "own_area"
"""The authority whose return it is, in the form of `PL_LA`: for rules about placements in or out of it."""

GIVEN: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("ssda903", "header"): {"UASC": "VARCHAR"},
    ("ssda903", "episodes"): {
        "PL_LA": "VARCHAR", "PL_LOCATION": "VARCHAR", "PL_DISTANCE": "DOUBLE", OWN_AREA: "VARCHAR",
    },
}  # fmt: skip
"""Columns that no authority sends."""

FROM_POSTCODES: Mapping[str, tuple[str, ...]] = {
    "PL_LA": ("pcds", "authority"),
    "PL_LOCATION": ("pcds", "authority"),
    "PL_DISTANCE": ("pcds", "easting", "northing"),
}
"""The columns of the directory from which each is worked out."""

# The department's own arithmetic, to a tenth of a mile.
_MILES = "round(sqrt((home.east - placed.east)^2 + (home.north - placed.north)^2) / 1000 / 1.6093, 1)"
_INSIDE = "case when placed.area is null then null when placed.area = coalesce(own.area, t.la) then 'IN' else 'OUT' end"


NOBODY = "000"
"""Stands for the authority of rows that come without one."""


def area_is_known(la: str) -> bool:
    """Whether it can be told which area is the authority's own."""
    return la != NOBODY and not la.startswith("unknown:")


def works_out(column: str, directory: Collection[str]) -> bool:
    """Whether a directory with these columns is enough to work the column out."""
    return column in FROM_POSTCODES and {c.lower() for c in FROM_POSTCODES[column]} <= set(directory)


def header_sql(source: str, has: Collection[str], unaccompanied: str | None) -> str:
    """The header with its mark of unaccompanied children, from the table of them unless it is given."""
    if "uasc" in has:
        return source
    inside = f"(t.la, t.CHILD) in (select (la, CHILD) from {unaccompanied})" if unaccompanied else "false"
    return f"(select t.*, case when t.CHILD is not null then ({inside})::int::varchar end as UASC from {source} t)"


def episodes_sql(source: str, has: Collection[str], area_of: str, places: str) -> str:
    """Episodes with distance, area and location of the placement; `places` knows postcodes (or none)."""
    added = {
        "PL_LA": "coalesce(known.area, t.PL_LA)" if "pl_la" in has else "placed.area",
        "PL_LOCATION": "t.PL_LOCATION" if "pl_location" in has else _INSIDE,
        "PL_DISTANCE": "t.PL_DISTANCE" if "pl_distance" in has else _MILES,
        OWN_AREA: "coalesce(own.area, t.la)",
    }
    replaced = ", ".join(name for name in added if name.lower() in has)
    kept = f"t.* exclude ({replaced})" if replaced else "t.*"
    named = ", ".join(f"{value} as {name}" for name, value in added.items())
    given = "t.PL_LA" if "pl_la" in has else "null"
    return f"""(select {kept}, {named} from {source} t
        left join {area_of} own on own.code = t.la
        left join {area_of} known on known.code = {given}
        left join {places} home on home.postcode = tidy_postcode(t.HOME_POST)
        left join {places} placed on placed.postcode = tidy_postcode(t.PL_POST))"""


def places_sql(directory: str | None, episodes: Collection[str]) -> str:
    """Where the postcodes of these episodes are: a row each, with area and grid reference."""
    if directory is None or not episodes:
        return "select '' as postcode, 0::double as east, 0::double as north, '' as area where false"
    wanted = " union ".join(
        f"select tidy_postcode({column}) from {source}"
        for source in episodes
        for column in ("HOME_POST", "PL_POST")
    )
    return f"""with listed as (select tidy_postcode(pcds) as postcode, * from {directory})
        select postcode, any_value(easting) as east, any_value(northing) as north, any_value(authority) as area
        from listed where postcode in ({wanted}) group by postcode"""
