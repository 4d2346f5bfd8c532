"""Drawn cases: a small table and which of its rows a rule must find, for reading as much as for testing.

    142
      year 2024
      episodes
      child | decom      | dec | fails
      A     | 2024-05-01 |     | x
      A     | 2024-08-01 |     |

A case begins with a code at the margin; words after it say what is shown. `child`, `pupil` and `school`
stand for the return's own columns, `own` for the code of the authority whose return it is; a blank cell is
blank. `whole return fails` on a line of its own says that the rule finds the return as a whole. Without
`year`, it is 2025 or the last year before that the rule applies in. Lines that begin with `--` are prose.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb
import polars as pl

from quality.lists import REFERENCE, reference_frame
from quality.registry import FOLDER, WHOLE_RETURN, Rule, rules
from quality.run import check as run_rules
from quality.run import typed_tables
from quality.views import view

USUAL_YEAR = 2025
FAILS = "fails"
OWN = "own"


class CaseSyntaxError(ValueError):
    """A drawing that cannot be read: says the file, the line, what was expected and what came."""


@dataclass(frozen=True)
class Drawn:
    """One table of a case; `fails` holds the numbers, from 1, of the rows that the rule must find."""

    name: str
    rows: tuple[dict[str, str], ...]
    fails: frozenset[int]

    def rows_of(self, la: str) -> list[dict[str, str]]:
        """The rows as an authority sends them: `own` stands for its own code."""
        return [{name: la if cell == OWN else cell for name, cell in row.items()} for row in self.rows]


@dataclass(frozen=True)
class Case:
    """One drawing of one rule."""

    ret: str
    code: str
    about: str
    year: int
    tables: tuple[Drawn, ...]
    whole_return_fails: bool
    text: str
    place: str

    @property
    def expected(self) -> set[tuple[str, int]]:
        """Every (view, row) that the rule must find."""
        rows = {(table.name, row) for table in self.tables for row in table.fails}
        return rows | ({(WHOLE_RETURN, 1)} if self.whole_return_fails else set())

    def rule(self) -> Rule:
        """The rule it draws, in the case's year."""
        for rule in rules(self.ret):
            if rule.code == self.code and rule.applies(self.year):
                return rule
        raise CaseSyntaxError(f"{self.place}: {self.ret} has no rule {self.code} in {self.year}")


def read(text: str, ret: str, name: str) -> list[Case]:
    """The cases in the text of one file; `name` is what errors call the file."""
    lines = [(n, line) for n, line in enumerate(text.splitlines(), 1) if not line.startswith("--")]
    starts = [i for i, (_, line) in enumerate(lines) if line[:1].strip()]
    blocks = [lines[start:end] for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return [_case(ret, name, block) for block in blocks]


def _case(ret: str, name: str, block: list[tuple[int, str]]) -> Case:
    number, first = block[0]
    place = f"{name}:{number}"
    code, _, about = first.strip().partition(" ")
    year, whole, rest = None, False, []
    for at, line in block[1:]:
        said = re.fullmatch(r"\s*year (\d{4})\s*", line)
        year = int(said[1]) if said else year
        whole = whole or line.strip() == "whole return fails"
        if line.strip() and not said and line.strip() != "whole return fails":
            rest.append((f"{name}:{at}", line.strip()))
    return Case(
        ret=ret,
        code=code,
        about=about.strip(),
        year=year or _usual_year(ret, code, place),
        tables=tuple(_tables(ret, rest)),
        whole_return_fails=whole,
        text="\n".join(line for _, line in block).rstrip(),
        place=place,
    )


def _usual_year(ret: str, code: str, place: str) -> int:
    of_code = [rule for rule in rules(ret) if rule.code == code]
    if not of_code:
        raise CaseSyntaxError(f"{place}: expected the code of a rule of {ret} at the margin, came `{code}`")
    if any(rule.applies(USUAL_YEAR) for rule in of_code):
        return USUAL_YEAR
    past = [rule.until for rule in of_code if rule.until < USUAL_YEAR]
    return max(past) if past else min(rule.since for rule in of_code)


def _tables(ret: str, lines: list[tuple[str, str]]) -> Iterator[Drawn]:
    """Tables one after the other: a name, a line of column names, rows."""
    groups: list[list[tuple[str, str]]] = []
    for place, line in lines:
        if "|" not in line and re.fullmatch(r"[\w.]+", line):
            groups.append([])
        if not groups:
            raise CaseSyntaxError(f"{place}: expected the name of a table, came `{line[:60]}`")
        groups[-1].append((place, line))
    for (_, name), *body in groups:
        yield _drawn(ret, name.lower(), body)


def _drawn(ret: str, name: str, body: list[tuple[str, str]]) -> Drawn:
    if not body:
        return Drawn(_view_name(ret, name), (), frozenset())
    names = [cell.strip().lower() for cell in body[0][1].split("|")]
    rows = [_cells(names, place, line) for place, line in body[1:]]
    fails = frozenset(n for n, row in enumerate(rows, 1) if row.pop(FAILS, ""))
    return Drawn(_view_name(ret, name), tuple(_own_names(ret, name, row) for row in rows), fails)


def _cells(names: list[str], place: str, line: str) -> dict[str, str]:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) > len(names) or (len(cells) < len(names) and names[-1] != FAILS):
        raise CaseSyntaxError(f"{place}: expected {len(names)} cells, came {len(cells)}")
    row = dict(zip(names, cells, strict=False))
    if row.get(FAILS, "") not in ("", "x"):
        raise CaseSyntaxError(f"{place}: expected x or nothing under fails, came `{row[FAILS][:20]}`")
    return row


