"""The indicators: what is counted, among whom, out of what, and how it may be shown.

Each is an entry in `schemas/outcomes/*.toml`, named as on the department's dashboard. The entry is the
definition: the nightly figures, the registry that analysts read and the published files come from it.

What the indicators of one file have in common stands in its `[defaults]`, with `[defaults.publication]` for the
published file; an entry says what is its own, and what it says counts.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from schemas.failures import Trouble
from schemas.table import FIRST_YEAR

FOLDER = Path(__file__).parent / "outcomes"

Unit = Literal["per 10,000 children", "%", "score", "months"]

MULTIPLIER: dict[Unit, Fraction] = {
    "per 10,000 children": Fraction(10_000),
    "%": Fraction(100),
    "score": Fraction(1),
    "months": Fraction(48, 1461),
}
"""What the numerator over the denominator is multiplied by. Months are counted in days, 365.25 to twelve months."""


class Breakdown(BaseModel, frozen=True, extra="forbid"):
    """One way of dividing an indicator: a column of its cohort and what its values are called."""

    title: str
    column: str
    categories: Mapping[str, str]
    """From the value in the column to the category's name; complete, in the order of printing."""


SEXES = {"M": "Male", "F": "Female", "U": "Unknown"}
AGES = ("Under 1", "1 to 4", "5 to 9", "10 to 15", "16 and over")
SCHOOL_AGES = ("5 to 9", "10 to 15")
ETHNIC_GROUPS = (
    "White",
    "Mixed or multiple ethnic groups",
    "Asian or Asian British",
    "Black, African, Caribbean or Black British",
    "Other ethnic group",
    "Unknown",
)
"""The department's main groups; unknown are those refused, not yet obtained, or not told."""

BREAKDOWNS: dict[str, Breakdown] = {
    "sex": Breakdown(title="Sex", column="sex", categories=SEXES),
    "age": Breakdown(title="Age", column="age_band", categories={a: a for a in ("Unborn", *AGES, "Unknown")}),
    "age_in_care": Breakdown(title="Age", column="age_band", categories={a: a for a in (*AGES, "Unknown")}),
    "age_at_school": Breakdown(title="Age", column="age_band", categories={a: a for a in SCHOOL_AGES}),
    "ethnicity": Breakdown(
        title="Ethnicity", column="ethnic_group", categories={group: group for group in ETHNIC_GROUPS}
    ),
}
"""The ways of dividing that an indicator may name in `by`; its cohort has the column."""


class Publication(BaseModel, frozen=True, extra="forbid"):
    """Where and how the figure stands in the published files."""

    file: str
    """Name of the file, without ending."""
    column: str
    """The column of the value."""
    decimals: int
    count: str | None = None
    """The column of the numerator, where that is published."""
    base: str | None = None
    """The column of the denominator, where that is published."""
    filter_by: str | None = None
    """The column that tells the indicators of a file apart which share the other columns."""
    filter: str | None = None
    """What stands in that column for this indicator."""
    people: str | None = None
    """The indicator whose denominator is the number of children behind this one: small numbers are
    numbers of children, however many sessions they had."""


class Indicator(BaseModel, frozen=True, extra="forbid"):
    """One measure over one cohort. Conditions and columns are those of the cohort's query."""

    indicator_id: str
    version: int
    title: str
    outcome: str
    numerator: str
    denominator: str
    source: str
    notes: str
    among: str
    """The cohort."""
    where: str = "true"
    """Which of its rows the indicator is about."""
    measured: str = "true"
    """Which of those could be measured; the rest lower the link rate, not the value."""
    counting: str = "true"
    """Which of the measured rows the numerator counts."""
    sum_of: str = "1"
    """What the numerator adds up over those rows, a whole number each; 1 is the row itself, a child or a case."""
    out_of: str = "rows"
    """`rows`, `population`, or the column that the denominator adds up."""
    unit: Unit
    better: Literal["lower", "higher", "neither"]
    needs: tuple[str, ...]
    """Returns of the authority without which there is no figure."""
    needs_year_before: bool = False
    since: int = FIRST_YEAR
    """The first collection year in which it could be told; before it there is no figure, rather than nought."""
    rests_on: str | None = None
    """A column that something from elsewhere fills; when it is blank for a whole year there is no figure."""
    links: bool = False
    """Whether the figure rests on links between returns, and on attendance."""
    by: tuple[str, ...] = ()
    publication: Publication

    @property
    def multiplier(self) -> Fraction:
        return MULTIPLIER[self.unit]


