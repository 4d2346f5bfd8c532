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
from typing import Any, Literal, Self

from pydantic import BaseModel, ValidationError, model_validator

from schemas.failures import Trouble
from schemas.table import FIRST_YEAR

FOLDER = Path(__file__).parent / "outcomes"

Unit = Literal["per 10,000 children", "%", "score", "months", "number", "£"]
Outcome = Literal["Outcome 1", "Outcome 2", "Outcome 3", "Outcome 4", "Enabler 2", "Enabler 3"]

SWAPPED: Mapping[str, str] = {"Outcome 2": "Outcome 3", "Outcome 3": "Outcome 2"}
"""What the dashboard has called two outcomes of the National Framework since 2 March 2026: each by the other's
number. All other names are the same in both."""

MULTIPLIER: dict[Unit, Fraction] = {
    "per 10,000 children": Fraction(10_000),
    "%": Fraction(100),
    "score": Fraction(1),
    "months": Fraction(48, 1461),
    "number": Fraction(1),
    "£": Fraction(1),
}
"""What the numerator over the denominator is multiplied by. Months are counted in days, 365.25 to twelve months."""


class Breakdown(BaseModel, frozen=True, extra="forbid"):
    """One way of dividing an indicator: a column of its cohort and what its values are called."""

    title: str
    column: str
    fields: tuple[str, ...] = ()
    """The fields of returns that divide it, as `cin.cin_details.PrimaryNeedCode`, where a source of another form
    may lack them."""
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

NEEDS = {
    "N1": "Abuse or neglect",
    "N2": "Child's disability",
    "N3": "Parental disability or illness",
    "N4": "Family in acute stress",
    "N5": "Family dysfunction",
    "N6": "Socially unacceptable behaviour",
    "N7": "Low income",
    "N8": "Absent parenting",
    "Unknown": "Not stated or other",
}
PLACEMENTS = {
    "foster - kin": "Foster care with relatives or friends",
    "foster - unrelated": "Other foster care",
    "placed for adoption": "Placed for adoption",
    "placed with parents": "Placed with parents",
    "secure and children's homes": "Children's homes and secure homes",
    "independent/semi-independent/supported": "Supported accommodation, independent living",
    "other residential": "Other residential places",
    "residential school": "Residential schools",
    "other": "Other",
    "Unknown": "Unknown",
}
"""By the published group of the placement's code; a test holds them to the code set."""
DISABILITIES = {"disabled": "Disabled", "not disabled": "Not disabled", "Unknown": "Not said"}
ALONE = {"true": "Unaccompanied asylum-seeking children", "false": "Other children"}
SEN_GROUPS = {
    "plan": "Education, health and care plan",
    "support": "SEN support",
    "none": "No special educational need",
    "Unknown": "Not found or not said",
}
FSM_GROUPS = {"eligible": "Eligible", "not eligible": "Not eligible", "Unknown": "Not found"}
PATHS = {"before 16": "Before 16", "16 or over": "At 16 or over", "Unknown": "Unknown"}

