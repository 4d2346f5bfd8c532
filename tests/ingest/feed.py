"""Deliveries of the daily feed, written by hand: nobody in them is real."""

from __future__ import annotations

import copy
import json
from typing import Any

CHILD: dict[str, Any] = {
    "la_child_id": "C1",
    "mis_child_id": "M1",
    "child_details": {
        "unique_pupil_number": "A999000178301",
        "first_name": "Madeup",
        "surname": "Nobody",
        "date_of_birth": "2014-02-03",
        "sex": "F",
        "ethnicity": "WBRI",
        "disabilities": ["MOB", "AUT"],
        "postcode": "ZZ99 3WZ",
        "uasc_flag": False,
        "purge": False,
    },
    "health_and_wellbeing": {"sdq_assessments": [{"date": "2026-05-01", "score": 20}], "purge": False},
    "social_care_episodes": [
        {
            "social_care_episode_id": "E1",
            "referral_date": "2026-04-02",
            "referral_source": "1A",
            "referral_no_further_action_flag": False,
            "care_worker_details": [{"worker_id": "W1", "start_date": "2026-04-03"}],
            "child_and_family_assessments": [
                {
                    "child_and_family_assessment_id": "A1",
                    "start_date": "2026-04-03",
                    "factors": ["3A", "16A"],
                    "purge": False,
                }
            ],
            "child_in_need_plans": [{"child_in_need_plan_id": "P1", "start_date": "2026-05-03"}],
            "section_47_assessments": [
                {"section_47_assessment_id": "S1", "start_date": "2026-05-04", "icpc_required_flag": True}
            ],
            "child_protection_plans": [{"child_protection_plan_id": "CP1", "start_date": "2026-05-20"}],
            "child_looked_after_placements": [
                {
                    "child_looked_after_placement_id": "PL1",
                    "start_date": "2026-06-01",
                    "start_reason": "S",
                    "placement_type": "U1",
                    "postcode": "ZZ99 3VZ",
                }
            ],
            "adoption": {"initial_decision_date": "2026-07-01"},
            "care_leavers": {"contact_date": "2026-08-01", "activity": "F1", "accommodation": "B"},
            "purge": False,
        }
    ],
    "purge": False,
}
ROWS = {
    "children": 1, "child_details": 1, "disabilities": 2, "health_and_wellbeing": 1, "sdq_assessments": 1,
    "social_care_episodes": 1, "care_worker_details": 1, "child_and_family_assessments": 1, "factors": 2,
    "child_in_need_plans": 1, "section_47_assessments": 1, "child_protection_plans": 1,
    "child_looked_after_placements": 1, "adoption": 1, "care_leavers": 1,
}  # fmt: skip
"""How many rows that child makes of each table."""
VALUES = ("Madeup", "Nobody", "2014-02-03", "A999000178301", "ZZ99", "C1", "M1")
"""What no finding may repeat."""


def child(name: str = "C1", **changes: Any) -> dict[str, Any]:
    """The child above, under another identifier and with some of its fields otherwise."""
    return {**copy.deepcopy(CHILD), "la_child_id": name, **changes}


def small(name: str = "C1", **told: Any) -> dict[str, Any]:
    """A child of whom little changed."""
    return {"la_child_id": name, "mis_child_id": name, **told}


def episode(name: str = "E1", **told: Any) -> dict[str, Any]:
    return {"social_care_episodes": [{"social_care_episode_id": name, **told}]}


def wrapped(*children: dict[str, Any], la: int = 202) -> bytes:
    """A delivery that says whose it is."""
    return json.dumps({"la_code": la, "Children": list(children)}).encode()


def written(value: Any) -> bytes:
    return json.dumps(value).encode()
