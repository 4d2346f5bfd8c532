"""Children in need and on protection plans, counted anew from the children in need census.

A referral stands in every year's return in which its case was open. The last return that tells it is
believed. Several referrals on one day are one, and the first counts; of several cases of one day, one that
was followed up goes before one that was not, and one in need before one found not to be. A case that was left
open, is gone from the authority's next return, and has one there that was not told before and was open over the
same 31 March, is that one under another day. So it is with plans. Who was in need or on a plan on 31 March is
said by that year's return, and what there is to know of it by the last that tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from tests.second.children import Child, cin_children, traits
from tests.second.counting import NEEDS, NO_NEED, Unit
from tests.second.days import months_later, year_end, year_of
from tests.second.tables import Key, Returns, Row, grouped
from tests.second.versions import Told

NOT_IN_NEED = ("RC8", "RC9")
FACTORS = (
    "3A", "3B", "3C", "16A", "17A", "18A", "18B", "18C", "19A", "19B", "19C", "23A", "10A", "11A", "12A",
    "13A", "24A",
)  # fmt: skip
ABUSE, MISUSE, NEGLECT = {"3A", "3B", "3C"}, {"1B", "2B"}, {"16A"}
TOGETHER: dict[str, Callable[[set[str]], bool]] = {
    "factors_all_three": lambda f: bool(f & ABUSE and f & MISUSE and "4B" in f),
    "factors_abuse_and_misuse": lambda f: bool(f & ABUSE and f & MISUSE),
    "factors_neglect_and_abuse": lambda f: bool(f & ABUSE and f & NEGLECT),
}
FOLLOWED = {"domestic_abuse": ABUSE, "neglect": NEGLECT, "parental_misuse": MISUSE}


@dataclass(frozen=True, eq=False)
class Case:
    """A referral and what came of it, as last told."""

    key: Key
    referral: date
    told: Row

    @property
    def is_nothing(self) -> bool:
        return self.told["referralnfa"] is True

    @property
    def is_unneeded(self) -> bool:
        return not self.is_nothing and self.told["reasonforclosure"] in NOT_IN_NEED

    def is_open(self, day: date) -> bool:
        closed = self.told["cinclosuredate"]
        return self.referral <= day and (closed is None or closed > day)

    def is_in_need(self, day: date) -> bool:
        """A followed-up case open on a day; one closed later as not needed was being assessed on it."""
        return not self.is_nothing and self.is_open(day)


@dataclass(frozen=True, eq=False)
class Plan:
    key: Key
    start: date
    told: Row

    def is_open(self, day: date) -> bool:
        end = self.told["cppenddate"]
        return self.start <= day and (end is None or end > day)


@dataclass(frozen=True, eq=False)
class Assessment:
    """One assessment of a case, as last told: when finished, and what was found."""

    case: Case
    finished: date | None
    factors: frozenset[str]


class Need:
    """What the census of all years tells of each child of an authority."""

    def __init__(self, returns: Returns) -> None:
        self.returns = returns

    @cached_property
    def children(self) -> dict[tuple[int, str, str], Child]:
        return cin_children(self.returns)

    @cached_property
    def told_cases(self) -> Told:
        return Told(
            self.returns,
            "cin_cin_details",
            "cinreferraldate",
            "cinclosuredate",
            lambda row: not row["referralnfa"],
        )

    @cached_property
    def told_plans(self) -> Told:
        return Told(
            self.returns, "cin_child_protection_plans", "cppstartdate", "cppenddate", lambda row: True
        )

    @cached_property
    def days(self) -> dict[tuple[Key, date], list[Case]]:
        """What the last return tells of each child and day of referral, in its order."""
        return {
            (key, day): [Case(key, day, row) for row in rows]
            for (key, day), rows in self.told_cases.current.items()
        }

    @cached_property
    def referrals(self) -> dict[Key, list[Case]]:
        found: dict[Key, list[Case]] = {}
        for (key, _), cases in sorted(self.days.items(), key=lambda item: item[0][1]):
            found.setdefault(key, []).append(cases[0])
        return found

    @cached_property
    def cases(self) -> list[Case]:
        """Referrals that were followed up."""
        best = (min(cases, key=lambda c: (c.is_nothing, c.is_unneeded)) for cases in self.days.values())
        return [case for case in best if not case.is_nothing]

    @cached_property
    def plans(self) -> list[Plan]:
        return [Plan(key, day, rows[0]) for (key, day), rows in self.told_plans.current.items()]

    @cached_property
    def assessments(self) -> list[Assessment]:
        """Each assessment under the case of its referral date; every return tells of its own year's."""
        case_of: dict[tuple[Any, ...], Case] = {(*case.key, case.referral): case for case in self.cases}
        factors = grouped(self.returns.table("cin_assessment_factors"), *OF_CASE, "assessmentid")
        found = []
        for row in self.returns.table("cin_assessments"):
            case = case_of.get((row["la"], row["lachildid"], self.referral_of(row)))
            if case:
                codes = frozenset(f["assessmentfactors"] for f in factors[(*_id(row), row["assessmentid"])])
                found.append(Assessment(case, row["assessmentauthorisationdate"], codes))
        return found

    @cached_property
    def _told_referral_of(self) -> dict[tuple[object, ...], date | None]:
        """The day of referral by the place of the case in its return."""
        return {_id(row): row["cinreferraldate"] for row in self.returns.table("cin_cin_details")}

    def referral_of(self, row: Row) -> date | None:
        """The day of referral of an assessment's case, as it is known by now."""
        day, key = self._told_referral_of.get(_id(row)), (row["la"], row["lachildid"])
        return self.told_cases.known_as(key, day) if day else None

    @cached_property
    def assessed(self) -> set[tuple[Key, date | None]]:
        """Children and days of referral after which an assessment began, whatever the referral is said to be."""
        rows = [row for row in self.returns.table("cin_assessments") if row["assessmentactualstartdate"]]
        return {((row["la"], row["lachildid"]), self.referral_of(row)) for row in rows}

    def in_need(self, year: int) -> list[Case]:
        """Cases that the year's return holds, open on its 31 March as known by now."""
        held, day = self.told_cases.held(year), year_end(year)
        return [case for case in self.cases if (case.key, case.referral) in held and case.is_in_need(day)]

    def on_plan(self, year: int) -> list[Plan]:
        held, day = self.told_plans.held(year), year_end(year)
        return [plan for plan in self.plans if (plan.key, plan.start) in held and plan.is_open(day)]

    def child(self, thing: Case | Plan) -> Child | None:
        return self.children.get((thing.told["year"], *thing.key))

    def traits(self, thing: Case | Plan, day: date) -> dict[str, str]:
        """What the child was on a day, by the return that is believed about the case or plan."""
        return traits(self.child(thing), day, unborn=True)

    def disability(self, key: Key, year: int) -> str:
        """As that year's return says it."""
        child = self.children.get((year, *key))
        return child.disability if child else "Not said"


