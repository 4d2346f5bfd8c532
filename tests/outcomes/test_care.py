"""Periods of care, placements and days, against a slow count by hand and against drawings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import cohorts
from schemas.code_sets import load_codes
from schemas.duck import connect
from tests.outcomes.drawn import deidentified, measured, read_tables

BEGIN = date(2023, 4, 1)
Episode = tuple[int, int | None, str, str, str]
"""First day, day it ended, why it began, legal status, why it ended; days since BEGIN."""
EPISODES = ("care_episode_version", "care_episode_ended", "care_episode_fitted", "care_episode")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which the cohorts of care can be made from a handful of columns."""
    with connect() as opened:
        load_codes(opened)
        opened.execute((cohorts.FOLDER / "words.sql").read_text(encoding="utf-8"))
        opened.execute("create schema deidentified; create schema cohorts")
        opened.execute(
            "create table cohorts.reported as select 'ssda903' as return_name, 2025 as year, '202' as la"
        )
        yield opened


def periods(con: duckdb.DuckDBPyConnection, episodes: list[Episode]) -> list[tuple[date, date | None]]:
    """What the cohorts make of the episodes of one child in one return."""
    con.execute(
        """create or replace table deidentified.ssda903_episodes (la text default '202', la_child text, DECOM date,
        DEC date, RNE text, LS text, REC text, PLACE text, year int, submission text, source_row int,
        CIN text, PLACE_PROVIDER text, address_number int, starts_near_birth boolean, ends_near_birth boolean)"""
    )
    day = BEGIN + timedelta(0)
    for row, (begun, ended, rne, status, rec) in enumerate(episodes):
        end = None if ended is None else day + timedelta(ended)
        con.execute(
            """insert into deidentified.ssda903_episodes (la_child, DECOM, DEC, RNE, LS, REC, PLACE, year, submission,
            source_row) values ('A', ?, ?, ?, ?, nullif(?, ''), 'U4', 2025, 's', ?)""",
            [day + timedelta(begun), end, rne, status, rec, row],
        )
    for name in EPISODES:
        con.execute(f"create or replace table cohorts.{name} as {cohorts.query(name)}")
    return con.execute(
        "select min(DECOM), max_by({'e': end_date}, episode_number).e from cohorts.care_episode "
        "group by period_number order by 1, 2 nulls last"
    ).fetchall()


def by_hand(episodes: list[Episode]) -> list[tuple[date, date | None]]:
    """The same, an episode at a time."""
    seen: dict[tuple[int, int | None], Episode] = {}
    for one in episodes:
        if one[3] not in ("V3", "V4"):
            seen.setdefault((one[0], one[1]), one)
    chain = sorted(seen.values(), key=lambda e: (e[0], e[1] if e[1] is not None else 10**6))
    found: list[list[int | None]] = []
    previous_end, previous_rec = None, ""
    for number, (begun, ended, rne, _, rec) in enumerate(chain):
        following = chain[number + 1][0] if number + 1 < len(chain) else None
        ends = [d for d in (ended, following) if d is not None]
        end = min(ends) if ends else None
        if rec == "X1" and ended is not None and following is not None and chain[number + 1][2] != "S":
            end = following  # care went on, so the gap is none
        fresh = rne == "S" or previous_end is None or (previous_rec or "X1") != "X1" or previous_end < begun
        if fresh:
            found.append([begun, end])
        found[-1][1] = end
        previous_end, previous_rec = end, rec
    return [
        (BEGIN + timedelta(b or 0), None if e is None else BEGIN + timedelta(e))
        for b, e in sorted(found, key=lambda p: (p[0], p[1] if p[1] is not None else 10**6))
    ]


