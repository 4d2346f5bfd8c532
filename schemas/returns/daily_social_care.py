"""The daily feed of children's social care: what changed in an authority's case system since yesterday.

The department receives it as JSON, one object per child, in version 0.7 of its payload; the case system's
side is public (`dfe-csc-api-data-flows`). Names are the payload's own. What a census asks for as well has the
census's type and code set, so that the two can be laid side by side: an episode is a CINdetails, a placement
an episode of the 903.

A delivery holds only what changed. An element that is sent again replaces, field by field, what was known of
it; `purge` takes it away with everything below it; a list without identifiers (disabilities, factors,
scores) comes whole. An element therefore says which of its fields it carried (`given`): a field that is
sent empty is empty now, and one that is not sent is as it was. `child_row` says in which child of the file
it stood. What the deliveries come to together is worked out in `assets/ingest/deltas.py`; how that stands in for a
census that is not there, in `assets/from_feed/`.
"""

from __future__ import annotations

from datetime import date as Day
from typing import Annotated, ClassVar

from schemas.table import Table, column

ITEM = "."
"""In place of an element's name: the value itself, in a list of bare values."""

Child = Annotated[
    str | None, column("The authority's own identifier of the child.", key=True, identifies=True)
]
Episode = Annotated[str | None, column("The case system's key of the episode.", key=True, identifies=True)]
Which = Annotated[int | None, column("Which child of the file, from 1.")]
Given = Annotated[str | None, column("The fields that the element carried, empty ones too.")]
Purge = Annotated[bool | None, column("The element is taken away, with everything below it.")]
Start = Annotated[Day | None, column("Date it began.")]
End = Annotated[Day | None, column("Date it ended.")]


class Payload(Table):
    """One row per outermost object that says whose the children are."""

    VIEW: ClassVar[str] = "payload"
    DFE: ClassVar[str] = "payload"

    la_code: Annotated[str | None, column("Three-digit code of the authority.")]
    given: Given


class Children(Table):
    """One row per child of a delivery."""

    VIEW: ClassVar[str] = "children"
    DFE: ClassVar[str] = "Children"

    la_child_id: Child
    mis_child_id: Annotated[str | None, column("The case system's key of the child.", identifies=True)]
    purge: Purge
    child_row: Which
    given: Given


class ChildDetails(Table):
    """One row per child: who the child is, as ChildIdentifiers and ChildCharacteristics of the CIN census."""

    VIEW: ClassVar[str] = "child_details"
    DFE: ClassVar[str] = "child_details"
    ELEMENT: ClassVar[str] = "child_details"

    la_child_id: Child
    unique_pupil_number: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    former_unique_pupil_number: Annotated[str | None, column("An earlier UPN.", identifies=True)]
    unique_pupil_number_unknown_reason: Annotated[
        str | None, column("Why there is no UPN.", codes="upn_unknown_cin")
    ]
    first_name: Annotated[str | None, column("First name.", identifies=True)]
    surname: Annotated[str | None, column("Surname.", identifies=True)]
    date_of_birth: Annotated[Day | None, column("Date of birth.", identifies=True)]
    expected_date_of_birth: Annotated[
        Day | None, column("Expected date of birth of an unborn child.", identifies=True)
    ]
    sex: Annotated[str | None, column("Sex as reported.", codes="cin_sex")]
    ethnicity: Annotated[str | None, column("Ethnicity.", codes="ethnicity")]
    postcode: Annotated[str | None, column("Home postcode.", identifies=True)]
    uasc_flag: Annotated[bool | None, column("Unaccompanied asylum-seeking child.")]
    uasc_end_date: Annotated[Day | None, column("Date that status ended.")]
    purge: Purge
    child_row: Which
    given: Given


class Disabilities(Table):
    """One row per disability of a child."""

    VIEW: ClassVar[str] = "disabilities"
    DFE: ClassVar[str] = "disabilities"
    ELEMENT: ClassVar[str] = "child_details/disabilities"

    la_child_id: Child
    disability: Annotated[str | None, column("Disability.", codes="cin_disability", element=ITEM)]
    child_row: Which