OF_CASE = ("year", "la", "submission", "lachildid", "cindetailsid")


def _id(row: Row) -> tuple[object, ...]:
    return tuple(row[column] for column in OF_CASE)


def units(need: Need, years: Iterable[int]) -> Iterator[Unit]:
    """Every unit of the indicators that rest on the census of children in need alone."""
    for year in years:
        yield from _at_year_end(need, year)
    yield from _of_referrals(need)
    yield from _of_plans(need)
    yield from _of_factors(need)
    yield from _of_plans_after(need)


def _at_year_end(need: Need, year: int) -> Iterator[Unit]:
    day = year_end(year)
    for case in need.in_need(year):
        about = need.traits(case, day)
        about["Main need"] = NEEDS.get(case.told["primaryneedcode"], NO_NEED)
        about["Disability"] = need.disability(case.key, year)
        yield Unit("cin_rate", year, case.key[0], about, 1)
    for plan in need.on_plan(year):
        about = need.traits(plan, day)
        yield Unit("cpp_rate", year, plan.key[0], about, 1)
        is_long = (day - plan.start).days + 1 >= 730
        yield Unit("cpp_2years", year, plan.key[0], about, int(is_long))


def _of_referrals(need: Need) -> Iterator[Unit]:
    for key, cases in need.referrals.items():
        for case in cases:
            year = year_of(case.referral)
            about = need.traits(case, case.referral)
            days = [other.referral for other in cases]
            before = any(d < case.referral <= months_later(d, 12) for d in days)
            after = any(case.referral < d <= months_later(case.referral, 12) for d in days)
            yield Unit("referral_rate", year, key[0], about, 1)
            yield Unit("rereferral", year, key[0], about, int(before))
            yield Unit("referral_nfa", year, key[0], about, int(case.is_nothing))
            yield Unit("referral_not_in_need", year, key[0], about, int(case.is_unneeded))
            if case.is_nothing:
                yield Unit("referred_again_after_nothing", year + 1, key[0], about, int(after))
            if case.is_unneeded:
                yield Unit("referred_again_after_assessment", year + 1, key[0], about, int(after))


def _of_plans(need: Need) -> Iterator[Unit]:
    for plan in need.plans:
        year = year_of(plan.start)
        about = need.traits(plan, plan.start)
        earlier = plan.told["numberofpreviouscpp"] or 0
        yield Unit("cpp_repeat", year, plan.key[0], about, int(earlier >= 1))


def finished(need: Need) -> dict[tuple[int, Case], list[Assessment]]:
    """The assessments finished in each year, by the case that they were of."""
    found: dict[tuple[int, Case], list[Assessment]] = {}
    for one in need.assessments:
        if one.finished:
            found.setdefault((year_of(one.finished), one.case), []).append(one)
    return found


def _of_factors(need: Need) -> Iterator[Unit]:
    for (year, case), ones in finished(need).items():
        found = {factor for one in ones for factor in one.factors} - {"21"}
        about = need.traits(case, year_end(year))
        for factor in found & set(FACTORS):
            yield Unit(f"factor_{factor.lower()}", year, case.key[0], about, 1)
        if found:
            for indicator, has in TOGETHER.items():
                yield Unit(indicator, year, case.key[0], about, int(has(found)))


def found_first(need: Need) -> Iterator[tuple[str, Case, date]]:
    """What a year's assessments of a case found, and the day on which the first of them was finished."""
    for (_, case), ones in finished(need).items():
        for name, factors in FOLLOWED.items():
            if any(one.factors & factors for one in ones):
                yield name, case, min(one.finished for one in ones if one.finished)


def _of_plans_after(need: Need) -> Iterator[Unit]:
    starts: dict[Key, list[date]] = {}
    for plan in need.plans:
        starts.setdefault(plan.key, []).append(plan.start)
    for name, case, day in found_first(need):
        until = months_later(day, 12)
        about = need.traits(case, year_end(year_of(day)))
        began = any(day <= start <= until for start in starts.get(case.key, ()))
        yield Unit(f"plan_after_{name}", year_of(until), case.key[0], about, int(began))