@functools.cache
def indicators() -> Mapping[str, Indicator]:
    """Every indicator by its id, in order of id."""
    entries: dict[str, dict[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        found = with_defaults(tomllib.loads(path.read_text(encoding="utf-8")))
        if twice := entries.keys() & found.keys():
            raise Trouble(f"{path.name}: expected new indicators, came again: {', '.join(sorted(twice))}")
        entries |= found
    return {key: _read(key, entries[key]) for key in sorted(entries)}


def with_defaults(file: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of a file, each with what `[defaults]` says where the entry says nothing itself."""
    common = file.get("defaults", {})
    return {key: _merged(common, entry) for key, entry in file.items() if key != "defaults"}


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    publication = {**common.get("publication", {}), **own.get("publication", {})}
    return {**common, **own, "publication": publication}


def _read(key: str, entry: Mapping[str, Any]) -> Indicator:
    """One entry; what is wrong with it is said in words, since declarations hold no child's data."""
    try:
        return Indicator(indicator_id=key, **entry)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)]
    raise Trouble(
        f"the indicator {key} in schemas/outcomes/ is not declared as it must be: {'; '.join(wrong)}"
    )


def named(indicator_id: str) -> Indicator:
    """The indicator of that id."""
    if indicator_id not in indicators():
        raise LookupError(f"there is no indicator {indicator_id}; expected one of {', '.join(indicators())}")
    return indicators()[indicator_id]


def registry_version() -> str:
    """Twelve hex digits that change whenever any definition does."""
    text = "".join(f"{key}={value.model_dump_json()}" for key, value in indicators().items())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def explain(indicator_id: str) -> str:
    """An indicator in plain words."""
    one = named(indicator_id)
    return (
        f"{one.title} ({one.indicator_id}, version {one.version}). Counted: {one.numerator}. "
        f"Out of: {one.denominator}. {one.notes} Unit: {one.unit}; {BETTER[one.better]}. Source: {one.source}."
    )


BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "neither": "neither high nor low is good in itself",
}


def indicator_page() -> str:
    """All indicators as a page of Markdown, with the drawn cases that prove them."""
    lines = [
        "# Indicators",
        "",
        "Each is an entry in `schemas/outcomes/`; the drawings are run as tests.",
        "",
    ]
    for one in indicators().values():
        lines += [f"## {one.title}", "", *_facts(one), ""]
    lines += ["# Drawn cases", ""]
    for path in sorted(FOLDER.glob("*.cases")):
        lines += [f"## {path.stem}", "", "```", path.read_text(encoding="utf-8").rstrip(), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _facts(one: Indicator) -> list[str]:
    return [
        f"`{one.indicator_id}`, version {one.version}, {one.outcome}, {one.unit}; {BETTER[one.better]}.",
        "",
        f"* Counted: {one.numerator}.",
        f"* Out of: {one.denominator}.",
        f"* Cohort: `{one.among}`" + ("" if one.where == "true" else f" where `{one.where}`") + ".",
        f"* Returns needed: {', '.join(one.needs)}"
        + (", also of the year before" if one.needs_year_before else "")
        + (f"; since {one.since}." if one.since > FIRST_YEAR else "."),
        f"* {one.notes}",
        f"* Source: {one.source}.",
    ]
