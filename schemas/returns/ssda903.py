"""The SSDA903: every child looked after at any time in the year, and care leavers.

One CSV per table, or one XML file; dates are DD/MM/YYYY in both. No names, but two full postcodes.
Columns and their order follow the department's CSV headings.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from schemas.table import Table, column

SEEN = (2021, 2024, 2025, 2026, 2027)
"""Years whose form we have read: the XML of 2021, the CSV headings of the others."""

Child = Annotated[
    str | None, column("The authority's own identifier of the child.", identifies=True, reads=("CHILDID",))
]
Born = Annotated[date | None, column("Date of birth.", identifies=True)]


class Header(Table):
    """One row per child of the return: who the child is."""

    VIEW: ClassVar[str] = "header"
    DFE: ClassVar[str] = "Header"
    ELEMENT: ClassVar[str] = "HEADER"

    CHILD: Child
    SEX: Annotated[str | None, column("Sex as reported; 1 and 2 to 2023-24.", codes="ssda903_sex")]
    DOB: Born
    ETHNIC: Annotated[str | None, column("Ethnicity.", codes="ethnicity")]
    UPN: Annotated[str | None, column("Unique pupil number, or the reason there is none.", identifies=True)]
    MOTHER: Annotated[str | None, column("Whether the young person is a mother.", codes="flag")]
    MC_DOB: Annotated[date | None, column("Birth date of the mother's first child.", identifies=True)]


class Episodes(Table):
    """One row per episode: a run of days under one legal status in one placement."""

    VIEW: ClassVar[str] = "episodes"
    DFE: ClassVar[str] = "Episodes"
    ELEMENT: ClassVar[str] = "EPISODE"

    CHILD: Child
    DECOM: Annotated[date | None, column("Date the episode began.", dates_the_return=True)]
    RNE: Annotated[str | None, column("Why the episode began.", codes="ssda903_rne")]
    LS: Annotated[str | None, column("Legal status.", codes="ssda903_legal_status")]
    CIN: Annotated[str | None, column("Category of need.", codes="ssda903_category_of_need")]
    PLACE: Annotated[str | None, column("Type of placement.", codes="ssda903_place", reads=("PL",))]
    PLACE_PROVIDER: Annotated[
        str | None, column("Who provides the placement.", codes="ssda903_place_provider")
    ]
    DEC: Annotated[
        date | None, column("Date the episode ended; blank while it continues.", dates_the_return=True)
    ]
    REC: Annotated[str | None, column("Why the episode ended.", codes="ssda903_rec")]
    REASON_PLACE_CHANGE: Annotated[
        str | None, column("Why the placement changed.", codes="ssda903_reason_place_change")
    ]
    HOME_POST: Annotated[str | None, column("Postcode of the home before care.", identifies=True)]
    PL_POST: Annotated[str | None, column("Postcode of the placement.", identifies=True)]
    URN: Annotated[
        str | None, column("Ofsted number of the provider; XXXXXXX when unknown.", identifies=True)
    ]


class Reviews(Table):
    """One row per review of a looked-after child's case."""

    VIEW: ClassVar[str] = "reviews"
    DFE: ClassVar[str] = "Reviews"
    ELEMENT: ClassVar[str] = "AREVIEW"

    CHILD: Child
    DOB: Born
    REVIEW: Annotated[date | None, column("Date of the review.")]
    REVIEW_CODE: Annotated[str | None, column("How the child took part.", codes="ssda903_review_code")]


class UASC(Table):
    """One row per child who is, or was in the year, an unaccompanied asylum seeker."""

    VIEW: ClassVar[str] = "uasc"
    DFE: ClassVar[str] = "UASC"

    CHILD: Child
    SEX: Annotated[str | None, column("Sex as reported.", codes="ssda903_sex")]
    DOB: Born
    DUC: Annotated[date | None, column("Date the status ceased or will cease.")]


class OC2(Table):
    """One row per child looked after for at least 12 months at 31 March: health and well-being."""

    VIEW: ClassVar[str] = "oc2"
    DFE: ClassVar[str] = "OC2"
    ELEMENT: ClassVar[str] = "OC2"

    CHILD: Child
    DOB: Born
    SDQ_SCORE: Annotated[
        str | None, column("Strengths and difficulties score as sent, 0 to 40.", unit="score")
    ]
    SDQ_REASON: Annotated[str | None, column("Why there is no score.", codes="ssda903_sdq_reason")]
    CONVICTED: Annotated[str | None, column("Convicted or cautioned in the year.", codes="flag")]
    HEALTH_CHECK: Annotated[str | None, column("Development checks up to date, under 5.", codes="flag")]
    IMMUNISATIONS: Annotated[str | None, column("Immunisations up to date.", codes="flag")]
    TEETH_CHECK: Annotated[str | None, column("Teeth checked in the year.", codes="flag")]
    HEALTH_ASSESSMENT: Annotated[str | None, column("Yearly health assessment done.", codes="flag")]
    SUBSTANCE_MISUSE: Annotated[str | None, column("Substance misuse identified.", codes="flag")]
    INTERVENTION_RECEIVED: Annotated[str | None, column("Help for it received.", codes="flag")]
    INTERVENTION_OFFERED: Annotated[str | None, column("Help for it offered.", codes="flag")]


