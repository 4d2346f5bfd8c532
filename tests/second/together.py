"""Indicators that need more than one return: a child's records of one authority joined by person.

The first that applies of looked after, on a plan and in need is a child's state. A child of two authorities
has one in each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tests.second.care import Care, Period
from tests.second.children import Child, traits
from tests.second.counting import AT_SCHOOL, Unit
from tests.second.days import age_on, birthday, months_later, school_start, year_end, year_of, year_start
from tests.second.need import Case, Need, Plan, found_first
from tests.second.school import School
from tests.second.tables import Key, Returns

GROUP = {"CINO": "cino", "CPPO": "cppo"}
Person = tuple[str, str]
"""An authority, and a person there."""
MOVES = {
    "need_to_plan": ("CINO", "CPPO"), "need_to_care": ("CINO", "CLA"), "need_to_none": ("CINO", None),
    "plan_to_care": ("CPPO", "CLA"), "plan_to_none": ("CPPO", None), "care_to_none": ("CLA", None),
}  # fmt: skip


@dataclass(frozen=True)
class State:
    """What a child was to an authority on 31 March."""

    name: str
    child: Child | None
    is_12_months: bool = False


class Together:
    """The returns side by side."""

    def __init__(self, returns: Returns) -> None:
        self.returns, self.need, self.care, self.school = returns, Need(returns), Care(returns), School(returns)

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
        """The strongest is written last."""
        day, found = year_end(year), {}
        for case in self.need.cases:
            if case.is_in_need(day):
                found[self.who("cin", case.told["year"], case.key)] = self._of_need("CINO", case, year)
        for plan in self.need.plans:
            if plan.is_open(day):
                found[self.who("cin", plan.told["year"], plan.key)] = self._of_need("CPPO", plan, year)
        for stay in self.care.stays:
            there = stay.on(day)
            if there:
                told = there[1].told["year"]
                child = self.care.children.get((year, *stay.key)) or self.care.children.get((told, *stay.key))
                is_long = there[0].start <= year_start(year)
                found[self.who("ssda903", told, stay.key)] = State("CLA", child, is_long)
        return found

    def _of_need(self, name: str, thing: Case | Plan, year: int) -> State:
        children = self.need.children
        return State(name, children.get((year, *thing.key)) or children.get((thing.told["year"], *thing.key)))

    @cached_property
    def periods_of(self) -> dict[Person, list[Period]]:
        found: dict[Person, list[Period]] = defaultdict(list)
        for stay in self.care.stays:
            for person in {self.who("ssda903", e.told["year"], stay.key) for e in stay.episodes}:
                found[person] += stay.periods
        return found


def units(both: Together, years: Iterable[int]) -> Iterator[Unit]:
    """Every unit of the indicators that join returns."""
    for year in years:
        yield from _at_school(both, year)
        yield from _moves_of_school(both, year)
        yield from _a_year_later(both, year)
        yield from _first_year(both, year)
    yield from _care_after(both)


def _at_school(both: Together, year: int) -> Iterator[Unit]:
    for (la, person), state in both.states.get(year, {}).items():
        group = "cla12" if state.is_12_months else GROUP.get(state.name)
        about = _at_school_age(state, year)
        if group is None or about is None:
            continue
        if both.school.is_found(person, year):
            yield Unit(f"suspended_{group}", year, la, about, int(both.school.is_suspended(person, year)))
        possible, absent = both.school.sessions(person, year)
        if possible:
            yield Unit(f"absence_overall_{group}", year, la, about, absent, possible)
            yield Unit(f"absence_persistent_{group}", year, la, about, int(absent * 10 >= possible))
            yield Unit(f"absence_severe_{group}", year, la, about, int(absent * 2 >= possible))


def _at_school_age(state: State, year: int) -> dict[str, str] | None:
    """The child's categories, ages being those of 31 August; None outside 5 to 15."""
    about = traits(state.child, school_start(year), unborn=False)
    age = age_on(state.child.born if state.child else None, school_start(year))
    return about if about["Age"] in AT_SCHOOL and age is not None and age <= 15 else None


def _moves_of_school(both: Together, year: int) -> Iterator[Unit]:
    for (la, person), state in both.states.get(year, {}).items():
        about = _at_school_age(state, year)
        moved = both.school.moved(person, year) if state.name == "CLA" and about else None
        if about and moved is not None:
            yield Unit("school_moves", year, la, about, int(moved))


def _a_year_later(both: Together, year: int) -> Iterator[Unit]:
    now, day = both.states.get(year, {}), year_end(year - 1)
    for person, state in both.states.get(year - 1, {}).items():
        age = age_on(state.child.born if state.child else None, day)
        if age is None or age >= 17:
            continue
        later = now[person].name if person in now else None
        about = traits(state.child, day, unborn=True)
        for indicator, (before, after) in MOVES.items():
            if state.name == before:
                yield Unit(indicator, year, person[0], about, int(later == after))


def _first_year(both: Together, year: int) -> Iterator[Unit]:
    for person, (child, cases) in _referred_young(both, year).items():
        first = birthday(child.born, 1) if child.born else year_end(year)
        led = [case for case in cases if case.referral < first]
        if not led or child.born is None:
            continue
        about = traits(child, year_end(year), unborn=True)
        keys = {case.key for case in cases}
        plans = [p for p in both.need.plans if p.key in keys and p.start < first]
        assessed = {one.case for one in both.need.assessments}
        care = [p for p in both.periods_of.get(person, ()) if p.start < first]
        for indicator, is_so in (
            ("before_birth", any(case.referral < child.born for case in led)),
            ("assessed", any(case in assessed for case in led)),
            ("plan", bool(plans)),
            ("care", bool(care)),
        ):
            yield Unit(f"under_one_{indicator}", year, person[0], about, int(is_so))


def _referred_young(both: Together, year: int) -> dict[Person, tuple[Child, list[Case]]]:
    """Persons of an authority whose first birthday lay in the year, with their cases."""
    found: dict[Person, tuple[Child, list[Case]]] = {}
    for case in both.need.cases:
        child = both.need.children.get((case.told["year"], *case.key))
        if child and child.born and year_of(birthday(child.born, 1)) == year:
            found.setdefault(both.who("cin", case.told["year"], case.key), (child, []))[1].append(case)
    return found


def _care_after(both: Together) -> Iterator[Unit]:
    starts: dict[Person, list[date]] = defaultdict(list)
    for person, periods in both.periods_of.items():
        starts[person] = [e.start for p in periods for e in p.episodes if e.told["rne"] == "S"]
    for name, case, day in found_first(both.need):
        person, until = both.who("cin", case.told["year"], case.key), months_later(day, 12)
        about = both.need.traits(case.key, year_of(day), case.told["year"], day)
        began = any(day <= start <= until for start in starts.get(person, ()))
        yield Unit(f"care_after_{name}", year_of(until), case.key[0], about, int(began))
