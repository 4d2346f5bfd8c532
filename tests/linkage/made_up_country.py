"""A small made-up country for the linkage tests: families, twins, movers, and the slips that returns hold.

It knows who is who, so that linkage can be marked. Error rates are assumptions, kept together in `Slips`.
Nothing here is shared with the project's synthetic returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Strings = npt.NDArray[np.str_]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def _words(text: str) -> list[str]:
    return text.split()


LETTERS = np.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"))
BOYS = _words(
    "Oliver George Noah Arthur Harry Leo Muhammad Jack Charlie Oscar Jacob Henry Thomas Freddie Alfie Theodore William "
    "Theo Archie Joshua Alexander James Isaac Edward Lucas Tommy Finley Max Logan Ethan Teddy Mohammed Benjamin Joseph "
    "Samuel Daniel Adam Sebastian Hugo Rory Jude Ibrahim Yusuf Ali Omar Hamza Bilal Ahmed Kai Reuben Elijah Louie Albie "
    "Ezra Gabriel Dylan Jasper Nathan Toby Liam Stanley Ryan Caleb Felix Aaron Connor Kian Jakub Filip Antoni Szymon "
    "Tobi Emeka Kwame Kofi Chidi Arjun Rohan Krish Dev Zain Rayan Musa Eesa Haris Luca Matteo Mateo Andrei Stefan"
)
GIRLS = _words(
    "Olivia Amelia Isla Ava Mia Ivy Lily Isabella Rosie Sophia Grace Willow Freya Florence Emily Ella Poppy Evie "
    "Elsie Charlotte Evelyn Sienna Sofia Daisy Phoebe Sophie Alice Harper Matilda Ruby Emma Eva Millie Maya Aisha "
    "Maryam Fatima Zara Zainab Hannah Jessica Luna Ada Harriet Imogen Thea Eleanor Elizabeth Lottie Maisie Nancy Penelope "
    "Erin Robyn Molly Bella Darcie Orla Beatrice Lola Martha Amber Holly Megan Leah Zofia Hanna Maja Lena Oliwia Ayesha "
    "Khadija Safa Noor Inaya Anaya Priya Diya Simran Amara Zuri Temi Adaeze Efua Abena Ioana Elena Sara Katarzyna Alicja"
)
STARTS = _words(
    "Ash Bar Bick Bland Brad Brom Burn Cald Carl Chat Clay Cop Cran Dal Den Dray Ell Fair Farn Gar Glen Hal Hard Hart Hay "
    "Hol Hunt Kel Ken Kirk Lang Lin Lock Mar Mel Nor Oak Pem Pres Rad Red Row Shel Stan Strat Thorn Wal War "
    "Wex Whit Wood York"
)
ENDS = _words(
    "ton ley ford ham wood field well worth by ner son man stead croft cott shaw more brook den ridge"
)
OTHERS = _words(
    "Khan Ahmed Hussain Ali Patel Begum Singh Kaur Akhtar Nowak Kowalski Popescu Adeyemi Okafor Mensah Silva"
)
SURNAMES = np.array([*OTHERS, *(start + end for start in STARTS for end in ENDS)])
NICKNAMES = {
    "Oliver": "Ollie", "Joshua": "Josh", "Thomas": "Tom", "Benjamin": "Ben", "Samuel": "Sam", "Daniel": "Dan",
    "Alexander": "Alex", "Joseph": "Joe", "William": "Will", "Elizabeth": "Lizzie", "Jessica": "Jess",
    "Charlotte": "Lottie", "Mohammed": "Muhammad", "Ayesha": "Aisha", "Isabella": "Izzy", "Matilda": "Tilly",
}  # fmt: skip
ETHNICITIES = np.array(["WBRI", "WOTH", "APKN", "AIND", "BAFR", "MWBC", "OOTH", "ABAN", "BCRB", "WIRI"])


@dataclass(frozen=True)
class Slips:
    """How often something goes wrong, by record."""

    forename_typo: float = 0.02
    nickname: float = 0.05
    names_swapped: float = 0.008
    initial_only: float = 0.004
    second_forename: float = 0.02
    half_surname: float = 0.3
    surname_changed: float = 0.025
    day_month_swapped: float = 0.004
    day_slip: float = 0.005
    other_sex: float = 0.002
    other_ethnicity: float = 0.04
    no_ethnicity: float = 0.02
    moved: float = 0.12
    moved_near: float = 0.6
    postcode_slip: float = 0.005
    no_postcode: float = 0.05
    no_upn_school_age: float = 0.10
    no_upn_before_school: float = 0.97
    wrong_upn: float = 0.006
    mistyped_upn: float = 0.006
    pupil_without_upn: float = 0.004


def upns(body: Strings) -> Strings:
    """Twelve digits each, with the check letter before them."""
    digits = np.array([list(map(int, one)) for one in body])
    letters = LETTERS[(digits * np.arange(2, 14)).sum(axis=1) % 23]
    return np.char.add(letters, body)


class Country:
    """Children in households, and what returns say of them. `records` and `truth` are Arrow tables."""

    def __init__(self, children: int, seed: int, slips: Slips | None = None, authorities: int = 12) -> None:
        self.rng = np.random.default_rng(seed)
        self.slips = slips or Slips()
        self.parts: list[pa.Table] = []
        self._children(children, authorities)
        for year in (2024, 2025):
            self._school_census(year)
            self._care(year)
        self.everything = pa.concat_tables(self.parts)
        self.truth = self.everything.select(["record_id", "child"])
        self.records = self.everything.drop_columns(["child"])

    def into(self, con: duckdb.DuckDBPyConnection, records: str = "records", truth: str = "truth") -> None:
        """Make the two tables on a connection."""
        for name, table in ((records, self.records), (truth, self.truth)):
            con.register("country_part", table)
            con.execute(f"create or replace table {name} as from country_part")
            con.unregister("country_part")

    def _chance(self, size: int, probability: float) -> Flags:
        return self.rng.random(size) < probability

    def _children(self, n: int, authorities: int) -> None:
        rng = self.rng
        size = rng.choice([1, 2, 3, 4], size=n, p=[0.45, 0.38, 0.12, 0.05])
        home = np.repeat(np.arange(n), size)[:n]
        homes = int(home.max()) + 1
        order = np.arange(n) - np.searchsorted(home, home)
        twins = self._chance(homes, 0.03)[home] & (order == 1)
        first = rng.integers(0, 16 * 365, homes)[home]
        days = (first + order * rng.integers(400, 900, homes)[home]) % (17 * 365)
        days = np.where(twins, first, days)
        self.n = n
        self.la = (200 + rng.integers(0, authorities, homes) * 5)[home]
        self.born = np.datetime64("2008-01-10") + days.astype("timedelta64[D]")
        self.sex = np.where(self._chance(n, 0.51), "M", "F")
        self.forename = self._forenames(home, order)
        frequency = 1 / (np.arange(len(SURNAMES)) + 5.0)
        surname = rng.choice(SURNAMES, homes, p=frequency / frequency.sum()).astype("U24")
        double = np.char.add(np.char.add(surname, "-"), rng.choice(SURNAMES, homes))
        self.surname = np.where(self._chance(homes, 0.05), double, surname)[home]
        self.ethnicity = rng.choice(
            ETHNICITIES, homes, p=[0.6, 0.08, 0.07, 0.05, 0.05, 0.05, 0.04, 0.03, 0.02, 0.01]
        )[home]
        self.postcode = self._postcodes(self.la, homes, home)
        serial = np.char.zfill(np.arange(n).astype(str), 6)
        self.upn = upns(np.char.add("999000", serial))
        self.la_child_id = rng.permutation(n) + 100000
        self.in_school = self._chance(n, 0.93)
        self.in_need = self._chance(n, 0.12)
        self.looked_after = self.in_need & self._chance(n, 0.2)

    def _forenames(self, home: Numbers, order: Numbers) -> Strings:
        boys, girls = np.array(BOYS), np.array(GIRLS)
        start = self.rng.zipf(1.4, self.n) + self.rng.integers(0, 30, self.n) * (order + 1)
        chosen: Strings = np.where(self.sex == "M", boys[start % len(boys)], girls[(start + 3) % len(girls)])
        return chosen

    def _postcodes(self, la: Numbers, homes: int, home: Numbers) -> Strings:
        rng = self.rng
        first = np.array([f"{chr(65 + (x // 5) % 20)}{chr(65 + (x // 7) % 24)}" for x in range(400)])[la]
        district = rng.integers(1, 30, homes)[home].astype(str)
        sector = rng.integers(0, 9, homes)[home].astype(str)
        unit = np.array([a + b for a in "ABDEFGHJLNPQ" for b in "ABDEFGHJLNPQRST"])
        inward = np.char.add(sector, unit[rng.integers(0, len(unit), homes)][home])
        return np.char.add(np.char.add(first, district), np.char.add(" ", inward))

    def _names(self, who: Numbers) -> tuple[Strings, Strings]:
        slips, n = self.slips, len(who)
        forename, surname = self.forename[who].astype("U24"), self.surname[who].astype("U24")
        short = np.array([NICKNAMES.get(name, name) for name in forename])
        forename = np.where(self._chance(n, slips.nickname * 2), short, forename)
        forename = np.where(self._chance(n, slips.forename_typo), self._typo(forename), forename)
        other = self.rng.choice(SURNAMES, n)
        surname = np.where(self._chance(n, slips.surname_changed), other, surname)
        surname = np.where(self._chance(n, slips.forename_typo), self._typo(surname), surname)
        second = np.char.add(np.char.add(forename, " "), self.rng.choice(np.array(GIRLS + BOYS), n))
        forename = np.where(self._chance(n, slips.second_forename), second, forename)
        forename = np.where(self._chance(n, slips.initial_only), forename.astype("U1"), forename)
        half = np.array([name.split("-")[-1] for name in surname])
        surname = np.where(self._chance(n, slips.half_surname), half, surname)
        swap = self._chance(n, slips.names_swapped)
        return np.where(swap, surname, forename), np.where(swap, forename, surname)

    def _typo(self, names: Strings) -> Strings:
        place = self.rng.integers(1, 4, len(names))
        return np.array(
            [
                name[:k] + name[k + 1 : k + 2] + name[k : k + 1] + name[k + 2 :]
                for name, k in zip(names, place, strict=True)
            ]
        )

    def _birth_dates(self, who: Numbers) -> Any:
        slips, n = self.slips, len(who)
        born = self.born[who]
        month_start = born.astype("datetime64[M]")
        day = (born - month_start.astype("datetime64[D]")).astype(int) + 1
        year_start = born.astype("datetime64[Y]")
        month = (month_start - year_start.astype("datetime64[M]")).astype(int) + 1
        swapped = (year_start.astype("datetime64[M]") + (day - 1).clip(0, 11)).astype("datetime64[D]") + (
            month - 1
        )
        born = np.where((day <= 12) & self._chance(n, slips.day_month_swapped), swapped, born)
        slipped = month_start.astype("datetime64[D]") + self.rng.integers(0, 28, n)
        return np.where(self._chance(n, slips.day_slip), slipped, born)

    def _upns(self, who: Numbers, year: int, missing: float) -> Strings:
        slips, n = self.slips, len(who)
        age = year - self.born[who].astype("datetime64[Y]").astype(int) - 1970
        upn = self.upn[who]
        upn = np.where(self._chance(n, slips.wrong_upn), self.rng.permutation(upn), upn)
        digit = self.rng.integers(0, 10, n).astype(str)
        mistyped = np.char.add(
            np.array([one[:11] for one in upn]), np.char.add(digit, np.array([one[12:] for one in upn]))
        )
        upn = np.where(self._chance(n, slips.mistyped_upn), mistyped, upn)
        chance = np.where(age < 5, slips.no_upn_before_school, missing)
        return np.where(self.rng.random(n) < chance, "", upn)

    def _ethnicities(self, who: Numbers) -> Strings:
        code = np.where(
            self._chance(len(who), self.slips.other_ethnicity),
            self.rng.choice(ETHNICITIES, len(who)),
            self.ethnicity[who],
        )
        return np.where(self._chance(len(who), self.slips.no_ethnicity), "REFU", code)

    def _sexes(self, who: Numbers, codes: tuple[str, str]) -> Strings:
        male = (self.sex[who] == "M") ^ self._chance(len(who), self.slips.other_sex)
        return np.where(male, codes[0], codes[1])

    def _homes(self, who: Numbers, moved: float) -> Strings:
        n = len(who)
        elsewhere = self.postcode[self.rng.integers(0, self.n, n)]
        mine = self.postcode[who]
        outward = np.array([one.split(" ")[0] for one in mine])
        near = np.char.add(np.char.add(outward, " "), np.array([one.split(" ")[1] for one in elsewhere]))
        elsewhere = np.where(self._chance(n, self.slips.moved_near), near, elsewhere)
        home = np.where(self._chance(n, moved), elsewhere, mine)
        slipped = np.char.add(
            np.array([one[:-1] for one in home]), self.rng.choice(np.array(list("ABDEFGHJLN")), n)
        )
        home = np.where(self._chance(n, self.slips.postcode_slip), slipped, home)
        return np.where(self._chance(n, self.slips.no_postcode), "", home)

    def _school_census(self, year: int) -> None:
        age = year - self.born.astype("datetime64[Y]").astype(int) - 1970
        who = np.flatnonzero(self.in_school & (age >= 5) & (age <= 16))
        forename, surname = self._names(who)
        clean = Slips(wrong_upn=0.0002, mistyped_upn=0.0005)
        kept, self.slips = self.slips, clean
        upn = self._upns(who, year, clean.pupil_without_upn)
        self.slips = kept
        self._add(
            "school_census", year, self.la[who], who, la_child_id=None, upn=upn, forename=forename, surname=surname,
            sex=self._sexes(who, ("M", "F")), ethnicity=self._ethnicities(who), postcode=self._homes(who, 0.04),
        )  # fmt: skip

    def _care(self, year: int) -> None:
        away = self._chance(self.n, 0.03) & (year == 2025)
        la = np.where(away, 200 + ((self.la - 200) // 5 + 3) % 12 * 5, self.la)
        own = np.where(away, self.la_child_id + 500000, self.la_child_id).astype(str)
        need = np.flatnonzero(self.in_need & self._chance(self.n, 0.75))
        self._add(
            "cin", year, la[need], need, la_child_id=own[need], upn=self._upns(need, year, self.slips.no_upn_school_age),
            sex=self._sexes(need, ("1", "2") if year < 2025 else ("M", "F")), ethnicity=self._ethnicities(need),
        )  # fmt: skip
        looked = np.flatnonzero(self.looked_after)
        other_system = self._chance(self.n, 0.05)
        ids = np.where(other_system, np.char.add("X", own), own)
        self._add(
            "ssda903", year, la[looked], looked, la_child_id=ids[looked],
            upn=self._upns(looked, year, self.slips.no_upn_school_age * 1.5), sex=self._sexes(looked, ("1", "2")),
            ethnicity=self._ethnicities(looked), postcode=self._homes(looked, 0.4),
        )  # fmt: skip
        named = np.flatnonzero(self.in_need & ((la // 5) % 2 == 0))
        forename, surname = self._names(named)
        self._add(
            "person_identifiers", year, la[named], named, la_child_id=own[named], upn=np.full(len(named), ""),
            forename=forename, surname=surname, sex=self._sexes(named, ("M", "F")), ethnicity=np.full(len(named), ""),
            postcode=self._homes(named, self.slips.moved),
        )  # fmt: skip

    def _add(self, source: str, year: int, la: Numbers, who: Numbers, **columns: Any) -> None:
        n = len(who)
        codes = la.astype(str)
        ids = np.char.add(f"{source}-{year}-", np.char.zfill(self.rng.permutation(n).astype(str), 7))
        text = {
            name: pa.nulls(n, pa.string())
            for name in ("la_child_id", "upn", "forename", "surname", "postcode", "ethnicity")
        }
        text |= {
            name: pa.array(value.astype(str), pa.string())
            for name, value in columns.items()
            if value is not None
        }
        self.parts.append(
            pa.table(
                {
                    "record_id": pa.array(ids, pa.string()),
                    "source": pa.array([source] * n, pa.string()),
                    "year": pa.array([year] * n, pa.int32()),
                    "la": pa.array(codes, pa.string()),
                    "submission": pa.array(np.char.add(f"{source}-{year}-", codes), pa.string()),
                    "date_of_birth": pa.array(self._birth_dates(who).astype("datetime64[D]"), pa.date32()),
                    **{name: text[name] for name in sorted(text)},
                    "child": pa.array(who, pa.int64()),
                }
            )
        )