class OC3(Table):
    """One row per care leaver whose 17th to 21st birthday falls in the year (22 to 25 if in contact)."""

    VIEW: ClassVar[str] = "oc3"
    DFE: ClassVar[str] = "OC3"

    CHILD: Child
    DOB: Born
    IN_TOUCH: Annotated[str | None, column("Whether in touch.", codes="ssda903_in_touch")]
    ACTIV: Annotated[str | None, column("Main activity.", codes="ssda903_activity")]
    ACCOM: Annotated[str | None, column("Accommodation.", codes="ssda903_accommodation")]


class AD1(Table):
    """One row per child adopted in the year."""

    VIEW: ClassVar[str] = "ad1"
    DFE: ClassVar[str] = "AD1"

    CHILD: Child
    DOB: Born
    DATE_INT: Annotated[date | None, column("Date of the decision that the child should be adopted.")]
    DATE_MATCH: Annotated[date | None, column("Date of the match with adopters.")]
    FOSTER_CARE: Annotated[
        str | None, column("Adopted by a former foster carer.", codes="ssda903_foster_care")
    ]
    NB_ADOPTR: Annotated[str | None, column("Number of adopters.", codes="ssda903_adopters")]
    SEX_ADOPTR: Annotated[str | None, column("Sex of the adopters.", codes="ssda903_sex_adoptr")]
    LS_ADOPTR: Annotated[str | None, column("Legal status of the adopters.", codes="ssda903_ls_adoptr")]


class PlacedAdoption(Table):
    """One row per decision, in force in the year, that a child should be placed for adoption."""

    VIEW: ClassVar[str] = "placed_adoption"
    DFE: ClassVar[str] = "PlacedAdoption"
    ELEMENT: ClassVar[str] = "AD_PLACED"

    CHILD: Child
    DOB: Born
    DATE_PLACED: Annotated[date | None, column("Date of the decision.")]
    DATE_PLACED_CEASED: Annotated[date | None, column("Date the decision was reversed.")]
    REASON_PLACED_CEASED: Annotated[
        str | None, column("Why it was reversed.", codes="ssda903_reason_placed_ceased")
    ]


class PrevPerm(Table):
    """One row per child who started in the year: an earlier permanence order, if any."""

    VIEW: ClassVar[str] = "prev_perm"
    DFE: ClassVar[str] = "PrevPerm"
    ELEMENT: ClassVar[str] = "PERMANENCE"

    CHILD: Child
    DOB: Born
    PREV_PERM: Annotated[str | None, column("The earlier order.", codes="ssda903_prev_perm")]
    LA_PERM: Annotated[str | None, column("Authority or country that arranged it.", codes="ssda903_la_perm")]
    DATE_PERM: Annotated[str | None, column("Its date as sent; day or month may be 'zz' when unknown.")]


class Missing(Table):
    """One row per incident of being missing or away without authorisation."""

    VIEW: ClassVar[str] = "missing"
    DFE: ClassVar[str] = "Missing"
    ELEMENT: ClassVar[str] = "AMISSING"

    CHILD: Child
    DOB: Born
    MISSING: Annotated[str | None, column("Missing, or away.", codes="ssda903_missing")]
    MIS_START: Annotated[date | None, column("Date it began.")]
    MIS_END: Annotated[date | None, column("Date it ended.")]


class SWEpisodes(Table):
    """One row per allocation of a social worker to a child."""

    VIEW: ClassVar[str] = "sw_episodes"
    DFE: ClassVar[str] = "SWEpisodes"
    SINCE: ClassVar[int] = 2024

    CHILD: Child
    DOB: Born
    SW_ID: Annotated[str | None, column("Registration number of the social worker.", identifies=True)]
    SW_DECOM: Annotated[date | None, column("Date the allocation began.")]
    SW_DEC: Annotated[date | None, column("Date it ended.")]
    SW_REASON: Annotated[str | None, column("Why the worker changed.", codes="ssda903_sw_reason")]


class DoLo(Table):
    """One row per deprivation of liberty order."""

    VIEW: ClassVar[str] = "dolo"
    DFE: ClassVar[str] = "DoLo"
    SINCE: ClassVar[int] = 2027

    CHILD: Child
    DOB: Born
    DOLO_START: Annotated[date | None, column("Date the order began.")]
    DOLO_END: Annotated[date | None, column("Date it ended.")]


TABLES: tuple[type[Table], ...] = (
    Header,
    Episodes,
    Reviews,
    UASC,
    OC2,
    OC3,
    AD1,
    PlacedAdoption,
    PrevPerm,
    Missing,
    SWEpisodes,
    DoLo,
)
