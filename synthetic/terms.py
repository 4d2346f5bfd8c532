"""The three school censuses that carry one school year's attendance, and the days that they count.

Each carries the term before it: the census of January the autumn term, that of May the spring term, and
that of October the summer term with its two half terms apart. By October the school year is over: pupils
are on roll at the school of the next year, and last year's school lists those who went as having left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from synthetic.days import EPOCH, census_day, day

Stretch = tuple[int, int]
"""First and last day."""


@dataclass(frozen=True)
class Census:
    """One census: its place in the school year, the days since which it lists leavers, and its sessions.

    `halves` are the stretches of days whose sessions it carries: one term, or two halves of the summer term.
    """

    name: str
    code: str
    place: int
    opens: int
    day: int
    halves: tuple[Stretch, ...]

    @property
    def is_last(self) -> bool:
        """Whether the school year is over by then."""
        return len(self.halves) == 2


def censuses(year: int) -> tuple[Census, Census, Census]:
    """Spring, summer and autumn census of the calendar year in which the school year ends."""
    january, may, october = census_day(year), _thursday(year, 5, 3), _thursday(year, 10, 1)
    holiday = sixth_half_term(year)[0]
    easter_sunday = _easter(year)
    return (
        Census("spring", "SPR", 0, school_opens(year), january, ((school_opens(year), day(year - 1, 12, 20)),)),
        Census("summer", "SUM", 1, january, may, ((day(year, 1, 5), easter_sunday),)),
        Census(
            "autumn", "AUT", 2, may, october,
            ((easter_sunday + 15, holiday - 3), (holiday + 7, day(year, 7, 22))),
        ),
    )  # fmt: skip


def school_opens(year: int) -> int:
    """The first day of the school year."""
    return day(year - 1, 9, 2)


def school_year_ends(year: int) -> int:
    """The day on which those who finish a school leave it."""
    return day(year, 8, 31)


def sixth_half_term(year: int) -> Stretch:
    """From the spring bank holiday, the last Monday of May, to the end of July."""
    last = date(year, 5, 31)
    monday = last - timedelta(days=last.weekday())
    return (monday - EPOCH).days, day(year, 7, 31)


def _thursday(year: int, month: int, number: int) -> int:
    first = date(year, month, 1)
    return (first - EPOCH).days + (3 - first.weekday()) % 7 + 7 * (number - 1)


def _easter(year: int) -> int:
    """Easter Sunday, by the anonymous Gregorian rule."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, before = divmod(moon + weekday - 7 * late + 114, 31)
    return day(year, month, before + 1)
