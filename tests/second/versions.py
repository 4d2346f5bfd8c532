"""One referral or plan told by many years' returns: which telling counts, and which is another by a new day.

An authority that puts the first day of an open case right sends it under the new day, and no more under the old.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property

from tests.second.days import year_end
from tests.second.tables import Key, Returns, Row, grouped, latest, years_sent


class Told:
    """Cases, or plans, as all returns tell them: a child's thing of one first day is the same in every return."""

    def __init__(
        self, returns: Returns, table: str, start: str, end: str, is_taken_on: Callable[[Row], bool]
    ) -> None:
        self.start, self.end, self.is_taken_on = start, end, is_taken_on
        self.returns_of = years_sent(returns, "cin")
        rows = [row for row in returns.table(table) if row[start]]
        found = grouped(rows, "la", "lachildid", start)
        self.rows = {((la, child), day): told for (la, child, day), told in found.items()}
        self.of_child: dict[Key, list[date]] = {}
        for key, day in self.rows:
            self.of_child.setdefault(key, []).append(day)

    @cached_property
    def redated(self) -> dict[tuple[Key, date], date]:
        """The day under which a thing went on, by the day under which it was told before."""
        found = {thing: self._goes_on_as(*thing) for thing in self.rows}
        return {thing: day for thing, day in found.items() if day}

    def _goes_on_as(self, key: Key, day: date) -> date | None:
        last = latest(self.rows[key, day])
        year = last[0]["year"]
        after = next((y for y in self.returns_of[key[0]] if y > year), None)
        if after is None or not any(self._is_open_on(row, year) and row[self.end] is None for row in last):
            return None
        return min((d for d in self.of_child[key] if self._is_new_in(key, d, after, year)), default=None)

    def _is_new_in(self, key: Key, day: date, after: int, year: int) -> bool:
        """First told after a year, and told in the return after it as open over that year's 31 March."""
        rows = self.rows[key, day]
        is_new = min(row["year"] for row in rows) > year
        return is_new and any(row["year"] == after and self._is_open_on(row, year) for row in rows)

    def _is_open_on(self, row: Row, year: int) -> bool:
        end = row[self.end]
        is_over = end is not None and end <= year_end(year)
        return self.is_taken_on(row) and row[self.start] <= year_end(year) and not is_over

    @cached_property
    def current(self) -> dict[tuple[Key, date], list[Row]]:
        """The rows of the last return that tells of it, in its order; what went on under another day is left out."""
        return {thing: latest(rows) for thing, rows in self.rows.items() if thing not in self.redated}

    def known_as(self, key: Key, day: date) -> date:
        """The day by now, however often it was put right; each step leads to a later return."""
        while (key, day) in self.redated:
            day = self.redated[key, day]
        return day

    def held(self, year: int) -> set[tuple[Key, date]]:
        """What a year's return holds, by the days known by now."""
        return {
            (key, self.known_as(key, day))
            for (key, day), rows in self.rows.items()
            if any(row["year"] == year for row in rows)
        }
