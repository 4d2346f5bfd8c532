"""The storm's pupils: enrolments, sessions by code, suspensions and changes of school."""

from __future__ import annotations

from datetime import date

from tests.second.draws import CODES, YEARS, Draws
from tests.second.storm_results import former_upn_of, upn_of


class Pupil:
    """A child at school: one enrolment or two in each census, sessions by code, suspensions."""

    def __init__(self, storm: Draws, la: str, name: str, born: date) -> None:
        self.storm, self.la, self.name, self.born = storm, la, name, born
        self.entry = {n: storm.day(date(2019, 9, 1), date(2022, 3, 31)) for n in (1, 2)}
        self.school = 1

    def draw(self) -> None:
        s = self.storm
        for year in YEARS:
            for term in ("spring", "summer", "autumn"):
                if s.chance(0.15):
                    self._move(year, term)
                if s.told(term, year, self.la):
                    self._enrol(year, term, self.school, "C")
                if s.chance(0.06):
                    self._dual(year, term)

    def _dual(self, year: int, term: str) -> None:
        la = self.storm.pick([self.la, self.storm.pick(self.storm.las)])
        if self.storm.told(term, year, la):
            self._enrol(year, term, 3 - self.school, self.storm.pick(["S", "M", "C"]), la)

    def _move(self, year: int, term: str) -> None:
        first, last = {
            "spring": (date(year - 1, 8, 1), date(year - 1, 12, 31)),
            "summer": (date(year, 1, 1), date(year, 4, 15)),
            "autumn": (date(year, 4, 16), date(year, 7, 20)),
        }[term]
        self.school = self.school if self.storm.chance(0.2) else 3 - self.school
        self.entry[self.school] = self.storm.day(first, last)

    def _enrol(self, year: int, term: str, school: int, status: str, la: str = "") -> None:
        s, roll = self.storm, "off" if self.storm.chance(0.08) else "on"
        table = {"on": "pupilonroll", "off": "pupilnolongeronroll"}[roll]
        number = f"{self.name}{s.random.randrange(10**6)}"
        key = {"year": str(year), "la": la or self.la, "term": term, f"{table}tableid": number}
        row = {"schoolcensustableid": str(school), "dob": self.born.isoformat(), "sex": s.pick(["M", "F"])}
        row |= {"entrydate": self.entry[school].isoformat(), "boarder": s.pick(["N"] * 20 + ["B", "6", ""])}
        row |= {"enrolstatus": status} if roll == "on" else {}
        terms = [("termlysession", "termly", s.random.choice([0, 1, 10, 60, 140]))]
        if term == "autumn":
            terms.append(("summerhalfterm2session", "summerhalfterm2", s.random.choice([0, 20, 60])))
        for details, total, possible in terms:
            row[f"{total}sessionspossible"] = self._sessions(key, f"{details}details{roll}roll", possible)
        row |= {"senprovision": s.pick(["N", "N", "K", "K", "E", "S", ""])} if roll == "on" else {}
        row |= {
            "upn": upn_of(self.name, f"school {year}"),
            "formerupn": former_upn_of(self.name, f"school {year}"),
        }
        s.put(f"school_census_{table}", key | row, twice=0)
        if roll == "on" and s.chance(0.3):
            self._free_meals(key, year)
        for _ in range(s.random.choice([0] * 8 + [1, 2])):
            begun = s.day(date(year - 1, 7, 25), date(year, 8, 10)).isoformat()
            suspended = {"startdate": begun, "category": s.pick(["SUSP", "LNCH", "PERM"]), "sessions": "2"}
            s.put(f"school_census_termlyexclusions{roll}roll", key | suspended)

    def _free_meals(self, key: dict[str, str], year: int) -> None:
        """A stretch of being eligible, now and then without an end or, wrongly, without a beginning."""
        first = self.storm.day(date(year - 2, 7, 25), date(year, 8, 10))
        last = self.storm.day(first, date(year, 9, 10))
        dates = {"fsmstartdate": "" if self.storm.chance(0.03) else first.isoformat()}
        dates |= {"fsmenddate": "" if self.storm.chance(0.4) else last.isoformat()}
        self.storm.put("school_census_fsmperiod", key | dates)

    def _sessions(self, key: dict[str, str], table: str, possible: int) -> str:
        """Writes the sessions of each code, and returns the total as told: now and then none, or another."""
        s, left = self.storm, possible
        missed = min(
            possible, s.random.choice([0, 0, possible // 10, possible // 10 + 1, possible // 2, possible])
        )
        parts = {s.pick(["I", "O", "M", "E"]): missed, s.pick(CODES): left - missed}
        for code, sessions in parts.items():
            if sessions or s.chance(0.05):
                s.put(
                    f"school_census_{table}",
                    key | {"attendancereason": code, "sessions": str(sessions)},
                    twice=0.01,
                )
        return "" if s.chance(0.05) else str(possible + (s.random.choice([-3, 3]) if s.chance(0.03) else 0))
