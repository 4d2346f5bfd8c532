"""Views that many rules share: what stands in them, and that a rule through one needs what it is made of."""

from __future__ import annotations

import dataclasses
import re

import pytest

from quality.engine import RuleBroken
from quality.lists import REFERENCE
from quality.registry import Rule, RuleSyntaxError, derived, read_derived, rules
from quality.run import check, typed_tables
from quality.views import view
from schemas.returns import RETURNS

TWO = """-- Prose.
/* in_care
   Who is in care. */
select child from episodes where ls in (select code from codes.ssda903_legal_status);

/* in_care_all_year
   Who stays. */
with before as (from last_year.episodes)
select child from in_care semi join before using (child);
"""


def looking(sql: str, table: str = "oc2") -> Rule:
    return dataclasses.replace(rules("ssda903")[0], table=table, fields=("CHILD",), sql=sql)


def children(view_name: str, episodes: str) -> list[str]:
    """The children of drawn episodes (child, DECOM, DEC, REC, RNE, LS) that stand in a derived view, 2024-25."""
    names = ("CHILD", "DECOM", "DEC", "REC", "RNE", "LS")
    rows = [
        dict(zip(names, (cell.strip() for cell in line.split("|")), strict=True))
        for line in episodes.strip().splitlines()
    ]
    known = list(dict.fromkeys(row["CHILD"] for row in rows))
    tables = {"episodes": rows, "oc2": [{"CHILD": child} for child in known]}
    rule = looking(f"select row_id from oc2 semi join {view_name} using (child)")
    found = check("ssda903", 2025, typed_tables("ssda903", tables, "201"), only=[rule])
    return sorted(known[row - 1] for row in found.findings["row"])


def test_a_view_reads_the_tables_under_it_and_waits_for_the_views_above_it() -> None:
    found = read_derived(TWO, "derived/x.sql")
    assert found["in_care"].reads == ("episodes",)
    assert found["in_care"].code_sets == ("ssda903_legal_status",)
    assert set(found["in_care_all_year"].reads) == {"episodes", "last_year.episodes"}
    assert found["in_care_all_year"].before == ("in_care",)
    assert found["in_care_all_year"].place == "derived/x.sql:6"


def test_a_view_over_a_view_is_made_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality.registry.derived", lambda ret: read_derived(TWO, "derived/x.sql"))
    rule = looking("from oc2 semi join in_care_all_year using (child)")
    assert [found.name for found in rule.derived] == ["in_care", "in_care_all_year"]
    assert rule.code_sets == ("ssda903_legal_status",)
    stays, leaves = [{"CHILD": "A", "LS": "C2"}], [{"CHILD": "B", "LS": "C2"}]
    tables = {
        "oc2": [{"CHILD": "B"}, {"CHILD": "A"}],
        "episodes": stays + leaves,
        "last_year.episodes": stays,
    }
    found = check("ssda903", 2025, typed_tables("ssda903", tables, "201"), only=[rule])
    assert found.findings["row"].to_list() == [2]


@pytest.mark.parametrize("title", ["in_care", "In care", "1st"])
def test_a_name_that_is_taken_or_no_name_is_refused(title: str) -> None:
    text = f"/* in_care\n A. */ from episodes;\n/* {title}\n B. */ from episodes;"
    with pytest.raises(RuleSyntaxError, match=r"x.sql:3: expected a new name"):
        read_derived(text, "x.sql")


def test_a_rule_that_reads_a_view_needs_what_the_view_is_made_of() -> None:
    rule = looking("from oc2 semi join continuously_looked_after using (child)")
    assert rule.reads == ("oc2", "episodes")
    assert [found.name for found in rule.derived] == ["continuously_looked_after"]
    frames = typed_tables("ssda903", {"oc2": [{"CHILD": "A"}]}, "201")
    reasons = check("ssda903", 2025, frames, only=[rule]).coverage["reason"].to_list()
    assert reasons == ["Episodes was not sent"]


