"""The children in need census: every referral and every case open in the year, one XML per authority.

Dates are ISO. Each group of the XML is a table; the identifiers of the groups above it (child, need
episode, assessment, plan) come down as keys counted in document order within the child, so they say
what belongs together inside one file and nothing more.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.table import Table, column

SEEN = (2025, 2026)
"""Years whose XML schema we have read. What earlier years had otherwise follows public comparisons of the
schemas since 2016-17; the group that 2026-27 adds is known from its draft rules."""

Child = Annotated[str | None, column("The authority's own identifier of the child.", identifies=True)]
Need = Annotated[int | None, column("Which CINdetails of the child, from 1, in document order.")]
Assessed = Annotated[int | None, column("Which assessment of the need episode, from 1.")]
Plan = Annotated[int | None, column("Which child protection plan of the need episode, from 1.")]


class Header(Table):
    """One row per file: who sent it, for which year."""

    VIEW: ClassVar[str] = "header"
    DFE: ClassVar[str] = "Header"
    ELEMENT: ClassVar[str] = "Header"

    Collection: Annotated[str | None, column("Always CIN.")]
    CollectionYear: Annotated[
        int | None, column("Year in which the period ends; sent as Year.", reads=("Year",))
    ]
    ReferenceDate: Annotated[date | None, column("31 March at the end of the period.", dates_the_return=True)]
    SourceLevel: Annotated[str | None, column("L for an authority.")]
    LEA: Annotated[str | None, column("Three-digit code of the authority.")]
    SoftwareCode: Annotated[str | None, column("The system that wrote the file.")]
    Release: Annotated[str | None, column("Its release.")]
    SerialNo: Annotated[str | None, column("Serial number of the submission.")]
    DateTime: Annotated[str | None, column("When the file was written, as sent.")]


class ChildIdentifiers(Table):
    """One row per child of the return: who the child is."""

    VIEW: ClassVar[str] = "child_identifiers"
    DFE: ClassVar[str] = "ChildIdentifiers"
    ELEMENT: ClassVar[str] = "ChildIdentifiers"

    LAchildID: Child
    UPN: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    FormerUPN: Annotated[str | None, column("An earlier UPN.", identifies=True)]
    UPNunknown: Annotated[str | None, column("Why there is no UPN.", codes="upn_unknown_cin")]
    PersonBirthDate: Annotated[date | None, column("Date of birth.", identifies=True)]
    ExpectedPersonBirthDate: Annotated[
        date | None, column("Expected date of birth of an unborn child.", identifies=True)
    ]
    Sex: Annotated[str | None, column("Sex as reported.", codes="cin_sex", since=2025)]
    GenderCurrent: Annotated[
        str | None,
        column("Sex as reported to 2023-24.", codes="cin_gender_current", until=2024, assumed=True),
    ]
    PersonDeathDate: Annotated[date | None, column("Date of death.", identifies=True)]


class ChildCharacteristics(Table):
    """One row per child: ethnicity."""

    VIEW: ClassVar[str] = "child_characteristics"
    DFE: ClassVar[str] = "ChildCharacteristics"
    ELEMENT: ClassVar[str] = "ChildCharacteristics"

    LAchildID: Child
    Ethnicity: Annotated[str | None, column("Ethnicity.", codes="ethnicity")]


class Disabilities(Table):
    """One row per disability of a child, or NONE."""

    VIEW: ClassVar[str] = "disabilities"
    DFE: ClassVar[str] = "Disabilities"
    ELEMENT: ClassVar[str] = "Disability"

    LAchildID: Child
    Disability: Annotated[str | None, column("Disability.", codes="cin_disability")]


class CINdetails(Table):
    """One row per referral, with the episode of need that followed it."""

    VIEW: ClassVar[str] = "cin_details"
    DFE: ClassVar[str] = "CINdetails"
    ELEMENT: ClassVar[str] = "CINdetails"

    LAchildID: Child
    CINdetailsID: Need
    CINreferralDate: Annotated[date | None, column("Date of the referral.")]
    ReferralSource: Annotated[str | None, column("Who referred.", codes="cin_referral_source")]
    PrimaryNeedCode: Annotated[str | None, column("Main need.", codes="cin_primary_need")]
    CINclosureDate: Annotated[date | None, column("Date the case closed.")]
    ReasonForClosure: Annotated[str | None, column("Why it closed.", codes="cin_reason_for_closure")]
    DateOfInitialCPC: Annotated[
        date | None, column("Date of an initial conference that no section 47 enquiry here led to.")
    ]
    ReferralNFA: Annotated[bool | None, column("Referral that led to no further action.")]


class Assessments(Table):
    """One row per assessment."""

    VIEW: ClassVar[str] = "assessments"
    DFE: ClassVar[str] = "Assessments"
    ELEMENT: ClassVar[str] = "Assessments"

    LAchildID: Child
    CINdetailsID: Need
    AssessmentID: Assessed
    AssessmentActualStartDate: Annotated[date | None, column("Date it began.")]
    AssessmentInternalReviewDate: Annotated[date | None, column("Date of the review within it.")]
    AssessmentAuthorisationDate: Annotated[date | None, column("Date it was authorised, that is ended.")]


class AssessmentFactors(Table):
    """One row per factor found at the end of an assessment."""

    VIEW: ClassVar[str] = "assessment_factors"
    DFE: ClassVar[str] = "FactorsIdentifiedAtAssessment"
    ELEMENT: ClassVar[str] = "AssessmentFactors"

    LAchildID: Child
    CINdetailsID: Need
    AssessmentID: Assessed
    AssessmentFactors: Annotated[str | None, column("Factor.", codes="cin_assessment_factors")]


class CINPlanDates(Table):
    """One row per child in need plan."""

    VIEW: ClassVar[str] = "cin_plan_dates"
    DFE: ClassVar[str] = "CINPlanDates"
    ELEMENT: ClassVar[str] = "CINPlanDates"
    SINCE: ClassVar[int] = 2022

    LAchildID: Child
    CINdetailsID: Need
    CINPlanStartDate: Annotated[date | None, column("Date the plan began.")]
    CINPlanEndDate: Annotated[date | None, column("Date it ended.")]


class Section47(Table):
    """One row per section 47 enquiry."""

    VIEW: ClassVar[str] = "section47"
    DFE: ClassVar[str] = "Section47"
    ELEMENT: ClassVar[str] = "Section47"

    LAchildID: Child
    CINdetailsID: Need
    S47ActualStartDate: Annotated[date | None, column("Date the enquiry began.")]
    InitialCPCtarget: Annotated[date | None, column("Date by which a conference was due.")]
    DateOfInitialCPC: Annotated[date | None, column("Date of the conference.")]
    ICPCnotRequired: Annotated[bool | None, column("No conference was needed.")]


class ChildProtectionPlans(Table):
    """One row per child protection plan."""

    VIEW: ClassVar[str] = "child_protection_plans"
    DFE: ClassVar[str] = "ChildProtectionPlans"
    ELEMENT: ClassVar[str] = "ChildProtectionPlans"

    LAchildID: Child
    CINdetailsID: Need
    CPPID: Plan
    CPPstartDate: Annotated[date | None, column("Date the plan began.")]
    CPPendDate: Annotated[date | None, column("Date it ended.")]
    InitialCategoryOfAbuse: Annotated[
        str | None, column("Category at the start.", codes="cin_category_of_abuse")
    ]
    LatestCategoryOfAbuse: Annotated[str | None, column("Latest category.", codes="cin_category_of_abuse")]
    NumberOfPreviousCPP: Annotated[int | None, column("Plans before this one, anywhere.", unit="plans")]


class Reviews(Table):
    """One row per review of a child protection plan."""

    VIEW: ClassVar[str] = "reviews"
    DFE: ClassVar[str] = "Reviews"
    ELEMENT: ClassVar[str] = "CPPreviewDate"

    LAchildID: Child
    CINdetailsID: Need
    CPPID: Plan
    CPPreviewDate: Annotated[date | None, column("Date of the review.")]


class PreProceedings(Table):
    """One row per run of pre-proceedings and family group decision making."""

    VIEW: ClassVar[str] = "pre_proceedings"
    DFE: ClassVar[str] = "PreProceedingsandFGDM"
    ELEMENT: ClassVar[str] = "PreProceedingsandFGDM"
    SINCE: ClassVar[int] = 2027
    ASSUMED: ClassVar[bool] = True

    LAchildID: Child
    CINdetailsID: Need
    PPStartDate: Annotated[date | None, column("Date of the meeting that decided to start.")]
    LBPSentDate: Annotated[date | None, column("Date the letter before proceedings was sent.")]
    FGDMMeetingOffer: Annotated[bool | None, column("A family meeting was offered in the letter.")]
    FGDMMeetingFac: Annotated[bool | None, column("The family meeting took place.")]
    InitialPPMeetingDate: Annotated[date | None, column("Date of the first effective meeting.")]
    ReviewMeetingsCount: Annotated[int | None, column("Review meetings held.", unit="meetings")]
    StepDecisionDate: Annotated[date | None, column("Date of the decision to step up or down.")]
    PPOutcome: Annotated[str | None, column("Outcome.", codes="cin_pre_proceedings_outcome")]
    CourtAppDate: Annotated[date | None, column("Date the application was sent to court.")]
    LetterInitCPDate: Annotated[date | None, column("Date of the letter that starts care proceedings.")]


TABLES: tuple[type[Table], ...] = (
    Header,
    ChildIdentifiers,
    ChildCharacteristics,
    Disabilities,
    CINdetails,
    Assessments,
    AssessmentFactors,
    CINPlanDates,
    Section47,
    ChildProtectionPlans,
    Reviews,
    PreProceedings,
)
