"""Pupils as the school census tells of them: sessions missed, suspensions and changes of school.

Each census carries the sessions of the term before it. A child's enrolments are added up first, then looked
at: absent is who missed the sessions of any of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

from tests.second.days import age_on, believed, school_start, sixth_half_term, year_end, year_start
from tests.second.tables import Returns, Row, grouped

ATTENDING = {"/", "\\", "L", "B", "P", "V", "W"}
ABSENT = {"C", "E", "I", "M", "R", "S", "T", "G", "N", "O", "U"}
NEW_LAW = 2025
"""The school year from which the codes of August 2024 stand."""
SUSPENDED = {"SUSP", "FIXD", "LNCH"}
BOARDING = {"B", "6", "7"}
MAIN = {"C", "M"}
ROLLS = {
    "on": ("pupilonroll", "pupilonrolltableid", "onroll"),
    "off": ("pupilnolongeronroll", "pupilnolongeronrolltableid", "offroll"),
}
SEN, FSM, NOT_SAID = "Special educational needs", "Free school meals", "Not found or not said"
NEEDED = {
    "Education, health and care plan": {"E", "S"}, "SEN support": {"K", "A", "P"},
    "No special educational need": {"N"},
}  # fmt: skip
"""Provision by its codes, today's and those before 2015, the strongest first."""
TERM_ORDER = ("autumn", "spring", "summer")


Sessions = tuple[int, int | None]
"""Possible sessions and those missed; None when the school says nothing about absence."""


@dataclass
class Enrolment:
    """One pupil at one school in one census: the sessions of a term, and those of the sixth half-term."""

    year: int
    term: str
    la: str
    person: str
    row: Row
    is_main: bool
    school: object
    sessions: Sessions
    late_sessions: Sessions
    suspensions: list[date]
    free_meals: list[tuple[date | None, date | None]]
    """From when to when it was eligible for free school meals."""

    @property
    def born(self) -> date | None:
        return believed(self.row["dob"], self.year)

    def counted(self, year: int) -> tuple[int, int]:
        """Possible sessions and those missed, as they count; nothing when left out."""
        if self.row["boarder"] in BOARDING or self._began_late(year):
            return 0, 0
        halves = self._halves(year)
        absent = [missed for _, missed in halves if missed is not None]
        if len(absent) < len(halves):
            return 0, 0
        possible = self.possible(year)
        return (possible, sum(absent)) if possible > 0 and sum(absent) <= possible else (0, 0)

    def possible(self, year: int) -> int:
        """Possible sessions, whether or not they count."""
        return sum(could for could, _ in self._halves(year))

    def _halves(self, year: int) -> tuple[Sessions, Sessions]:
        """Both halves of the term; of the oldest, who are at their examinations by then, not the sixth half-term."""
        is_oldest = age_on(self.born, school_start(year)) == 15
        return self.sessions, (0, 0) if is_oldest else self.late_sessions

    def _began_late(self, year: int) -> bool:
        entry, (first, last) = self.row["entrydate"], sixth_half_term(year)
        return self.term == "summer" and entry is not None and first <= entry <= last


