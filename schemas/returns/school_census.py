"""The school census: as COLLECT exports it, one CSV per table, or as schools send it, one XML per school.

COLLECT's tables are joined by `…tableid` columns; from XML the reader gives such keys itself. Element
names of the XML are the census's own; how its groups nest is assumed, so elements are known by name.

Three censuses a year, each carrying the attendance of the term before it (spring carries autumn).
Attendance is the number of half-day sessions per reason code. Headings are COLLECT's. The autumn census
carries the two halves of the summer term apart: the second, the sixth half term of the year, has columns
and tables of its own. Some of its tables have other names than in spring and summer; they are read alike.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.returns.school_census_details import (
    AUTUMN,
    SPRING,
    SUMMER,
    Addresses,
    AddressesOffRoll,
    AlternativeProvisionOffRoll,
    AlternativeProvisionOnRoll,
    ExclusionsOffRoll,
    ExclusionsOnRoll,
    FsmPeriod,
    Order,
    School,
    SenNeeds,
    SessionDetailsOffRoll,
    SessionDetailsOnRoll,
    Source,
    SummerHalfTerm2OffRoll,
    SummerHalfTerm2OnRoll,
    Text,
)
from schemas.table import Table, column

SEEN = (2024, 2025, 2026)
"""Calendar years whose headings we have read, of all three censuses."""
TermPossible = Annotated[
    int | None,
    column(
        "Possible sessions in the term before.",
        unit="sessions",
        element="TermlyAttendance/SessionsPossible",
    ),
]
TermAuthorised = Annotated[
    int | None,
    column(
        "Authorised absence, to 2023/24.",
        unit="sessions",
        until=2024,
        element="TermlyAttendance/SessionsAuthorised",
    ),
]
TermUnauthorised = Annotated[
    int | None,
    column(
        "Unauthorised absence, to 2023/24.",
        unit="sessions",
        until=2024,
        element="TermlyAttendance/SessionsUnauthorised",
    ),
]
TermEducational = Annotated[
    int | None,
    column(
        "Approved educational activity, to 2023/24.",
        unit="sessions",
        until=2024,
        censuses=SPRING + SUMMER,
    ),
]
TermExceptional = Annotated[
    int | None,
    column("Exceptional circumstances, to 2023/24.", unit="sessions", until=2024, censuses=SPRING + SUMMER),
]
HalfTermPossible = Annotated[
    int | None,
    column(
        "Possible sessions in the second half of the summer term.",
        unit="sessions",
        censuses=AUTUMN,
        element="SummerHalfTerm2Attendance/SessionsPossible",
    ),
]
HalfTermAuthorised = Annotated[
    int | None,
    column(
        "Authorised absence in the second half of the summer term, to 2024.",
        unit="sessions",
        until=2024,
        censuses=AUTUMN,
        element="SummerHalfTerm2Attendance/SessionsAuthorised",
    ),
]
HalfTermUnauthorised = Annotated[
    int | None,
    column(
        "Unauthorised absence in the second half of the summer term, to 2024.",
        unit="sessions",
        until=2024,
        censuses=AUTUMN,
        element="SummerHalfTerm2Attendance/SessionsUnauthorised",
    ),
]
Qualification = Annotated[
    float | None, column("Planned hours of qualifications.", unit="hours", censuses=AUTUMN)
]
NonQualification = Annotated[
    float | None, column("Planned hours of other activity.", unit="hours", censuses=AUTUMN)
]
PriorGrade = Annotated[str | None, column("GCSE grade already held by a sixth-former.", censuses=AUTUMN)]
Exemption = Annotated[str | None, column("Why no GCSE need be taken again.", censuses=AUTUMN)]


class SchoolCensus(Table):
    """One row per school and census: who sent it, for which term."""

    VIEW: ClassVar[str] = "schoolcensus"
    DFE: ClassVar[str] = "schoolcensus"
    ELEMENT: ClassVar[str] = "Header"

    schoolcensustableid: Annotated[str | None, column("Key of the school's census.")]
    NativeId: School
    schoolcensusorderseqcolumn: Order
    sourceid: Source
    collection: Annotated[str | None, column("SC for the school census.")]
    census_name: Annotated[str | None, column("Name of the collection.", reads=("name",))]
    census_term: Annotated[
        str | None, column("Which census of the year.", codes="school_census_term", reads=("term",))
    ]
    census_year: Annotated[int | None, column("Calendar year of the census.", reads=("year",))]
    referencedate: Annotated[date | None, column("Census day.", dates_the_return=True)]
    sourcelevel: Annotated[str | None, column("S for a school, L for an authority.")]
    lea: Annotated[str | None, column("Three-digit code of the authority.")]
    estab: Annotated[str | None, column("Four-digit number of the school within it.")]
    urn: Annotated[str | None, column("Six-digit number of the school.")]
    softwarecode: Text
    release: Text
    serialno: Annotated[int | None, column("Serial number of the submission.")]
    xversion: Text
    datetime: Annotated[str | None, column("When the file was written, as sent.")]


class PupilOnRoll(Table):
    """One row per pupil on roll at a school on census day."""

    VIEW: ClassVar[str] = "pupilonroll"
    DFE: ClassVar[str] = "pupilonroll"
    ELEMENT: ClassVar[str] = "PupilOnRoll"

    pupilonrolltableid: Annotated[str | None, column("Key of the pupil in this file.", identifies=True)]
    NativeId: School
    pupilonrollorderseqcolumn: Order
    sourceid: Source
    schoolcensustableid: Annotated[str | None, column("Which school's census this belongs to.")]
    upn: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    formerupn: Annotated[str | None, column("An earlier UPN.", identifies=True)]
    uniquelearnernumber: Annotated[str | None, column("Unique learner number.", identifies=True)]
    surname: Annotated[str | None, column("Surname.", identifies=True)]
    forename: Annotated[str | None, column("Forename.", identifies=True)]
    middlenames: Annotated[str | None, column("Middle names.", identifies=True)]
    preferredsurname: Annotated[str | None, column("Surname the pupil goes by.", identifies=True)]
    formersurname: Annotated[str | None, column("An earlier surname.", identifies=True)]
    dob: Annotated[date | None, column("Date of birth.", identifies=True)]
    sex: Annotated[str | None, column("Sex.", codes="school_census_sex", formerly={"gender": 2023})]
    entrydate: Annotated[date | None, column("Date the pupil joined the school.", dates_the_return=True)]
    enrolstatus: Annotated[
        str | None, column("Single, main or other registration.", codes="school_census_enrol_status")
    ]
    ncyearactual: Annotated[str | None, column("Year group.", codes="school_census_year_group")]
    classtype: Text
    boarder: Annotated[str | None, column("Boarder.", codes="school_census_boarder")]
    parttime: Annotated[bool | None, column("Part-time pupil.")]
    senprovision: Annotated[str | None, column("SEN provision.", codes="sen_provision")]
    senunitindicator: Annotated[bool | None, column("Member of a SEN unit.")]
    resourcedprovisionindicator: Annotated[bool | None, column("In resourced provision.")]
    ethnicity: Annotated[
        str | None, column("Ethnicity, extended codes.", codes="ethnicity_extended", censuses=SPRING)
    ]
    language: Annotated[str | None, column("First language.")]
    youngcarer: Annotated[
        str | None, column("Young carer.", codes="school_census_young_carer", censuses=SPRING)
    ]
    servicechild: Annotated[
        str | None, column("Child of service personnel.", codes="school_census_service_child")
    ]
    plaa: Annotated[str | None, column("Left care through adoption or an order, as the parent says.")]
    schoollunchtaken: Annotated[bool | None, column("Ate a school lunch on census day.")]
    topupfunding: Annotated[bool | None, column("Receives top-up funding.")]
    missingaddress: Text
    hoursatsetting: Annotated[float | None, column("Hours a week at the setting.", unit="hours")]
    unitcontacttime: Annotated[float | None, column("Unit contact time.", unit="hours", censuses=SPRING)]
    fundedhours: Annotated[float | None, column("Funded hours.", unit="hours")]
    extendedhours: Annotated[float | None, column("Extended childcare hours.", unit="hours")]
    duplicatenotfunded: Annotated[str | None, column("As sent.", censuses=AUTUMN + SPRING)]
    moveoffrollflag: Text
    eligibilitycode: Annotated[
        str | None,
        column("Childcare eligibility code.", identifies=True, formerly={"thirtyhourcode": 2024}),
    ]
    expandedhours: Annotated[float | None, column("Expanded childcare hours.", unit="hours", censuses=SUMMER)]
    dafindicator: Annotated[bool | None, column("Disability access fund.")]
    ftemp: Annotated[bool | None, column("Full-time employment.", censuses=AUTUMN)]
    eyppr: Text
    eyppbf: Text
    yssa: Text
    termlysessionspossible: TermPossible
    termlysessionsauthorised: TermAuthorised
    termlysessionsunauthorised: TermUnauthorised
    termlysessionseducational: TermEducational
    termlysessionsexceptional: TermExceptional
    summerhalfterm2sessionspossible: HalfTermPossible
    summerhalfterm2sessionsauthorised: HalfTermAuthorised
    summerhalfterm2sessionsunauthorised: HalfTermUnauthorised
    qualhrs: Qualification
    nonqualhrs: NonQualification
    qualhrspreviousyear: Qualification
    nonqualhrspreviousyear: NonQualification
    tlevelqualhrs: Qualification
    tlevelnonqualhrs: NonQualification
    mathsgcsehighestpriorattainment: PriorGrade
    englishgcsehighestpriorattainment: PriorGrade
    mathsgcsehighestpriorattainmentpreviousyear: PriorGrade
    englishgcsehighestpriorattainmentpreviousyear: PriorGrade
    mathsgcsepriorattainmentyear11: PriorGrade
    englishgcsepriorattainmentyear11: PriorGrade
    mathsgcsefundingexemption: Exemption
    englishgcsefundingexemption: Exemption


class PupilNoLongerOnRoll(Table):
    """One row per pupil who left the school in the term whose attendance is collected."""

    VIEW: ClassVar[str] = "pupilnolongeronroll"
    DFE: ClassVar[str] = "pupilnolongeronroll"
    ELEMENT: ClassVar[str] = "PupilNoLongerOnRoll"

    pupilnolongeronrolltableid: Annotated[
        str | None, column("Key of the pupil in this file.", identifies=True)
    ]
    NativeId: School
    pupilnolongeronrollorderseqcolumn: Order
    sourceid: Source
    schoolcensustableid: Annotated[str | None, column("Which school's census this belongs to.")]
    upn: Annotated[str | None, column("Unique pupil number.", identifies=True)]
    formerupn: Annotated[str | None, column("An earlier UPN.", identifies=True)]
    uniquelearnernumber: Annotated[str | None, column("Unique learner number.", identifies=True)]
    surname: Annotated[str | None, column("Surname.", identifies=True)]
    forename: Annotated[str | None, column("Forename.", identifies=True)]
    middlenames: Annotated[str | None, column("Middle names.", identifies=True)]
    preferredsurname: Annotated[
        str | None, column("Surname the pupil goes by.", identifies=True, censuses=SPRING)
    ]
    formersurname: Annotated[str | None, column("An earlier surname.", identifies=True)]
    dob: Annotated[date | None, column("Date of birth.", identifies=True)]
    sex: Annotated[str | None, column("Sex.", codes="school_census_sex", formerly={"gender": 2023})]
    entrydate: Annotated[date | None, column("Date the pupil joined the school.", dates_the_return=True)]
    leavingdate: Annotated[date | None, column("Date the pupil left the school.", dates_the_return=True)]
    parttime: Annotated[bool | None, column("Part-time pupil.")]
    boarder: Annotated[str | None, column("Boarder.", codes="school_census_boarder")]
    ethnicity: Annotated[
        str | None, column("Ethnicity, extended codes.", codes="ethnicity_extended", censuses=SPRING)
    ]
    language: Annotated[str | None, column("First language.")]
    ncyearleaving: Annotated[
        str | None, column("Year group when leaving.", codes="school_census_year_group", censuses=AUTUMN)
    ]
    moveonrollflag: Text
    missingaddress: Annotated[str | None, column("As sent.", censuses=AUTUMN)]
    termlysessionspossible: TermPossible
    termlysessionsauthorised: TermAuthorised
    termlysessionsunauthorised: TermUnauthorised
    termlysessionseducational: TermEducational
    termlysessionsexceptional: TermExceptional
    summerhalfterm2sessionspossible: HalfTermPossible
    summerhalfterm2sessionsauthorised: HalfTermAuthorised
    summerhalfterm2sessionsunauthorised: HalfTermUnauthorised
    qualhrs: Qualification
    nonqualhrs: NonQualification
    qualhrspreviousyear: Qualification
    nonqualhrspreviousyear: NonQualification
    tlevelqualhrs: Qualification
    tlevelnonqualhrs: NonQualification
    mathsgcsehighestpriorattainment: PriorGrade
    englishgcsehighestpriorattainment: PriorGrade
    mathsgcsehighestpriorattainmentpreviousyear: PriorGrade
    englishgcsehighestpriorattainmentpreviousyear: PriorGrade
    mathsgcsepriorattainmentyear11: PriorGrade
    englishgcsepriorattainmentyear11: PriorGrade
    mathsgcsefundingexemption: Exemption
    englishgcsefundingexemption: Exemption


TABLES: tuple[type[Table], ...] = (
    SchoolCensus,
    PupilOnRoll,
    PupilNoLongerOnRoll,
    SessionDetailsOnRoll,
    SessionDetailsOffRoll,
    SummerHalfTerm2OnRoll,
    SummerHalfTerm2OffRoll,
    ExclusionsOnRoll,
    ExclusionsOffRoll,
    SenNeeds,
    FsmPeriod,
    Addresses,
    AddressesOffRoll,
    AlternativeProvisionOnRoll,
    AlternativeProvisionOffRoll,
)
