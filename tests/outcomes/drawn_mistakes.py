"""Drawings of what no indicator counts: the history of repairs, a child's days and year, paths and needs."""

from __future__ import annotations

from tests.outcomes.drawn import read_tables
from tests.outcomes.mistakes import Drawing, Question
from tests.outcomes.test_breakdowns import DRAWN
from tests.outcomes.test_history import CASES, EPISODES

ALL_REPAIRS = ("1", "1A", "2", "3", "3A", "4", "5")
REPAIRS = "select table_name, year, repair, row_count from cohorts.repair order by all"
ENDS = """select DECOM::text, repair, repaired_end_date::text, repaired_end_code, repaired_change_code, end_date::text
from cohorts.care_episode where repair is not null or la = '301' order by all"""

CHILDREN = """
cin_child_identifiers
  year | la  | LAchildID | PersonBirthDate
  2025 | 202 | A         | 2012-01-01
cin_cin_details
  year | la  | LAchildID | CINdetailsID | CINreferralDate | CINclosureDate | ReasonForClosure | ReferralNFA
  2025 | 202 | A         | 1            | 2024-05-01      | 2024-05-11     | RC7              | 0
  2025 | 202 | A         | 2            | 2024-05-06      | 2024-05-21     | RC7              | 0
  2025 | 202 | B         | 1            | 2024-06-01      | 2024-07-01     | RC8              | 0
  2024 | 202 | C         | 1            | 2024-03-22      |                |                  | 0
  2025 | 202 | D         | 1            | 2025-03-30      |                |                  | 0
  2025 | 301 | E         | 1            | 2025-03-31      |                |                  | 0
  2025 | 202 | H         | 1            | 2024-05-01      | 2024-06-20     | RC1              | 0
cin_child_protection_plans
  year | la  | LAchildID | CINdetailsID | CPPID | CPPstartDate | CPPendDate
  2025 | 202 | A         | 1            | 1     | 2024-05-01   | 2024-05-04
ssda903_episodes
  year | la  | CHILD | DECOM      | RNE | LS | PLACE | DEC        | REC
  2025 | 202 | E     | 01/06/2020 | S   | C2 | U4    |            |
  2025 | 202 | F     | 01/05/2024 | S   | C2 | U4    | 01/06/2024 | X1
  2025 | 202 | F     | 01/08/2024 | S   | C2 | U4    | 11/08/2024 | E4A
  2025 | 202 | G     | 01/05/2024 | P   | C2 | U4    | 02/05/2024 | X1
school_census_pupilonroll
  year | la  | term   | pupilonrolltableid | dob        | enrolstatus | termlysessionspossible
  2024 | 202 | spring | A                  | 2012-01-01 | C           | 50
  2025 | 202 | spring | A                  | 2012-01-01 | C           | 100
school_census_termlysessiondetailsonroll
  year | la  | term   | pupilonrolltableid | attendancereason | sessions
  2024 | 202 | spring | A                  | /                | 50
  2025 | 202 | spring | A                  | /                | 100
"""
"""A's cases overlap, B's is no episode of need, C is gone from the next return, D's and E's last over 31 March, H was
adopted; E is looked after by one authority and in need in another; F starts twice, G is only known from the middle."""

DAYS = "select days_in_need, days_on_plan, days_in_care from cohorts.child_year where year = {} order by all"
YEAR = """select la, authority_count, referral_count, is_care_starter, is_care_leaver, possible_sessions
from cohorts.child_year where year = 2025 order by all"""

PATHS = (
    "select entered_care, last_placement_group from cohorts.care_leaver_year where year = 2025 order by all"
)
CLASS = "select sen_group, fsm_group from cohorts.attendance_of_group where is_linked order by all"
FOUND = """select key_stage, is_of_age, is_linked, rwm_expected, attainment_8_hundredths, ks2_sent
from cohorts.attainment_of_group where year = 2025 order by all"""
LEARNT = """
cin_child_identifiers
  year | la  | LAchildID | PersonBirthDate | UPN
  2025 | 202 | A         | 2014-08-31      | of A
  2025 | 202 | B         | 2014-09-01      | of B
  2025 | 202 | C         | 2013-09-01      | of C
  2025 | 202 | D         | 2013-08-31      | of D
  2025 | 202 | E         | 2009-08-31      | of E
  2025 | 202 | F         | 2008-08-31      | of F
  2025 | 301 | G         | 2008-09-01      | of G
cin_cin_details
  year | la  | LAchildID | CINdetailsID | CINreferralDate | ReferralNFA
  2025 | 202 | A         | 1            | 2024-05-01      | 0
  2025 | 202 | B         | 1            | 2024-05-01      | 0
  2025 | 202 | C         | 1            | 2024-05-01      | 0
  2025 | 202 | D         | 1            | 2024-05-01      | 0
  2025 | 202 | E         | 1            | 2024-05-01      | 0
  2025 | 202 | F         | 1            | 2024-05-01      | 0
  2025 | 301 | G         | 1            | 2024-05-01      | 0
attainment_results
  year | la  | academic_year | upn  | key_stage | measure      | value
  2025 | 202 | 2024/25       | of A | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       | of D | KS2       | rwm_expected | 1
  2025 | 202 | 2024/25       | of F | KS4       | progress_8   | 1
"""
"""A and C were ten on 31 August, E and G fifteen; B and F, a day younger and older, and D were not."""
LEAVER = """
  2025 | 202 | J     | 01/06/2023 | P   | V2 | N8  | K2    | 01/01/2024 | E5
  2025 | 202 | K     | 01/03/2022 | S   | V2 | N8  | R1    | 01/01/2024 | E5
ssda903_uasc"""
LISTED = """
  2025 | 202 | J     | YES      | F2    | B1
  2025 | 202 | K     | YES      | F2    | B1
school_census_schoolcensus"""
BORN = """
  2025 | 202 | J     | 01/01/2006
  2025 | 202 | K     | 01/01/2006
ssda903_episodes"""
"""J is first known at 17, in the middle of care; K started at 16."""
MORE = (
    DRAWN.replace("\nssda903_episodes", BORN)
    .replace("\nssda903_uasc", LEAVER)
    .replace("\nschool_census_schoolcensus", LISTED)
)


