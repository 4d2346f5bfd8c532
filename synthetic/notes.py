"""What the truth needs to know of the returns as they were sent, written down while they are made.

A country at full size has more records than a machine remembers: each block of authorities adds its part to
the files of truth and is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from synthetic import truth
from synthetic.country import Country


@dataclass(frozen=True)
class Returned:
    """How much one return of one year came to."""

    return_: str
    year: int
    children: int
    files: int
    bytes: int


class Notes:
    """Truth in files, part after part; what is not is small enough to keep."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.writers: dict[str, pq.ParquetWriter] = {}
        self.counted: list[pl.DataFrame] = []
        self.returned: list[Returned] = []
        self.canaries: list[tuple[str, str]] = []
        self.providers: list[pl.DataFrame] = []

    def add(self, name: str, rows: pl.DataFrame) -> None:
        """More rows of `<name>.parquet`."""
        table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self.writers:
            path = self.folder / f"{name}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            self.writers[name] = pq.ParquetWriter(path, table.schema)
        self.writers[name].write_table(table)

    def record(
        self, country: Country, return_: str, year: int, table: str, rows: pl.DataFrame, key: str
    ) -> None:
        """Whose rows of a table are: the true person behind each key."""
        self.add(
            "records",
            rows.select(
                pl.lit(return_).alias("return"),
                pl.lit(year, dtype=pl.Int64).alias("year"),
                "la",
                pl.lit(table).alias("table"),
                pl.col(key).alias("key"),
                pl.col("person").cast(pl.Int64) + country.start.person,
            ),
        )

    def block(self, country: Country) -> None:
        """Who the people of a block are, and what went wrong when they were written down."""
        self.add("people", truth.people_frame(country))
        wrong = pl.concat([country.cases.errors, country.pupils.errors])
        numbered = wrong.with_columns(pl.col("person").cast(pl.Int64) + country.start.person)
        codes = country.places.frame["la_code"].gather(numbered["la"])
        self.add("errors", numbered.with_columns(codes.alias("la")))
        self.canaries += [pair for canary in country.canaries for pair in canary.values()]

    def close(self) -> None:
        """Finish the files."""
        for writer in self.writers.values():
            writer.close()
        values = pl.DataFrame(self.canaries, schema=["kind", "value"], orient="row")
        values.write_csv(self.folder / "canaries.csv")
