"""Children in care are compared with children in need who are like them, and it is shown how alike they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.outcomes.drawn import measured, read_tables

PUPILS = {
    # name: (is in care, main need, absent of 100 sessions)
    "A": (True, "N1", 50), "B": (True, "N1", 0), "C": (True, "N2", 0), "D": (True, "N8", 50),
    "E": (False, "N1", 50), "F": (False, "N1", 50), "G": (False, "N1", 0), "H": (False, "N1", 0),
    "I": (False, "N1", 50), "J": (False, "N2", 0), "K": (False, "N4", 50),
}  # fmt: skip
"""Worked by hand: two in care and five in need are alike by abuse (N1), one and one by disability (N2). Of those in
need three of five and none of one are absent: weighted (2 * 3/5 + 1 * 0) / 3 = 40 per cent; of those in care 1 of 3."""


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder: Path = tmp_path_factory.mktemp("alike")
    with measured(read_tables(drawing()), folder) as opened:
        yield opened


def drawing() -> str:
    care = {name: need for name, (is_in_care, need, _) in PUPILS.items() if is_in_care}
    need = {name: need for name, (is_in_care, need, _) in PUPILS.items() if not is_in_care}
    tables = {
        "cin_child_identifiers": ["year | la | LAchildID | PersonBirthDate | Sex"]
        + [f"2025 | 202 | {c} | 2012-01-01 | M" for c in need],
        "cin_cin_details": ["year | la | LAchildID | CINreferralDate | ReferralNFA | PrimaryNeedCode"]
        + [f"2025 | 202 | {c} | 2024-05-01 | 0 | {code}" for c, code in need.items()],
        "ssda903_header": ["year | la | CHILD | DOB | SEX"]
        + [f"2025 | 202 | {c} | 01/01/2012 | M" for c in care],
        "ssda903_episodes": ["year | la | CHILD | DECOM | RNE | LS | CIN | PLACE | DEC | REC"]
        + [f"2025 | 202 | {c} | 01/06/2022 | S | C2 | {code} | U4 | |" for c, code in care.items()],
        "school_census_pupilonroll": [
            "year | la | term | pupilonrolltableid | dob | sex | enrolstatus | termlysessionspossible"
        ]
        + [f"2025 | 202 | spring | {c} | 2012-01-01 | M | C | 100" for c in PUPILS],
        "school_census_termlysessiondetailsonroll": [
            "year | la | term | pupilonrolltableid | attendancereason | sessions"
        ]
        + [f"2025 | 202 | spring | {c} | I | {n}" for c, (_, _, n) in PUPILS.items() if n]
        + [f"2025 | 202 | spring | {c} | / | {100 - n}" for c, (_, _, n) in PUPILS.items()],
    }
    return "\n".join(line for name, rows in tables.items() for line in (name, *rows))


def told(con: duckdb.DuckDBPyConnection, trait: str, category: str) -> tuple[float | None, ...]:
    found = con.execute(
        "select care_count, need_count, compared_count, care_percent, need_percent, care_alike_percent, "
        "need_alike_percent from measured.like_with_like where year = 2025 and trait = ? and category = ?",
        [trait, category],
    ).fetchall()
    assert len(found) == 1
    return tuple(found[0])


def test_only_those_alike_are_compared_and_those_in_need_are_weighted(con: duckdb.DuckDBPyConnection) -> None:
    found = told(con, "Persistent absence", "yes")
    assert found == pytest.approx((4, 7, 3, 50.0, 400 / 7, 100 / 3, 40.0), abs=1e-6)


def test_balance_is_shown_before_and_after(con: duckdb.DuckDBPyConnection) -> None:
    assert told(con, "Main need", "N1") == pytest.approx((4, 7, 3, 50.0, 500 / 7, 200 / 3, 200 / 3), abs=1e-6)
    assert told(con, "Main need", "N8")[3:] == pytest.approx((25.0, 0.0, 0.0, 0.0))
    assert told(con, "Main need", "N4")[3:] == pytest.approx((0.0, 100 / 7, 0.0, 0.0), abs=1e-6)
    assert told(con, "Absence the year before", "not known")[3:] == (100.0, 100.0, 100.0, 100.0)
