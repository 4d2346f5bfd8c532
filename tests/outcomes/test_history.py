"""Ten years of returns as one history: each repair where it is due, nothing as sent changed, nothing lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from assets import cohorts
from assets.repaired import Repaired, findings
from schemas.duck import connect
from tests.outcomes.drawn import deidentified, make_returns, read_tables

EPISODES = """ssda903_episodes
year | la  | CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC | REASON_PLACE_CHANGE
2023 | 202 | A     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | A     | 01/05/2023 | P   | C2 | K2    |            |     |
2023 | 202 | B     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | B     | 01/05/2023 | L   | C2 | U4    |            |     |
2023 | 202 | C     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | C     | 01/09/2023 | S   | V2 | U4    |            |     |
2023 | 202 | D     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | D     | 10/03/2023 | S   | V2 | U4    |            |     |
2023 | 202 | E     | 01/06/2022 | S   | V2 | U4    |            |     |
2023 | 202 | F     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | F     | 01/06/2022 | S   | V2 | U4    | 01/02/2024 | E4A |
2023 | 202 | G     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | G     | 01/06/2022 | S   | C2 | U4    |            |     |
2023 | 202 | H     | 01/06/2022 | S   | V2 | U4    |            |     |
2024 | 202 | H     | 28/05/2022 | S   | V2 | U4    |            |     |
2023 | 202 | I     | 01/06/2022 | S   | V2 | U4    | 01/10/2022 | X1  | CARPL
2023 | 202 | I     | 01/09/2022 | P   | V2 | K2    | 01/03/2023 | E4A |
2023 | 202 | J     | 01/06/2022 | S   | V2 | U4    | 01/10/2022 | X1  |
2023 | 202 | J     | 05/10/2022 | P   | V2 | K2    | 01/03/2023 | E4A |
2023 | 202 | K     | 01/06/2022 | S   | V2 | U4    | 01/10/2022 | X1  |
2025 | 202 | K     | 05/05/2024 | P   | V2 | K2    |            |     |
2024 | 202 | L     | 01/06/2023 | S   | V2 | Z1    |            |     |
2025 | 202 | L     | 01/06/2023 | S   | V2 | Z11   |            |     |
2025 | 202 | Z     | 01/06/2024 | S   | V2 | U4    |            |     |
2023 | 202 | N     | 01/06/2022 | S   | V2 | U4    |            | E4A |
2023 | 202 | O     | 01/06/2022 | S   | V2 | U4    |            |     |
2025 | 202 | O     | 01/02/2023 | P   | V2 | K2    |            |     |
2023 | 301 | A     | 01/06/2022 | S   | V2 | U4    |            |     |"""
"""One story per child; 301 has sent one return only, so that of its open episode nobody knows better."""


@pytest.fixture(name="con", scope="module")
def _con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with deidentified(read_tables(EPISODES), tmp_path_factory.mktemp("history")) as con:
        cohorts.build(con, only=("reported", *CARE, *NEED, "repaired_row", "repair"))
        con.execute(NAMED)
        yield con


CARE = (
    "care_episode_version",
    "care_episode_ended",
    "care_episode_fitted",
    "care_episode",
    "period_of_care",
)
NEED = ("case_version", "plan_version")
NAMED = """
create temp table named as select la_child,
  la || chr(65 + row_number() over (partition by la order by first)::int - 1) as story
from (select la, la_child, min(source_row) as first from cohorts.care_episode_version group by all)"""


def story(con: duckdb.DuckDBPyConnection, which: str) -> list[tuple[object, ...]]:
    """The current version of one child's episodes: first day, repair, and what it says of the end."""
    return con.execute(
        f"""select DECOM, repair, repaired_end_date, repaired_end_code, repaired_change_code, end_date
        from cohorts.care_episode join named using (la_child) where story = '{which}' order by DECOM"""
    ).fetchall()


