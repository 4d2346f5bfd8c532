"""Whatever children are divided by, no child is lost on the way and each stands in the group that is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from schemas.code_sets import code_set
from schemas.indicators import BREAKDOWNS, NEEDS, PLACEMENTS, counted
from tests.outcomes.drawn import measured, read_tables

DRAWN = """
cin_child_identifiers
  year | la  | LAchildID | PersonBirthDate
  2025 | 202 | A         | 2012-01-01
  2025 | 202 | B         | 2012-01-01
  2025 | 202 | C         | 2012-01-01
cin_disabilities
  year | la  | LAchildID | Disability
  2025 | 202 | A         | AUT
  2025 | 202 | A         | NONE
  2025 | 202 | B         | NONE
cin_cin_details
  year | la  | LAchildID | CINdetailsID | CINreferralDate | ReferralNFA | PrimaryNeedCode
  2025 | 202 | A         | 1            | 2024-05-01      | 0           | N1
  2025 | 202 | B         | 1            | 2024-05-01      | 0           | N0
  2025 | 202 | C         | 1            | 2024-05-01      | 0           | N77
ssda903_header
  year | la  | CHILD | DOB
  2025 | 202 | D     | 01/01/2012
  2025 | 202 | E     | 01/01/2012
  2025 | 202 | F     | 01/01/2006
  2025 | 202 | G     | 01/01/2006
  2025 | 202 | H     | 01/01/2006
ssda903_episodes
  year | la  | CHILD | DECOM      | RNE | LS | CIN | PLACE | DEC        | REC
  2025 | 202 | D     | 01/06/2023 | S   | C2 | N2  | U1    |            |
  2025 | 202 | E     | 01/06/2023 | S   | C2 |     |       |            |
  2025 | 202 | F     | 01/06/2023 | S   | V2 | N8  | K3    | 01/10/2023 | X1
  2025 | 202 | F     | 01/10/2023 | P   | V2 | N8  | U4    | 01/01/2024 | E5
  2026 | 202 | F     | 01/06/2025 | S   | V2 | N8  | K2    |            |
  2025 | 202 | G     | 01/06/2021 | P   | V2 | N8  | K2    | 01/12/2023 | X1
  2025 | 202 | G     | 01/12/2023 | P   | V2 | N8  | T1    | 01/01/2024 | E5
ssda903_uasc
  year | la  | CHILD | DUC
  2025 | 202 | D     | 01/01/2030
ssda903_oc3
  year | la  | CHILD | IN_TOUCH | ACTIV | ACCOM
  2025 | 202 | F     | YES      | F2    | B1
  2025 | 202 | G     | YES      | G5    | B1
  2025 | 202 | H     | YES      | G5    | B1
school_census_schoolcensus
  year | la  | term   | schoolcensustableid | census_term | census_year
  2025 | 202 | spring | 1                   | SPR         | 2025
school_census_pupilonroll
  year | la | term | pupilonrolltableid | schoolcensustableid | dob | enrolstatus | senprovision | termlysessionspossible
  2025 | 202 | spring | A                  | 1                   | 2012-01-01 | C           | K            | 100
  2025 | 202 | spring | A2                 | 1                   | 2012-01-01 | S           | E            | 100
  2025 | 202 | spring | B                  | 1                   | 2012-01-01 | C           | N            | 100
  2025 | 202 | spring | C                  | 1                   | 2012-01-01 | C           |              | 100
school_census_fsmperiod
  year | la  | term   | pupilonrolltableid | fsmstartdate | fsmenddate
  2025 | 202 | spring | A                  | 2023-01-01   |
  2025 | 202 | spring | B                  | 2023-01-01   | 2024-07-31
school_census_termlysessiondetailsonroll
  year | la  | term   | pupilonrolltableid | attendancereason | sessions
  2025 | 202 | spring | A                  | I                | 100
  2025 | 202 | spring | B                  | I                | 50
  2025 | 202 | spring | B                  | /                | 50
  2025 | 202 | spring | C                  | /                | 100
