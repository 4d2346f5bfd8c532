"""Who provides a placement: Ofsted's numbers in the 903, and the list of providers that they are held against.

A home has a number of its own; a foster carer has that of the agency, which is the responsible authority's
own where that authority provides the placement. The list is made from the lives: a row for every address
at which a provider had a child. What a child had who is looked for is in no list, as are that child's postcodes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl
import xlsxwriter

from synthetic.country import Country
from synthetic.days import day
from synthetic.placements import has_provider_number
from synthetic.places import Places
from synthetic.rates import stream

HOMES = ["K1", "K2", "K3", "H5", "R3", "S1"]
SUPPORTED = "K3"
NOT_KNOWN = "XXXXXXX"
NO_NUMBER_FOR = ["V3", "V4"]
"""Short breaks."""
HEADINGS = {
    "URN": "urn", "Placement code": "places", "Placement provider code": "providers",
    "Deregistration date": "ended", "Postcode": "postcode", "LA code": "la",
}  # fmt: skip
REGISTERED = day(2012, 4, 1)


def with_numbers(places: Places, episodes: pl.DataFrame) -> pl.DataFrame:
    """Episodes of care with `URN`, null where none is asked for."""
    codes = pl.Series(places.code_numbers)
    named = episodes.with_columns(
        codes.gather(episodes["placed_la"]).alias("placed_code"),
        codes.gather(episodes["la"]).alias("own_code"),
    )
    return named.with_columns(_number().alias("URN")).drop("placed_code", "own_code")


def _is_home() -> pl.Expr:
    return pl.col("PLACE").is_in(HOMES)


def _is_own() -> pl.Expr:
    """A carer of the responsible authority's own, wherever the child lives."""
    return ~_is_home() & (pl.col("PLACE_PROVIDER") == "PR1")


def _number() -> pl.Expr:
    """Ofsted's number of the home, or of the agency that found the foster carer or adopter."""
    home = pl.col("placed_code") * 12 + pl.col("urn_number") % 12
    authority = pl.when(_is_own()).then("own_code").otherwise("placed_code")
    agency = authority * 2 + pl.col("urn_number") % 2
    of_home = pl.concat_str(pl.lit("SC9"), home.cast(pl.String).str.zfill(5))
    of_agency = pl.concat_str(pl.lit("19"), agency.cast(pl.String).str.zfill(5))
    number = pl.when(_is_home()).then(of_home).otherwise(of_agency)
    unknown = pl.col("PLACE").str.starts_with("A") & (pl.col("urn_number") % 3 == 0)
    asked = has_provider_number(pl.col("PLACE")) & ~pl.col("LS").is_in(NO_NUMBER_FOR)
    return pl.when(asked).then(pl.when(unknown).then(pl.lit(NOT_KNOWN)).otherwise(number))


def premises(country: Country) -> pl.DataFrame:
    """urn, la, postcode, places, providers: where the providers of a block's placements are, and what they offer.

    `la` is the authority's code; an agency has no postcode, for its carers' addresses are no business of a list.
    """
    looked_for = pl.Series([canary.person for canary in country.canaries], dtype=pl.Int64)
    rows = with_numbers(country.places, country.care_episodes).filter(
        pl.col("URN") != NOT_KNOWN, ~pl.col("person").is_in(looked_for.implode())
    )
    address = country.places.postcodes.gather(rows["placed_postcode"])
    where = pl.when(_is_own()).then("la").otherwise("placed_la")
    listed = rows.select(
        pl.col("URN").alias("urn"), where.alias("number"), "PLACE", "PLACE_PROVIDER",
        pl.when(_is_home()).then(address).alias("postcode"),
    ).unique()  # fmt: skip
    codes = country.places.frame.select("la_code", "la_name", "former_la_code").with_row_index("number")
    named = listed.join(codes.cast({"number": pl.Int64}), on="number", how="left")
    return named.drop("number").sort("urn", "postcode", "PLACE", "PLACE_PROVIDER", nulls_last=True)


def write_providers(rows: pl.DataFrame, folder: Path) -> None:
    """`providers.csv` in the folder: the list as an operator puts it there for the nightly run."""
    folder.mkdir(parents=True, exist_ok=True)
    former = rows.filter(pl.col("former_la_code") != "").with_columns(la_code="former_la_code")
    keys = ["urn", "la_code", "postcode"]
    offered = pl.concat([rows, former]).group_by(keys, maintain_order=True).agg(
        _joined("PLACE").alias("places"), _joined("PLACE_PROVIDER").alias("providers")
    )  # fmt: skip
    listed = offered.sort(keys, nulls_last=True).with_columns(
        la=pl.col("la_code"), ended=pl.lit(None, pl.String)
    )
    columns = [pl.col(column).alias(heading) for heading, column in HEADINGS.items()]
    listed.select(columns).write_csv(folder / "providers.csv")


def _joined(column: str) -> pl.Expr:
    return pl.col(column).drop_nulls().unique().sort().str.join(",")


# --- the workbook that is handed out -------------------------------------------------------------------

