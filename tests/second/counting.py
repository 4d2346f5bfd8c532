"""From children counted one by one to the cells of a published table.

A `Unit` is one child, plan or case that an indicator looks at: how much it adds to the numerator and to the
denominator, in which authority and year, and what it is by each breakdown. Cells are sums of units. A figure
of a region or of England is the sum of its authorities that have one.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "schemas" / "reference"
SEXES = ("Male", "Female", "Unknown")
GROUPS = (
    "White", "Mixed or multiple ethnic groups", "Asian or Asian British",
    "Black, African, Caribbean or Black British", "Other ethnic group", "Unknown",
)  # fmt: skip
AGES = ("Under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over", "Unknown")
WITH_UNBORN = ("Unborn", *AGES)
AT_SCHOOL = ("5 to 9", "10 to 15")
NEEDS = {
    "N1": "Abuse or neglect", "N2": "Child's disability", "N3": "Parental disability or illness",
    "N4": "Family in acute stress", "N5": "Family dysfunction", "N6": "Socially unacceptable behaviour",
    "N7": "Low income", "N8": "Absent parenting",
}  # fmt: skip
NO_NEED = "Not stated or other"
Traits = Mapping[str, str]
Place = tuple[str, str]
"""A level and a code: ('National', 'E92000001'), ('Regional', 'E12000007'), ('Local authority', '202'); of
statistical neighbours the authority whose ten they are."""
Cell = tuple[str, int, Place, str, str]
ENGLAND = ("National", "E92000001")


@dataclass(frozen=True)
class Unit:
    """One child, plan or case, and what it adds."""

    indicator: str
    year: int
    la: str
    traits: Traits
    numerator: int
    denominator: int = 1


@dataclass(frozen=True)
class Kind:
    """What an indicator is shown by, how its value follows from its counts, and whether out of a population."""

    shown_by: Mapping[str, tuple[str, ...]]
    times: Fraction = Fraction(100)
    of_population: bool = False


@dataclass(frozen=True)
class Figure:
    """A cell of a table; everything blank when the authority's returns are not there."""

    numerator: int | None = None
    denominator: int | None = None
    value: float | None = None


def by(ages: tuple[str, ...], **more: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The breakdowns that nearly every indicator has: sex, age and ethnicity."""
    return {"Sex": SEXES, **({"Age": ages} if ages else {}), "Ethnicity": GROUPS, **more}


@cache
def read_csv(name: str) -> list[dict[str, str]]:
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def regions(year: int) -> dict[str, str]:
    """Authorities that stood on 31 March of a year, and their regions."""
    day = f"{year}-03-31"
    return {
        row["la_code"]: row["region_code"]
        for row in read_csv("authorities.csv")
        if row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])
    }


@cache
def neighbour_of() -> Mapping[str, tuple[str, ...]]:
    """Whose statistical neighbour an authority is: of a list of ten, read the other way round."""
    found: dict[str, tuple[str, ...]] = {}
    for row in read_csv("neighbours.csv"):
        found[row["neighbour_la_code"]] = (*found.get(row["neighbour_la_code"], ()), row["la_code"])
    return found


def populations(year: int) -> dict[str, int]:
    """Children aged 0 to 17 at the middle of the year before the collection year's end."""
    rows = read_csv("population_0_17.csv")
    return {row["la_code"]: int(row["population"]) for row in rows if row["mid_year"] == str(year - 1)}


People = Mapping[int, Mapping[str, int]]
"""Children aged 0 to 17 of each authority, by collection year."""


def figures(
    indicator: str,
    kind: Kind,
    units: Iterable[Unit],
    held: Mapping[int, set[str]],
    known: set[str],
    people: People | None = None,
) -> dict[Cell, Figure]:
    """Every cell of an indicator; `held` are the authorities that have a figure, by year.

    Cells are made for the authorities that are `known` to have sent anything, and for their regions. `people`
    stand in for the published populations, as a country of another size needs.
    """
    sums: dict[Cell, list[int]] = defaultdict(lambda: [0, 0])
    standing = {year: regions(year) for year in held}
    where = {year: {la: r for la, r in standing[year].items() if la in known} for year in held}
    for unit in units:
        if unit.la not in held.get(unit.year, ()) or unit.la not in where[unit.year]:
            continue
        for breakdown, category in _categories(unit, kind):
            for place in places(unit.la, standing[unit.year], breakdown):
                cell = sums[indicator, unit.year, place, breakdown, category]
                cell[0] += unit.numerator
                cell[1] += unit.denominator
    return {
        cell: figure
        for year, las in held.items()
        for cell, figure in _of_year(
            indicator,
            kind,
            year,
            las & where[year].keys(),
            where[year].keys(),
            standing[year],
            sums,
            people or {year: populations(year)},
        )
    }


def places(la: str, region: Mapping[str, str], breakdown: str) -> tuple[Place, ...]:
    """Where an authority's children are counted; among those of its neighbours in total only."""
    own = ("Local authority", la), ("Regional", region[la]), ENGLAND
    if breakdown != "Total":
        return own
    beside = (("Statistical neighbours", other) for other in neighbour_of().get(la, ()) if other in region)
    return *own, *beside


def _categories(unit: Unit, kind: Kind) -> list[tuple[str, str]]:
    return [("Total", "Total"), *((b, unit.traits[b]) for b in kind.shown_by if b in unit.traits)]


def _of_year(
    indicator: str,
    kind: Kind,
    year: int,
    las: set[str],
    known: Iterable[str],
    region: Mapping[str, str],
    sums: Mapping[Cell, list[int]],
    people: People,
) -> Iterable[tuple[Cell, Figure]]:
    """All cells of one year, those without a child and those without a return among them."""
    for breakdown, categories in {"Total": ("Total",), **kind.shown_by}.items():
        for place, members in _members(las, known, region, breakdown).items():
            for category in categories:
                cell = (indicator, year, place, breakdown, category)
                yield cell, _figure(cell, kind, members, sums, people.get(year, {}))


def _members(
    las: set[str], known: Iterable[str], region: Mapping[str, str], breakdown: str
) -> dict[Place, list[str]]:
    """The authorities with a figure of each place, which may be none."""
    found: dict[Place, list[str]] = defaultdict(list)
    for la in known:
        for place in places(la, region, breakdown):
            found[place] += [la] if la in las else []
    return found


def _figure(
    cell: Cell, kind: Kind, members: list[str], sums: Mapping[Cell, list[int]], people: Mapping[str, int]
) -> Figure:
    if not members:
        return Figure()
    numerator, counted = sums.get(cell, [0, 0])
    out_of: int | None = counted
    if kind.of_population:
        out_of = _population(members, people) if cell[3] == "Total" else None
    return Figure(numerator, out_of, value_of(numerator, out_of, kind.times))


def _population(las: list[str], people: Mapping[str, int]) -> int | None:
    return sum(people[la] for la in las) if all(la in people for la in las) else None


def value_of(numerator: int, denominator: int | None, times: Fraction) -> float | None:
    """The value as an exact fraction, only then as a decimal number."""
    return float(times * numerator / denominator) if denominator else None
