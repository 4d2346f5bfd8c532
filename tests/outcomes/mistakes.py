"""Drawings asked again while one query of the cohorts is written a little otherwise.

A mistake in who is counted is a wrong number for some child's authority. Each query therefore has a few mistakes
that a hasty reader might make, and some drawing has to come out otherwise with each of them. Drawings lie side by
side in one store, each under authorities and children of its own. A mistake is made inside a transaction: what
stands on the mistaken cohort is made again, asked, and forgotten.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from assets import cohorts
from schemas.authorities import authorities
from schemas.indicators import Indicator, named
from tests.outcomes.drawn import deidentified, read_tables
from tests.outcomes.test_cases import COUNT, Case

Tables = dict[str, list[dict[str, str]]]
NUMBERS = ("CHILD", "LAchildID", "pupilonrolltableid", "pupilnolongeronrolltableid")
"""Columns that tell one drawing's children from another's."""


@dataclass(frozen=True)
class Question:
    """What is asked of the cohorts, and the answer that is drawn."""

    sql: str
    answer: list[tuple[object, ...]]

    @property
    def rests_on(self) -> frozenset[str]:
        return read_by(self.sql)

    @property
    def ready_after(self) -> int:
        """The place in the order of making of the last cohort that it needs."""
        return max(cohorts.ORDER.index(name) for name in self.rests_on)


@cache
def read_by(sql: str) -> frozenset[str]:
    """The cohorts that a query reads, and all that those are made from."""
    read = set(re.findall(r"cohorts\.(\w+)", re.sub(r"--.*", "", sql)))
    return frozenset(read).union(*map(made_from, read))


@cache
def made_from(cohort: str) -> frozenset[str]:
    """A cohort and all that it is made from."""
    return read_by(cohorts.query(cohort)) | {cohort}


@dataclass(frozen=True)
class Drawing:
    """Drawn tables, those of several cases side by side, and what is asked of them."""

    tables: Tables
    questions: tuple[Question, ...]

    def about(self, cohort: str) -> list[Question]:
        """What rests on a cohort, in the order in which it can be asked."""
        asked = [question for question in self.questions if cohort in question.rests_on]
        return sorted(asked, key=lambda question: question.ready_after)


class Drawings:
    """Drawings, each opened when it is first needed, and then found to be as drawn."""

    def __init__(self, drawings: list[Drawing], new_folder: Callable[[], Path]) -> None:
        self.drawings, self.new_folder = drawings, new_folder
        self.stack = contextlib.ExitStack()
        self.opened: dict[int, duckdb.DuckDBPyConnection] = {}

    def notice(self, cohort: str, mistaken: str) -> bool:
        """Whether some answer of some drawing is another one with the mistaken query."""
        return any(
            _differs(self.open(number), drawing.about(cohort), cohort, mistaken)
            for number, drawing in enumerate(self.drawings)
            if drawing.about(cohort)
        )

    def open(self, number: int) -> duckdb.DuckDBPyConnection:
        if number not in self.opened:
            drawing = self.drawings[number]
            con = self.stack.enter_context(deidentified(drawing.tables, self.new_folder()))
            cohorts.build(con, only=frozenset().union(*(one.rests_on for one in drawing.questions)))
            for one in drawing.questions:
                assert con.execute(one.sql).fetchall() == one.answer, f"before any mistake: {one.sql}"
            self.opened[number] = con
        return self.opened[number]


def _differs(con: duckdb.DuckDBPyConnection, asked: list[Question], cohort: str, mistaken: str) -> bool:
    """Make what stands on the cohort again, and ask as soon as a question can be asked."""
    left = list(asked)
    needed = frozenset().union(*(question.rests_on for question in asked))
    con.begin()
    try:
        for place, name in enumerate(cohorts.ORDER):
            if name in needed and cohort in made_from(name):
                query = mistaken if name == cohort else cohorts.query(name)
                kind = "view" if name in cohorts.VIEWS else "table"
                con.execute(f"create or replace {kind} cohorts.{name} as {query}")
            while left and left[0].ready_after <= place:
                question = left.pop(0)
                if con.execute(question.sql).fetchall() != question.answer:
                    return True
        return False
    finally:
        con.rollback()


def side_by_side(found: Iterable[Case]) -> list[Drawing]:
    """Drawn cases in as few drawings as can be: those whose authorities sent the same terms of the census together.

    Which terms of a school year count depends on all that sent any.
    """
    groups: dict[object, list[tuple[Tables, tuple[Question, ...]]]] = defaultdict(list)
    for number, case in enumerate(found):
        tables = read_tables(case.tables)
        mark = f"q{chr(ord('a') + number // 26)}{chr(ord('a') + number % 26)}"
        asked = tuple(_of_line(mark, *line) for line in case.expected if line[3] != "not available")
        if asked:
            groups[_terms(tables, number)].append((marked(tables, mark), asked))
    return [_joined(group) for group in groups.values()]


def _terms(tables: Tables, number: int) -> object:
    """The terms that each authority sent; where they differ, a case stands alone."""
    sent: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, rows in tables.items():
        for row in rows if name.startswith("school_census") else []:
            sent[row["la"]].add((row["year"], row.get("term", "")))
    kinds = {frozenset(terms) for terms in sent.values()}
    return next(iter(kinds), frozenset()) if len(kinds) <= 1 else number


def marked(tables: Tables, mark: str) -> Tables:
    """The same tables under authorities and children that no other drawing has."""
    return {name: [_marked(row, mark) for row in rows] for name, rows in tables.items()}


def _marked(row: Mapping[str, str], mark: str) -> dict[str, str]:
    own = {name: mark + row[name] for name in NUMBERS if row.get(name)}
    own |= {name: f"of {mark}{cell[3:]}" for name, cell in row.items() if (cell or "").startswith("of ")}
    return {**row, **own, **({"la": f"{mark}:{row['la']}"} if "la" in row else {})}


def _joined(group: list[tuple[Tables, tuple[Question, ...]]]) -> Drawing:
    tables: Tables = defaultdict(list)
    for own, _ in group:
        for name, rows in own.items():
            tables[name] += rows
    return Drawing(dict(tables), tuple(question for _, asked in group for question in asked))


def _of_line(mark: str, indicator: str, year: int, place: str, told: str) -> Question:
    """An expected line of a case: the numerator, and where it is told the denominator."""
    count = COUNT.fullmatch(told)
    assert count
    one, denominator = named(indicator), count["denominator"]
    below = {"rows": "count(*)", "population": "null"}.get(one.out_of, f"sum({one.out_of})")
    sql = f"""select (coalesce(sum({one.sum_of}) filter (where {one.counting}), 0))::bigint,
        ({below if denominator else "null"})::bigint from cohorts.{one.among}
      where year = {year} and ({one.where}) and ({one.measured}) and {_in_place(mark, place)} and {_is_held(one, year)}"""
    return Question(sql, [(int(count["numerator"]), int(denominator) if denominator else None)])


def _in_place(mark: str, place: str) -> str:
    known = authorities()
    if place.startswith("E12"):
        known = known.filter(region_code=place)
    las = known["la_code"].to_list() if place.startswith("E") else [place]
    return "la in (" + ", ".join(f"'{mark}:{la}'" for la in las) + ")"


def _is_held(one: Indicator, year: int) -> str:
    """Which authorities have a figure: those whose returns are held, of the years before too."""
    held = [
        f"la in (select la from cohorts.reported where return_name = '{ret}' and year = {year - back})"
        for ret in one.needs
        for back in range(one.years_before + 1)
    ]
    if one.needs_census:
        held.append(f"la in (select la from cohorts.census_in_use where year = {year})")
    if one.told_by_each:
        told = f"where year = {year} and {one.told_by_each} is not null"
        held.append(f"la in (select la from cohorts.{one.among} {told})")
    return " and ".join(held) or "true"