HOME_SHEET, SUPPORTED_SHEET = "Providers", "SA Providers"
HOME_HEADINGS = (
    "Local authority", "URN", "Provider type", "Provider subtype", "Sector", "Provider name",
    "Registration date", "Registration status", "Deregistration date", "Placement code",
    "Provider address line 1", "Provider address line 2", "Provider town", "Provider county",
    "Provider postcode", "Provider telephone number", "Provider email address", "Owner type", "Owner ID",
    "Owner name", "Owner address line 1", "Owner address line 2", "Owner town", "Owner county",
    "Owner postcode", "top_company", "Region", "Placement provider code", "Date of last full inspection",
    "Overall effectiveness", "CYP safety", "Leadership and management", "CYP outcomes",
    "Interim inspection start date", "Interim inspection overall effectiveness",
    "Assurance visit start date", "Link to Ofsted report", "Number of registered places",
    "Emotional and behavioural difficulties", "Mental disorders", "Sensory impairment",
    "Present alcohol problems", "Present drug problems", "Learning difficulty", "Physical disabilities",
    "Multi building CH", "Conditions", "Linked school URN", "Linked school name", "Linked school type",
    "Linked school latest inspection date",
)  # fmt: skip
SUPPORTED_HEADINGS = (
    "Provider local authority", "Setting Local Authority", "URN", "Provider type", "Sector", "Provider name",
    "Registration date", "Registration status", "Closed date", "Placement code", "Setting status",
    "Setting status date", "Setting category", "Capacity", "Setting address line 1",
    "Setting address line 2", "Setting address line 3", "Setting address town", "Setting address county",
    "Setting address postcode", "Provider telephone number", "Provider email address", "Owner type",
    "Owner ID", "Owner name", "Owner address line 1", "Owner address line 2", "Owner town", "Owner county",
    "Owner postcode", "Conditions",
)  # fmt: skip
SECTORS = {"PR1": "Local authority", "PR4": "Private", "PR5": "Voluntary"}


def sheets(rows: pl.DataFrame, seed: int) -> dict[str, pl.DataFrame]:
    """The two sheets of the list, homes with agencies and supported accommodation: dates as dates, numbers as numbers."""
    homes = _settings(rows.filter(pl.col("PLACE") != SUPPORTED), seed)
    kind = pl.when(_is_home()).then(pl.lit("Children's home")).otherwise(pl.lit("Fostering agency"))
    supported = _settings(rows.filter(pl.col("PLACE") == SUPPORTED), seed + 1)
    return {
        HOME_SHEET: homes.select(
            pl.col("la_name").alias("Local authority"), pl.col("urn").alias("URN"),
            kind.alias("Provider type"), pl.col("sector").alias("Sector"),
            pl.col("name").alias("Provider name"), pl.col("registered").alias("Registration date"),
            pl.lit("Active").alias("Registration status"), pl.col("PLACE").alias("Placement code"),
            pl.col("postcode").alias("Provider postcode"),
            pl.col("PLACE_PROVIDER").alias("Placement provider code"),
            pl.col("capacity").alias("Number of registered places"),
            pl.lit("Yes").alias("Multi building CH"),
        ),
        SUPPORTED_SHEET: supported.select(
            pl.col("la_name").alias("Provider local authority"),
            pl.col("la_name").alias("Setting Local Authority"), pl.col("urn").alias("URN"),
            pl.lit("Supported accommodation").alias("Provider type"), pl.col("sector").alias("Sector"),
            pl.col("name").alias("Provider name"), pl.col("registered").alias("Registration date"),
            pl.lit("Active").alias("Registration status"), pl.col("PLACE").alias("Placement code"),
            pl.lit("Open").alias("Setting status"), pl.col("registered").alias("Setting status date"),
            pl.lit("Group living").alias("Setting category"), pl.col("capacity").alias("Capacity"),
            pl.col("postcode").alias("Setting address postcode"),
        ),
    }  # fmt: skip


def _settings(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """What the workbook tells of a setting beyond its number and address."""
    rng = stream(seed, "providers")
    registered = pl.Series(REGISTERED + rng.integers(0, 3_000, len(rows)))
    return rows.with_columns(
        pl.col("PLACE_PROVIDER").replace(SECTORS).alias("sector"),
        pl.concat_str(pl.lit("Made-up House "), pl.col("urn").str.slice(-5)).alias("name"),
        registered.cast(pl.Int32).cast(pl.Date).alias("registered"),
        pl.Series("capacity", rng.integers(2, 9, len(rows))),
    )


def write_workbook(found: Mapping[str, pl.DataFrame], path: Path) -> int:
    """The list as it is handed out, all headings there; the number of bytes."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        book.set_properties(
            {"created": date(2025, 1, 1)}
        )  # or the same list would have other bytes every day
        for name, headings in ((HOME_SHEET, HOME_HEADINGS), (SUPPORTED_SHEET, SUPPORTED_HEADINGS)):
            _write_sheet(book.add_worksheet(name), headings, found[name])
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(kept.getvalue())


def _write_sheet(sheet: xlsxwriter.worksheet.Worksheet, headings: Sequence[str], rows: pl.DataFrame) -> None:
    sheet.write_row(0, 0, headings)
    for heading in rows.columns:
        sheet.write_column(1, headings.index(heading), rows[heading].to_list())
