"""How the storm draws: dates near the days on which counting turns, and rows now and then sent twice."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

YEARS = (2023, 2024, 2025)
Told = dict[str, Any]
Drawn = dict[str, list[dict[str, str]]]
TURNS = [
    (3, 31),
    (4, 1),
    (3, 30),
    (4, 2),
    (2, 28),
    (8, 31),
    (9, 1),
    (8, 1),
    (9, 30),
    (10, 1),
    (5, 26),
    (6, 1),
]
FACTORS = ["3A", "3B", "3C", "1B", "2B", "4B", "16A", "17A", "18A", "18B", "18C", "19A", "19B", "19C", "23A",
           "10A", "11A", "12A", "13A", "24A", "20", "21", "1A"]  # fmt: skip
ETHNIC = ["WBRI", "WBRI", "WOTH", "MWBC", "AIND", "CHNE", "BAFR", "OOTH", "REFU", "NOBT", ""]
PLACES = ["U1", "U3", "U4", "U4", "U5", "U6", "K2", "K1", "K3", "H5", "P2", "P1", "A3", "A4", "A5", "A6", "R1",
          "S1", "Z1", "T1", "T3", "T4", ""]  # fmt: skip
LEGAL = ["C1", "C2", "C2", "V2", "V2", "E1", "J1", "V3", "V4"]
EXITS = ["E4A", "E4B", "E4A", "E11", "E12", "E41", "E45", "E46", "E47", "E48", "E13", "E3", "E8", "E17", "E2"]
CODES = ["/", "\\", "L", "B", "I", "M", "O", "U", "E", "N", "X", "D", "Y", "#", "K", "J", "J1", "H", "C1"]
POSTCODES = {f"ZZ{n} {n % 10}AA": (400_000 + 3_700 * n, 300_000 + 5_210 * (n % 7)) for n in range(1, 25)}


class Draws:
    """One run of chance, the authorities, what they sent, and the rows so far."""

    random: Random
    rows: Drawn
    las: list[str]
    sent: set[tuple[str, int, str]]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, choices: list[str]) -> str:
        return self.random.choice(choices)

    def day(self, first: date, last: date) -> date:
        """Any day of a range, one in three near a day on which counting turns."""
        if last <= first:
            return first
        if self.chance(0.35):
            turns = [date(y, m, d) for y in range(first.year, last.year + 1) for m, d in TURNS]
            turns = [turn for turn in turns if first <= turn <= last]
            if turns:
                return self.random.choice(turns)
        return first + timedelta(days=self.random.randrange((last - first).days + 1))

    def told(self, ret: str, year: int, la: str) -> bool:
        """Whether a thing is in a return: the authority sent one, and did not leave it out."""
        return (ret, year, la) in self.sent and not self.chance(0.03)

    def put(self, table: str, row: dict[str, str], *, twice: float = 0.02) -> None:
        self.rows[table].append(row)
        if self.chance(twice):
            self.rows[table].append(dict(row))


def end(year: int) -> date:
    return date(year, 3, 31)


def begin(year: int) -> date:
    return date(year - 1, 4, 1)


def add_year(day: date, days: int) -> date:
    """Twelve months later, or that and some days."""
    return day.replace(year=day.year + 1, day=min(day.day, 28)) + timedelta(days=days)


def told(day: date) -> str:
    """As the return of children looked after writes dates."""
    return f"{day:%d/%m/%Y}"


def gender(sex: str) -> str:
    return {"M": "1", "F": "2", "U": "0"}[sex]