class HealthAndWellbeing(Table):
    """One row per child of whom health is told."""

    VIEW: ClassVar[str] = "health_and_wellbeing"
    DFE: ClassVar[str] = "health_and_wellbeing"
    ELEMENT: ClassVar[str] = "health_and_wellbeing"

    la_child_id: Child
    purge: Purge
    child_row: Which
    given: Given


class SdqAssessments(Table):
    """One row per strengths and difficulties questionnaire."""

    VIEW: ClassVar[str] = "sdq_assessments"
    DFE: ClassVar[str] = "sdq_assessments"
    ELEMENT: ClassVar[str] = "health_and_wellbeing/sdq_assessments"

    la_child_id: Child
    date: Annotated[Day | None, column("Date of the questionnaire.")]
    score: Annotated[int | None, column("Total score.", unit="points")]
    child_row: Which


class SocialCareEpisodes(Table):
    """One row per referral, with the episode of need that followed it, as CINdetails."""

    VIEW: ClassVar[str] = "social_care_episodes"
    DFE: ClassVar[str] = "social_care_episodes"
    ELEMENT: ClassVar[str] = "social_care_episodes"

    la_child_id: Child
    social_care_episode_id: Episode
    referral_date: Annotated[Day | None, column("Date of the referral.")]
    referral_source: Annotated[str | None, column("Who referred.", codes="cin_referral_source")]
    referral_no_further_action_flag: Annotated[bool | None, column("Referral that led to no further action.")]
    closure_date: Annotated[Day | None, column("Date the case closed.")]
    closure_reason: Annotated[str | None, column("Why it closed.", codes="cin_reason_for_closure")]
    purge: Purge
    child_row: Which
    given: Given


class CareWorkerDetails(Table):
    """One row per social worker of an episode, as SWEpisodes of the 903."""

    VIEW: ClassVar[str] = "care_worker_details"
    DFE: ClassVar[str] = "care_worker_details"
    ELEMENT: ClassVar[str] = "social_care_episodes/care_worker_details"

    la_child_id: Child
    social_care_episode_id: Episode
    worker_id: Annotated[str | None, column("Identifier of the social worker.", key=True, identifies=True)]
    start_date: Start
    end_date: End
    child_row: Which
    given: Given


class Assessments(Table):
    """One row per child and family assessment, as Assessments of the CIN census."""

    VIEW: ClassVar[str] = "child_and_family_assessments"
    DFE: ClassVar[str] = "child_and_family_assessments"
    ELEMENT: ClassVar[str] = "social_care_episodes/child_and_family_assessments"

    la_child_id: Child
    social_care_episode_id: Episode
    child_and_family_assessment_id: Annotated[
        str | None, column("The case system's key of the assessment.", key=True, identifies=True)
    ]
    start_date: Start
    authorisation_date: Annotated[Day | None, column("Date it was authorised, that is ended.")]
    purge: Purge
    child_row: Which
    given: Given


class Factors(Table):
    """One row per factor found at the end of an assessment."""

    VIEW: ClassVar[str] = "factors"
    DFE: ClassVar[str] = "factors"
    ELEMENT: ClassVar[str] = "social_care_episodes/child_and_family_assessments/factors"

    la_child_id: Child
    social_care_episode_id: Episode
    child_and_family_assessment_id: Annotated[
        str | None, column("The case system's key of the assessment.", key=True, identifies=True)
    ]
    factor: Annotated[str | None, column("Factor.", codes="cin_assessment_factors", element=ITEM)]
    child_row: Which


class ChildInNeedPlans(Table):
    """One row per child in need plan, as CINPlanDates."""

    VIEW: ClassVar[str] = "child_in_need_plans"
    DFE: ClassVar[str] = "child_in_need_plans"
    ELEMENT: ClassVar[str] = "social_care_episodes/child_in_need_plans"

    la_child_id: Child
    social_care_episode_id: Episode
    child_in_need_plan_id: Annotated[
        str | None, column("The case system's key of the plan.", key=True, identifies=True)
    ]
    start_date: Start
    end_date: End
    purge: Purge
    child_row: Which
    given: Given


