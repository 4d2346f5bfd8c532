"""Children looked after: episodes of all years put in one line, and the periods and placements they make.

An episode stands in every year's return in which it was open; the last return that speaks of a day is believed,
whether it tells the same first day again or has another episode in force on it. Short breaks (V3, V4) are left
out before anything is counted, by what the last return calls them. Days are half-open: the day on which an
episode ends is the next one's. One that was left open is known to have lasted to the 31 March of the last return
that held it, or to the next one, if the authority's next return goes on with that. A short gap in care that went
on (X1) is a slip of the pen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from tests.second.children import Child, care_children, traits
from tests.second.days import DAY, year_end, year_of
from tests.second.tables import Key, Returns, Row, grouped, latest, years_sent

LOST = "lost"
SHORT_BREAKS = ("V3", "V4")
TEMPORARY = ("T0", "T1", "T2", "T3", "T4")
WITH_CARER_OF_BEFORE = ("A3", "A5")
WITH_NEW_PARENTS = ("A4", "A6")
RECODED = {("H5", "K3"), ("P2", "K3"), *(("Z1", f"Z1{n}") for n in "1234")}


@dataclass(frozen=True)
class Episode:
    """Days under one legal status at one place.

    `end` is the day after the last that is known; `code` is why it ended, LOST when nobody told that it did.
    """

    start: date
    end: date
    told: Row = field(compare=False)
    code: str | None

    @property
    def exit_code(self) -> str | None:
        """Why care ended, when the episode says so and it is known when."""
        return self.code if self.code not in ("X1", LOST) else None

    @property
    def place(self) -> str:
        return self.told["place"] or ""


@dataclass(frozen=True)
class Placement:
    """Days with one carer at one place, whatever the legal status."""

    start: date
    end: date
    episodes: list[Episode]


@dataclass
class Period:
    """An unbroken time in care."""

    episodes: list[Episode]

    @property
    def start(self) -> date:
        return self.episodes[0].start

    @property
    def end(self) -> date:
        return self.episodes[-1].end

    @property
    def is_start_held(self) -> bool:
        return bool(self.episodes[0].told["rne"] == "S")

    @property
    def exit_code(self) -> str | None:
        return self.episodes[-1].exit_code

    @cached_property
    def placements(self) -> list[Placement]:
        return placements(self.episodes)


def episodes_of(rows: list[Row], years: list[int]) -> list[Episode]:
    """The episodes of one child, in one line, none reaching into the next; `years` are its authority's returns."""
    by_day = {day: told for (day,), told in grouped(rows, "decom").items()}
    first_told = {day: min(row["year"] for row in told) for day, told in by_day.items()}
    now = _uncontradicted([row for told in by_day.values() for row in _as_now_told(told)])
    following: list[Row | None] = [*now[1:], None]
    return [_episode(row, after, first_told, years) for row, after in zip(now, following, strict=False)]


def _as_now_told(rows: list[Row]) -> list[Row]:
    """Of the rows of one first day those of the last return, each end once, without short breaks."""
    told = [row for row in latest(rows) if row["ls"] not in SHORT_BREAKS]
    return list({row["dec"]: row for row in reversed(told)}.values())[::-1]


def _uncontradicted(now: list[Row]) -> list[Row]:
    """In order, without an episode on whose first day a later return has another one in force."""
    now = sorted(now, key=lambda row: (row["decom"], row["dec"] or date.max))
    in_force = [(row["year"], row["decom"], _until(row, now)) for row in now]
    return [
        row
        for row in now
        if not any(year > row["year"] and first < row["decom"] < last for year, first, last in in_force)
    ]


def _until(row: Row, now: list[Row]) -> date:
    """When it ended by the words of its own return: at the latest where that return's next one begins."""
    same = [other for other in now if other["year"] == row["year"]]
    place = next(n for n, other in enumerate(same) if other is row)
    ends: list[date] = [row["dec"] or date.max, *(other["decom"] for other in same[place + 1 : place + 2])]
    return min(ends)


def _episode(row: Row, after: Row | None, first_told: dict[date, int], years: list[int]) -> Episode:
    """Where another follows, an episode ends there at the latest."""
    if row["dec"] is None:
        return _left_open(row, after, first_told, years)
    start, end = row["decom"], row["dec"]
    if after and (end > after["decom"] or _is_slip(row, after)):
        end = after["decom"]
    return Episode(start, end, row, row["rec"])


def _is_slip(row: Row, after: Row) -> bool:
    """A gap after an episode that did not end care, with at most one 31 March in it."""
    gap_years = year_of(after["decom"]) - year_of(row["dec"])
    return row["rec"] == "X1" and after["rne"] != "S" and gap_years <= 1


