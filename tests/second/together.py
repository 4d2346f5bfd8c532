"""Indicators that need more than one return: a child's records of one authority joined by person.

The first that applies of looked after, on a plan and in need is a child's state. A child of two authorities
has one in each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from tests.second.care import Care, Period
from tests.second.children import UNKNOWN, Child, traits
from tests.second.counting import Unit
from tests.second.days import age_on, birthday, months_later, school_start, year_end, year_of, year_start
from tests.second.need import Case, Need, found_first
from tests.second.results import AGE_AT, Results
from tests.second.school import School
from tests.second.tables import Key, Returns

GROUP = {"CINO": "cino", "CPPO": "cppo"}
Person = tuple[str, str]
"""An authority, and a person there."""
MOVES = {
    "need_to_plan": ("CINO", "CPPO"), "need_to_care": ("CINO", "CLA"), "need_to_none": ("CINO", None),
    "plan_to_care": ("CPPO", "CLA"), "plan_to_none": ("CPPO", None), "care_to_none": ("CLA", None),
}  # fmt: skip


NOBODY = Child(None, "Unknown", UNKNOWN)
STRONGEST = ("CLA", "CPPO", "CINO")


@dataclass
class State:
    """What a child was to an authority on 31 March, and what its records say of it."""

    names: set[str] = field(default_factory=set)
    children: list[Child] = field(default_factory=list)
    is_12_months: bool = False

    @property
    def name(self) -> str:
        return next(name for name in STRONGEST if name in self.names)

    @property
    def child(self) -> Child:
        """Where records differ: the earlier birth, a sex and a group that are known, the first by letter."""
        born = min((c.born for c in self.children if c.born), default=None)
        sex = min(c.sex for c in self.children)
        groups = [c.group for c in self.children if c.group != UNKNOWN]
        return Child(born, sex, min(groups, default=UNKNOWN))


class Together:
    """The returns side by side."""

    def __init__(self, returns: Returns, need: Need | None = None, care: Care | None = None) -> None:
        self.returns, self.school, self.results = returns, School(returns), Results(returns)
        self.need, self.care = need or Need(returns), care or Care(returns)

    def linked(self, strength: str) -> Together:
        """The same with the persons of another strength of linkage; what no person stands in is shared."""
        return Together(self.returns.linked(strength), self.need, self.care)

    @cached_property
    def person_of(self) -> dict[tuple[str, int, str, str], Person]:
        """The person of a child's number at an authority in one year's return."""
        found = {}
        for source, table, number in (
            ("cin", "cin_child_identifiers", "lachildid"),
            ("ssda903", "ssda903_header", "child"),
            ("ssda903", "ssda903_episodes", "child"),
        ):
            for row in self.returns.table(table):
                person = self.returns.who(source, row["submission"], row[number])
                found[source, row["year"], row["la"], row[number]] = (row["la"], person)
        return found

    def who(self, source: str, year: int, key: Key) -> Person:
        return self.person_of.get((source, year, *key), (key[0], f"{source} {key[1]}"))

    @cached_property
    def states(self) -> dict[int, dict[Person, State]]:
        return {year: self._states(year) for year in self.returns.years()}

    def _states(self, year: int) -> dict[Person, State]:
        found: dict[Person, State] = defaultdict(State)
        for name, person, child, is_long in self._stood(year):
            state = found[person]
            state.names.add(name)
            state.children.append(child or NOBODY)
            state.is_12_months |= is_long
        return dict(found)

    def _stood(self, year: int) -> Iterator[tuple[str, Person, Child | None, bool]]:
        """Every case, plan and period of care open on 31 March, of authorities that sent that year's return."""
        day, of_need = year_end(year), self.need.children
        for name, things in (("CINO", self.need.in_need(year)), ("CPPO", self.need.on_plan(year))):
            for thing in things:
                told = thing.told["year"]
                yield name, self.who("cin", told, thing.key), of_need.get((told, *thing.key)), False
        for stay in self.care.stays:
            there = stay.on(day)
            if there and (year, stay.key[0]) in self.returns.sent["ssda903"]:
                period, told = there[0], there[0].episodes[-1].told["year"]
                is_long = period.start <= year_start(year)
                yield "CLA", self.who("ssda903", told, stay.key), self.care.child(stay, period), is_long

    @cached_property
    def periods_of(self) -> dict[Person, list[Period]]:
        found: dict[Person, list[Period]] = defaultdict(list)
        for stay in self.care.stays:
            for period in stay.periods:
                found[self.who("ssda903", period.episodes[-1].told["year"], stay.key)].append(period)
        return found

    @cached_property
    def planned_young(self) -> set[Person]:
        """Persons of an authority on whom a plan began before the first birthday that the plan's return tells."""
        return {
            self.who("cin", plan.told["year"], plan.key)
            for plan in self.need.plans
            if _is_under_one(self.need.child(plan), plan.start)
        }

    @cached_property
    def cared_young(self) -> set[Person]:
        """Those whose care began before it."""
        return {
            self.who("ssda903", period.episodes[-1].told["year"], stay.key)
            for stay in self.care.stays
            for period in stay.periods
            if _is_under_one(
                self.care.children.get((period.episodes[0].told["year"], *stay.key)), period.start
            )
        }