def test_no_view_hides_a_table_and_each_says_what_it_holds() -> None:
    for ret in RETURNS:
        tables = {table.VIEW for table in RETURNS[ret].tables}
        assert not tables & set(derived(ret))
        assert all(found.message.endswith(".") for found in derived(ret).values())
        reads = {name for found in derived(ret).values() for name in found.reads}
        assert all(view(ret, name) for name in reads - set(REFERENCE))


def test_a_view_that_cannot_be_made_stops_the_run_and_names_itself_but_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = read_derived("/* in_care\n A. */ select child::bigint as n from episodes;", "derived/x.sql")
    monkeypatch.setattr("quality.registry.derived", lambda ret: broken)
    frames = typed_tables("ssda903", {"episodes": [{"CHILD": "Mary"}], "oc2": [{"CHILD": "A"}]}, "201")
    with pytest.raises(RuleBroken, match=r"in_care \(derived/x.sql:1\)") as raised:
        check("ssda903", 2025, frames, only=[looking("select n as row_id from in_care")])
    assert "Mary" not in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_row_of_a_view_is_a_row_of_its_table_with_those_before_and_after_it() -> None:
    rule = looking(
        "from episode_in_order where previous is null or next.rec = 'E4A' or next is null", "episodes"
    )
    rows = [
        {"CHILD": "A", "DECOM": "01/05/2024", "DEC": "01/06/2024", "REC": "E4A"},
        {"CHILD": "A", "DECOM": "01/04/2024", "DEC": "01/05/2024", "REC": "X1"},
        {"CHILD": "A", "DECOM": "01/03/2024", "DEC": "01/04/2024", "REC": "X1"},
        {"CHILD": "B", "DECOM": "01/05/2024"},
        {"CHILD": "", "DECOM": "01/05/2024"},
        {"CHILD": "B", "DECOM": ""},
        {"CHILD": "A", "DECOM": "01/02/2024", "DEC": "01/03/2024", "REC": "X1"},
    ]
    found = check("ssda903", 2025, typed_tables("ssda903", {"episodes": rows}, "201"), only=[rule])
    assert found.findings["table"].unique().to_list() == ["Episodes"]
    assert found.findings["row"].sort().to_list() == [1, 2, 4, 7]


DRAWN = [
    (
        "continuously_looked_after",
        "on every day of the year",
        """
        first_day  | 01/04/2024 |            |     | S | C2
        second_day | 02/04/2024 |            |     |   | C2
        left_31st  | 01/03/2024 | 31/03/2025 | E4A | S | C2
        left_later | 01/03/2024 | 01/04/2025 | E4A | S | C2
        unreadable |            |            |     | S | C2
        """,
        ["first_day", "left_later"],
    ),
    (
        "continuously_looked_after",
        "a start or an exit interrupts care, X1 does not",
        """
        moved     | 01/03/2023 | 01/06/2024 | X1  | S | C2
        moved     | 01/06/2024 |            |     | P | C2
        came_back | 01/03/2023 | 01/06/2024 | E4A | S | C2
        came_back | 01/06/2024 |            |     | P | C2
        began_new | 01/03/2023 | 01/06/2024 | X1  | S | C2
        began_new | 01/06/2024 |            |     | S | C2
        no_reason | 01/03/2023 | 01/06/2024 |     | S | C2
        no_reason | 01/06/2024 |            |     | P | C2
        next_lost | 01/03/2023 | 30/03/2025 | X1  | S | C2
        left_1st  | 01/03/2023 | 01/04/2024 | E4A | S | C2
        before    | 01/03/2023 | 01/04/2024 | E4A | S | C2
        before    | 01/04/2024 |            |     | S | C2
        after     | 01/03/2023 |            |     | S | C2
        after     | 01/04/2025 |            |     | S | C2
        """,
        ["after", "before", "moved", "next_lost"],
    ),
    (
        "continuously_looked_after",
        "a short break in the year interrupts care",
        """
        breaks   | 01/03/2023 |            |     | S | V4
        last_day | 01/03/2023 |            |     | S | C2
        last_day | 31/03/2025 |            |     | P | V3
        earlier  | 01/03/2023 |            |     | S | C2
        earlier  | 30/03/2024 | 01/04/2024 | E4A | S | V3
        blank    | 01/03/2023 |            |     |   |
        """,
        ["blank", "earlier"],
    ),
    (
        "looked_after_in_year",
        "on some day of the year, otherwise than for short breaks",
        """
        first_day | 01/03/2023 | 01/04/2024 | E4A | S | C2
        day_early | 01/03/2023 | 31/03/2024 | E4A | S | C2
        last_day  | 31/03/2025 |            |     | S | C2
        day_late  | 01/04/2025 |            |     | S | C2
        open      | 01/03/2023 |            |     | S |
        breaks    | 01/06/2024 |            |     | S | V3
        agreed    | 01/06/2024 |            |     | S | V4
        """,
        ["first_day", "last_day", "open"],
    ),
]