class School:
    """All enrolments that are held, and what they say of a person."""

    def __init__(self, returns: Returns) -> None:
        self.returns = returns

    @cached_property
    def terms(self) -> dict[int, set[tuple[str, str]]]:
        """Which authorities sent which term, by school year."""
        found: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for name in ("schoolcensus", *(table for table, _, _ in ROLLS.values())):
            for row in self.returns.table(f"school_census_{name}"):
                found[row["year"]].add((row["la"], row["term"]))
        return found

    def in_use(self, year: int) -> set[str]:
        """Terms that at least half of the year's authorities sent; of those without a common name the first."""
        held = self.terms.get(year, set())
        las = {la for la, _ in held}
        often = {term for _, term in held if 2 * sum(t == term for _, t in held) >= len(las)}
        if often >= {"autumn", "spring"}:
            return often
        return set(sorted(often, key=TERM_ORDER.index)[:1])

    def has_all(self, year: int) -> set[str]:
        """Authorities whose own census of every term in use is held."""
        held, terms = self.terms.get(year, set()), self.in_use(year)
        return {la for la, _ in held if all((la, term) in held for term in terms)}

    @cached_property
    def enrolments(self) -> dict[str, list[Enrolment]]:
        """By person."""
        schools = {_school_key(row): row for row in self.returns.table("school_census_schoolcensus")}
        found: dict[str, list[Enrolment]] = defaultdict(list)
        for roll in ROLLS:
            for one in self._of_roll(roll, schools):
                found[one.person].append(one)
        return found

    def _of_roll(self, roll: str, schools: dict[tuple[object, ...], Row]) -> Iterable[Enrolment]:
        table, number, suffix = ROLLS[roll]
        place = ("year", "la", "submission", number)
        sessions = grouped(self.returns.table(f"school_census_termlysessiondetails{suffix}"), *place)
        late = grouped(self.returns.table(f"school_census_summerhalfterm2sessiondetails{suffix}"), *place)
        meals = grouped(self.returns.table("school_census_fsmperiod"), *place[:3], "pupilonrolltableid")
        sent_home = grouped(self.returns.table(f"school_census_termlyexclusions{suffix}"), *place)
        for row in self.returns.table(f"school_census_{table}"):
            key = tuple(row[name] for name in place)
            school = schools.get(_school_key(row))
            yield Enrolment(
                row["year"], row["term"], row["la"],
                self.returns.who("school_census", row["submission"], f"{roll}:{row[number]}"),
                row, roll == "off" or row["enrolstatus"] in MAIN, _name_of(school),
                _told(row, "termlysessions", sessions[key]),
                _told(row, "summerhalfterm2sessions", late[key]),
                [e["startdate"] for e in sent_home[key] if e["category"] in SUSPENDED and e["startdate"]],
                [(m["fsmstartdate"], m["fsmenddate"]) for m in meals[key]] if roll == "on" else [],
            )  # fmt: skip

    def sessions(self, person: str, year: int) -> tuple[int, int]:
        """Possible and missed sessions of a pupil with a main registration, over the terms in use."""
        terms = self.in_use(year)
        own = [e for e in self.enrolments.get(person, ()) if e.year == year and e.term in terms]
        if not any(e.is_main for e in own):
            return 0, 0
        told = [e.counted(year) for e in own]
        return sum(possible for possible, _ in told), sum(absent for _, absent in told)

    def is_found(self, person: str, year: int) -> bool:
        """Whether a census of a term in use names the pupil."""
        terms = self.in_use(year)
        return any(e.year == year and e.term in terms for e in self.enrolments.get(person, ()))

    def main(self, person: str, year: int) -> Enrolment | None:
        """The enrolment whose age is believed: a main one, of the latest term, with most possible sessions."""
        terms = self.in_use(year)
        own = [e for e in self.enrolments.get(person, ()) if e.year == year and e.term in terms]
        own.sort(key=lambda e: (e.la, e.row["submission"]))
        return max(own, key=lambda e: (e.is_main, TERM_ORDER.index(e.term), e.possible(year)), default=None)

    def in_class(self, person: str, year: int) -> dict[str, str]:
        """The strongest special need that a census of the year names, and free meals on any of its days."""
        own = [e for e in self.enrolments.get(person, ()) if e.year == year]
        named = {e.row.get("senprovision") for e in own}
        need = next((name for name, codes in NEEDED.items() if named & codes), NOT_SAID)
        is_poor = any(_has_meals(*stretch, year) for e in own for stretch in e.free_meals)
        other = "Not eligible" if self.is_found(person, year) else "Not found"
        return {SEN: need, FSM: "Eligible" if is_poor else other}

    def is_suspended(self, person: str, year: int) -> bool:
        first, last = date(year - 1, 8, 1), date(year, 7, 31)
        days = [day for e in self.enrolments.get(person, ()) for day in e.suspensions]
        return any(first <= day <= last for day in days)

    def moved(self, person: str, year: int) -> bool | None:
        """Whether the pupil began at another school in the middle of the year; None if not at one in it."""
        own = [e for e in self.enrolments.get(person, ()) if e.is_main]
        if not any(e.year == year for e in own):
            return None
        begun = sorted({(e.row["entrydate"], str(e.school)) for e in own if e.school and e.row["entrydate"]})
        return any(
            school != before and _is_mid_year(day, year) for (_, before), (day, school) in pairwise(begun)
        )


def _has_meals(first: date | None, last: date | None, year: int) -> bool:
    """Whether a stretch of being eligible has a day in the school year; one without a first day has none."""
    return bool(first and first <= date(year, 7, 31) and (last is None or last >= date(year - 1, 8, 1)))


def _is_mid_year(day: date, year: int) -> bool:
    in_year = year_start(year) <= day <= year_end(year)
    return in_year and not date(year - 1, 8, 1) <= day <= date(year - 1, 9, 30)


def _school_key(row: Row) -> tuple[object, ...]:
    return row["year"], row["la"], row["submission"], row["schoolcensustableid"]


def _name_of(school: Row | None) -> object:
    if school is None:
        return None
    return school["urn"] or (school["lea"], school["estab"])


def _told(row: Row, name: str, details: list[Row]) -> Sessions:
    """Possible sessions as told, else the sum of the codes; sessions missed by code, else as told."""
    by_code: dict[str, int] = {}
    for detail in details:
        code = detail["attendancereason"]
        by_code[code] = max(by_code.get(code, 0), detail["sessions"] or 0)
    is_new = row["year"] >= NEW_LAW
    absences = ABSENT | ({"C1", "C2", "J1"} if is_new else {"H"})
    counted = ATTENDING | absences | ({"K"} if is_new else {"J"})
    absent: int | None = sum(sessions for code, sessions in by_code.items() if code in absences)
    possible = row[f"{name}possible"]
    if not by_code:
        totals = row[f"{name}authorised"], row[f"{name}unauthorised"]
        absent = None if totals[0] is None and possible else (totals[0] or 0) + (totals[1] or 0)
    coded = sum(sessions for code, sessions in by_code.items() if code in counted)
    return (coded if possible is None else possible), absent