class Section47Assessments(Table):
    """One row per section 47 enquiry, as Section47."""

    VIEW: ClassVar[str] = "section_47_assessments"
    DFE: ClassVar[str] = "section_47_assessments"
    ELEMENT: ClassVar[str] = "social_care_episodes/section_47_assessments"

    la_child_id: Child
    social_care_episode_id: Episode
    section_47_assessment_id: Annotated[
        str | None, column("The case system's key of the enquiry.", key=True, identifies=True)
    ]
    start_date: Start
    icpc_required_flag: Annotated[bool | None, column("An initial conference is needed.")]
    icpc_date: Annotated[Day | None, column("Date of the conference.")]
    end_date: End
    purge: Purge
    child_row: Which
    given: Given


class ChildProtectionPlans(Table):
    """One row per child protection plan, as ChildProtectionPlans of the CIN census."""

    VIEW: ClassVar[str] = "child_protection_plans"
    DFE: ClassVar[str] = "child_protection_plans"
    ELEMENT: ClassVar[str] = "social_care_episodes/child_protection_plans"

    la_child_id: Child
    social_care_episode_id: Episode
    child_protection_plan_id: Annotated[
        str | None, column("The case system's key of the plan.", key=True, identifies=True)
    ]
    start_date: Start
    end_date: End
    purge: Purge
    child_row: Which
    given: Given


class Placements(Table):
    """One row per placement of a child looked after, as Episodes of the 903."""

    VIEW: ClassVar[str] = "child_looked_after_placements"
    DFE: ClassVar[str] = "child_looked_after_placements"
    ELEMENT: ClassVar[str] = "social_care_episodes/child_looked_after_placements"

    la_child_id: Child
    social_care_episode_id: Episode
    child_looked_after_placement_id: Annotated[
        str | None, column("The case system's key of the placement.", key=True, identifies=True)
    ]
    start_date: Start
    start_reason: Annotated[str | None, column("Why it began.", codes="ssda903_rne")]
    placement_type: Annotated[str | None, column("Kind of placement.", codes="ssda903_place")]
    postcode: Annotated[str | None, column("Postcode of the placement.", identifies=True)]
    end_date: End
    end_reason: Annotated[str | None, column("Why the episode ended.", codes="ssda903_rec")]
    change_reason: Annotated[
        str | None, column("Why the placement changed.", codes="ssda903_reason_place_change")
    ]
    purge: Purge
    child_row: Which
    given: Given


class Adoption(Table):
    """One row per episode in which adoption was planned, as AD1 and PlacedAdoption of the 903."""

    VIEW: ClassVar[str] = "adoption"
    DFE: ClassVar[str] = "adoption"
    ELEMENT: ClassVar[str] = "social_care_episodes/adoption"

    la_child_id: Child
    social_care_episode_id: Episode
    initial_decision_date: Annotated[Day | None, column("Date of the decision that adoption is right.")]
    matched_date: Annotated[Day | None, column("Date of the match with adopters.")]
    placed_date: Annotated[Day | None, column("Date placed for adoption.")]
    purge: Purge
    child_row: Which
    given: Given


class CareLeavers(Table):
    """One row per episode of a care leaver: the latest contact, as OC3 of the 903."""

    VIEW: ClassVar[str] = "care_leavers"
    DFE: ClassVar[str] = "care_leavers"
    ELEMENT: ClassVar[str] = "social_care_episodes/care_leavers"

    la_child_id: Child
    social_care_episode_id: Episode
    contact_date: Annotated[Day | None, column("Date of the latest contact.")]
    activity: Annotated[str | None, column("Main activity.", codes="ssda903_activity")]
    accommodation: Annotated[
        str | None, column("Where the young person lives.", codes="ssda903_accommodation")
    ]
    purge: Purge
    child_row: Which
    given: Given


TABLES: tuple[type[Table], ...] = (
    Payload,
    Children,
    ChildDetails,
    Disabilities,
    HealthAndWellbeing,
    SdqAssessments,
    SocialCareEpisodes,
    CareWorkerDetails,
    Assessments,
    Factors,
    ChildInNeedPlans,
    Section47Assessments,
    ChildProtectionPlans,
    Placements,
    Adoption,
    CareLeavers,
)
