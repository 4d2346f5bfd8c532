"""Two children who are looked for: every identifier of theirs is a string that stands nowhere else.

One child's rows are faultless, the other's carry a date that cannot be, so that error messages get their
chance to tell. A search of logs and published files for these strings shows whether an identifier has
leaked.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from synthetic.days import FAR, day
from synthetic.numbers import check_letters
from synthetic.people import People
from synthetic.places import Places

UNIQUE = {
    "forename": ("Quillonbryde", "Zephandrielle"),
    "surname": ("Xanthorpewick", "Vorquestrande"),
    "former_surname": ("Jundelbrackley", "Ozwaldthwaiteley"),
    "upn": ("005987617543", "005987618652"),
    "former_upn": ("005987627341", "005987628459"),
    "uln": ("8765432198", "8654321987"),
    "nhs_number": ("8432198765", "8321987654"),
    "la_child_id": ("QZ7X49KV1", "QZ7X49KV2"),
    "postcode": ("ZK98 7QX", "ZK97 6XQ"),
    "placement_postcode": ("ZK96 5QW", "ZK95 4WQ"),
    "social_worker_id": ("SW98765431", "SW98765432"),
    "provider_urn": ("SC9876541", "SC9876542"),
}


@dataclass(frozen=True)
class Canary:
    """One child's identifiers, and the child's place among the people."""

    person: int
    faulty: bool
    forename: str
    surname: str
    former_surname: str
    upn: str
    former_upn: str
    uln: str
    nhs_number: str
    la_child_id: str
    postcode: str
    placement_postcode: str
    social_worker_id: str
    provider_urn: str

    def values(self) -> list[tuple[str, str]]:
        """(kind, value) of every identifier; the faulty child's kinds say so."""
        suffix = "_in_fault" if self.faulty else ""
        kinds = [field.name for field in fields(self) if field.name not in ("person", "faulty")]
        return [(kind + suffix, getattr(self, kind)) for kind in kinds]


def add_canaries(
    people: People, places: Places, years: tuple[int, ...], la: int | None, clean: bool
) -> tuple[People, list[Canary]]:
    """The people with one or two more at the end; a clean country has only the child without faults.

    A block of the country without an authority for them (`la`) has none.
    """
    if la is None:
        return people, []
    count = 1 if clean else 2
    canaries = [_canary(len(people) + number, number) for number in range(count)]
    return _append(people, canaries, places, years, la), canaries


def _canary(person: int, number: int) -> Canary:
    values = {kind: both[number] for kind, both in UNIQUE.items()}
    for kind in ("upn", "former_upn"):
        values[kind] = check_letters(pl.Series([values[kind]]))[0] + values[kind]
    for kind, modulus in (("uln", 10), ("nhs_number", 11)):
        values[kind] = values[kind][:9] + str(_last_digit(values[kind][:9], modulus))
    return Canary(person, bool(number), **values)


def _last_digit(nine: str, modulus: int) -> int:
    total = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return modulus - total if modulus == 10 else (11 - total) % 11


def _append(
    people: People, canaries: list[Canary], places: Places, years: tuple[int, ...], la: int
) -> People:
    """Each canary is a family of one, of school age in every year, and stays where it is."""
    count = len(canaries)
    born = np.array([day(years[0] - 9, 5, 19), day(years[0] - 9, 8, 23)][:count])
    ordinary = {
        "family": people.family.max() + 1 + np.arange(count),
        "la": np.full(count, la), "later_la": np.full(count, la), "moved": np.full(count, FAR),
        "postcode": np.full(count, places.postcode_offsets[la]),
        "later_postcode": np.full(count, places.postcode_offsets[la]),
        "born": born, "is_girl": np.array([True, False][:count]),
        "ethnicity": np.zeros(count, dtype=np.int64),
        "is_twin": np.zeros(count, dtype=bool), "arrived": np.zeros(count, dtype=np.int64),
        "state_school": np.ones(count, dtype=bool), "entry_age": np.full(count, 4),
        "stays_on": np.ones(count, dtype=bool), "school_moved": np.full(count, FAR),
        "school_draw": np.full(count, 0.3), "later_school_draw": np.full(count, 0.3),
        "absence_habit": np.zeros(count), "is_canary": np.ones(count, dtype=bool),
        "died": np.full(count, FAR), "adopted": np.full(count, FAR),
    }  # fmt: skip
    columns = {name: np.concatenate([getattr(people, name), value]) for name, value in ordinary.items()}
    return People(names=pl.concat([people.names, _names(people, canaries)]), **columns)


def _names(people: People, canaries: list[Canary]) -> pl.DataFrame:
    rows = [
        {
            "forename": canary.forename, "middle_name": None, "surname": canary.surname,
            "former_surname": canary.former_surname, "adoptive_surname": canary.surname, "upn": canary.upn,
            "second_upn": canary.former_upn, "former_upn": canary.former_upn, "uln": canary.uln,
            "nhs_number": canary.nhs_number,
        }
        for canary in canaries
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=people.names.schema)


def with_care_of(
    canaries: list[Canary], people: People, years: tuple[int, ...], periods: pl.DataFrame
) -> pl.DataFrame:
    """Each canary has a period of care, begun before the first year and not yet over."""
    if not canaries:
        return periods
    first_period = len(periods)
    start = day(years[0] - 2, 2, 10)
    ends = [int(people.born[canary.person]) + 18 * 365 for canary in canaries]
    theirs = pl.DataFrame(
        {
            "period": pl.Series([first_period + number for number in range(len(canaries))], dtype=pl.UInt32),
            "person": [canary.person for canary in canaries],
            "la": [int(people.la[canary.person]) for canary in canaries],
            "start": [start + canary.person % 5 for canary in canaries],
            "end": ends,
            "ending": ["grown"] * len(canaries),
        }
    )
    return pl.concat([periods, theirs])


def settle(care_episodes: pl.DataFrame, canaries: list[Canary]) -> pl.DataFrame:
    """One foster placement under a care order for each canary, in its own authority."""
    theirs = pl.col("person").is_in(
        pl.Series([canary.person for canary in canaries], dtype=pl.Int64).implode()
    )
    first = pl.col("RNE") == "S"
    kept = care_episodes.filter(~theirs | first)
    fixed = {"LS": "C2", "PLACE": "U4", "PLACE_PROVIDER": "PR1", "REC": "E17", "REASON_PLACE_CHANGE": None}
    changes = [
        pl.when(theirs).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in fixed.items()
    ]
    ends = pl.when(theirs).then("end").otherwise("dec").alias("dec")
    here = pl.when(theirs).then("la").otherwise("placed_la").alias("placed_la")
    return kept.with_columns(*changes, ends, here)


def mark(frame: pl.DataFrame, canaries: list[Canary], columns: dict[str, str]) -> pl.DataFrame:
    """Put the canaries' own values into columns of text: column, then kind of identifier."""
    for canary in canaries:
        theirs = pl.col("person") == canary.person
        frame = frame.with_columns(
            pl.when(theirs).then(pl.lit(getattr(canary, kind))).otherwise(pl.col(column)).alias(column)
            for column, kind in columns.items()
        )
    return frame


def spoil(frame: pl.DataFrame, canaries: list[Canary], column: str, text: str) -> pl.DataFrame:
    """Give the faulty canary's rows a text that cannot be read."""
    faulty = pl.Series([canary.person for canary in canaries if canary.faulty], dtype=pl.Int64)
    theirs = pl.col("person").is_in(faulty.implode())
    return frame.with_columns(pl.when(theirs).then(pl.lit(text)).otherwise(pl.col(column)).alias(column))