def _is_under_one(child: Child | None, day: date) -> bool:
    age = age_on(child.born if child else None, day)
    return age is not None and age < 1


def units(both: Together, years: Iterable[int]) -> Iterator[Unit]:
    """Every unit of the indicators that join returns."""
    for year in years:
        yield from at_school(both, year)
        yield from with_results(both, year)
        yield from _a_year_later(both, year)
        yield from _first_year(both, year)
    yield from _care_after(both)


def at_school(both: Together, year: int) -> Iterator[Unit]:
    """Those of the indicators for which a child has to be found in the school census."""
    yield from _pupils(both, year)
    yield from _moves_of_school(both, year)


def _pupils(both: Together, year: int) -> Iterator[Unit]:
    for (la, person), group, state in in_groups(both, year):
        main = both.school.main(person, year)
        if main is None:
            continue
        possible, absent = both.school.sessions(person, year)
        own = of_school_age(state.child, year)
        pupil = of_school_age(replace(state.child, born=main.born), year)
        in_class = both.school.in_class(person, year)
        about = ((pupil if possible else own) or own or {}) | in_class
        pupil = pupil and pupil | in_class
        if own:
            yield Unit(f"suspended_{group}", year, la, about, int(both.school.is_suspended(person, year)))
        if possible and pupil:
            yield Unit(f"absence_overall_{group}", year, la, pupil, absent, possible)
            yield Unit(f"absence_persistent_{group}", year, la, pupil, int(absent * 10 >= possible))
            yield Unit(f"absence_severe_{group}", year, la, pupil, int(absent * 2 >= possible))


MEASURED = {"KS2": ("ks2_rwm", "rwm_expected"), "KS4": ("ks4_att8", "attainment_8")}
"""The indicator of a stage, and what it adds up."""


def with_results(both: Together, year: int) -> Iterator[Unit]:
    """Those of what pupils had reached at the end of a stage: who has no results was not at the end of it."""
    for (la, person), group, state in in_groups(both, year):
        for stage, (indicator, measure) in MEASURED.items():
            reached = both.results.reached(person, year, stage) or {}
            if measure in reached:
                about = about_pupil(both, person, state, year)
                yield Unit(f"{indicator}_{group}", year, la, about, reached[measure])


def about_pupil(both: Together, person: str, state: State, year: int) -> dict[str, str]:
    """A child's categories and, as far as a school census tells them, the pupil's."""
    return traits(state.child, None, unborn=False) | both.school.in_class(person, year)