def asked(text: str, **answers: list[tuple[object, ...]]) -> Drawing:
    told = tuple(Question(QUESTIONS[name], answer) for name, answer in answers.items())
    return Drawing(read_tables(text), told)


QUESTIONS = {
    "repairs": REPAIRS, "ends": ENDS, "days_2024": DAYS.format(2024), "days_2025": DAYS.format(2025), "year": YEAR,
    "paths": PATHS, "in_class": CLASS, "found": FOUND,
}  # fmt: skip
OTHERS = [
    asked(
        EPISODES,
        repairs=[
            *(("Episodes", 2023, repair, count) for repair, count in zip(ALL_REPAIRS, (2, 2, 3, 1, 2, 1, 1), strict=True)),
            ("Episodes", 2024, "2", 6), ("Episodes", 2024, "3", 1),
        ],
        ends=[
            ("2022-05-28", "2", "2024-03-31", "E99", None, "2024-04-01"),
            ("2022-06-01", "1", "2023-05-01", "X1", "LIIAF", "2023-05-01"),
            ("2022-06-01", "1", "2023-05-01", "X1", None, "2023-05-01"),
            ("2022-06-01", "1A", "2023-03-09", "E99", None, "2023-03-10"),
            ("2022-06-01", "1A", "2023-03-31", "E99", None, "2023-04-01"),
            ("2022-06-01", "2", "2023-01-31", "E99", None, "2023-02-01"),
            ("2022-06-01", "2", "2023-03-31", "E99", None, "2023-04-01"),
            ("2022-06-01", "2", "2023-03-31", "E99", None, "2023-04-01"),
            ("2022-06-01", "2", "2024-03-31", "E99", None, "2024-04-01"),
            ("2022-06-01", "4", "2022-09-01", None, None, "2022-09-01"),
            ("2022-06-01", "5", "2022-10-05", None, None, "2022-10-05"),
            ("2022-06-01", None, None, None, None, None),
            ("2023-03-10", "2", "2024-03-31", "E99", None, "2024-04-01"),
            ("2023-05-01", "2", "2024-03-31", "E99", None, "2024-04-01"),
            ("2023-05-01", "2", "2024-03-31", "E99", None, "2024-04-01"),
            ("2023-09-01", "2", "2024-03-31", "E99", None, "2024-04-01"),
        ],
    ),
    asked(
        CASES,
        repairs=[
            ("CINdetails", 2023, "3A", 1), ("CINdetails", 2024, "2", 2), ("CINdetails", 2024, "3", 1),
            ("CINdetails", 2024, "3A", 3), ("ChildProtectionPlans", 2023, "3A", 1),
            ("ChildProtectionPlans", 2024, "2", 1), ("ChildProtectionPlans", 2024, "3A", 3),
        ],
    ),
    asked(
        CHILDREN,
        days_2024=[(10, 0, 0)],
        days_2025=[(0, 0, 0), (0, 0, 1), (0, 0, 41), (1, 0, 365), (2, 0, 0), (20, 3, 0), (31, 0, 0)],
        year=[
            ("202", 1, 0, False, False, None), ("202", 1, 0, True, True, None), ("202", 1, 1, False, False, None),
            ("202", 1, 1, False, False, None), ("202", 1, 1, False, False, None), ("202", 1, 2, False, False, 100),
            ("202", 2, 1, False, False, None),
        ],
    ),
    asked(
        MORE,
        paths=[
            ("16 or over", "foster - unrelated"), ("16 or over", "other residential"), ("Unknown", "Unknown"),
            ("Unknown", "secure and children's homes"), ("before 16", "secure and children's homes"),
        ],
        in_class=[("Unknown", "not eligible"), ("none", "not eligible"), ("plan", "eligible")],
    ),
    asked(
        LEARNT,
        found=[
            ("KS2", False, True, 1, None, "yes"), ("KS2", True, False, None, None, "yes"),
            ("KS2", True, True, 1, None, "yes"), ("KS4", False, True, None, None, "yes"),
            ("KS4", True, False, None, None, "yes"), ("KS4", True, False, None, None, None),
        ],
    ),
]  # fmt: skip
"""Answers by hand: what the stories beside the drawings say, in the order of printing."""
