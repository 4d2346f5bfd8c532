"""Every rule, held to its drawing: what it finds, what it leaves alone, and that the drawing would notice."""

from __future__ import annotations

import csv
import dataclasses
import functools
import re
from collections.abc import Callable, Iterator

import duckdb
import pytest

from quality import cases
from quality.cases import Case, all_cases
from quality.engine import RuleBroken, find
from quality.lists import REFERENCE
from quality.portal import GIVEN
from quality.registry import WHOLE_RETURN, Rule, all_rules, rules
from quality.run import check, typed_tables
from quality.views import view
from schemas import code_sets
from schemas.calendar import collection_years
from schemas.duck import connect
from schemas.table import FIRST_YEAR, LAST_YEAR, columns

RULES = all_rules()
AUTHORITIES = ("201", "202")
NOTHING, EVERYTHING, OPPOSITE = "nothing", "everything", "the opposite"
Found = set[tuple[str, str, int]]
"""Authority, table and row."""
BOUNDARY = {" < ": " <= ", " <= ": " < ", " > ": " >= ", " >= ": " > "}


def name(rule: Rule) -> str:
    return f"{rule.ret}-{rule.code}-{rule.since}"


def drawn(rule: Rule) -> list[Case]:
    return [c for c in all_cases() if (c.ret, c.code) == (rule.ret, rule.code) and rule.applies(c.year)]


@pytest.fixture(name="con", scope="module")
def _con() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as con:
        yield con


@dataclasses.dataclass(frozen=True)
class Ran:
    """What became of a rule in its drawings, alone and with each mistake that somebody might make in it."""

    found: dict[str, Found]
    """What the rule itself found, by the place of the drawing."""
    unnoticed: frozenset[str]
    """The mistakes with which it finds the same in every drawing."""


@pytest.fixture(name="ran", scope="module")
def _ran(con: duckdb.DuckDBPyConnection) -> Callable[[Rule], Ran]:
    """Each drawing is set up and run once: the rule and its mistakes are one query, and several tests look at it."""
    return functools.cache(functools.partial(run_drawings, con))


def run_drawings(con: duckdb.DuckDBPyConnection, rule: Rule) -> Ran:
    found, left = {}, mistakes(rule)
    for case in drawn(rule):
        variants = [rule, *(dataclasses.replace(rule, sql=sql) for sql in left.values())]
        found[case.place], *others = cases.found_by(case, variants, AUTHORITIES[:1], con)
        left = {what: left[what] for what, rows in zip(left, others, strict=True) if rows == expected(case)}
    return Ran(found, frozenset(left))


def expected(case: Case) -> Found:
    return {(AUTHORITIES[0], table, row) for table, row in case.expected}


def mistakes(rule: Rule) -> dict[str, str]:
    """What was done to a rule's query, and the query then."""
    everything = f"select row_id from {rule.table}"
    opposite = f"{everything} where row_id not in (select row_id from (\n{rule.sql}\n))"
    nothing = f"from (\n{rule.sql}\n) where false"
    return {NOTHING: nothing, EVERYTHING: everything, OPPOSITE: opposite, **off_by_one_day(rule)}


@pytest.mark.parametrize("case", all_cases(), ids=lambda c: c.place)
def test_a_rule_finds_the_rows_drawn_with_an_x_and_no_others(case: Case, ran: Callable[[Rule], Ran]) -> None:
    assert ran(case.rule()).found[case.place] == expected(case)


@pytest.mark.parametrize("case", all_cases(), ids=lambda c: c.place)
def test_two_authorities_with_the_same_child_numbers_double_the_findings_and_change_nothing_else(
    case: Case, con: duckdb.DuckDBPyConnection
) -> None:
    assert cases.check(case, authorities=AUTHORITIES, con=con) == []


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_every_rule_has_a_row_it_finds_and_one_it_leaves_alone(rule: Rule) -> None:
    of_rule = drawn(rule)
    assert any(case.expected for case in of_rule), "no drawing has a row at fault"
    if rule.table == WHOLE_RETURN:
        assert any(not case.expected for case in of_rule)
        return
    wanted = view(rule.ret, rule.table).name
    tables = [table for case in of_rule for table in case.tables if table.name == wanted]
    assert any(len(table.rows) > len(table.fails) for table in tables), "no drawing has a row left alone"


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_the_drawings_notice_a_rule_that_finds_nothing_or_everything_or_the_opposite(
    rule: Rule, ran: Callable[[Rule], Ran]
) -> None:
    assert ran(rule).unnoticed & {NOTHING, EVERYTHING, OPPOSITE} == set()


