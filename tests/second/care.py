"""Children looked after: episodes of all years put in one line, and the periods and placements they make.

An episode stands in every year's return in which it was open; of one first day the last return is believed.
Days are half-open: the day on which an episode ends is the next one's. Short breaks (V3, V4) are left out
before anything is counted. An episode without an end is known to have lasted to the 31 March of the last
return that held it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from tests.second.children import Child, care_children, traits
from tests.second.days import DAY, year_end, year_of
from tests.second.tables import Key, Returns, Row, grouped, latest

SHORT_BREAKS = ("V3", "V4")
TEMPORARY = ("T0", "T1", "T2", "T3", "T4")
WITH_CARER_OF_BEFORE = ("A3", "A5")
ADOPTIVE = ("A3", "A4", "A5", "A6")
RECODED = {("H5", "K3"), ("P2", "K3"), *(("Z1", f"Z1{n}") for n in "1234")}
VALUES = (
    "decom", "rne", "ls", "cin", "place", "place_provider", "dec", "rec", "home_post", "pl_post", "urn",
)  # fmt: skip


@dataclass(frozen=True)
class Episode:
    """Days under one legal status at one place; `end` is the day after the last that is known."""

    start: date
    end: date
    told: Row = field(compare=False)

    @property
    def exit_code(self) -> str | None:
        """Why care ended, when the episode says so and on which day."""
        rec: str | None = self.told["rec"]
        return rec if rec and rec != "X1" and self.told["dec"] else None

    @property
    def is_open(self) -> bool:
        return self.told["dec"] is None

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


def episodes_of(rows: list[Row]) -> list[Episode]:
    """The episodes of one child of an authority, in one line, none reaching into the next."""
    told = [row for same in grouped(rows, "decom").values() for row in _once(latest(same))]
    told = [row for row in told if row["ls"] not in SHORT_BREAKS]
    told.sort(key=lambda row: (row["decom"], row["dec"] or date.max))
    found = [Episode(row["decom"], _end(row), row) for row in told]
    for i, (one, following) in enumerate(zip(found, found[1:], strict=False)):
        if one.end > following.start or (one.is_open and _goes_on(one.told, following.told)):
            found[i] = replace(one, end=following.start)
    return found


def _once(rows: list[Row]) -> list[Row]:
    """The same episode sent twice in one return is one."""
    return list({tuple(row[name] for name in VALUES): row for row in reversed(rows)}.values())[::-1]


def _end(row: Row) -> date:
    end: date = row["dec"] or year_end(row["year"]) + DAY
    return end


def _goes_on(one: Row, following: Row) -> bool:
    """An open episode that next year's file continues without a start of its own."""
    return bool(following["rne"] != "S" and following["year"] == one["year"] + 1)


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
    ended_well = last.told["rec"] == "X1" or last.is_open
    return ended_well and last.end >= episode.start


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
    same = all(one.told[name] == other.told[name] for name in ("pl_post", "urn", "place_provider"))
    return same and (one.place == other.place or (one.place, other.place) in RECODED)


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

    def is_in_care_in(self, first: date, last: date) -> bool:
        return any(e.start <= last and e.end > first and e.end > e.start for e in self.episodes)

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
        ordered = sorted(self.exits(), key=lambda e: (e.told["dec"], e.start))
        return {year_of(episode.told["dec"]): episode for episode in ordered}

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
        return [Stay((la, child), episodes_of(rows)) for (la, child), rows in found.items()]

    def traits(self, key: Key, year: int, told: int, day: date) -> dict[str, str]:
        child = self.children.get((year, *key)) or self.children.get((told, *key))
        return traits(child, day, unborn=False)

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
