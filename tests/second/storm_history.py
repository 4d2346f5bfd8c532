"""Children of whom every year's return tells another story: the same few days, drawn anew each year.

Where returns only restate a row now and then, most ways in which two of them can contradict each other never
meet. Here first days, ends and reasons are drawn from a handful of days near 31 March, independently for each year.
"""

from __future__ import annotations

from datetime import date, timedelta

from tests.second.draws import EXITS, YEARS, Draws, begin, end, told

AROUND = (-400, -150, -40, -1, 0, 1, 60, 200)
"""Days before and after a 31 March."""


class Contradicted:
    """A child with a few days on which things may have begun or ended."""

    def __init__(self, storm: Draws, la: str, number: str, born: date) -> None:
        self.storm, self.la, self.number, self.born = storm, la, number, born
        mid = storm.random.choice(YEARS)
        days = {end(mid) + timedelta(days=near) for near in storm.random.sample(AROUND, 5)}
        self.days = sorted(day for day in days if day <= end(YEARS[-1]))

    def draw(self) -> None:
        s = self.storm
        for year in YEARS:
            past = [day for day in self.days if day <= end(year)]
            if past and s.told("ssda903", year, self.la) and not s.chance(0.15):
                self._care(year, past)
            if past and s.told("cin", year, self.la) and not s.chance(0.15):
                self._need(year, past)

    def _care(self, year: int, past: list[date]) -> None:
        s, row = self.storm, {"year": str(year), "la": self.la, "CHILD": self.number}
        sex = "F" if year >= 2025 else "2"
        s.put("ssda903_header", row | {"SEX": sex, "DOB": told(self.born), "ETHNIC": "WBRI"})
        for _ in range(s.random.choice([1, 1, 2, 3])):
            first, stop = s.random.choice(past), s.random.choice(past)
            is_over = stop >= first and stop >= begin(year) and s.chance(0.6)
            rec = s.pick(["X1", "X1", "X1", *EXITS[:3]]) if is_over or s.chance(0.1) else ""
            s.put(
                "ssda903_episodes",
                row
                | {
                    "DECOM": told(first),
                    "RNE": s.pick(["S", "P", "L", "P"]),
                    "DEC": told(stop) if is_over else "",
                }
                | {
                    "LS": s.pick(["C2", "C2", "C2", "V3"]),
                    "CIN": "N1",
                    "PLACE": s.pick(["U4", "K2"]),
                    "REC": rec,
                }
                | {"PLACE_PROVIDER": "PR1", "URN": "SC1", "PL_POST": "ZZ1 1AA", "HOME_POST": "ZZ9 9AA"},
            )

    def _need(self, year: int, past: list[date]) -> None:
        s, row = self.storm, {"year": str(year), "la": self.la, "LAchildID": self.number}
        sex = {"Sex": "F"} if year >= 2025 else {"GenderCurrent": "2"}
        s.put("cin_child_identifiers", row | {"PersonBirthDate": self.born.isoformat()} | sex)
        s.put("cin_child_characteristics", row | {"Ethnicity": "WBRI"})
        for n in range(1, s.random.choice([2, 2, 3])):
            case = row | {"CINdetailsID": str(n)}
            first, last, nothing = *self._open_or_over(year, past), s.pick(["1", "0", "0", "0", ""])
            reason = {"ReasonForClosure": s.pick(["RC1", "RC8", "RC7"]) if last else ""}
            dates = {"CINreferralDate": first, "CINclosureDate": last}
            s.put(
                "cin_cin_details", case | dates | reason | {"ReferralNFA": nothing, "PrimaryNeedCode": "N1"}
            )
            begun, ended = self._open_or_over(year, past)
            plan = {"CPPID": "1", "CPPstartDate": begun, "CPPendDate": ended}
            s.put("cin_child_protection_plans", case | plan | {"NumberOfPreviousCPP": s.pick(["0", "1"])})

    def _open_or_over(self, year: int, past: list[date]) -> tuple[str, str]:
        s = self.storm
        first, last = s.random.choice(past), s.random.choice(past)
        is_over = last >= first and last >= begin(year) and s.chance(0.4)
        return first.isoformat(), last.isoformat() if is_over else ""