episode = st.builds(
    lambda begun, length, rne, status, rec: (
        begun,
        None if length is None else begun + length,
        rne,
        status,
        rec,
    ),
    st.integers(0, 40),
    st.one_of(st.none(), st.integers(0, 20)),
    st.sampled_from(["S", "P", "L", "B"]),
    st.sampled_from(["C2", "V2", "V3", "V4"]),
    st.sampled_from(["X1", "X1", "E4A", "E3", ""]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(episode, max_size=7))
def test_any_episodes_chain_into_the_periods_that_a_person_would_find(
    con: duckdb.DuckDBPyConnection, episodes: list[Episode]
) -> None:
    assert periods(con, episodes) == by_hand(episodes)


@settings(max_examples=40, deadline=None)
@given(st.lists(episode, min_size=1, max_size=6))
def test_no_two_periods_of_a_child_share_a_day(
    con: duckdb.DuckDBPyConnection, episodes: list[Episode]
) -> None:
    found = periods(con, episodes)
    for (_, ended), (begun, _) in pairwise(found):
        assert ended is not None
        assert ended <= begun


def test_a_temporary_placement_joins_its_two_sides_and_a_change_of_legal_status_is_no_move(
    tmp_path: Path,
) -> None:
    tables = read_tables(
        """ssda903_episodes
        year | la | CHILD | DECOM | RNE | LS | PLACE | PLACE_PROVIDER | PL_POST | URN | DEC | REC
        2025 | 202 | A | 01/06/2024 | S | V2 | U4 | PR1 | ZZ1 9ZZ | SC1 | 01/07/2024 | X1
        2025 | 202 | A | 01/07/2024 | L | C2 | U4 | PR1 | ZZ1 9ZZ | SC1 | 01/08/2024 | X1
        2025 | 202 | A | 01/08/2024 | P | C2 | T3 |     | ZZ1 9ZA |     | 08/08/2024 | X1
        2025 | 202 | A | 08/08/2024 | P | C2 | U4 | PR1 | ZZ1 9ZZ | SC1 | 01/10/2024 | X1
        2025 | 202 | A | 01/10/2024 | P | C2 | K2 | PR4 | ZZ2 9ZZ | SC2 | 01/12/2024 | X1
        2025 | 202 | A | 01/12/2024 | P | C2 | U4 | PR1 | ZZ1 9ZZ | SC1 | 01/02/2025 | X1
        2025 | 202 | A | 01/02/2025 | U | E1 | A5 | PR1 | ZZ1 9ZZ | SC1 | |"""
    )
    with deidentified(tables, tmp_path) as con:
        cohorts.build(con)
        rows = con.execute(
            "select placement_number, start_date, end_date, placement_code, episode_count from cohorts.placement order by 1"
        ).fetchall()
    assert rows == [
        (1, date(2024, 6, 1), date(2024, 10, 1), "U4", 3),
        (2, date(2024, 10, 1), date(2024, 12, 1), "K2", 1),
        (3, date(2024, 12, 1), None, "A5", 2),
    ]


def test_the_first_start_and_the_last_exit_of_a_year_are_marked(tmp_path: Path) -> None:
    tables = read_tables(
        """ssda903_episodes
        year | la | CHILD | DECOM | RNE | LS | PLACE | DEC | REC
        2025 | 202 | A | 01/06/2024 | S | V2 | U4 | 01/07/2024 | E4A
        2025 | 202 | A | 01/09/2024 | S | V2 | U4 | 01/11/2024 | E4B
        2025 | 202 | A | 01/01/2025 | S | V2 | U4 | |"""
    )
    with deidentified(tables, tmp_path) as con:
        cohorts.build(con)
        rows = con.execute(
            "select period_number, is_first_start_in_year, is_last_exit_in_year, exit_code "
            "from cohorts.period_of_care order by 1"
        ).fetchall()
    assert rows == [(1, True, False, "E4A"), (2, False, True, "E4B"), (3, False, False, None)]


def test_only_an_episode_that_says_so_is_a_start(tmp_path: Path) -> None:
    """B is first known in the middle of its care, C comes back after years; neither started to be looked after."""
    tables = read_tables(
        """ssda903_episodes
        year | la | CHILD | DECOM | RNE | LS | PLACE | DEC | REC
        2025 | 202 | A | 01/06/2024 | S | V2 | U4 | |
        2025 | 202 | B | 01/06/2024 | P | C2 | U4 | |
        2025 | 202 | C | 01/06/2020 | S | C2 | U4 | 01/05/2022 | X1
        2025 | 202 | C | 03/05/2024 | P | C2 | U4 | 01/07/2024 | E4A
        2025 | 202 | C | 01/09/2024 | S | C2 | U4 | 01/10/2024 | E4A
        2025 | 202 | D | 01/06/2024 | | C2 | U4 | |"""
    )
    with measured(tables, tmp_path) as con:
        rows = con.execute(
            "select episode_count, start_date, start_code, is_start, is_first_start_in_year "
            "from cohorts.period_of_care where start_date > date '2024-04-01' order by start_date, start_code"
        ).fetchall()
        starters = con.execute(
            "select list(is_care_starter order by is_care_starter) from cohorts.child_year where year = 2025"
        ).fetchall()
    june = date(2024, 6, 1)
    assert rows == [
        (1, date(2024, 5, 3), "P", False, False),
        (1, june, "P", False, False),
        (1, june, "S", True, True),
        (1, june, None, False, False),
        (1, date(2024, 9, 1), "S", True, True),
    ]
    assert starters == [([False, False, True, True],)]


def test_days_are_half_open_counted_once_over_authorities_and_stop_at_the_month_of_an_18th_birthday(
    tmp_path: Path,
) -> None:
    tables = read_tables(
        """ssda903_header
        year | la | CHILD | DOB
        2025 | 202 | A | 20/01/2007
        ssda903_episodes
        year | la | CHILD | DECOM | RNE | LS | PLACE | DEC | REC
        2025 | 202 | A | 01/06/2023 | S | C2 | U4 | 20/01/2025 | E17
        2025 | 202 | B | 30/03/2025 | S | C2 | U4 | |
        2025 | 202 | C | 01/05/2024 | S | C2 | U4 | 11/05/2024 | E3
        2025 | 301 | C | 06/05/2024 | S | C2 | U4 | 21/05/2024 | E4A"""
    )
    with measured(tables, tmp_path) as con:
        days = con.execute(
            "select days_in_care from cohorts.child_year where year = 2025 order by days_in_care"
        ).fetchall()
        ends = con.execute(
            "select told_end(start_date, end_date, is_end_month) from cohorts.period_of_care where exit_code = 'E17'"
        ).fetchall()
    assert ends == [(date(2025, 1, 1),)]
    assert [int(d) for (d,) in days] == [2, 20, (date(2025, 1, 1) - date(2024, 4, 1)).days]