@pytest.mark.parametrize(("name", "about", "drawing", "expected"), DRAWN, ids=lambda value: str(value)[:40])
def test_who_stands_in_a_view(name: str, about: str, drawing: str, expected: list[str]) -> None:
    assert children(name, drawing) == expected, about


MUTANTS = [
    (name, found.start())
    for name in dict.fromkeys(name for name, *_ in DRAWN)
    for found in re.finditer(r" (?:<=|>=|<|>) ", derived("ssda903")[name].sql)
]


@pytest.mark.parametrize(("name", "at"), MUTANTS)
def test_the_drawings_notice_a_day_more_or_less(name: str, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = derived("ssda903")
    sql = whole[name].sql
    sign = sql[at + 1 : at + 3].strip()
    other = sign[0] if sign.endswith("=") else f"{sign}="
    mutant = dataclasses.replace(whole[name], sql=f"{sql[:at]} {other} {sql[at + len(sign) + 2 :]}")
    monkeypatch.setattr("quality.registry.derived", lambda ret: {**whole, name: mutant})
    drawings = [(drawing, expected) for of, _, drawing, expected in DRAWN if of == name]
    assert any(children(name, drawing) != expected for drawing, expected in drawings)


def test_a_short_break_in_the_year_is_no_care_all_year() -> None:
    drawn = """
        breaks  | 01/03/2023 |            |     | S | V4
        also    | 01/03/2023 |            |     | S | C2
        also    | 30/03/2025 |            |     | S | V3
        earlier | 01/03/2023 |            |     | S | C2
        earlier | 30/03/2024 | 01/04/2024 | E4A | S | V3
        blank   | 01/03/2023 |            |     |   |
    """
    assert children("continuously_looked_after", drawn) == ["blank", "earlier"]


def test_unbroken_care_joins_episodes_without_a_day_between_and_parts_them_at_a_gap() -> None:
    episodes = """
    A | 2024-05-01 | 2024-06-01 | X1  | S | C2
    A | 2024-06-01 | 2024-07-01 | E4A | L | E1
    A | 2024-07-01 |            |     | S | V3
    B | 2024-05-01 | 2024-06-01 | E4A | S | C2
    B | 2024-06-02 | 2024-07-01 | E4A | S | C2
    C | 2024-05-01 |            |     | S | C2
    C | 2024-06-01 | 2024-07-01 | E4A | S | C2
    D | 2024-05-01 | 2024-09-01 | X1  | S | C2
    D | 2024-05-10 | 2024-06-01 | X1  | P | C2
    D | 2024-07-01 | 2024-08-01 | E4A | P | C2
    """
    assert children(stretch("2024-05-01", None), episodes) == ["A", "C"]
    assert children(stretch("2024-05-01", "2024-06-01"), episodes) == ["B"]
    assert children(stretch("2024-06-02", "2024-07-01"), episodes) == ["B"]
    assert children(stretch("2024-05-01", "2024-09-01"), episodes) == ["D"]
    twice = "(select child from unbroken_care group by child having count(*) > 1)"
    assert children(twice, episodes) == ["B"]


def stretch(first: str, last: str | None) -> str:
    """The children with an unbroken stretch of care between two days."""
    end = f"= date '{last}'" if last else "is null"
    return f"(from unbroken_care where first_day = date '{first}' and last_day {end})"