def test_an_open_episode_that_the_next_return_goes_on_with_ended_there(
    con: duckdb.DuckDBPyConnection,
) -> None:
    may = date(2023, 5, 1)
    assert story(con, "202A")[0] == (date(2022, 6, 1), "1", may, "X1", "LIIAF", may)
    assert story(con, "202B")[0] == (date(2022, 6, 1), "1", may, "X1", None, may)


def test_an_open_episode_before_a_new_start_ended_by_31_march_or_the_day_before(
    con: duckdb.DuckDBPyConnection,
) -> None:
    march, day_before = date(2023, 3, 31), date(2023, 3, 9)
    assert story(con, "202C")[0] == (date(2022, 6, 1), "1A", march, "E99", None, date(2023, 4, 1))
    assert story(con, "202D")[0] == (date(2022, 6, 1), "1A", day_before, "E99", None, date(2023, 3, 10))


def test_an_open_episode_of_a_child_that_is_gone_is_known_until_31_march(
    con: duckdb.DuckDBPyConnection,
) -> None:
    march = date(2023, 3, 31)
    assert story(con, "202E") == [(date(2022, 6, 1), "2", march, "E99", None, date(2023, 4, 1))]


def test_an_episode_that_a_later_return_still_dates_back_cuts_short_what_was_gone(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """The latest return that speaks of a day wins: nobody is in two episodes at once."""
    day_before = date(2023, 1, 31)
    assert story(con, "202O")[0] == (date(2022, 6, 1), "2", day_before, "E99", None, date(2023, 2, 1))


def test_a_reason_without_a_day_is_no_exit_of_a_child_that_is_gone(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute(
        """select end_date, exit_code, is_end_told, is_last_exit_in_year
        from cohorts.period_of_care join named using (la_child) where story = '202N'"""
    ).fetchall()
    assert found == [(date(2023, 4, 1), None, False, False)]


def test_what_no_later_return_speaks_of_stays_open(con: duckdb.DuckDBPyConnection) -> None:
    assert story(con, "301A") == [(date(2022, 6, 1), None, None, None, None, None)]
    assert [row[1] for row in story(con, "202M")] == [None]


def test_what_a_later_return_tells_again_or_otherwise_is_set_aside_and_kept(
    con: duckdb.DuckDBPyConnection,
) -> None:
    aside = con.execute(
        """select story, year, DECOM, dropped_by from cohorts.care_episode_version join named using (la_child)
        where dropped_by is not null order by story"""
    ).fetchall()
    june = date(2022, 6, 1)
    assert aside == [
        ("202F", 2023, june, "3"),
        ("202G", 2023, june, "3A"),
        ("202H", 2023, june, "3A"),
        ("202L", 2024, date(2023, 6, 1), "3"),
    ]
    assert [row[0] for row in story(con, "202H")] == [date(2022, 5, 28)]


def test_an_overlap_and_a_gap_end_where_the_next_begins_but_a_gap_of_a_year_stays(
    con: duckdb.DuckDBPyConnection,
) -> None:
    september, october = date(2022, 9, 1), date(2022, 10, 5)
    assert story(con, "202I")[0][1:] == ("4", september, None, None, september)
    assert story(con, "202J")[0][1:] == ("5", october, None, None, october)
    assert story(con, "202K")[0][1:] == (None, None, None, None, date(2022, 10, 1))


def test_what_was_sent_is_there_as_it_was_sent_whatever_was_repaired(con: duckdb.DuckDBPyConnection) -> None:
    told = "year, la, submission, source_row, DECOM, RNE, LS, PLACE, DEC, REC, REASON_PLACE_CHANGE"
    same = f"select {told} from deidentified.ssda903_episodes"
    versions, current = (f"select {told} from cohorts.{s}" for s in ("care_episode_version", "care_episode"))
    for few, many in ((versions, same), (same, versions), (current, same)):
        assert con.execute(f"select count(*) from ({few} except all {many})").fetchall() == [(0,)]
    codes = con.execute(
        "select count(*) from cohorts.care_episode where REC = 'E99' or REASON_PLACE_CHANGE = 'LIIAF'"
    ).fetchall()
    assert codes == [(0,)]


def test_every_repair_is_counted_once_by_authority_return_and_year(con: duckdb.DuckDBPyConnection) -> None:
    counts = con.execute(
        "select year, la, repair, row_count from cohorts.repair order by year, repair"
    ).fetchall()
    assert counts == [
        (2023, "202", "1", 2),
        (2023, "202", "1A", 2),
        (2023, "202", "2", 3),
        (2023, "202", "3", 1),
        (2023, "202", "3A", 2),
        (2023, "202", "4", 1),
        (2023, "202", "5", 1),
        (2024, "202", "2", 6),
        (2024, "202", "3", 1),
    ]


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    heading, columns, *rows = EPISODES.splitlines()
    found = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        folder = tmp_path / str(seed)
        folder.mkdir()
        with deidentified(read_tables("\n".join([heading, columns, *rows])), folder) as con:
            cohorts.build(con, only=("reported", *CARE))
            found.append(
                con.execute(
                    """select la_child, DECOM, repair, repaired_end_date, end_date, period_number
                    from cohorts.care_episode order by all"""
                ).fetchall()
            )
    assert found[0] == found[1] == found[2]


def test_a_repaired_row_is_a_finding_of_its_own_authority_that_holds_no_value(
    con: duckdb.DuckDBPyConnection,
) -> None:
    repaired = Repaired()
    repaired.where_figures_are(con)
    with connect() as returns:
        make_returns(returns, read_tables(EPISODES))
        found = findings(returns, repaired.rows)
    told = found.select("rule", "severity", "la", "year", "table", "row", "fields").rows()
    assert ("history.went_on", "note", "202", 2023, "Episodes", 1, "DEC") in told
    assert ("history.told_otherwise", "note", "202", 2023, "Episodes", 14, "DECOM") in told
    assert sorted(found["rule"].value_counts().rows()) == [
        ("history.began_anew", 2),
        ("history.gap", 1),
        ("history.gone", 9),
        ("history.overlap", 1),
        ("history.told_otherwise", 2),
        ("history.went_on", 2),
    ]
    assert set(found["la"]) == {"202"}
    assert set(found["detail"]) == {""}


def lives(seed: int) -> Iterator[tuple[str, date, date, str, str]]:
    """Children's episodes in care as they were: child, first day, day it ended, why it began and why it ended."""
    draw = random.Random(seed)
    for child in (f"{a}{b}" for a in "ABCDEFGH" for b in "abcdefgh"):
        begun, count = date(2020, 4, 1) + timedelta(draw.randrange(1200)), draw.randint(1, 6)
        for number in range(count):
            ended = begun + timedelta(draw.randint(1, 500))
            is_last = number == count - 1
            yield child, begun, ended, "S" if number == 0 else draw.choice("PLT"), "E4A" if is_last else "X1"
            begun = ended


def told(seed: int) -> str:
    """The return of every year, telling each episode that was open in it, its end only when that had come."""
    rows = ["ssda903_episodes", "year | la | CHILD | DECOM | RNE | LS | PLACE | DEC | REC"]
    for year in range(2021, 2026):
        first, last = date(year - 1, 4, 1), date(year, 3, 31)
        for child, begun, ended, rne, rec in lives(seed):
            if begun <= last and ended >= first:
                end = f"{ended:%d/%m/%Y} | {rec}" if ended <= last else "|"
                rows.append(f"{year} | 202 | {child} | {begun:%d/%m/%Y} | {rne} | C2 | U4 | {end}")
    return "\n".join(rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_returns_that_agree_need_no_repair_and_give_the_lives_behind_them(seed: int, tmp_path: Path) -> None:
    last = date(2025, 3, 31)
    known = sorted(
        (begun, ended if ended <= last else None)
        for _, begun, ended, *_ in lives(seed)
        if begun <= last and ended >= date(2020, 4, 1)
    )
    with deidentified(read_tables(told(seed)), tmp_path) as con:
        cohorts.build(con, only=("reported", *CARE))
        found = con.execute("select DECOM, end_date from cohorts.care_episode").fetchall()
        periods = con.execute(
            "select count(*), count(distinct la_child) from cohorts.period_of_care"
        ).fetchall()
        repairs = con.execute(
            """select distinct coalesce(dropped_by, 'none') from cohorts.care_episode_version
            union select repair from cohorts.care_episode where repair is not null"""
        ).fetchall()
    assert sorted(found, key=str) == sorted(known, key=str)
    assert periods == [(64, 64)]
    assert {repair for (repair,) in repairs} == {"none", "3"}


CASES = """cin_cin_details
year | la  | LAchildID | CINdetailsID | CINreferralDate | CINclosureDate | ReferralNFA | PrimaryNeedCode
2024 | 202 | A         | 1            | 2023-09-01      |                | 0           | N1
2025 | 202 | A         | 1            | 2023-09-03      |                | 0           | N1
2024 | 202 | B         | 1            | 2023-09-01      |                | 0           | N1
2025 | 202 | B         | 1            | 2023-09-01      | 2024-09-01     | 0           | N1
2024 | 202 | C         | 1            | 2023-09-01      |                | 0           | N1
2025 | 202 | C         | 1            | 2023-09-01      |                | 0           | N5
2024 | 202 | D         | 1            | 2023-09-01      |                | 0           | N1
2024 | 202 | E         | 1            | 2023-09-01      |                | 1           | N1
2024 | 202 | F         | 1            | 2023-09-01      |                | 0           | N1
2025 | 202 | F         | 1            | 2024-09-01      |                | 0           | N1
2023 | 202 | G         | 1            | 2022-09-01      |                | 0           | N1
2024 | 202 | G         | 1            | 2022-09-03      |                | 0           | N1
2025 | 202 | G         | 1            | 2022-09-05      |                | 0           | N1
cin_child_protection_plans
year | la  | LAchildID | CINdetailsID | CPPID | CPPstartDate | CPPendDate | NumberOfPreviousCPP
2024 | 202 | A         | 1            | 1     | 2023-10-01   |            | 0
2025 | 202 | A         | 1            | 1     | 2023-10-04   |            | 0
2024 | 202 | B         | 1            | 1     | 2023-10-01   |            | 0
2025 | 202 | B         | 1            | 1     | 2023-10-01   |            | 1
2024 | 202 | D         | 1            | 1     | 2023-10-01   |            | 0
2023 | 202 | G         | 1            | 1     | 2022-10-01   |            | 0
2024 | 202 | G         | 1            | 1     | 2022-10-03   |            | 0
2025 | 202 | G         | 1            | 1     | 2022-10-05   |            | 0"""


def test_cases_and_plans_have_one_current_version_and_the_others_say_why_not(tmp_path: Path) -> None:
    with deidentified(read_tables(CASES), tmp_path) as con:
        cohorts.build(con, only=("reported", *NEED))
        cases, plans = (
            con.execute(
                f"""select source_row, dropped_by, repair, {day} <> known_as_date from cohorts.{stage}
                where year = 2024 order by source_row"""
            ).fetchall()
            for stage, day in (("case_version", "CINreferralDate"), ("plan_version", "CPPstartDate"))
        )
        twice = [
            con.execute(
                f"select distinct year, known_as_date from cohorts.{stage} where year = 2023"
            ).fetchall()
            for stage in NEED
        ]
    assert cases == [
        (1, "3A", None, True),
        (3, "3", None, False),
        (5, "3A", None, False),
        (7, None, "2", False),
        (8, None, None, False),
        (9, None, "2", False),
        (12, "3A", None, True),
    ]
    assert plans == [
        (1, "3A", None, True),
        (3, "3A", None, False),
        (5, None, "2", False),
        (7, "3A", None, True),
    ]
    assert twice == [[(2023, date(2022, 9, 5))], [(2023, date(2022, 10, 5))]]
