"""What the school census holds of a pupil beyond the pupil: attendance, exclusions, needs, meals, addresses.

Every row hangs on a pupil on roll or on one who has left, by COLLECT's own key in that file. The second
half of the summer term has tables of its own, sent in autumn.
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
OnRollKey = Annotated[str | None, column("Which pupil on roll this belongs to.", identifies=True)]
OffRollKey = Annotated[str | None, column("Which pupil no longer on roll this belongs to.", identifies=True)]
Reason = Annotated[str | None, column("Attendance or absence code.", codes="attendance")]
Sessions = Annotated[
    int | None,
    column(
        "Half-day sessions with that code.",
        unit="sessions",
        formerly={"absencesessions": 2020},
        element="SessionDetail/AbsenceSessions",
    ),
]
Postcode = Annotated[str | None, column("Postcode.", identifies=True)]
PreviousSchool = Annotated[str | None, column("Six-digit number of the school before.")]
EntryReason = Annotated[
    str | None, column("Why the pupil came to alternative provision.", codes="school_census_ap_reason")
]
EntryNeed = Annotated[str | None, column("SEN provision on entry.", codes="sen_provision")]
Property = Annotated[str | None, column("UPRN of the property.", identifies=True, reads=("UPRN",))]


class SessionDetailsOnRoll(Table):
    """One row per pupil on roll and reason code: sessions of the term before."""

    VIEW: ClassVar[str] = "termlysessiondetailsonroll"
    DFE: ClassVar[str] = "termlysessiondetailsonroll"
    ELEMENT: ClassVar[str] = "PupilOnRoll/TermlyAttendance/SessionDetail"

    pupilonrolltableid: OnRollKey
    NativeId: School
    termlysessiondetailsonrolltableid: Text
    termlysessiondetailsonrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Reason
    sessions: Sessions


class SessionDetailsOffRoll(Table):
    """One row per pupil no longer on roll and reason code: sessions of the term before."""

    VIEW: ClassVar[str] = "termlysessiondetailsoffroll"
    DFE: ClassVar[str] = "termlysessiondetailsoffroll"
    ELEMENT: ClassVar[str] = "PupilNoLongerOnRoll/TermlyAttendance/SessionDetail"

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    termlysessiondetailsoffrolltableid: Text
    termlysessiondetailsoffrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Reason
    sessions: Sessions


class SummerHalfTerm2OnRoll(Table):
    """One row per pupil on roll and reason code: sessions of the sixth half term; autumn only."""

    VIEW: ClassVar[str] = "summerhalfterm2sessiondetailsonroll"
    DFE: ClassVar[str] = "summerhalfterm2sessiondetailsonroll"
    ELEMENT: ClassVar[str] = "PupilOnRoll/SummerHalfTerm2Attendance/SessionDetail"
    CENSUSES: ClassVar[tuple[str, ...]] = AUTUMN

    pupilonrolltableid: OnRollKey
    NativeId: School
    summerhalfterm2sessiondetailsonrolltableid: Text
    summerhalfterm2sessiondetailsonrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Reason
    sessions: Sessions


class SummerHalfTerm2OffRoll(Table):
    """One row per pupil no longer on roll and reason code: as for pupils on roll; autumn only."""

    VIEW: ClassVar[str] = "summerhalfterm2sessiondetailsoffroll"
    DFE: ClassVar[str] = "summerhalfterm2sessiondetailsoffroll"
    ELEMENT: ClassVar[str] = "PupilNoLongerOnRoll/SummerHalfTerm2Attendance/SessionDetail"
    CENSUSES: ClassVar[tuple[str, ...]] = AUTUMN

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    summerhalfterm2sessiondetailsoffrolltableid: Text
    summerhalfterm2sessiondetailsoffrollorderseqcolumn: Order
    sourceid: Source
    attendancereason: Reason
    sessions: Sessions


class ExclusionsOnRoll(Table):
    """One row per suspension or exclusion of a pupil on roll."""

    VIEW: ClassVar[str] = "termlyexclusionsonroll"
    DFE: ClassVar[str] = "termlyexclusionsonroll"
    ELEMENT: ClassVar[str] = "PupilOnRoll/TermlyExclusion"

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
    ELEMENT: ClassVar[str] = "PupilNoLongerOnRoll/TermlyExclusion"

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
    ELEMENT: ClassVar[str] = "PupilOnRoll/SENneed"
    CENSUSES: ClassVar[tuple[str, ...]] = SPRING

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
    ELEMENT: ClassVar[str] = "PupilOnRoll/FSMperiod"

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
    ELEMENT: ClassVar[str] = "PupilOnRoll/Address"

    pupilonrolltableid: OnRollKey
    NativeId: School
    addressestableid: Annotated[str | None, column("As sent.", reads=("addressesonrolltableid",))]
    addressesorderseqcolumn: Annotated[
        int | None,
        column("Order of the row within its parent.", reads=("addressesonrollorderseqcolumn",)),
    ]
    sourceid: Source
    postcode: Postcode
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
    uniquepropertyreferencenumber: Property


class AddressesOffRoll(Table):
    """One row per address of a pupil no longer on roll; autumn only."""

    VIEW: ClassVar[str] = "addressesoffroll"
    DFE: ClassVar[str] = "addressesoffroll"
    ELEMENT: ClassVar[str] = "PupilNoLongerOnRoll/Address"
    CENSUSES: ClassVar[tuple[str, ...]] = AUTUMN

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    addressesoffrolltableid: Text
    addressesoffrollorderseqcolumn: Order
    sourceid: Source
    postcode: Postcode
    uniquepropertyreferencenumber: Property


class AlternativeProvisionOnRoll(Table):
    """One row per pupil on roll in alternative provision: where from and why."""

    VIEW: ClassVar[str] = "approvisiondetailonroll"
    DFE: ClassVar[str] = "approvisiondetailonroll"

    pupilonrolltableid: OnRollKey
    NativeId: School
    approvisiondetailonrolltableid: Text
    approvisiondetailonrollorderseqcolumn: Order
    sourceid: Source
    prevurn: PreviousSchool
    apreason: EntryReason
    senprovisionentry: EntryNeed


class AlternativeProvisionOffRoll(Table):
    """One row per pupil no longer on roll who was in alternative provision: where from and why."""

    VIEW: ClassVar[str] = "approvisiondetailoffroll"
    DFE: ClassVar[str] = "approvisiondetailoffroll"

    pupilnolongeronrolltableid: OffRollKey
    NativeId: School
    approvisiondetailoffrolltableid: Text
    approvisiondetailoffrollorderseqcolumn: Order
    sourceid: Source
    prevurn: PreviousSchool
    apreason: EntryReason
    senprovisionentry: EntryNeed
