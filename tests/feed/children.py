"""Made-up children, told twice: as deliveries of the daily feed, and as the census XML of a year.

The census is written from the same lists in plain Python: what is asked of a year, and how it stood on its 31 March.
It knows nothing of the product's way from the one to the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from assets.ingest import Limits, ingest
from assets.store import Store
from tests.ingest.written import land

ARRIVED = datetime(2026, 9, 1, 12, tzinfo=UTC)
LA = "202"


@dataclass(frozen=True)
class Spell:
    """A thing with a beginning and perhaps an end: an assessment, a plan, an enquiry."""

    key: str
    start: date
    end: date | None = None
    factors: tuple[str, ...] = ()
    conference: date | None = None


@dataclass(frozen=True)
class Case:
    """A referral and what came of it."""

    key: str
    referred: date
    nfa: bool = False
    closed: date | None = None
    reason: str | None = None
    source: str = "1A"
    assessments: tuple[Spell, ...] = ()
    need_plans: tuple[Spell, ...] = ()
    enquiries: tuple[Spell, ...] = ()
    protection_plans: tuple[Spell, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)
    """What the feed tells besides: placements, adoption, care leavers, workers."""


@dataclass(frozen=True)
class Child:
    name: str
    born: date
    cases: tuple[Case, ...]
    sex: str = "F"
    ethnicity: str = "WBRI"
    disabilities: tuple[str, ...] = ("NONE",)
    more: dict[str, Any] = field(default_factory=dict)


# --- the feed ---------------------------------------------------------------------------------------


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def as_fed(child: Child) -> dict[str, Any]:
    """A child as the case system tells of it."""
    details = {
        "date_of_birth": _iso(child.born), "sex": child.sex, "ethnicity": child.ethnicity,
        "disabilities": list(child.disabilities), **child.more.get("child_details", {}),
    }  # fmt: skip
    more = {name: told for name, told in child.more.items() if name != "child_details"}
    episodes = [_episode(case) for case in child.cases]
    return {
        "la_child_id": child.name,
        "mis_child_id": child.name,
        "child_details": details,
        "social_care_episodes": episodes,
    } | more


def _episode(case: Case) -> dict[str, Any]:
    return {
        "social_care_episode_id": case.key, "referral_date": _iso(case.referred), "referral_source": case.source,
        "referral_no_further_action_flag": case.nfa, "closure_date": _iso(case.closed), "closure_reason": case.reason,
        "child_and_family_assessments": [
            {"child_and_family_assessment_id": one.key, "start_date": _iso(one.start),
             "authorisation_date": _iso(one.end), "factors": list(one.factors)} for one in case.assessments],
        "child_in_need_plans": [
            {"child_in_need_plan_id": one.key, "start_date": _iso(one.start), "end_date": _iso(one.end)}
            for one in case.need_plans],
        "section_47_assessments": [
            {"section_47_assessment_id": one.key, "start_date": _iso(one.start), "end_date": _iso(one.end),
             "icpc_date": _iso(one.conference), "icpc_required_flag": one.conference is not None}
            for one in case.enquiries],
        "child_protection_plans": [
            {"child_protection_plan_id": one.key, "start_date": _iso(one.start), "end_date": _iso(one.end)}
            for one in case.protection_plans],
        **case.more,
    }  # fmt: skip


def deliver(store: Store, day: str, *told: dict[str, Any], la: str = LA, at: int = 0) -> datetime:
    """A delivery of that date; gives back when it arrived."""
    send(store.landing, day, *told, la=la)
    return receive(store, at)


def send(landing: Path, day: str, *told: dict[str, Any], la: str = LA) -> None:
    """Put a delivery of that date where files arrive."""
    land(landing, f"daily_social_care/2026/{la}/{day}/a.json", json.dumps(list(told)))


def receive(store: Store, at: int = 0) -> datetime:
    """Read what has arrived, so many days on."""
    store.tmp.mkdir(parents=True, exist_ok=True)
    ingest(store, now=ARRIVED + timedelta(days=at), limits=Limits(workers=1))
    return ARRIVED + timedelta(days=at)


def fed(store: Store, *children: Child, first: str = "2023-04-01", last: str = "2025-04-02") -> None:
    """A first delivery of everything, and a last one of nothing new."""
    send(store.landing, first, *map(as_fed, children))
    deliver(store, last, as_fed(children[0]))


# --- the census -------------------------------------------------------------------------------------


def send_census(landing: Path, year: int, *children: Child, la: str = LA) -> None:
    """The census of a year, as the authority would have sent it in July."""
    land(landing, f"cin/{year}/{la}/cin.xml", as_census(year, children, la))


def as_census(year: int, children: tuple[Child, ...], la: str = LA) -> str:
    asked = [replace(child, cases=tuple(c for c in child.cases if _is_asked(c, year))) for child in children]
    below = "".join(_child(child, year) for child in asked if child.cases)
    return (
        f"<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>{year}</Year>"
        f"<ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel>"
        f"<LEA>{la}</LEA><SerialNo>001</SerialNo><DateTime>{year}-07-01T09:00:00</DateTime></Source></Header>"
        f"<Children>{below}</Children></Message>"
    )


def _is_asked(case: Case, year: int) -> bool:
    begun, ended = date(year - 1, 4, 1), date(year, 3, 31)
    if case.referred > ended or (case.closed is not None and case.closed < begun):
        return False
    return case.referred >= begun or not case.nfa


def _lasted(spells: tuple[Spell, ...], year: int) -> list[Spell]:
    """Those of which a day lay in the year, in order, as they stood on its 31 March."""
    begun, ended = date(year - 1, 4, 1), date(year, 3, 31)
    there = [s for s in spells if s.start <= ended and (s.end is None or s.end >= begun)]
    return [replace(s, end=_by(s.end, year)) for s in sorted(there, key=lambda s: (s.start, s.key))]


def _by(day: date | None, year: int) -> date | None:
    return day if day is not None and day <= date(year, 3, 31) else None


def _tag(name: str, value: object) -> str:
    return "" if value is None else f"<{name}>{value}</{name}>"


def _child(child: Child, year: int) -> str:
    disabled = "".join(_tag("Disability", code) for code in child.disabilities)
    who = _tag("LAchildID", child.name) + _tag("PersonBirthDate", child.born) + _tag("Sex", child.sex)
    cases = sorted(child.cases, key=lambda case: (case.referred, case.key))
    return (
        f"<Child><ChildIdentifiers>{who}</ChildIdentifiers><ChildCharacteristics>{_tag('Ethnicity', child.ethnicity)}"
        f"{_tag('Disabilities', disabled or None)}</ChildCharacteristics>{''.join(_case(c, year) for c in cases)}</Child>"
    )


def _case(case: Case, year: int) -> str:
    closed = _by(case.closed, year)
    assessments = "".join(
        f"<Assessments>{_tag('AssessmentActualStartDate', s.start)}{_tag('AssessmentAuthorisationDate', s.end)}"
        f"{_factors(s, told)}</Assessments>"
        for s in _lasted(case.assessments, year)
        for told in [next(one.end for one in case.assessments if one.key == s.key)]
    )
    plans = "".join(
        f"<CINPlanDates>{_tag('CINPlanStartDate', s.start)}{_tag('CINPlanEndDate', s.end)}</CINPlanDates>"
        for s in _lasted(case.need_plans, year)
    )
    enquiries = "".join(
        f"<Section47>{_tag('S47ActualStartDate', s.start)}{_tag('DateOfInitialCPC', _by(s.conference, year))}"
        f"{_tag('ICPCnotRequired', int(s.conference is None))}</Section47>"
        for s in _lasted(case.enquiries, year)
    )
    protection = "".join(
        f"<ChildProtectionPlans>{_tag('CPPstartDate', s.start)}{_tag('CPPendDate', s.end)}"
        "<InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse><LatestCategoryOfAbuse>NEG</LatestCategoryOfAbuse>"
        "<NumberOfPreviousCPP>1</NumberOfPreviousCPP></ChildProtectionPlans>"
        for s in _lasted(case.protection_plans, year)
    )
    return (
        f"<CINdetails>{_tag('CINreferralDate', case.referred)}{_tag('ReferralSource', case.source)}"
        f"<PrimaryNeedCode>N1</PrimaryNeedCode>{_tag('CINclosureDate', closed)}"
        f"{_tag('ReasonForClosure', case.reason if closed else None)}{assessments}{plans}{enquiries}"
        f"<ReferralNFA>{int(case.nfa)}</ReferralNFA>{protection}</CINdetails>"
    )


def _factors(spell: Spell, ended: date | None) -> str:
    """What an assessment found is known when it has ended; one without an end says what it says."""
    if ended is not None and spell.end is None:
        return ""
    found = "".join(_tag("AssessmentFactors", factor) for factor in spell.factors)
    return _tag("FactorsIdentifiedAtAssessment", found or None)
