"""A country of made-up children whose returns are as untidy as they come, for telling two countings apart.

Dates are drawn near the days on which counting turns (31 March, 1 April, birthdays, month ends), and every
return has faults: rows sent twice, left out, restated a year later, overlapping, ended before they began,
open for ever. Nobody in it is real, and nothing of the product or of the synthetic country is used.

The rows are text, as in the drawn cases: one list of rows for each table.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from random import Random

from tests.second.counting import REFERENCE
from tests.second.days import age_on, school_start
from tests.second.draws import (
    ETHNIC,
    EXITS,
    FACTORS,
    LEGAL,
    PLACES,
    POSTCODES,
    YEARS,
    Drawn,
    Draws,
    Told,
    add_year,
    begin,
    end,
    gender,
    told,
)
from tests.second.storm_history import Contradicted
from tests.second.storm_results import Learnt, former_upn_of, upn_of
from tests.second.storm_school import Pupil


class Storm(Draws):
    """Draws the children of some authorities, and what those tell of them in three years."""

    def __init__(self, seed: int, children: int, authorities: list[str] | None = None) -> None:
        self.random = Random(seed)
        self.rows: Drawn = defaultdict(list)
        self.las = authorities or standing()
        self.sent = {
            (ret, year, la)
            for ret in ("cin", "ssda903", "spring", "summer", "autumn")
            for year in YEARS
            for la in [*self.las, "999"]
            if self.random.random() > 0.04
        }
        self.rows["postcodes"] = [
            {"pcds": code, "oseast1m": str(east), "osnrth1m": str(north)}
            for code, (east, north) in POSTCODES.items()
        ]
        for number in range(children):
            self._child(letters(number))
        self._schools()

    def _child(self, name: str) -> None:
        born = self.day(date(2003, 4, 1), date(2025, 8, 31))
        las = [self.pick([*self.las, self.las[0]])]
        if self.chance(0.08):
            las.append(self.pick([la for la in self.las if la not in las]))
        if self.chance(0.01):
            las.append("999")
        for n, la in enumerate(las):
            number = name + (str(n) if self.chance(0.3) else "")
            if self.chance(0.75):
                Need(self, la, number, born).draw()
            if self.chance(0.5) and born < date(2025, 3, 31):
                Stay(self, la, number if self.chance(0.9) else name + "9", born).draw()
            if self.chance(0.02):
                Need(self, la, name + "7", born).draw()
            if self.chance(0.1) and born < date(2022, 1, 1):
                Contradicted(self, la, name + "8", born).draw()
        if born.year < 2021 and self.chance(0.75):
            Pupil(self, self.pick([*las, *las, self.pick(self.las)]), name, born).draw()
        Learnt(self, las[0], name, {year: age_on(born, school_start(year)) or 0 for year in YEARS}).draw()

    def _schools(self) -> None:
        """Every census names its schools; two of them are enough."""
        for ret, year, la in sorted(self.sent):
            if ret in ("cin", "ssda903"):
                continue
            for n in (1, 2):
                self.rows["school_census_schoolcensus"].append(
                    {
                        "year": str(year),
                        "la": la,
                        "term": ret,
                        "schoolcensustableid": str(n),
                        "urn": f"{la}00{n}",
                    }
                )


def standing() -> list[str]:
    """The authorities that stood through all three years."""
    with (REFERENCE / "authorities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["la_code"] for row in rows if not row["valid_to"] and row["valid_from"] < "2022-04-01"]


def letters(number: int) -> str:
    """A name of lower-case letters: two children never share one."""
    name = ""
    while True:
        number, rest = divmod(number, 26)
        name = chr(ord("a") + rest) + name
        if number == 0:
            return "x" + name


class Need:
    """A child's referrals, plans and assessments, as the census of each year tells them."""

    def __init__(self, storm: Storm, la: str, number: str, born: date) -> None:
        self.storm, self.la, self.number, self.born = storm, la, number, born
        self.sex, self.ethnic = storm.pick(["M", "F", "U"]), storm.pick(ETHNIC)
        self.disability = [storm.pick(["NONE", "MOB", "LD"]) for _ in range(storm.random.randrange(3))]

    def draw(self) -> None:
        s = self.storm
        first = max(date(2020, 4, 1), self.born - timedelta(days=200))
        if first >= date(2025, 3, 31):
            return
        days = sorted(s.day(first, date(2025, 3, 31)) for _ in range(s.random.choice([1, 1, 2, 2, 3, 5])))
        if s.chance(0.15):
            days.append(min(add_year(days[0], s.random.choice([0, 0, 1])), date(2025, 3, 31)))
        cases = [self._case(day) for day in days]
        for year in YEARS:
            here = [case for case in cases if case["referral"] <= end(year) and case["last"] >= begin(year)]
            here = [case for case in here if s.told("cin", year, self.la)]
            if here:
                self._about(year)
            for n, case in enumerate(here, 1):
                self._write(year, n, case)

    def _case(self, referral: date) -> dict[str, date]:
        """When it was referred, and the last day on which it is known."""
        s = self.storm
        last = s.day(referral, date(2025, 7, 31)) if s.chance(0.8) else date(2026, 1, 1)
        return {"referral": referral, "last": last}

    def _about(self, year: int) -> None:
        s, is_unborn = self.storm, self.born > end(year) or self.storm.chance(0.02)
        if s.chance(0.05):
            self.ethnic, self.sex = s.pick(ETHNIC), s.pick(["M", "F", "U"])
        row = {"year": str(year), "la": self.la, "LAchildID": self.number}
        born = "" if s.chance(0.02) else self.born.isoformat()
        keys = ("", born) if is_unborn else (born, "")
        sex = {
            "Sex": self.sex if year >= 2025 else "",
            "GenderCurrent": "" if year >= 2025 else gender(self.sex),
        }
        who = row | {"PersonBirthDate": keys[0], "ExpectedPersonBirthDate": keys[1]} | sex
        who |= {
            "UPN": upn_of(self.number, f"cin {year}"),
            "FormerUPN": former_upn_of(self.number, f"cin {year}"),
        }
        s.put("cin_child_identifiers", who)
        s.put("cin_child_characteristics", row | {"Ethnicity": self.ethnic})
        for code in self.disability:
            s.put("cin_disabilities", row | {"Disability": code})

    def _write(self, year: int, number: int, case: dict[str, date]) -> None:
        s, referral, last = self.storm, case["referral"], case["last"]
        row = {"year": str(year), "la": self.la, "LAchildID": self.number, "CINdetailsID": str(number)}
        is_over = last <= end(year) and not s.chance(0.03)
        nothing = s.random.choices(["1", "0", ""], [2, 7, 1])[0]
        reason = s.pick(["RC7", "RC7", "RC8", "RC9", "RC1", ""])
        s.put(
            "cin_cin_details",
            row
            | {"CINreferralDate": referral.isoformat() if not s.chance(0.01) else "", "ReferralNFA": nothing}
            | {"PrimaryNeedCode": s.pick(["N1", "N1", "N2", "N5", "N8", "N9", "N0", ""])}
            | {
                "CINclosureDate": last.isoformat() if is_over else "",
                "ReasonForClosure": reason if is_over else "",
            },
        )
        if nothing != "1" or s.chance(0.1):
            self._assessments(year, row, referral, min(last, end(year)))
            self._plans(year, row, referral, last)

    def _assessments(self, year: int, row: dict[str, str], referral: date, last: date) -> None:
        s = self.storm
        for n in range(s.random.choice([0, 1, 1, 2])):
            start = s.day(max(referral, begin(year) - timedelta(days=60)), last)
            done = s.day(start, start + timedelta(days=90))
            one = row | {"AssessmentID": str(n + 1)}
            is_done = done <= end(year) or s.chance(0.02)
            dates = {"AssessmentActualStartDate": start.isoformat() if not s.chance(0.03) else ""}
            s.put(
                "cin_assessments",
                one | dates | {"AssessmentAuthorisationDate": done.isoformat() if is_done else ""},
            )
            for code in s.random.sample(FACTORS, s.random.randrange(5)):
                s.put("cin_assessment_factors", one | {"AssessmentFactors": code})

    def _plans(self, year: int, row: dict[str, str], referral: date, last: date) -> None:
        """At most one a case; the same whichever year tells it, unless it is restated."""
        s, own = self.storm, Random(f"{self.la}{self.number}{referral}")
        if own.random() > 0.45:
            return
        start = referral + timedelta(days=own.randrange(200))
        stop = start + timedelta(days=own.choice([30, 200, 364, 365, 729, 730, 800]))
        if own.random() < 0.3:
            start = end(year) - timedelta(days=own.choice([728, 729, 730])) if end(year) > referral else start
        if s.chance(0.05):
            stop += timedelta(days=s.random.randrange(-20, 20))
        if start > end(year) or stop < begin(year):
            return
        s.put(
            "cin_child_protection_plans",
            row
            | {"CPPID": "1", "CPPstartDate": start.isoformat() if not s.chance(0.01) else ""}
            | {"CPPendDate": stop.isoformat() if stop <= min(end(year), last) else ""}
            | {"NumberOfPreviousCPP": s.pick(["0", "0", "1", "2", ""])},
        )