def of_age_for(stage: str, state: State, year: int) -> bool:
    """Whether the child was of the age at which pupils come to the end of the stage."""
    return age_on(state.child.born, school_start(year)) == AGE_AT[stage]


def in_groups(both: Together, year: int) -> Iterator[tuple[Person, str, State]]:
    """Children by the group in which absence shows them: looked after for twelve months, on a plan, in need."""
    for person, state in both.states.get(year, {}).items():
        group = GROUP.get(state.name, "cla12" if state.is_12_months else None)
        if group:
            yield person, group, state


def of_school_age(child: Child, year: int) -> dict[str, str] | None:
    """The child's categories, ages being those of 31 August; None outside 5 to 15."""
    age = age_on(child.born, school_start(year))
    is_of_age = age is not None and 5 <= age <= 15
    return traits(child, school_start(year), unborn=False) if is_of_age else None


def _moves_of_school(both: Together, year: int) -> Iterator[Unit]:
    for la, moved, about in movable(both, year):
        if moved is not None:
            yield Unit("school_moves", year, la, about, int(moved))


def movable(both: Together, year: int) -> Iterator[tuple[str, bool | None, dict[str, str]]]:
    """Children looked after on 31 March who are of school age: whether they changed school, where they are found."""
    for stay in both.care.stays:
        there = stay.on(year_end(year))
        child = both.care.child(stay, there[0]) if there else None
        about = of_school_age(child, year) if child else None
        if there and about:
            la, person = both.who("ssda903", there[0].episodes[-1].told["year"], stay.key)
            about |= {"Age": both.care.traits(stay, there[0], year_end(year))["Age"]}
            yield la, both.school.moved(person, year), about


def _a_year_later(both: Together, year: int) -> Iterator[Unit]:
    now, day = both.states.get(year, {}), year_end(year - 1)
    for person, state in both.states.get(year - 1, {}).items():
        age = age_on(state.child.born, day)
        if age is not None and age >= 17:
            continue
        later = now[person].name if person in now else None
        about = traits(state.child, year_end(year), unborn=True)
        for indicator, (before, after) in MOVES.items():
            if state.name == before:
                yield Unit(indicator, year, person[0], about, int(later == after))


def _first_year(both: Together, year: int) -> Iterator[Unit]:
    for key, cases in both.need.referrals.items():
        led = [case for case in cases if _is_before_first_birthday(both, case, year)]
        if not led:
            continue
        child, person = both.need.child(led[-1]) or NOBODY, both.who("cin", led[-1].told["year"], key)
        assert child.born
        for indicator, is_so in (
            ("before_birth", any(case.referral < child.born for case in led)),
            ("assessed", any((key, case.referral) in both.need.assessed for case in led)),
            ("plan", person in both.planned_young),
            ("care", person in both.cared_young),
        ):
            about = traits(child, year_end(year), unborn=True)
            yield Unit(f"under_one_{indicator}", year, key[0], about, int(is_so))


def _is_before_first_birthday(both: Together, case: Case, year: int) -> bool:
    """A referral before the first birthday, and that in the year."""
    child = both.need.child(case)
    if child is None or child.born is None:
        return False
    first = birthday(child.born, 1)
    is_known = age_on(child.born, case.referral) is not None
    return is_known and case.referral < first and year_of(first) == year


def _care_after(both: Together) -> Iterator[Unit]:
    starts: dict[Person, list[date]] = defaultdict(list)
    for person, periods in both.periods_of.items():
        starts[person] = [period.start for period in periods if period.is_start_held]
    for name, case, day in found_first(both.need):
        person, until = both.who("cin", case.told["year"], case.key), months_later(day, 12)
        about = both.need.traits(case, year_end(year_of(day)))
        began = any(day <= start <= until for start in starts.get(person, ()))
        yield Unit(f"care_after_{name}", year_of(until), case.key[0], about, int(began))
