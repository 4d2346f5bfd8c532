"""The school census as COLLECT exports it: one CSV per table, joined by `…tableid` columns.

Three censuses a year, each carrying the attendance of the term before it (spring carries autumn).
Attendance is the number of half-day sessions per reason code. Headings are COLLECT's. The autumn census
carries the two halves of the summer term apart: the second, the sixth half term of the year, has columns
and tables of its own. Some of its tables have other names than in spring and summer; they are read alike.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.table import Table, column

AUTUMN, SPRING, SUMMER = ("autumn",), ("spring",), ("summer",)
Text = Annotated[str | None, column("As sent.")]
School = Annotated[str | None, column("COLLECT's own identifier of the school's submission.")]
Order = Annotated[int | None, column("Order of the row within its parent.")]
Source = Annotated[str | None, column("COLLECT's own identifier of the source record.")]
HalfTermPossible = Annotated[
    int | None,
    column("Possible sessions in the second half of the summer term.", unit="sessions", censuses=AUTUMN),
]
HalfTermAuthorised = Annotated[
    int | None,
    column(
        "Authorised absence in the second half of the summer term, to 2024.",
        unit="sessions",
        until=2024,
        censuses=AUTUMN,
    ),
]
HalfTermUnauthorised = Annotated[
    int | None,
    column(
        "Unauthorised absence in the second half of the summer term, to 2024.",
        unit="sessions",
        until=2024,
        censuses=AUTUMN,
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
OnRollKey = Annotated[str | None, column("Which pupil on roll this belongs to.", identifies=True)]
OffRollKey = Annotated[str | None, column("Which pupil no longer on roll this belongs to.", identifies=True)]


class SchoolCensus(Table):
    """One row per school and census: who sent it, for which term."""

    VIEW: ClassVar[str] = "schoolcensus"
    DFE: ClassVar[str] = "schoolcensus"

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
    sex: Annotated[str | None, column("Sex.", codes="school_census_sex", reads=("gender",))]
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
    eligibilitycode: Annotated[str | None, column("Childcare eligibility code.", identifies=True, since=2025)]
    thirtyhourcode: Annotated[
        str | None,
        column(
            "Childcare eligibility code, to 2023/24.", identifies=True, until=2024, censuses=SPRING + SUMMER
        ),
    ]
    expandedhours: Annotated[float | None, column("Expanded childcare hours.", unit="hours", censuses=SUMMER)]
    dafindicator: Annotated[bool | None, column("Disability access fund.")]
    ftemp: Annotated[bool | None, column("Full-time employment.", censuses=AUTUMN)]
    eyppr: Text
    eyppbf: Text
    yssa: Text
    termlysessionspossible: Annotated[
        int | None, column("Possible sessions in the term before.", unit="sessions")
    ]
    termlysessionsauthorised: Annotated[
        int | None, column("Authorised absence, to 2023/24.", unit="sessions", until=2024)
    ]
    termlysessionsunauthorised: Annotated[
        int | None, column("Unauthorised absence, to 2023/24.", unit="sessions", until=2024)
    ]
    termlysessionseducational: Annotated[
        int | None,
        column(
            "Approved educational activity, to 2023/24.",
            unit="sessions",
            until=2024,
            censuses=SPRING + SUMMER,
        ),
    ]
    termlysessionsexceptional: Annotated[
        int | None,
        column(
            "Exceptional circumstances, to 2023/24.", unit="sessions", until=2024, censuses=SPRING + SUMMER
        ),
    ]
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
    sex: Annotated[str | None, column("Sex.", codes="school_census_sex", reads=("gender",))]
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
    termlysessionspossible: Annotated[
        int | None, column("Possible sessions in the term before.", unit="sessions")
    ]
    termlysessionsauthorised: Annotated[
        int | None, column("Authorised absence, to 2023/24.", unit="sessions", until=2024)
    ]
    termlysessionsunauthorised: Annotated[
        int | None, column("Unauthorised absence, to 2023/24.", unit="sessions", until=2024)
    ]
    termlysessionseducational: Annotated[
        int | None,
        column(
            "Approved educational activity, to 2023/24.",
            unit="sessions",
            until=2024,
            censuses=SPRING + SUMMER,
        ),
    ]
    termlysessionsexceptional: Annotated[
        int | None,
        column(
            "Exceptional circumstances, to 2023/24.", unit="sessions", until=2024, censuses=SPRING + SUMMER
        ),
    ]
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


class SessionDetailsOnRoll(Table):
    """One row per pupil on roll and reason code: sessions of the term before."""

    VIEW: ClassVar[str] = "termlysessiondetailsonroll"
    DFE: ClassVar[str] = "termlysessiondetailsonroll"

    pupilonrolltableid: OnRollKey
    NativeId: School
    termlysessiondetailsonrolltableid: Text
    termlysessiondetailsonrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Annotated[str | None, column("Attendance or absence code.", codes="attendance")]
    sessions: Annotated[
        int | None, column("Half-day sessions with that code.", unit="sessions", reads=("absencesessions",))
    ]


class SessionDetailsOffRoll(Table):
    """One row per pupil no longer on roll and reason code: sessions of the term before."""

    VIEW: ClassVar[str] = "termlysessiondetailsoffroll"
    DFE: ClassVar[str] = "termlysessiondetailsoffroll"

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    termlysessiondetailsoffrolltableid: Text
    termlysessiondetailsoffrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Annotated[str | None, column("Attendance or absence code.", codes="attendance")]
    sessions: Annotated[
        int | None, column("Half-day sessions with that code.", unit="sessions", reads=("absencesessions",))
    ]


class SummerHalfTerm2OnRoll(Table):
    """One row per pupil on roll and reason code: sessions of the sixth half term; autumn only."""

    VIEW: ClassVar[str] = "summerhalfterm2sessiondetailsonroll"
    DFE: ClassVar[str] = "summerhalfterm2sessiondetailsonroll"

    pupilonrolltableid: OnRollKey
    NativeId: School
    summerhalfterm2sessiondetailsonrolltableid: Text
    summerhalfterm2sessiondetailsonrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Annotated[str | None, column("Attendance or absence code.", codes="attendance")]
    sessions: Annotated[int | None, column("Half-day sessions with that code.", unit="sessions")]


class SummerHalfTerm2OffRoll(Table):
    """One row per pupil no longer on roll and reason code: as for pupils on roll; autumn only."""

    VIEW: ClassVar[str] = "summerhalfterm2sessiondetailsoffroll"
    DFE: ClassVar[str] = "summerhalfterm2sessiondetailsoffroll"

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    summerhalfterm2sessiondetailsoffrolltableid: Text
    summerhalfterm2sessiondetailsoffrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Annotated[str | None, column("Attendance or absence code.", codes="attendance")]
    sessions: Annotated[int | None, column("Half-day sessions with that code.", unit="sessions")]


class ExclusionsOnRoll(Table):
    """One row per suspension or exclusion of a pupil on roll."""

    VIEW: ClassVar[str] = "termlyexclusionsonroll"
    DFE: ClassVar[str] = "termlyexclusionsonroll"

    pupilonrolltableid: OnRollKey
    NativeId: School
    termlyexclusionsonrolltableid: Text
    termlyexclusionsonrollorderseqcolumn: Order
    sourceid: Source
    startdate: Annotated[date | None, column("Date it began.", dates_the_return=True)]
    sessions: Annotated[int | None, column("Half-day sessions it lasts.", unit="sessions")]
    category: Annotated[str | None, column("Permanent, suspension or lunchtime.", codes="exclusion_category")]
    reason1: Annotated[str | None, column("First reason.", codes="exclusion_reason")]
    reason2: Annotated[str | None, column("Second reason.", codes="exclusion_reason")]
    reason3: Annotated[str | None, column("Third reason.", codes="exclusion_reason")]
    senprovision: Annotated[str | None, column("SEN provision at the time.", codes="sen_provision")]


class ExclusionsOffRoll(Table):
    """One row per suspension or exclusion of a pupil no longer on roll."""

    VIEW: ClassVar[str] = "termlyexclusionsoffroll"
    DFE: ClassVar[str] = "termlyexclusionsoffroll"

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    termlyexclusionsoffrolltableid: Text
    termlyexclusionsoffrollorderseqcolumn: Order
    sourceid: Source
    startdate: Annotated[date | None, column("Date it began.", dates_the_return=True)]
    sessions: Annotated[int | None, column("Half-day sessions it lasts.", unit="sessions")]
    category: Annotated[str | None, column("Permanent, suspension or lunchtime.", codes="exclusion_category")]
    reason1: Annotated[str | None, column("First reason.", codes="exclusion_reason")]
    reason2: Annotated[str | None, column("Second reason.", codes="exclusion_reason")]
    reason3: Annotated[str | None, column("Third reason.", codes="exclusion_reason")]
    senprovision: Annotated[str | None, column("SEN provision at the time.", codes="sen_provision")]


class SenNeeds(Table):
    """One row per special educational need of a pupil on roll; spring only."""

    VIEW: ClassVar[str] = "senneeds"
    DFE: ClassVar[str] = "senneeds"

    pupilonrolltableid: OnRollKey
    NativeId: School
    senneedstableid: Text
    senneedsorderseqcolumn: Order
    sourceid: Source
    sentyperank: Annotated[int | None, column("Rank of the need, 1 first.")]
    sentype: Annotated[str | None, column("Type of need.", codes="sen_type")]


class FsmPeriod(Table):
    """One row per period in which a pupil on roll was eligible for free school meals.

    The autumn census calls the table `fsmperiodsonroll`.
    """

    VIEW: ClassVar[str] = "fsmperiod"
    DFE: ClassVar[str] = "fsmperiod"

    pupilonrolltableid: OnRollKey
    NativeId: School
    fsmperiodtableid: Annotated[str | None, column("As sent.", reads=("fsmperiodsonrolltableid",))]
    fsmperiodorderseqcolumn: Annotated[
        int | None,
        column("Order of the row within its parent.", reads=("fsmperiodsonrollorderseqcolumn",)),
    ]
    sourceid: Source
    fsmstartdate: Annotated[date | None, column("Date eligibility began.")]
    fsmenddate: Annotated[date | None, column("Date it ended.")]
    ukcountry: Annotated[str | None, column("Country of the period.", codes="school_census_country")]


class Addresses(Table):
    """One row per address of a pupil on roll; the autumn census calls the table `addressesonroll`."""

    VIEW: ClassVar[str] = "addresses"
    DFE: ClassVar[str] = "addresses"

    pupilonrolltableid: OnRollKey
    NativeId: School
    addressestableid: Annotated[str | None, column("As sent.", reads=("addressesonrolltableid",))]
    addressesorderseqcolumn: Annotated[
        int | None,
        column("Order of the row within its parent.", reads=("addressesonrollorderseqcolumn",)),
    ]
    sourceid: Source
    postcode: Annotated[str | None, column("Postcode.", identifies=True)]
    saon: Annotated[str | None, column("Flat.", identifies=True)]
    paon: Annotated[str | None, column("House.", identifies=True)]
    street: Annotated[str | None, column("Street.", identifies=True)]
    locality: Annotated[str | None, column("Locality.", identifies=True)]
    town: Annotated[str | None, column("Town.", identifies=True)]
    administrativearea: Annotated[str | None, column("Administrative area.", identifies=True)]
    posttown: Annotated[str | None, column("Post town.", identifies=True)]
    addressline1: Annotated[str | None, column("Address line 1.", identifies=True)]
    addressline2: Annotated[str | None, column("Address line 2.", identifies=True)]
    addressline3: Annotated[str | None, column("Address line 3.", identifies=True)]
    addressline4: Annotated[str | None, column("Address line 4.", identifies=True)]
    addressline5: Annotated[str | None, column("Address line 5.", identifies=True)]
    uniquepropertyreferencenumber: Annotated[str | None, column("UPRN of the property.", identifies=True)]


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
)