def _left_open(row: Row, after: Row | None, first_told: dict[date, int], years: list[int]) -> Episode:
    """It ended where the next begins if the same return, or the authority's next one, goes on with that.

    Else it is known to have lasted to 31 March, or to the day before care began anew.
    """
    start, known = row["decom"], year_end(row["year"]) + DAY
    if after is None:
        return Episode(start, known, row, LOST)
    follows = after["decom"]
    if after["year"] <= row["year"]:
        return Episode(start, follows, row, row["rec"])
    next_return = next(year for year in years if year > row["year"])
    if after["rne"] != "S" and first_told[follows] <= next_return:
        return Episode(start, follows, row, "X1")
    return Episode(start, min(known, follows), row, LOST)


def periods_of(episodes: list[Episode]) -> list[Period]:
    """A period begins with a start, after an exit or after a gap."""
    found: list[Period] = []
    for episode in episodes:
        last = found[-1].episodes[-1] if found else None
        if last is None or episode.told["rne"] == "S" or not _continues(last, episode):
            found.append(Period([episode]))
        else:
            found[-1].episodes.append(episode)
    return found


def _continues(last: Episode, episode: Episode) -> bool:
    return last.code in ("X1", None) and last.end >= episode.start


def placements(episodes: list[Episode]) -> list[Placement]:
    """Runs at one place. Temporary ones and those of less than a day are passed over, their sides joined."""
    found: list[Placement] = []
    for episode in episodes:
        if episode.place in TEMPORARY or episode.end <= episode.start:
            continue
        if found and _same_home(found[-1].episodes[-1], episode):
            last = found[-1]
            found[-1] = Placement(last.start, episode.end, [*last.episodes, episode])
        else:
            found.append(Placement(episode.start, episode.end, [episode]))
    return found


def _same_home(one: Episode, other: Episode) -> bool:
    if other.place in WITH_CARER_OF_BEFORE:
        return True
    if other.told["rne"] in ("T", "U") and (one.place, other.place) in RECODED:
        return True
    same = all(one.told[name] == other.told[name] for name in ("pl_post", "urn", "place_provider"))
    return same and one.place == other.place


@dataclass
class Stay:
    """All that is held of one child of an authority."""

    key: Key
    episodes: list[Episode]

    @cached_property
    def periods(self) -> list[Period]:
        return periods_of(self.episodes)

    def on(self, day: date) -> tuple[Period, Episode] | None:
        """The period and episode in which the child was looked after on a day."""
        for period in self.periods:
            for episode in period.episodes:
                if episode.start <= day < episode.end:
                    return period, episode
        return None

    def last_in(self, first: date, last: date) -> Period | None:
        """The last period of which a day lay between two days."""
        there = [p for p in self.periods if p.start <= last and p.end > first and p.end > p.start]
        return there[-1] if there else None

    def starts(self) -> list[Episode]:
        """The first start of each year, in order."""
        found: dict[int, Episode] = {}
        for episode in self.episodes:
            if episode.told["rne"] == "S":
                found.setdefault(year_of(episode.start), episode)
        return list(found.values())

    def exits(self) -> list[Episode]:
        return [episode for episode in self.episodes if episode.exit_code]

    def last_exits(self) -> dict[int, Episode]:
        """The last exit of each year."""
        ordered = sorted(self.exits(), key=lambda e: (e.end, e.start))
        return {year_of(episode.end): episode for episode in ordered}

    def period_with(self, episode: Episode) -> Period:
        return next(p for p in self.periods if any(e is episode for e in p.episodes))


class Care:
    """What the returns of all years tell of each child looked after."""

    def __init__(self, returns: Returns) -> None:
        self.returns = returns

    @cached_property
    def children(self) -> dict[tuple[int, str, str], Child]:
        return care_children(self.returns)

    @cached_property
    def stays(self) -> list[Stay]:
        told = [row for row in self.returns.table("ssda903_episodes") if row["decom"]]
        found = grouped(told, "la", "child")
        years = years_sent(self.returns, "ssda903")
        return [Stay((la, child), episodes_of(rows, years[la])) for (la, child), rows in found.items()]

    @cached_property
    def stay_of(self) -> dict[Key, Stay]:
        return {stay.key: stay for stay in self.stays}

    def child(self, stay: Stay, period: Period) -> Child | None:
        """The child as the last return that held the period says it."""
        return self.children.get((period.episodes[-1].told["year"], *stay.key))

    def traits(self, stay: Stay, period: Period, day: date | None) -> dict[str, str]:
        return traits(self.child(stay, period), day, unborn=False)

    def traits_at_start(self, stay: Stay, period: Period) -> dict[str, str]:
        """The same on the first day, the age as the return that tells the first episode has it."""
        first = self.children.get((period.episodes[0].told["year"], *stay.key))
        age = traits(first, period.start, unborn=False)["Age"]
        return self.traits(stay, period, period.start) | {"Age": age}

    @cached_property
    def by_child(self) -> dict[str, dict[tuple[int, str, str], list[Row]]]:
        """Rows of each other table of the return, by year, authority and child."""
        return {
            name: {
                (year, la, child): rows
                for (year, la, child), rows in grouped(
                    self.returns.table(f"ssda903_{name}"), "year", "la", "child"
                ).items()
            }
            for name in ("uasc", "oc2", "oc3", "ad1", "missing", "sw_episodes")
        }