def off_by_one_day(rule: Rule) -> dict[str, str]:
    """The query with each comparison in turn moved by one, by where the comparison stands."""
    return {
        f"{found[0].strip()} at {found.start()}": (
            rule.sql[: found.start()] + BOUNDARY[found[0]] + rule.sql[found.end() :]
        )
        for found in re.finditer(r" (?:<=|>=|<|>) ", rule.sql)
    }


@pytest.mark.parametrize("rule", [rule for rule in RULES if off_by_one_day(rule)], ids=name)
def test_the_drawings_notice_a_comparison_that_is_off_by_one_day(
    rule: Rule, ran: Callable[[Rule], Ran]
) -> None:
    assert ran(rule).unnoticed & off_by_one_day(rule).keys() == set()


@pytest.mark.parametrize("year", collection_years())
def test_every_rule_binds_in_every_year_in_which_it_applies_and_finds_nothing_in_nothing(
    year: int, con: duckdb.DuckDBPyConnection
) -> None:
    for ret in sorted({rule.ret for rule in RULES}):
        assert rules(ret, year)
        assert find(con, ret, year, {}).findings.is_empty()


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_the_fields_of_a_rule_are_declared_as_the_department_prints_them(rule: Rule) -> None:
    for field in rule.fields:
        table, _, column = field.rpartition(".")
        found = view(rule.ret, table or rule.table)
        given = GIVEN.get((found.ret.name, found.table.VIEW), {})
        assert column in {c.name for c in columns(found.table)} | set(given)
    assert rule.fields


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_what_a_rule_reads_and_needs_exists_in_all_its_years(rule: Rule) -> None:
    assert set(rule.code_sets) <= set(code_sets.names())
    views = [view(rule.ret, read) for read in rule.reads if read not in (WHOLE_RETURN, *REFERENCE)]
    assert all(rule.since >= found.table.SINCE and rule.until <= found.table.UNTIL for found in views)
    outside = {found.prefix for found in views if found.prefix} | (set(rule.reads) & set(REFERENCE))
    assert outside == set(rule.against)


@pytest.mark.parametrize("rule", RULES, ids=name)
def test_a_rule_never_speaks_of_the_authority(rule: Rule) -> None:
    assert not re.search(r"\b(la|lea|la_code|submission)\b", rule.sql.lower())


def test_the_rules_that_synthetic_faults_are_planted_for_are_there() -> None:
    have = {(rule.ret, rule.code) for rule in RULES}
    assert {("ssda903", code) for code in ("142", "146", "301", "356")} <= have
    assert {("cin", code) for code in ("100", "1510", "1520", "8805", "8810")} <= have
    assert {("school_census", code) for code in ("SC001", "SC003")} <= have


def test_every_drawing_belongs_to_a_rule() -> None:
    assert all(case.rule() for case in all_cases())


def test_a_department_s_rule_has_a_code_the_department_uses() -> None:
    own = {rule.code for rule in RULES if rule.kind == "own"}
    assert all(re.fullmatch(r"(SC|DA|X|Y)\d{3}", code) for code in own)
    assert all(
        re.fullmatch(r"\d{3,4}[A-Za-z]?|SW\d{2}[ab]?STG[12]", r.code) for r in RULES if r.kind == "department"
    )


def test_no_rule_is_quietly_limited_to_years_that_do_not_exist() -> None:
    assert all(FIRST_YEAR <= rule.since <= rule.until <= LAST_YEAR for rule in RULES)


def test_a_rule_that_cannot_run_stops_the_run_and_names_itself_but_no_value() -> None:
    broken = dataclasses.replace(
        rules("ssda903")[0], table="header", sql="select cast(child as bigint) as row_id from header"
    )
    frames = typed_tables("ssda903", {"header": [{"CHILD": "Mary Smith"}]}, "201")
    with pytest.raises(RuleBroken, match=broken.place) as raised:
        check("ssda903", 2025, frames, only=[broken])
    assert "Mary" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_an_unknown_column_in_a_rule_is_named_in_the_error() -> None:
    broken = dataclasses.replace(RULES[0], sql="from header where no_such_field is null", table="header")
    with connect() as con, pytest.raises(RuleBroken, match="no_such_field"):
        find(con, RULES[0].ret, 2025, {}, only=[broken])


def test_attendance_codes_say_whether_they_count_as_possible_sessions() -> None:
    path = code_sets.FOLDER / "attendance.csv"
    with path.open(encoding="utf-8", newline="") as file:
        assert {row["counts_as_possible_session"] for row in csv.DictReader(file)} == {"yes", "no"}