BREAKDOWNS: dict[str, Breakdown] = {
    "sex": Breakdown(title="Sex", column="sex", categories=SEXES),
    "age": Breakdown(title="Age", column="age_band", categories={a: a for a in ("Unborn", *AGES, "Unknown")}),
    "age_in_care": Breakdown(title="Age", column="age_band", categories={a: a for a in (*AGES, "Unknown")}),
    "age_at_school": Breakdown(title="Age", column="age_band", categories={a: a for a in SCHOOL_AGES}),
    "ethnicity": Breakdown(
        title="Ethnicity", column="ethnic_group", categories={group: group for group in ETHNIC_GROUPS}
    ),
    "need": Breakdown(
        title="Main need",
        column="need_code",
        categories=NEEDS,
        fields=("cin.cin_details.PrimaryNeedCode", "ssda903.episodes.CIN"),
    ),
    "placement": Breakdown(title="Placement", column="placement_group", categories=PLACEMENTS),
    "disability": Breakdown(
        title="Disability",
        column="disability",
        categories=DISABILITIES,
        fields=("cin.disabilities.Disability",),
    ),
    "unaccompanied": Breakdown(title="Seeking asylum alone", column="is_unaccompanied", categories=ALONE),
    "sen": Breakdown(title="Special educational needs", column="sen_group", categories=SEN_GROUPS),
    "fsm": Breakdown(title="Free school meals", column="fsm_group", categories=FSM_GROUPS),
    "path": Breakdown(title="Age on coming into care", column="entered_care", categories=PATHS),
    "last_placement": Breakdown(title="Last placement", column="last_placement_group", categories=PLACEMENTS),
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
    """Raised whenever the same returns would give another figure than before."""
    changed: str = ""
    """What the version changed in the method; of the first version nothing."""
    title: str
    outcome: Outcome
    """The outcome of the National Framework by its number of 2023."""
    numerator: str
    denominator: str
    source: str
    owner: Literal["Department for Education", "this project"] = "Department for Education"
    """Who decides on the definition."""
    notes: str
    is_supplied: bool = False
    """Whether values are given to us, because nothing that we hold can tell them."""
    may_be_supplied: bool = False
    """Whether values may be given to us for a year in which nothing that we hold can tell them."""
    among: str = ""
    """The cohort; of a supplied indicator none."""
    where: str = "true"
    """Which of its rows the indicator is about."""
    measured: str = "true"
    """Which of those could be measured; the rest lower the link rate, not the value."""
    counting: str = "true"
    """Which of the measured rows the numerator counts."""
    sum_of: str = "1"
    """What the numerator adds up over those rows, a whole number each; 1 is the row itself, a child or a case."""
    parts: int = 1
    """Into how many parts a whole is divided that the numerator adds up: scores with decimals are told in hundredths."""
    out_of: str = "rows"
    """`rows`, `population`, or the column that the denominator adds up."""
    unit: Unit
    better: Literal["lower", "higher", "neither"]
    needs: tuple[str, ...] = ()
    """Returns of the authority without which there is no figure."""
    fields: tuple[str, ...] = ()
    """The fields of these returns without which it cannot be told, as `ssda903.episodes.LS`: a source of another form
    that lacks one gives no figure. The child's number and date of birth go without saying."""
    years_before: int = 0
    """How many years before it the same returns are needed of as well."""
    since: int = FIRST_YEAR
    """The first collection year in which it could be told; before it there is no figure, rather than nought."""
    rests_on: str | None = None
    """A column that something from elsewhere fills; when it is blank for a whole year there is no figure."""
    told_by_each: str | None = None
    """A column that an authority fills; blank for all its rows of a year, that authority has no figure."""
    links: bool = False
    """Whether the figure rests on links to records of pupils: the school census, or results."""
    looked_for: str = "is_school_age"
    """Of a figure that rests on links, for which of its rows there should be a pupil's record."""
    clock: Literal["social care", "school"] = "social care"
    """Whose year it is: the one that ends on 31 March, or the terms of a school year."""
    by: tuple[str, ...] = ()
    publication: Publication

    @property
    def multiplier(self) -> Fraction:
        return MULTIPLIER[self.unit] / self.parts

    @property
    def is_share(self) -> bool:
        """Whether it is what part of the rows of a cohort has something: chance then has limits that can be told."""
        return self.unit == "%" and self.out_of == "rows" and self.sum_of == "1"

    @property
    def needs_census(self) -> bool:
        """Whether an authority's own school census of every term in use is needed: for links to results it is not."""
        return self.links and "attainment" not in self.needs

    @property
    def dashboard_outcome(self) -> str:
        """The outcome as the dashboard has numbered it since March 2026."""
        return SWAPPED.get(self.outcome, self.outcome)

    @model_validator(mode="after")
    def _supplied_or_counted(self) -> Self:
        """A figure is either counted among a cohort of returns or supplied, never both."""
        if self.is_supplied == bool(self.among) or self.is_supplied == bool(self.needs):
            raise ValueError("expected a cohort (among) and returns (needs), or is_supplied and neither")
        if self.is_supplied and self.may_be_supplied:
            raise ValueError("expected is_supplied, or may_be_supplied of what is counted, came both")
        return self

    @model_validator(mode="after")
    def _says_what_changed(self) -> Self:
        """A raised version without a word of what changed would leave a reader with two figures and no reason."""
        if (self.version > 1) != bool(self.changed):
            raise ValueError(
                "expected what the version changed (changed) from version 2 on, and nothing before"
            )
        return self


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


def counted() -> list[Indicator]:
    """Those that are counted from returns, in order of id."""
    return [one for one in indicators().values() if not one.is_supplied]


def supplied() -> list[Indicator]:
    """Those whose values are given to us, in order of id."""
    return [one for one in indicators().values() if one.is_supplied]


def suppliable() -> list[Indicator]:
    """Those whose values may be given to us: what is supplied, and what is counted where it can be. In order of id."""
    return [one for one in indicators().values() if one.is_supplied or one.may_be_supplied]


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
        f"Out of: {one.denominator}. {one.notes} {_what_changed(one)}"
        f"Unit: {one.unit}; {BETTER[one.better]}. Source: {one.source}."
    )


def _what_changed(one: Indicator) -> str:
    return f"Since version {one.version} {one.changed}. " if one.changed else ""


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
        f"`{one.indicator_id}`, version {one.version}, {_outcome(one)}, {one.unit}; {BETTER[one.better]}.",
        "",
        f"* Counted: {one.numerator}.",
        f"* Out of: {one.denominator}.",
        _made_from(one) + (f"; since {one.since}." if one.since > FIRST_YEAR else "."),
        *([MAY_BE_SUPPLIED] if one.may_be_supplied else []),
        f"* Published in `{one.publication.file}` with {_places(one.publication.decimals)}.",
        f"* {one.notes}",
        *([f"* Version {one.version}: {one.changed}."] if one.changed else []),
        f"* Source: {one.source}. Definition kept by: {one.owner}.",
    ]


MAY_BE_SUPPLIED = (
    "* May also be supplied: for a year in which it cannot be counted for any authority, values from elsewhere are shown "
    "as they came."
)


def _outcome(one: Indicator) -> str:
    """The outcome by both numberings where they differ."""
    other = one.dashboard_outcome
    return one.outcome if other == one.outcome else f"{one.outcome} ({other} on the dashboard)"


def _made_from(one: Indicator) -> str:
    """What a figure is made from, as a line of a list."""
    if one.is_supplied:
        return "* Supplied: its values come from elsewhere and are shown as they came"
    rows = "" if one.where == "true" else f" where `{one.where}`"
    before = {0: "", 1: ", also of the year before"}.get(
        one.years_before, f", also of the {one.years_before} years before"
    )
    return f"* Cohort: `{one.among}`{rows}.\n* Returns needed: {', '.join(one.needs)}{before}"


def _places(decimals: int) -> str:
    return {0: "no decimals", 1: "one decimal"}.get(decimals, f"{decimals} decimals")