def _view_name(ret: str, name: str) -> str:
    return name if name in REFERENCE else view(ret, name).name


def _own_names(ret: str, name: str, row: dict[str, str]) -> dict[str, str]:
    """The row with `child`, `pupil` and `school` replaced by the columns they stand for."""
    if name in REFERENCE:
        return row
    found = view(ret, name)
    declared = set(found.table.model_fields)
    stands_for = {
        "child": [found.ret.child],
        "pupil": ["pupilonrolltableid", "pupilnolongeronrolltableid"],
        "school": ["schoolcensustableid"],
    }
    own = {word: column for word, options in stands_for.items() for column in options if column in declared}
    return {own.get(column, column): value for column, value in row.items()}


@functools.cache
def all_cases() -> tuple[Case, ...]:
    """Every drawing of every return, in the order of the files."""
    paths = sorted(FOLDER.glob("*/*.cases"))
    return tuple(
        case
        for path in paths
        for case in read(path.read_text("utf-8"), path.parent.name, f"{path.parent.name}/{path.name}")
    )


def check(
    case: Case,
    rule: Rule | None = None,
    authorities: Sequence[str] = ("201",),
    con: duckdb.DuckDBPyConnection | None = None,
) -> list[str]:
    """Run a case, under one or several authorities at once; what differs from the drawing, in words."""
    rule = rule or case.rule()
    found = found_in(case, rule, authorities, con)
    wanted = {(la, name, row) for la in authorities for name, row in case.expected}
    said = [
        f"{case.place}: {rule.code} did not find {name} row {row} of {la}" for la, name, row in wanted - found
    ]
    return sorted(
        said + [f"{case.place}: {rule.code} found {n} row {r} of {la}" for la, n, r in found - wanted]
    )


def found_in(
    case: Case, rule: Rule, authorities: Sequence[str], con: duckdb.DuckDBPyConnection | None = None
) -> set[tuple[str, str, int]]:
    """Every (authority, view, row) that a rule finds in a drawing."""
    return found_by(case, [rule], authorities, con)[0]


def found_by(
    case: Case,
    variants: Sequence[Rule],
    authorities: Sequence[str],
    con: duckdb.DuckDBPyConnection | None = None,
) -> list[set[tuple[str, str, int]]]:
    """The same for several variants of one rule, of which only the queries differ."""
    lists = {
        table.name: reference_frame(table.name, [row for la in authorities for row in table.rows_of(la)])
        for table in case.tables
        if table.name in REFERENCE
    }
    tables = [table for table in case.tables if table.name not in REFERENCE]
    by_la = [typed_tables(case.ret, {t.name: t.rows_of(la) for t in tables}, la) for la in authorities]
    frames = {table.name: pl.concat(frames[table.name] for frames in by_la) for table in tables}
    sent = {table.name: tuple(authorities) for table in tables}
    marked = [replace(rule, code=f"{rule.code}~{number}") for number, rule in enumerate(variants)]
    found = run_rules(case.ret, case.year, {**frames, **lists}, only=marked, sent=sent, con=con)
    unchecked = found.coverage.filter(~pl.col("checked"))
    if unchecked.height:
        raise CaseSyntaxError(f"{case.place}: expected every table the rule reads, {unchecked['reason'][0]}")
    labels = {view(case.ret, table.name).label: table.name for table in tables}
    if variants[0].table == WHOLE_RETURN:
        labels["Header"] = WHOLE_RETURN
    rows: dict[str, set[tuple[str, str, int]]] = {rule.code: set() for rule in marked}
    for code, la, label, row in found.findings.select("rule", "la", "table", "row").iter_rows():
        rows[code].add((la, labels[label], row))
    return list(rows.values())