class Stay:
    """A child's episodes, and what else the return of children looked after tells."""

    def __init__(self, storm: Storm, la: str, number: str, born: date) -> None:
        self.storm, self.la, self.number, self.born = storm, la, number, born
        self.sex, self.ethnic = storm.pick(["M", "F", "U"]), storm.pick(ETHNIC)
        self.alone = storm.chance(0.15)
        self.home = storm.pick([*POSTCODES, "", "QQ1 1QQ"])

    def draw(self) -> None:
        s = self.storm
        episodes = self._life()
        for year in YEARS:
            here = [
                e
                for e in episodes
                if e["start"] <= end(year) and (e["end"] is None or e["end"] >= begin(year))
            ]
            if not s.told("ssda903", year, self.la) or not (here or self._is_leaver(year)):
                continue
            self._about(year)
            for episode in here:
                if not s.chance(0.02):
                    self._write(year, episode)
            self._others(year, bool(here))

    def _life(self) -> list[Told]:
        """Episodes one after another: with gaps, overlaps, and ends that do not fit what comes next."""
        s, found = self.storm, []
        day = s.day(max(self.born, date(2020, 4, 1)), date(2025, 3, 31))
        rne, place, post, urn, provider = (
            "S",
            s.pick(PLACES),
            s.pick(list(POSTCODES)),
            s.pick(["SC1", "SC2"]),
            "PR1",
        )
        legal, need = s.pick(LEGAL), s.pick(["N1", "N1", "N2", "N8", ""])
        for _ in range(s.random.choice([1, 2, 3, 4, 6, 9])):
            if day > date(2025, 3, 31):
                break
            lasts = s.random.choice([0, 1, 1, 7, 30, 120, 300, 700, 1000])
            stop: date | None = (
                s.day(day, day + timedelta(days=lasts)) if lasts > 1 else day + timedelta(days=lasts)
            )
            leaves = s.chance(0.3)
            rec = s.pick(EXITS) if leaves else "X1"
            if s.chance(0.1):
                stop, rec = None, ""
            found.append(
                {"start": day, "end": stop, "rne": rne, "ls": legal, "need": need, "place": place, "post": post,
                 "urn": urn, "provider": provider, "rec": rec}
            )  # fmt: skip
            if stop is None:
                if s.chance(0.5):
                    break
                stop = s.day(day, date(2025, 3, 31))
            day = stop + timedelta(days=s.random.choice([0, 0, 0, 0, 0, 1, 40, 180, 365, -3]))
            rne = "S" if leaves and s.chance(0.9) else s.pick(["P", "L", "T", "B", "U", "S"])
            if rne != "L" or s.chance(0.1):
                before = place
                place = {"H5": "K3", "P2": "K3"}.get(before, s.pick(PLACES)) if s.chance(0.8) else before
                post = post if s.chance(0.4) else s.pick(list(POSTCODES))
                urn = urn if s.chance(0.6) else s.pick(["SC1", "SC2", "XXXXXXX"])
                provider = provider if s.chance(0.8) else s.pick(["PR1", "PR4", ""])
                if s.chance(0.15) and len(found) > 1:
                    place, post, urn, provider = (
                        str(found[-2][k]) for k in ("place", "post", "urn", "provider")
                    )
            legal = legal if s.chance(0.6) else s.pick(LEGAL)
        return found

    def _about(self, year: int) -> None:
        s = self.storm
        if s.chance(0.04):
            self.sex, self.ethnic = s.pick(["M", "F", "U"]), s.pick(ETHNIC)
        if s.chance(0.98):
            sex = self.sex if year >= 2025 else {"M": "1", "F": "2", "U": ""}[self.sex]
            born = told(self.born) if not s.chance(0.01) else ""
            upn = {"UPN": upn_of(self.number, f"care {year}")}
            s.put("ssda903_header", self._row(year) | {"SEX": sex, "DOB": born, "ETHNIC": self.ethnic} | upn)
        if self.alone and s.chance(0.8):
            ceased = told(s.day(begin(year), end(year) + timedelta(days=30))) if s.chance(0.4) else ""
            s.put("ssda903_uasc", self._row(year) | {"DUC": ceased})

    def _row(self, year: int) -> dict[str, str]:
        return {"year": str(year), "la": self.la, "CHILD": self.number}

    def _write(self, year: int, e: Told) -> None:
        s, stop = self.storm, e["end"]
        is_over = isinstance(stop, date) and stop <= end(year)
        rec = e["rec"] if is_over else ""
        if s.chance(0.02):
            rec = s.pick(["X1", "E8", ""])
        start = e["start"]
        assert isinstance(start, date)
        if s.chance(0.02):
            start += timedelta(days=s.random.randrange(-5, 6))
        s.put(
            "ssda903_episodes",
            self._row(year)
            | {"DECOM": told(start) if not s.chance(0.005) else "", "RNE": str(e["rne"]), "LS": str(e["ls"])}
            | {"CIN": str(e["need"]), "PLACE": str(e["place"]), "PLACE_PROVIDER": str(e["provider"])}
            | {"DEC": told(stop) if is_over and isinstance(stop, date) else "", "REC": str(rec)}
            | {"HOME_POST": self.home, "PL_POST": str(e["post"]), "URN": str(e["urn"])},
        )

    def _is_leaver(self, year: int) -> bool:
        return 17 <= year - self.born.year <= 22

    def _others(self, year: int, is_there: bool) -> None:
        s, row = self.storm, self._row(year)
        if is_there and s.chance(0.6):
            score = s.pick(["0", "7", "14", "17", "40", "", "12"])
            s.put("ssda903_oc2", row | {"DOB": told(self.born), "SDQ_SCORE": score}, twice=0)
        if is_there and s.chance(0.4):
            decided = s.day(begin(year - 1), end(year))
            match = decided + timedelta(days=s.random.randrange(-20, 300))
            dates = {"DATE_INT": told(decided), "DATE_MATCH": told(match) if s.chance(0.9) else ""}
            s.put("ssda903_ad1", row | {"DOB": told(self.born)} | dates, twice=0)
        for _ in range(s.random.choice([0, 0, 1, 2, 3]) if is_there else 0):
            self._missing(year)
            self._worker(year)
        if self._is_leaver(year) and s.chance(0.8):
            leaver = {"IN_TOUCH": s.pick(["YES", "YES", "NO", "DIED", "REFU", "NREQ", "RHOM", ""])}
            leaver["ACTIV"] = s.pick(["F1", "P2", "F5", "G4", "G5", "0", ""])
            leaver["ACCOM"] = s.pick(["B1", "U1", "S2", "V2", "G1", "H1", "R1", "0", "Z1", ""])
            s.put("ssda903_oc3", row | {"DOB": told(self.born) if s.chance(0.9) else ""} | leaver, twice=0)

    def _missing(self, year: int) -> None:
        s = self.storm
        start = s.day(begin(year) - timedelta(days=5), end(year))
        stop = start + timedelta(days=s.random.choice([0, 1, 2, 9]))
        over = told(stop) if stop <= end(year) else ""
        kind = s.pick(["M", "M", "A"])
        s.put(
            "ssda903_missing", self._row(year) | {"MISSING": kind, "MIS_START": told(start), "MIS_END": over}
        )

    def _worker(self, year: int) -> None:
        s = self.storm
        start = s.day(begin(year) - timedelta(days=200), end(year))
        stop = s.day(start, start + timedelta(days=200))
        row = self._row(year) | {"SW_ID": s.pick(["SW1", "SW2", "SW3", "SW4", ""]), "SW_DECOM": told(start)}
        s.put("ssda903_sw_episodes", row | {"SW_DEC": told(stop) if stop <= end(year) else ""})