"""

GROUPS = [
    ("cin_rate", "Main need", {"Abuse or neglect": 1, "Not stated or other": 2}),
    ("cin_rate", "Disability", {"Disabled": 1, "Not disabled": 1, "Not said": 1}),
    ("cla_rate", "Main need", {"Child's disability": 1, "Not stated or other": 1}),
    ("absence_severe_cino", "Special educational needs",
     {"Education, health and care plan": 1, "No special educational need": 1}),
    ("absence_severe_cino", "Free school meals", {"Eligible": 1, "Not eligible": 1}),
    ("place_kinship_foster", "Seeking asylum alone", {"Unaccompanied asylum-seeking children": 1}),
    ("cl_accom_19_21", "Age on coming into care", {"Before 16": 1, "At 16 or over": 1, "Unknown": 1}),
    ("cl_accom_19_21", "Last placement",
     {"Other foster care": 1, "Children's homes and secure homes": 1, "Unknown": 1}),
]  # fmt: skip


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder: Path = tmp_path_factory.mktemp("groups")
    with measured(read_tables(DRAWN), folder) as opened:
        yield opened


@pytest.mark.parametrize(("indicator", "way", "expected"), GROUPS)
def test_each_child_stands_in_the_group_that_is_drawn(
    con: duckdb.DuckDBPyConnection, indicator: str, way: str, expected: dict[str, int]
) -> None:
    found = con.execute(
        "select category, numerator from measured.indicator where indicator_id = ? and breakdown = ? "
        "and geographic_level = 'National' and year = 2025 and numerator > 0",
        [indicator, way],
    ).fetchall()
    assert dict(found) == expected


def test_who_is_to_be_born_within_a_year_is_unborn_and_a_later_birth_is_not_known(tmp_path: Path) -> None:
    tables = read_tables("""cin_child_identifiers
      year | la  | LAchildID | PersonBirthDate | ExpectedPersonBirthDate
      2025 | 202 | A         |                 | 2025-06-01
      2025 | 202 | B         | 2026-03-31      |
      2025 | 202 | C         | 2026-04-01      |
      2025 | 202 | D         |                 | 2052-06-01
    cin_cin_details
      year | la  | LAchildID | CINdetailsID | CINreferralDate | ReferralNFA
      2025 | 202 | A         | 1            | 2025-02-01      | 0
      2025 | 202 | B         | 1            | 2025-03-31      | 0
      2025 | 202 | C         | 1            | 2025-03-01      | 0
      2025 | 202 | D         | 1            | 2025-03-01      | 0""")
    with measured(tables, tmp_path) as con:
        found = con.execute(
            "select category, numerator from measured.indicator where indicator_id = 'cin_rate' and breakdown = 'Age' "
            "and geographic_level = 'National' and year = 2025 and numerator > 0 order by category"
        ).fetchall()
    assert found == [("Unborn", 2), ("Unknown", 2)]


def test_groups_add_up_to_all_whatever_children_are_divided_by(con: duckdb.DuckDBPyConnection) -> None:
    differing = con.execute(
        """with groups as (select indicator_id, year, geographic_level, la_code, region_code, breakdown,
            sum(numerator) as n, sum(denominator) as d from measured.indicator
            where breakdown <> 'Total' group by all)
          select distinct g.indicator_id, g.breakdown from groups g join measured.indicator t
            on t.breakdown = 'Total' and t.indicator_id = g.indicator_id and t.year = g.year
            and t.geographic_level = g.geographic_level and t.la_code is not distinct from g.la_code
            and t.region_code is not distinct from g.region_code
          where g.n is distinct from t.numerator or (g.d is not null and g.d is distinct from t.denominator)"""
    ).fetchall()
    assert differing == []


def test_every_group_that_a_code_may_fall_into_is_shown() -> None:
    places = set(code_set("ssda903_place")["published_group"]) - {"temporary"}
    assert set(PLACEMENTS) - {"Unknown"} == places
    needs = set(code_set("cin_primary_need")["code"]) - {"N0", "N9"}
    assert set(NEEDS) - {"Unknown"} == needs == set(code_set("ssda903_category_of_need")["code"])


def test_every_way_of_dividing_is_used() -> None:
    assert {name for one in counted() for name in one.by} == set(BREAKDOWNS)
