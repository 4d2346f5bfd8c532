"""The file of persons that some authorities send beside their returns: the only one with names."""

from __future__ import annotations

import polars as pl

from synthetic import canaries as birds
from synthetic.country import Country
from synthetic.csv_files import sorted_by_la, text_date
from synthetic.days import year_end
from synthetic.identity import known_by

COLUMNS = (
    "la_child_id", "upn", "former_upn", "uln", "nhs_number", "forename", "surname", "former_surname",
    "date_of_birth", "sex", "postcode",
)  # fmt: skip


def person_rows(country: Country, children: pl.DataFrame, year: int) -> pl.DataFrame:
    """One row for each (person, la) that a sending authority had in either return of the year."""
    sends = pl.col("la").is_in(country.block.with_person_files.tolist())
    pairs = children.select("person", "la").unique().sort("person", "la").filter(sends)
    rows = known_by(country, pairs, year)
    names = country.people.names[rows["person"].to_numpy()]
    born = pl.when(~pl.col("unborn")).then(text_date("born", "%Y-%m-%d"))
    named = rows.with_columns(
        names["uln"].set(rows["upn"].is_null(), None),
        names["nhs_number"].set(rows["nhs_missing"], None),
        _postcode(country, rows, year),
        born.alias("date_of_birth"),
    )
    sent = sorted_by_la(named, country.places.codes(year))
    sent = birds.mark(sent, country.canaries, {"postcode": "postcode"})
    return birds.spoil(sent, country.canaries, "date_of_birth", "2014-02-31")


def _postcode(country: Country, rows: pl.DataFrame, year: int) -> pl.Series:
    """The family's address as the authority has it: current, out of date, or blank."""
    people, person = country.people, rows["person"].to_numpy()
    current = pl.Series(people.home_postcode(person, year_end(year)))
    index = current.zip_with(~rows["postcode_old"], pl.Series(people.postcode[person]))
    return country.places.postcodes.gather(index).set(rows["postcode_missing"], None).alias("postcode")
